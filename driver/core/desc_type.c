/* Types of descriptor records that an application sets: verbose and concise form, the fields that
 * follow from a type (ODBC, SQLSetDescField: SQL_DESC_TYPE), the consistency check; SQLCopyDesc. */
#include <stdlib.h>
#include <string.h>

#include "core/core_priv.h"

#define NUMERIC_DEFAULT  38
#define NUMERIC_MAX      1000 /* as SQLDescribeParam says of numeric: clients hand it back */
#define FRACTION_DEFAULT 6
#define FRACTION_MAX     9
#define LEADING_DEFAULT  2
#define LEADING_MAX      9

static bool has_seconds(SQLSMALLINT concise)
{
    switch (concise) {
    case SQL_INTERVAL_SECOND:
    case SQL_INTERVAL_DAY_TO_SECOND:
    case SQL_INTERVAL_HOUR_TO_SECOND:
    case SQL_INTERVAL_MINUTE_TO_SECOND:
        return true;
    default:
        return false;
    }
}

/* The length of a parameter stays as it is: 0 says that none was given. */
static void set_defaults(struct desc_rec *r, SQLSMALLINT concise, bool app)
{
    if (type_is_character(concise)) {
        r->precision = 0;
        if (app)
            r->length = 1;
    } else if (concise == SQL_NUMERIC || concise == SQL_DECIMAL) {
        r->precision = app ? NUMERIC_DEFAULT : r->precision;
        r->scale = 0;
        r->scale_given = false;
        r->radix = 10;
    } else if (type_verbose(concise) == SQL_INTERVAL) {
        r->datetime_precision = LEADING_DEFAULT;
        r->precision = has_seconds(concise) ? FRACTION_DEFAULT : 0;
    } else if (type_verbose(concise) == SQL_DATETIME) {
        r->precision = concise == SQL_TYPE_TIMESTAMP ? FRACTION_DEFAULT : 0;
    }
}

SQLRETURN desc_set_type(struct desc *x, struct desc_rec *r, SQLSMALLINT field, SQLSMALLINT n)
{
    bool app = desc_has_buffers(x);
    SQLSMALLINT *concise = app ? &r->ctype : &r->sql_type;
    SQLSMALLINT now = n, code = type_subcode(*concise);
    if (field == SQL_DESC_DATETIME_INTERVAL_CODE) {
        now = type_concise(type_verbose(*concise), n);
        if (type_subcode(now) != n)
            return diag_push(&x->diag, "HY021", NULL);
    } else if (field == SQL_DESC_TYPE && (n == SQL_DATETIME || n == SQL_INTERVAL)) {
        now = type_concise(n, type_verbose(*concise) == n && code ? code : 1);
    }
    if (app ? now != SQL_C_DEFAULT && !conv_ctype_known(now) : !type_known(now))
        return diag_push(&x->diag, "HY021", NULL);
    *concise = now;
    set_defaults(r, now, app);
    if (!app)
        r->described = true;
    return SQL_SUCCESS;
}

bool desc_consistent(const struct desc *x, const struct desc_rec *r)
{
    SQLSMALLINT concise = desc_has_buffers(x) ? r->ctype : r->sql_type;
    if (concise == SQL_C_NUMERIC)
        return r->precision >= 0 && r->precision <= NUMERIC_MAX;
    if (type_verbose(concise) == SQL_INTERVAL && has_seconds(concise))
        return r->precision >= 0 && r->precision <= FRACTION_MAX && r->datetime_precision >= 0 &&
               r->datetime_precision <= LEADING_MAX;
    return concise != SQL_C_TYPE_TIMESTAMP || (r->precision >= 0 && r->precision <= FRACTION_MAX);
}

/* ---- SQLCopyDesc ---- */

/* What a column's type says becomes the record's own. */
static void from_column(const struct desc *x, struct desc_rec *r)
{
    const struct nat_type *t = &r->column.type;
    bool datetime = type_verbose(r->sql_type) == SQL_DATETIME;
    r->ctype = conv_default_ctype(r->sql_type, t->is_unsigned);
    r->length = type_size(x->dbc, t);
    r->octet_length = type_octets(x->dbc, t) > 0 ? type_octets(x->dbc, t) : 0;
    r->precision = (SQLSMALLINT)(datetime ? type_digits(t) : (SQLSMALLINT)r->length);
    r->scale = type_digits(t);
    r->scale_given = true;
    r->radix = type_radix(t);
    r->described = true;
    r->column = (struct nat_column){0};
}

static bool copy_records(const struct desc *from, struct desc *to)
{
    if (from->count && !desc_rec(to, from->count))
        return false;
    for (size_t i = 0; i < from->count; i++) {
        struct desc_rec *r = &to->recs[i];
        *r = from->recs[i];
        if (from->kind == DESC_IRD)
            from_column(from, r);
        else if (from->kind == DESC_IPD)
            r->ctype = r->sql_type ? conv_default_ctype(r->sql_type, false) : SQL_C_DEFAULT;
        r->name = from->recs[i].name ? strdup(from->recs[i].name) : NULL;
        if (from->recs[i].name && !r->name)
            return false;
    }
    return true;
}

static void copy_header(const struct desc *from, struct desc *to)
{
    to->array_size = from->array_size;
    to->array_status_ptr = from->array_status_ptr;
    to->bind_offset_ptr = from->bind_offset_ptr;
    to->bind_type = from->bind_type;
    to->rows_processed_ptr = from->rows_processed_ptr;
    to->has_cut = to->has_cut || from->has_cut; /* the buffers are the same */
}

SQLRETURN desc_copy(struct desc *from, struct desc *to)
{
    if (to->kind == DESC_IRD)
        return diag_push(&to->diag, "HY016", NULL);
    if (from == to)
        return SQL_SUCCESS;
    if (!desc_ready(from, &to->diag))
        return SQL_ERROR;
    for (size_t i = 0; i < from->count; i++)
        if (from->recs[i].data && !desc_consistent(from, &from->recs[i]))
            return diag_push(&to->diag, "HY021", NULL);
    desc_trim(to, 0);
    copy_header(from, to);
    desc_touched(to);
    return copy_records(from, to) ? SQL_SUCCESS : diag_push(&to->diag, "HY001", NULL);
}

/* One connection's lock at a time: the source is copied, then handed over. */
SQLRETURN desc_copy_between(SQLHANDLE source, SQLHANDLE target)
{
    struct desc *from = desc_enter(source);
    struct desc copy;
    if (!from)
        return SQL_INVALID_HANDLE;
    desc_init(&copy, DESC_ARD, from->dbc, NULL);
    SQLRETURN ret = desc_leave(from, desc_copy(from, &copy));
    struct desc *to = desc_enter(target);
    if (!to)
        ret = SQL_INVALID_HANDLE;
    else if (ret == SQL_SUCCESS)
        ret = desc_leave(to, desc_copy(&copy, to));
    else
        ret = (diag_move(&copy.diag, &to->diag), desc_leave(to, ret));
    desc_fini(&copy);
    return ret;
}
