/* Prints the tables of doc/OPTIONS.md from the option table: one per group, in the table's order.
 * Run by `make docs`. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/option.h"

/* The items of "a|b|c", each as code, separated by commas. */
static void put_items(const char *items)
{
    while (*items) {
        int n = (int)strcspn(items, "|");

        printf("`%.*s`", n, items);
        items += n;
        if (*items) {
            printf(", ");
            items++;
        }
    }
}

/* Text of a table cell: a bar would end the cell. */
static void put_text(const char *s)
{
    for (; *s; s++) {
        if (*s == '|' || *s == '<')
            putchar('\\');
        putchar(*s);
    }
}

static void put_values(const struct option_info *o)
{
    switch (o->type) {
    case OPT_STRING:
        printf("text");
        break;
    case OPT_INT:
        printf("%" PRId64 " to %" PRId64, o->min, o->max);
        break;
    case OPT_BOOL:
        printf("`1`, `0`");
        break;
    case OPT_ENUM:
        put_items(o->choices);
        break;
    }
}

static void put_row(const struct option_info *o)
{
    printf("| `%s` | ", o->keyword);
    put_items(o->aliases);
    printf(" | ");
    put_values(o);
    printf(" | ");
    if (*o->preset)
        printf("`%s`", o->preset);
    printf(" | ");
    put_text(o->help);
    if (o->backend == OPT_PG)
        printf(" PostgreSQL only.");
    if (o->backend == OPT_MY)
        printf(" MySQL only.");
    printf(" |\n");
}

/* Is this the first row of its group? */
static bool opens_group(enum option_id id)
{
    for (int i = 0; i < (int)id; i++)
        if (strcmp(option_info((enum option_id)i)->group, option_info(id)->group) == 0)
            return false;
    return true;
}

static void put_group(const char *group)
{
    printf("\n## %s\n\n", group);
    printf("| Keyword | Also | Values | Default | Meaning |\n");
    printf("|---|---|---|---|---|\n");
    for (int i = 0; i < OPT_COUNT; i++)
        if (strcmp(option_info((enum option_id)i)->group, group) == 0)
            put_row(option_info((enum option_id)i));
}

int main(void)
{
    for (int i = 0; i < OPT_COUNT; i++)
        if (opens_group((enum option_id)i))
            put_group(option_info((enum option_id)i)->group);
    return 0;
}
