#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "base/option.h"
#include "base/utf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As much of a wrong keyword or value as a message shows. */
#define SHOWN 128

static const struct option_info table[OPT_COUNT] = {
#define OPTION(id_, keyword_, aliases_, type_, preset_, min_, max_, choices_, secret_, backend_,   \
               group_, help_)                                                                      \
    [OPT_##id_] = {.id = OPT_##id_,                                                                \
                   .keyword = keyword_,                                                            \
                   .aliases = aliases_,                                                            \
                   .type = type_,                                                                  \
                   .preset = preset_,                                                              \
                   .min = min_,                                                                    \
                   .max = max_,                                                                    \
                   .choices = choices_,                                                            \
                   .secret = secret_,                                                              \
                   .backend = backend_,                                                            \
                   .group = group_,                                                                \
                   .help = help_},
#include "base/option.def"
#undef OPTION
};

/* Takes the next part of an "a|b|c" list off its front; false at the end. */
static bool next_part(struct text *list, struct text *part)
{
    if (list->n == 0)
        return false;
    size_t bar = text_find(*list, '|', 0);
    *part = text_sub(*list, 0, bar);
    *list = bar == SIZE_MAX ? TEXT("") : text_sub(*list, bar + 1, SIZE_MAX);
    return true;
}

const struct option_info *option_find(enum option_backend backend, struct text keyword)
{
    for (size_t i = 0; i < OPT_COUNT; i++) {
        struct text aliases = text_of(table[i].aliases), alias;
        if (backend != OPT_ANY && table[i].backend != OPT_ANY && table[i].backend != backend)
            continue;
        if (text_eq_ci(keyword, text_of(table[i].keyword)))
            return &table[i];
        while (next_part(&aliases, &alias)) {
            if (text_eq_ci(keyword, alias))
                return &table[i];
        }
    }
    return NULL;
}

const struct option_info *option_info(enum option_id id)
{
    return (size_t)id < OPT_COUNT ? &table[id] : NULL;
}

static bool separator(char c)
{
    return c == '-' || c == '_' || c == ' ';
}

static void skip_separators(struct text *t)
{
    while (t->n > 0 && separator(t->s[0]))
        *t = text_sub(*t, 1, SIZE_MAX);
}

/* Equal when case and separators do not count. */
static bool same_choice(struct text a, struct text b)
{
    for (;;) {
        skip_separators(&a);
        skip_separators(&b);
        if (a.n == 0 || b.n == 0)
            return a.n == b.n;
        if (!text_eq_ci(text_sub(a, 0, 1), text_sub(b, 0, 1)))
            return false;
        a = text_sub(a, 1, SIZE_MAX);
        b = text_sub(b, 1, SIZE_MAX);
    }
}

/* Index of value in the row's choices and the table's spelling of it, or -1. */
static int choice_of(const struct option_info *info, struct text value, struct text *spelling)
{
    struct text choices = text_of(info->choices), choice;

    for (int i = 0; next_part(&choices, &choice); i++) {
        if (same_choice(value, choice)) {
            *spelling = choice;
            return i;
        }
    }
    return -1;
}

/* 1, 0, or -1 when value is neither. */
static int bool_of(struct text value)
{
    static const char *const words[][5] = {
        {"0", "no", "false", "off", "n"},
        {"1", "yes", "true", "on", "y"},
    };

    for (int truth = 0; truth < 2; truth++) {
        for (size_t i = 0; i < 5; i++) {
            if (text_eq_ci(value, text_of(words[truth][i])))
                return truth;
        }
    }
    return -1;
}

void options_init(struct options *o)
{
    *o = (struct options){.value = {NULL}};
}

void options_fini(struct options *o)
{
    for (size_t i = 0; i < OPT_COUNT; i++) {
        if (o->value[i] && table[i].secret)
            explicit_bzero(o->value[i], strlen(o->value[i]));
        free(o->value[i]);
    }
    *o = (struct options){.backend = o->backend};
}

bool options_copy(struct options *dst, const struct options *src)
{
    *dst = (struct options){.backend = src->backend};
    for (size_t i = 0; i < OPT_COUNT; i++) {
        if (src->value[i] == NULL)
            continue;
        dst->value[i] = strdup(src->value[i]);
        if (dst->value[i] == NULL) {
            options_fini(dst);
            return false;
        }
    }
    return true;
}

