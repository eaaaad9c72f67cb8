/* ODBC, "Descriptors": SQLGetDescField, SQLSetDescField, SQLGetDescRec, SQLSetDescRec,
 * SQLCopyDesc. Lengths of the W field forms are in bytes. */
#include "api/api_priv.h"

static SQLRETURN do_get_field(SQLHDESC h, SQLSMALLINT record, SQLSMALLINT field, struct out out,
                              SQLINTEGER *length)
{
    struct desc *x = desc_enter(h);
    struct attr_value v;
    if (!x)
        return SQL_INVALID_HANDLE;
    SQLRETURN ret = desc_get_field(x, record, field, &v);
    if (SQL_SUCCEEDED(ret) && v.is_text) {
        SQLLEN n;
        if (out.cap < 0)
            return desc_leave(x, desc_fail(x, "HY090", NULL));
        if (give(out, dbc_charset(desc_dbc(x)), v.text, &n))
            ret = desc_truncated(x, ret);
        give_int(length, n);
    } else if (SQL_SUCCEEDED(ret) && ret != SQL_NO_DATA) {
        give_number(out.p, v.number, v.size);
        give_int(length, (SQLLEN)v.size);
    }
    return desc_leave(x, ret);
}

SQLRETURN SQL_API SQLGetDescField(SQLHDESC h, SQLSMALLINT record, SQLSMALLINT field, SQLPOINTER out,
                                  SQLINTEGER cap, SQLINTEGER *length)
{
    return do_get_field(h, record, field, out_a(out, cap), length);
}

SQLRETURN SQL_API SQLGetDescFieldW(SQLHDESC h, SQLSMALLINT record, SQLSMALLINT field,
                                   SQLPOINTER out, SQLINTEGER cap, SQLINTEGER *length)
{
    return do_get_field(h, record, field, out_w_bytes(out, cap), length);
}

static SQLRETURN do_set_field(SQLHDESC h, SQLSMALLINT record, SQLSMALLINT field, struct arg in)
{
    struct desc *x = desc_enter(h);
    struct attr_value v = {.number = (SQLULEN)in.p};
    if (!x)
        return SQL_INVALID_HANDLE;
    if (desc_takes_text(x, field)) {
        v.is_text = true;
        if (!desc_take(x, in, &v.text))
            return desc_leave(x, SQL_ERROR);
    }
    return desc_leave(x, desc_set_field(x, record, field, &v));
}

SQLRETURN SQL_API SQLSetDescField(SQLHDESC h, SQLSMALLINT record, SQLSMALLINT field,
                                  SQLPOINTER value, SQLINTEGER n)
{
    return do_set_field(h, record, field, arg_a(value, n));
}

SQLRETURN SQL_API SQLSetDescFieldW(SQLHDESC h, SQLSMALLINT record, SQLSMALLINT field,
                                   SQLPOINTER value, SQLINTEGER n)
{
    return do_set_field(h, record, field, arg_w_bytes(value, n));
}

/* Number fields of a record: all, or none when one cannot be had. */
static SQLRETURN numbers_of(struct desc *x, SQLSMALLINT record, const SQLSMALLINT *fields, size_t n,
                            SQLLEN *out)
{
    SQLRETURN ret = SQL_SUCCESS;
    for (size_t i = 0; i < n && ret == SQL_SUCCESS; i++) {
        struct attr_value v = {0};
        ret = desc_get_field(x, record, fields[i], &v);
        out[i] = (SQLLEN)v.number;
    }
    return ret;
}

