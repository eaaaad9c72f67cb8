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

#define FORM_TEXT NUMBER_TEXT /* room for the character form of a number, date or time */

enum value_kind cell_kind(const struct nat_type *type);
bool wire_bool(struct text wire);
/* SQL NULL, and a value that was already delivered. */
bool cell_settled(struct nat_cell cell, struct conv_target *t, enum conv_result *r);
conv_fn cell_to_fixed;
/* Whether a decoded date or time can be delivered: CONV_OK, CONV_OVERFLOW, CONV_DATETIME. */
enum conv_result moment_settled(const struct moment *m);

/* A shorter way to the same result for a frequent pair of types, or NULL (quick.c). */
conv_fn *quick_pick(const struct nat_type *type, SQLSMALLINT ctype);

/* Of a column whose cells are neither text nor bytes (binary.c): */
bool cell_is_binary(const struct nat_type *type);
/* The character form as the text protocol has it; false: the cell is not of the kind's form. */
bool binary_text(const struct nat_type *type, struct nat_cell cell, char form[FORM_TEXT],
                 struct text *out);
/* Views of *out may point into form. */
enum conv_result binary_decode(const struct nat_type *type, struct nat_cell cell,
                               char form[FORM_TEXT], struct value *out);
/* The value itself, where the cell is a double. */
bool binary_double(const struct nat_type *type, struct nat_cell cell, double *out);

#endif
