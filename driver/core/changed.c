/* What an application has changed through a cursor, and sees there from then on
 * (SQL_STATIC_SENSITIVITY: SQL_SS_UPDATES). Deleted rows keep their place and their values. */
#include <stdlib.h>
#include <string.h>

#include "core/position.h"

struct change {
    SQLULEN row;            /* of the result, from 1 */
    SQLUSMALLINT status;    /* SQL_ROW_UPDATED, SQL_ROW_DELETED */
    struct nat_cell *cells; /* owned, with their bytes behind; NULL: as they were read */
};

void positions_free(struct positions *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->nchanges; i++)
        free(p->changes[i].cells);
    free(p->changes);
    arena_fini(&p->arena);
    free(p);
}

/* Where the row is, or would be. */
static size_t place_of(const struct positions *p, SQLULEN row)
{
    size_t low = 0, high = p->nchanges;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->changes[middle].row < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct change *find(const struct positions *p, SQLULEN row)
{
    size_t i = place_of(p, row);
    return i < p->nchanges && p->changes[i].row == row ? &p->changes[i] : NULL;
}

SQLUSMALLINT changed_status(const struct positions *p, SQLULEN row)
{
    const struct change *c = find(p, row);
    return c ? c->status : SQL_ROW_SUCCESS;
}

const struct nat_type *changed_cell(const struct positions *p, SQLULEN row, size_t column,
                                    struct nat_cell *out)
{
    const struct change *c = find(p, row);
    if (!c || !c->cells || !p->columns[column].name.s)
        return NULL;
    *out = c->cells[column];
    return &p->types[column];
}

/* The same for all changes of a result, for the same is asked each time; but a row whose every
 * value is NULL may come in another form of the wire. */
static bool same_types(struct positions *p, const struct nat_column *columns)
{
    if (p->types) {
        for (size_t i = 0; i < p->n; i++)
            if (p->columns[i].name.s && p->types[i].wire != columns[i].type.wire)
                return false;
        return true;
    }
    struct nat_type *types = arena_zalloc(&p->arena, (p->n + 1) * sizeof(*types));
    for (size_t i = 0; types && i < p->n; i++) {
        types[i] = columns[i].type;
        types[i].name = arena_z(&p->arena, text_of(columns[i].type.name));
    }
    p->types = types;
    return types;
}

static struct nat_cell *copy(const struct nat_cell *cells, size_t n)
{
    size_t bytes = (n + 1) * sizeof(*cells);
    for (size_t i = 0; i < n; i++)
        bytes += cells[i].n + 1;
    struct nat_cell *to = malloc(bytes);
    char *at = (char *)(to + n + 1);
    for (size_t i = 0; to && i < n; i++) {
        to[i] = (struct nat_cell){cells[i].p ? at : NULL, cells[i].n};
        if (cells[i].p)
            memcpy(at, cells[i].p, cells[i].n);
        at += cells[i].n;
        *at++ = 0;
    }
    return to;
}

static struct change *place_for(struct positions *p, SQLULEN row)
{
    size_t i = place_of(p, row);
    if (i < p->nchanges && p->changes[i].row == row)
        return &p->changes[i];
    if (p->nchanges == p->changes_cap) {
        size_t cap = p->changes_cap ? p->changes_cap * 2 : 8;
        struct change *more = realloc(p->changes, cap * sizeof(*more));
        if (!more)
            return NULL;
        p->changes = more;
        p->changes_cap = cap;
    }
    memmove(&p->changes[i + 1], &p->changes[i], (p->nchanges - i) * sizeof(*p->changes));
    p->changes[i] = (struct change){.row = row};
    p->nchanges++;
    return &p->changes[i];
}

void changed_note(struct positions *p, SQLULEN row, SQLUSMALLINT status,
                  const struct nat_cell *cells, const struct nat_column *columns)
{
    struct nat_cell *kept = cells && same_types(p, columns) ? copy(cells, p->n) : NULL;
    struct change *c = place_for(p, row);
    if (!c) {
        free(kept);
        return;
    }
    c->status = status;
    if (kept) {
        free(c->cells);
        c->cells = kept;
    }
}
