/* ODBC, "Preparing SQL requests" and "Submitting requests". */
#include "api/api_priv.h"

static SQLRETURN do_prepare(SQLHSTMT h, struct arg sql)
{
    struct stmt *s = stmt_enter(h);
    struct text t;
    if (!s)
        return SQL_INVALID_HANDLE;
    return stmt_leave(s, stmt_take(s, sql, &t) ? stmt_prepare(s, t) : SQL_ERROR);
}

SQLRETURN SQL_API SQLPrepare(SQLHSTMT h, SQLCHAR *sql, SQLINTEGER n)
{
    return do_prepare(h, arg_a(sql, n));
}

SQLRETURN SQL_API SQLPrepareW(SQLHSTMT h, SQLWCHAR *sql, SQLINTEGER n)
{
    return do_prepare(h, arg_w(sql, n));
}

SQLRETURN SQL_API SQLExecute(SQLHSTMT h)
{
    struct stmt *s = stmt_enter(h);
    return s ? stmt_leave(s, stmt_execute(s)) : SQL_INVALID_HANDLE;
}

static SQLRETURN do_exec_direct(SQLHSTMT h, struct arg sql)
{
    struct stmt *s = stmt_enter(h);
    struct text t;
    if (!s)
        return SQL_INVALID_HANDLE;
    return stmt_leave(s, stmt_take(s, sql, &t) ? stmt_exec_direct(s, t) : SQL_ERROR);
}

SQLRETURN SQL_API SQLExecDirect(SQLHSTMT h, SQLCHAR *sql, SQLINTEGER n)
{
    return do_exec_direct(h, arg_a(sql, n));
}

SQLRETURN SQL_API SQLExecDirectW(SQLHSTMT h, SQLWCHAR *sql, SQLINTEGER n)
{
    return do_exec_direct(h, arg_w(sql, n));
}

SQLRETURN SQL_API SQLBindParameter(SQLHSTMT h, SQLUSMALLINT number, SQLSMALLINT io,
                                   SQLSMALLINT ctype, SQLSMALLINT sql_type, SQLULEN column_size,
                                   SQLSMALLINT digits, SQLPOINTER value, SQLLEN cap, SQLLEN *ind)
{
    struct stmt *s = stmt_enter(h);
    if (!s)
        return SQL_INVALID_HANDLE;
    return stmt_leave(s, stmt_bind_parameter(s, number, io, ctype, sql_type, column_size, digits,
                                             value, cap, ind));
}

SQLRETURN SQL_API SQLNumParams(SQLHSTMT h, SQLSMALLINT *count)
{
    struct stmt *s = stmt_enter(h);
    return s ? stmt_leave(s, stmt_num_params(s, count)) : SQL_INVALID_HANDLE;
}

SQLRETURN SQL_API SQLDescribeParam(SQLHSTMT h, SQLUSMALLINT number, SQLSMALLINT *sql_type,
                                   SQLULEN *size, SQLSMALLINT *digits, SQLSMALLINT *nullable)
{
    struct stmt *s = stmt_enter(h);
    if (!s)
        return SQL_INVALID_HANDLE;
    return stmt_leave(s, stmt_describe_param(s, number, sql_type, size, digits, nullable));
}

SQLRETURN SQL_API SQLParamData(SQLHSTMT h, SQLPOINTER *token)
{
    struct stmt *s = stmt_enter(h);
    return s ? stmt_leave(s, stmt_param_data(s, token)) : SQL_INVALID_HANDLE;
}

SQLRETURN SQL_API SQLPutData(SQLHSTMT h, SQLPOINTER data, SQLLEN length)
{
    struct stmt *s = stmt_enter(h);
    return s ? stmt_leave(s, stmt_put_data(s, data, length)) : SQL_INVALID_HANDLE;
}

SQLRETURN SQL_API SQLCancel(SQLHSTMT h)
{
    return stmt_cancel(h);
}

SQLRETURN SQL_API SQLCancelHandle(SQLSMALLINT type, SQLHANDLE h)
{
    if (type == SQL_HANDLE_STMT)
        return stmt_cancel(h);
    return type == SQL_HANDLE_DBC ? dbc_cancel(h) : SQL_INVALID_HANDLE;
}

static SQLRETURN do_set_cursor_name(SQLHSTMT h, struct arg name)
{
    struct stmt *s = stmt_enter(h);
    struct text t;
    if (!s)
        return SQL_INVALID_HANDLE;
    return stmt_leave(s, stmt_take(s, name, &t) ? stmt_set_cursor_name(s, t) : SQL_ERROR);
}

SQLRETURN SQL_API SQLSetCursorName(SQLHSTMT h, SQLCHAR *name, SQLSMALLINT n)
{
    return do_set_cursor_name(h, arg_a(name, n));
}

SQLRETURN SQL_API SQLSetCursorNameW(SQLHSTMT h, SQLWCHAR *name, SQLSMALLINT n)
{
    return do_set_cursor_name(h, arg_w(name, n));
}

static SQLRETURN do_get_cursor_name(SQLHSTMT h, struct out out, SQLSMALLINT *length)
{
    struct stmt *s = stmt_enter(h);
    struct text t;
    SQLLEN n;
    if (!s)
        return SQL_INVALID_HANDLE;
    if (out.cap < 0)
        return stmt_leave(s, stmt_fail(s, "HY090", NULL));
    SQLRETURN ret = stmt_get_cursor_name(s, &t);
    if (give(out, dbc_charset(stmt_dbc(s)), t, &n))
        ret = stmt_truncated(s, ret);
    give_small(length, n);
    return stmt_leave(s, ret);
}

SQLRETURN SQL_API SQLGetCursorName(SQLHSTMT h, SQLCHAR *name, SQLSMALLINT cap, SQLSMALLINT *length)
{
    return do_get_cursor_name(h, out_a(name, cap), length);
}

SQLRETURN SQL_API SQLGetCursorNameW(SQLHSTMT h, SQLWCHAR *name, SQLSMALLINT cap,
                                    SQLSMALLINT *length)
{
    return do_get_cursor_name(h, out_w(name, cap), length);
}
