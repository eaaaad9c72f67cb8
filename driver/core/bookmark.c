/* Bookmarks: column 0 of a result. A row's bookmark is its number, in four bytes whatever it is
 * asked as, so that SQL_ATTR_FETCH_BOOKMARK_PTR can be read without knowing how it was kept. */
#include <stddef.h>
#include <string.h>

#include "core/core_priv.h"

bool bookmark_is_bound(const struct stmt *s)
{
    const struct desc_rec *r = &s->ard->bookmark;
    return r->data || r->octet_length_ptr || r->indicator_ptr;
}

/* False: bookmarks are not told as this type. */
static bool takes(SQLSMALLINT ctype)
{
    return ctype == SQL_C_DEFAULT || ctype == SQL_C_VARBOOKMARK || ctype == SQL_C_ULONG ||
           ctype == SQL_C_LONG || ctype == SQL_C_SLONG || ctype == SQL_C_UBIGINT ||
           ctype == SQL_C_SBIGINT;
}

static enum conv_result give(SQLULEN row, SQLSMALLINT ctype, char *to, SQLLEN cap, SQLLEN *octets,
                             SQLLEN *indicator)
{
    uint64_t wide = row;
    uint32_t mark = (uint32_t)row;
    bool is_wide = ctype == SQL_C_UBIGINT || ctype == SQL_C_SBIGINT;
    size_t n = is_wide ? sizeof(wide) : sizeof(mark);
    size_t room = ctype != SQL_C_VARBOOKMARK || cap > (SQLLEN)n ? n : (size_t)cap;
    if (cap < 0) /* a descriptor takes any */
        return CONV_LENGTH;
    if (row > UINT32_MAX)
        return CONV_RANGE;
    if (to)
        memcpy(to, is_wide ? (void *)&wide : (void *)&mark, room);
    if (indicator)
        *indicator = 0;
    if (octets) /* may be the same place */
        *octets = (SQLLEN)n;
    return room < n ? CONV_TRUNCATED : CONV_OK;
}

static SQLSMALLINT concrete(const struct stmt *s, SQLSMALLINT ctype)
{
    if (ctype != SQL_C_DEFAULT)
        return ctype;
    return s->attrs.use_bookmarks == SQL_UB_VARIABLE ? SQL_C_VARBOOKMARK : SQL_C_ULONG;
}

/* `number`, from 1, of the result; `at`, from 0, of the rowset. */
enum conv_result bookmark_deliver(const struct stmt *s, SQLULEN number, size_t at)
{
    const struct desc *d = s->ard;
    const struct desc_rec *r = &d->bookmark;
    SQLSMALLINT ctype = concrete(s, r->ctype);
    SQLLEN fixed = conv_ctype_size(ctype), offset = d->bind_offset_ptr ? *d->bind_offset_ptr : 0;
    size_t by_row = d->bind_type == SQL_BIND_BY_COLUMN ? 0 : d->bind_type;
    size_t step = by_row ? by_row : fixed ? (size_t)fixed : (size_t)r->octet_length;
    ptrdiff_t lengths = offset + (ptrdiff_t)(at * (by_row ? by_row : sizeof(SQLLEN)));
    char *octets = (char *)r->octet_length_ptr, *indicator = (char *)r->indicator_ptr;
    if (!takes(ctype))
        return CONV_TYPE;
    return give(number, ctype, r->data ? (char *)r->data + offset + (ptrdiff_t)(at * step) : NULL,
                r->octet_length, octets ? (SQLLEN *)(void *)(octets + lengths) : NULL,
                indicator ? (SQLLEN *)(void *)(indicator + lengths) : NULL);
}

SQLRETURN bookmark_get_data(struct stmt *s, SQLSMALLINT ctype, SQLPOINTER value, SQLLEN cap,
                            SQLLEN *ind)
{
    if (ctype == SQL_ARD_TYPE)
        ctype = s->ard->bookmark.ctype;
    if (!takes(ctype))
        return diag_push(&s->diag, "07006", "a bookmark is SQL_C_BOOKMARK or SQL_C_VARBOOKMARK");
    enum conv_result r = give(s->row_number, concrete(s, ctype), value, cap, ind, ind);
    if (r == CONV_OK)
        return SQL_SUCCESS;
    diag_push_at(&s->diag, conv_sqlstate(r), conv_message(r), 1, 0);
    return r >= CONV_ERROR ? SQL_ERROR : SQL_SUCCESS_WITH_INFO;
}

/* SQLDescribeCol of column 0. */
struct column_view bookmark_view(const struct stmt *s)
{
    bool is_variable = s->attrs.use_bookmarks == SQL_UB_VARIABLE;
    return (struct column_view){.name = TEXT(""),
                                .sql_type = is_variable ? SQL_BINARY : SQL_INTEGER,
                                .size = is_variable ? sizeof(uint32_t) : 10,
                                .nullable = SQL_NO_NULLS};
}

SQLULEN bookmark_given(const struct stmt *s, size_t at)
{
    const struct desc_rec *r = &s->ard->bookmark;
    SQLLEN fixed = conv_ctype_size(concrete(s, r->ctype));
    char *from = desc_shifted(s->ard, r->data, at, (size_t)(fixed ? fixed : r->octet_length));
    uint32_t mark = 0;
    if (from && (fixed || r->octet_length >= (SQLLEN)sizeof(mark)))
        memcpy(&mark, from, sizeof(mark)); /* of the wider types too: little-endian */
    return mark;
}

SQLULEN bookmark_row(const struct stmt *s)
{
    uint32_t mark = 0;
    if (s->attrs.use_bookmarks != SQL_UB_OFF && s->bookmark_ptr)
        memcpy(&mark, s->bookmark_ptr, sizeof(mark));
    return mark;
}

SQLRETURN bookmark_bind(struct stmt *s, SQLSMALLINT ctype, SQLPOINTER value, SQLLEN cap,
                        SQLLEN *ind)
{
    struct desc_rec *r = &s->ard->bookmark;
    if (s->attrs.use_bookmarks == SQL_UB_OFF)
        return diag_push(&s->diag, "07009", "SQL_ATTR_USE_BOOKMARKS is off");
    if (!takes(ctype))
        return diag_push(&s->diag, "07006", "a bookmark is SQL_C_BOOKMARK or SQL_C_VARBOOKMARK");
    if (cap < 0)
        return diag_push(&s->diag, "HY090", NULL);
    r->ctype = ctype;
    r->data = value;
    r->octet_length = cap;
    r->octet_length_ptr = r->indicator_ptr = ind;
    return SQL_SUCCESS;
}