/* "KEYWORD=value: must ", the value cut when it is long and hidden when it is secret. */
static void bad_value(const struct option_info *info, struct text value, struct fault *f)
{
    size_t n = utf_cut(value, SHOWN);
    struct text shown = info->secret ? TEXT("(hidden)") : text_sub(value, 0, n);
    const char *more = !info->secret && n < value.n ? "..." : "";

    fault_set(f, "HY024", "%s=%.*s%s: must ", info->keyword, TEXT_ARG(shown), more);
}

static void say_allowed(const struct option_info *info, struct fault *f)
{
    struct text choices = text_of(info->choices), choice;
    const char *comma = "";

    switch (info->type) {
    case OPT_INT:
        fault_add(f, "be a whole number from %" PRId64 " to %" PRId64, info->min, info->max);
        break;
    case OPT_BOOL:
        fault_add(f, "be 1 or 0 (or yes, no, true, false, on, off)");
        break;
    case OPT_ENUM:
        fault_add(f, "be one of ");
        while (next_part(&choices, &choice)) {
            fault_add(f, "%s%.*s", comma, TEXT_ARG(choice));
            comma = ", ";
        }
        break;
    case OPT_STRING:
        fault_add(f, "not contain a NUL character");
        break;
    }
}

/* Checks value and brings it into the form that is stored, in `room` where it needs some. */
static bool normalise(const struct option_info *info, struct text *value, char room[24])
{
    int64_t number;
    int truth;

    switch (info->type) {
    case OPT_INT:
        if (!text_to_i64(*value, &number) || number < info->min || number > info->max)
            return false;
        snprintf(room, 24, "%" PRId64, number);
        *value = text_of(room);
        return true;
    case OPT_BOOL:
        truth = bool_of(*value);
        *value = truth ? TEXT("1") : TEXT("0");
        return truth >= 0;
    case OPT_ENUM:
        return choice_of(info, *value, value) >= 0;
    case OPT_STRING:
        return text_find(*value, '\0', 0) == SIZE_MAX;
    }
    return false;
}

enum option_set option_set(struct options *o, struct text keyword, struct text value,
                           struct fault *f)
{
    const struct option_info *info = option_find(o->backend, keyword);
    char room[24];

    if (info == NULL) {
        struct text shown = text_sub(keyword, 0, utf_cut(keyword, SHOWN));
        fault_set(f, "01S00", "invalid connection string attribute: %.*s%s", TEXT_ARG(shown),
                  shown.n < keyword.n ? "..." : "");
        return OPTION_UNKNOWN;
    }
    if (o->value[info->id])
        return OPTION_KEPT;

    struct text given = value;
    if (info->type != OPT_STRING) {
        given = value = text_trim(value);
        /* "PORT=;" from a form left blank says nothing; the default stays. */
        if (value.n == 0)
            return OPTION_KEPT;
    }
    if (!normalise(info, &value, room)) {
        bad_value(info, given, f);
        say_allowed(info, f);
        return OPTION_BAD;
    }
    char *copy = malloc(value.n + 1);
    if (copy == NULL) {
        fault_oom(f);
        return OPTION_OOM;
    }
    if (value.n > 0)
        memcpy(copy, value.s, value.n);
    copy[value.n] = '\0';
    o->value[info->id] = copy;
    return OPTION_SET;
}

bool option_is_set(const struct options *o, enum option_id id)
{
    return o->value[id] != NULL;
}

const char *option_str(const struct options *o, enum option_id id)
{
    return o->value[id] ? o->value[id] : table[id].preset;
}

int64_t option_int(const struct options *o, enum option_id id)
{
    int64_t value = 0;

    text_to_i64(text_of(option_str(o, id)), &value);
    return value;
}

bool option_bool(const struct options *o, enum option_id id)
{
    return bool_of(text_of(option_str(o, id))) == 1;
}

int option_enum(const struct options *o, enum option_id id)
{
    struct text spelling;

    return choice_of(&table[id], text_of(option_str(o, id)), &spelling);
}