static SQLRETURN do_get_rec(SQLHDESC h, SQLSMALLINT record, struct out name, SQLSMALLINT *length,
                            SQLSMALLINT *type, SQLSMALLINT *subtype, SQLLEN *octets,
                            SQLSMALLINT *precision, SQLSMALLINT *scale, SQLSMALLINT *nullable)
{
    static const SQLSMALLINT fields[] = {SQL_DESC_TYPE,         SQL_DESC_DATETIME_INTERVAL_CODE,
                                         SQL_DESC_OCTET_LENGTH, SQL_DESC_PRECISION,
                                         SQL_DESC_SCALE,        SQL_DESC_NULLABLE};
    struct desc *x = desc_enter(h);
    struct attr_value v = {.text = {"", 0}};
    SQLLEN n[6], chars;
    if (!x)
        return SQL_INVALID_HANDLE;
    if (name.cap < 0)
        return desc_leave(x, desc_fail(x, "HY090", NULL));
    bool named = desc_has_names(x);
    SQLRETURN ret = numbers_of(x, record, fields, named ? 6 : 5, n);
    if (ret == SQL_SUCCESS && named)
        ret = desc_get_field(x, record, SQL_DESC_NAME, &v);
    if (ret != SQL_SUCCESS)
        return desc_leave(x, ret);
    give_small(type, n[0]);
    give_small(subtype, n[1]);
    if (octets)
        *octets = n[2];
    give_small(precision, n[3]);
    give_small(scale, n[4]);
    if (named)
        give_small(nullable, n[5]);
    if (give(name, dbc_charset(desc_dbc(x)), v.text, &chars))
        ret = desc_truncated(x, ret);
    give_small(length, chars);
    return desc_leave(x, ret);
}

SQLRETURN SQL_API SQLGetDescRec(SQLHDESC h, SQLSMALLINT record, SQLCHAR *name, SQLSMALLINT cap,
                                SQLSMALLINT *length, SQLSMALLINT *type, SQLSMALLINT *subtype,
                                SQLLEN *octets, SQLSMALLINT *precision, SQLSMALLINT *scale,
                                SQLSMALLINT *nullable)
{
    return do_get_rec(h, record, out_a(name, cap), length, type, subtype, octets, precision, scale,
                      nullable);
}

SQLRETURN SQL_API SQLGetDescRecW(SQLHDESC h, SQLSMALLINT record, SQLWCHAR *name, SQLSMALLINT cap,
                                 SQLSMALLINT *length, SQLSMALLINT *type, SQLSMALLINT *subtype,
                                 SQLLEN *octets, SQLSMALLINT *precision, SQLSMALLINT *scale,
                                 SQLSMALLINT *nullable)
{
    return do_get_rec(h, record, out_w(name, cap), length, type, subtype, octets, precision, scale,
                      nullable);
}

SQLRETURN SQL_API SQLSetDescRec(SQLHDESC h, SQLSMALLINT record, SQLSMALLINT type,
                                SQLSMALLINT subtype, SQLLEN octets, SQLSMALLINT precision,
                                SQLSMALLINT scale, SQLPOINTER data, SQLLEN *length, SQLLEN *ind)
{
    struct desc *x = desc_enter(h);
    if (!x)
        return SQL_INVALID_HANDLE;
    const struct {
        SQLSMALLINT field;
        SQLULEN value;
        bool wanted;
    } sets[] = {
        {SQL_DESC_TYPE, (SQLULEN)(SQLLEN)type, true},
        {SQL_DESC_DATETIME_INTERVAL_CODE, (SQLULEN)(SQLLEN)subtype,
         type == SQL_DATETIME || type == SQL_INTERVAL},
        {SQL_DESC_OCTET_LENGTH, (SQLULEN)octets, true},
        {SQL_DESC_PRECISION, (SQLULEN)(SQLLEN)precision, true},
        {SQL_DESC_SCALE, (SQLULEN)(SQLLEN)scale, true},
        {SQL_DESC_OCTET_LENGTH_PTR, (SQLULEN)length, desc_has_buffers(x)},
        {SQL_DESC_INDICATOR_PTR, (SQLULEN)ind, desc_has_buffers(x)},
        {SQL_DESC_DATA_PTR, (SQLULEN)data, true},
    };
    SQLRETURN ret = SQL_SUCCESS;
    for (size_t i = 0; ret == SQL_SUCCESS && i < sizeof(sets) / sizeof(sets[0]); i++) {
        struct attr_value v = {.number = sets[i].value};
        if (sets[i].wanted)
            ret = desc_set_field(x, record, sets[i].field, &v);
    }
    return desc_leave(x, ret);
}

SQLRETURN SQL_API SQLCopyDesc(SQLHDESC source, SQLHDESC target)
{
    struct desc *to = desc_enter(target);
    if (!to)
        return SQL_INVALID_HANDLE;
    struct desc *from = desc_peer(to, source);
    SQLRETURN ret = desc_leave(to, from ? desc_copy(from, to) : SQL_ERROR);
    return from ? ret : desc_copy_between(source, target);
}
