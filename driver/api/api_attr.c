/* ODBC: SQLSetConnectAttr, SQLGetConnectAttr, SQLSetStmtAttr, SQLGetStmtAttr. Lengths of the W
 * forms are in bytes. Text of the driver's own attributes (core/holdfast.h) has the form that the
 * attribute says: the driver manager hands an A call of them on as W, with the A caller's buffer.
 */
#include "api/api_priv.h"

static SQLRETURN set_connect_attr(SQLHDBC h, SQLINTEGER attribute, struct arg in)
{
    struct dbc *d = dbc_enter(h);
    struct attr_value v = {.number = (SQLULEN)in.p};
    if (!d)
        return SQL_INVALID_HANDLE;
    if (attr_is_text(SQL_HANDLE_DBC, attribute)) {
        v.is_text = true;
        if (!dbc_take(d, in, &v.text))
            return dbc_leave(d, SQL_ERROR);
    }
    return dbc_leave(d, dbc_set_attr(d, attribute, &v));
}

SQLRETURN SQL_API SQLSetConnectAttr(SQLHDBC h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER n)
{
    return set_connect_attr(h, attribute, arg_a(value, n));
}

SQLRETURN SQL_API SQLSetConnectAttrW(SQLHDBC h, SQLINTEGER attribute, SQLPOINTER value,
                                     SQLINTEGER n)
{
    return set_connect_attr(h, attribute, arg_w_bytes(value, n));
}

static SQLRETURN get_connect_attr(SQLHDBC h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER cap,
                                  SQLINTEGER *length, bool wide)
{
    struct dbc *d = dbc_enter(h);
    struct attr_value v;
    if (!d)
        return SQL_INVALID_HANDLE;
    SQLRETURN ret = dbc_get_attr(d, attribute, &v);
    if (SQL_SUCCEEDED(ret) && v.is_text) {
        SQLLEN n;
        if (cap < 0)
            return dbc_leave(d, dbc_fail(d, "HY090", NULL));
        if (v.is_own)
            wide = v.is_wide;
        if (give(wide ? out_w_bytes(value, cap) : out_a(value, cap),
                 v.is_own ? NULL : dbc_charset(d), v.text, &n))
            ret = dbc_truncated(d, ret);
        give_int(length, n);
    } else if (SQL_SUCCEEDED(ret)) {
        give_number(value, v.number, v.size);
        give_int(length, (SQLLEN)v.size);
    }
    return dbc_leave(d, ret);
}

SQLRETURN SQL_API SQLGetConnectAttr(SQLHDBC h, SQLINTEGER attribute, SQLPOINTER value,
                                    SQLINTEGER cap, SQLINTEGER *length)
{
    return get_connect_attr(h, attribute, value, cap, length, false);
}

SQLRETURN SQL_API SQLGetConnectAttrW(SQLHDBC h, SQLINTEGER attribute, SQLPOINTER value,
                                     SQLINTEGER cap, SQLINTEGER *length)
{
    return get_connect_attr(h, attribute, value, cap, length, true);
}

/* No statement attribute is text: both twins are the same. */
static SQLRETURN set_stmt_attr(SQLHSTMT h, SQLINTEGER attribute, SQLPOINTER value)
{
    struct stmt *s = stmt_enter(h);
    struct attr_value v = {.number = (SQLULEN)value};
    return s ? stmt_leave(s, stmt_set_attr(s, attribute, &v)) : SQL_INVALID_HANDLE;
}

SQLRETURN SQL_API SQLSetStmtAttr(SQLHSTMT h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER n)
{
    (void)n;
    return set_stmt_attr(h, attribute, value);
}

SQLRETURN SQL_API SQLSetStmtAttrW(SQLHSTMT h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER n)
{
    (void)n;
    return set_stmt_attr(h, attribute, value);
}

static SQLRETURN get_stmt_attr(SQLHSTMT h, SQLINTEGER attribute, SQLPOINTER value,
                               SQLINTEGER *length)
{
    struct stmt *s = stmt_enter(h);
    struct attr_value v;
    if (!s)
        return SQL_INVALID_HANDLE;
    SQLRETURN ret = stmt_get_attr(s, attribute, &v);
    if (SQL_SUCCEEDED(ret)) {
        give_number(value, v.number, v.size);
        give_int(length, (SQLLEN)v.size);
    }
    return stmt_leave(s, ret);
}

SQLRETURN SQL_API SQLGetStmtAttr(SQLHSTMT h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER cap,
                                 SQLINTEGER *length)
{
    (void)cap;
    return get_stmt_attr(h, attribute, value, length);
}

SQLRETURN SQL_API SQLGetStmtAttrW(SQLHSTMT h, SQLINTEGER attribute, SQLPOINTER value,
                                  SQLINTEGER cap, SQLINTEGER *length)
{
    (void)cap;
    return get_stmt_attr(h, attribute, value, length);
}
