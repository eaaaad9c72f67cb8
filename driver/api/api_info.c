/* ODBC, "Obtaining information about a driver and data source". */
#include "api/api_priv.h"

static SQLRETURN do_get_info(SQLHDBC h, SQLUSMALLINT type, struct out out, SQLSMALLINT *length)
{
    struct dbc *d = dbc_enter(h);
    struct attr_value v;
    if (!d)
        return SQL_INVALID_HANDLE;
    SQLRETURN ret = dbc_get_info(d, type, &v);
    if (SQL_SUCCEEDED(ret) && v.is_text) {
        SQLLEN n;
        if (out.cap < 0)
            return dbc_leave(d, dbc_fail(d, "HY090", NULL));
        if (give(out, dbc_charset(d), v.text, &n))
            ret = dbc_truncated(d, ret);
        give_small(length, n);
    } else if (SQL_SUCCEEDED(ret)) {
        give_number(out.p, v.number, v.size);
        give_small(length, (SQLLEN)v.size);
    }
    return dbc_leave(d, ret);
}

SQLRETURN SQL_API SQLGetInfo(SQLHDBC h, SQLUSMALLINT type, SQLPOINTER out, SQLSMALLINT cap,
                             SQLSMALLINT *length)
{
    return do_get_info(h, type, out_a(out, cap), length);
}

SQLRETURN SQL_API SQLGetInfoW(SQLHDBC h, SQLUSMALLINT type, SQLPOINTER out, SQLSMALLINT cap,
                              SQLSMALLINT *length)
{
    return do_get_info(h, type, out_w_small(out, cap), length);
}

SQLRETURN SQL_API SQLGetFunctions(SQLHDBC h, SQLUSMALLINT id, SQLUSMALLINT *supported)
{
    struct dbc *d = dbc_enter(h);
    if (!d)
        return SQL_INVALID_HANDLE;
    if (!supported)
        return dbc_leave(d, dbc_fail(d, "HY009", NULL));
    return dbc_leave(d, dbc_get_functions(d, id, supported));
}

static SQLRETURN do_type_info(SQLHSTMT h, SQLSMALLINT sql_type)
{
    struct stmt *s = stmt_enter(h);
    return s ? stmt_leave(s, stmt_type_info(s, sql_type)) : SQL_INVALID_HANDLE;
}

SQLRETURN SQL_API SQLGetTypeInfo(SQLHSTMT h, SQLSMALLINT sql_type)
{
    return do_type_info(h, sql_type);
}

SQLRETURN SQL_API SQLGetTypeInfoW(SQLHSTMT h, SQLSMALLINT sql_type)
{
    return do_type_info(h, sql_type);
}
