#include "native/pg_priv.h"

#define HEADER 4 /* VARHDRSZ: what PostgreSQL adds to a declared length */

enum modifier {
    MOD_NONE,
    MOD_UNSIGNED,
    MOD_LENGTH, /* characters */
    MOD_BITS,
    MOD_FRACTION, /* digits of a second */
    MOD_INTERVAL, /* the same, with the fields kept above */
    MOD_NUMERIC
};

static const struct pg_type {
    Oid oid;
    const char *name;
    enum nat_kind kind;
    enum modifier modifier;
    int16_t length;
    int16_t precision;
} types[] = {
#define PG_TYPE(...) {__VA_ARGS__},
#include "native/pg_type.def"
#undef PG_TYPE
};

static const struct pg_type *find(Oid oid)
{
    static const struct pg_type unknown = {0, "unknown", NAT_OTHER, MOD_NONE, -1, -1};
    size_t low = 0, high = sizeof types / sizeof types[0];

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (types[middle].oid == oid)
            return &types[middle];
        if (types[middle].oid < oid)
            low = middle + 1;
        else
            high = middle;
    }
    return &unknown;
}

/* The scale has been 11 bits with a sign since PostgreSQL 15; before it was 0 to 1000. */
static void numeric_modifier(struct nat_type *t, int modifier)
{
    unsigned m = (unsigned)(modifier - HEADER);

    t->precision = (int32_t)(m >> 16 & 0xffff);
    t->scale = (int32_t)((m & 0x7ff) ^ 1024) - 1024;
}

void pg_type_fill(struct nat_type *t, Oid oid, int modifier)
{
    const struct pg_type *row = find(oid);

    *t = (struct nat_type){.kind = row->kind,
                           .wire = WIRE_PG_TEXT,
                           .is_unsigned = row->modifier == MOD_UNSIGNED,
                           .nullable = -1,
                           .length = row->length,
                           .precision = row->precision,
                           .server_id = oid,
                           .name = row->name};
    if (modifier < 0)
        return;
    switch (row->modifier) {
    case MOD_LENGTH:
        t->length = modifier >= HEADER ? modifier - HEADER : -1;
        break;
    case MOD_BITS:
        t->length = modifier;
        break;
    case MOD_FRACTION:
        t->precision = modifier;
        break;
    case MOD_INTERVAL:
        t->precision = (modifier & 0xffff) <= 6 ? modifier & 0xffff : 6;
        break;
    case MOD_NUMERIC:
        if (modifier >= HEADER)
            numeric_modifier(t, modifier);
        break;
    default:
        break;
    }
}
