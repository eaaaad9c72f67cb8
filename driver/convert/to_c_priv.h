/* Between pick.c, which chooses, and to_c.c, which fills targets of fixed size. */
#ifndef HOLDFAST_CONVERT_TO_C_PRIV_H
#define HOLDFAST_CONVERT_TO_C_PRIV_H

#include "convert/convert_priv.h"

/* A decoded cell; which member counts is the kind's to say. */
struct value {
    struct whole whole;   /* V_BOOL V_INT V_UINT */
    struct number number; /* V_DOUBLE V_NUMERIC */
    struct text text;     /* V_TEXT */
    struct moment moment; /* V_DATE V_TIME V_TIMESTAMP */
    struct span span;     /* V_INTERVAL */
    SQLGUID guid;         /* V_GUID */
};

typedef enum conv_result put_fn(const struct value *v, struct conv_target *t);
extern put_fn *const conv_table[V_KINDS][C_CLASSES]; /* NULL: not allowed, or not of fixed size */

enum value_kind cell_kind(const struct nat_type *type);
bool wire_bool(struct text wire);
/* SQL NULL, and a value that was already delivered. */
bool cell_settled(struct nat_cell cell, struct conv_target *t, enum conv_result *r);
conv_fn cell_to_fixed;

#endif
