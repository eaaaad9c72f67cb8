/* ODBC, "Retrieving results and information about results", and leaving a statement. */
#include "api/api_priv.h"

SQLRETURN SQL_API SQLRowCount(SQLHSTMT h, SQLLEN *count)
{
    struct stmt *s = stmt_enter(h);
    return s ? stmt_leave(s, stmt_row_count(s, count)) : SQL_INVALID_HANDLE;
}

SQLRETURN SQL_API SQLNumResultCols(SQLHSTMT h, SQLSMALLINT *count)
{
    struct stmt *s = stmt_enter(h);
    return s ? stmt_leave(s, stmt_num_result_cols(s, count)) : SQL_INVALID_HANDLE;
}

static SQLRETURN do_describe_col(SQLHSTMT h, SQLUSMALLINT number, struct out name,
                                 SQLSMALLINT *length, SQLSMALLINT *sql_type, SQLULEN *size,
                                 SQLSMALLINT *digits, SQLSMALLINT *nullable)
{
    struct stmt *s = stmt_enter(h);
    struct column_view v;
    SQLLEN n;
    if (!s)
        return SQL_INVALID_HANDLE;
    if (name.cap < 0)
        return stmt_leave(s, stmt_fail(s, "HY090", NULL));
    SQLRETURN ret = stmt_describe_col(s, number, &v);
    if (!SQL_SUCCEEDED(ret))
        return stmt_leave(s, ret);
    if (give(name, dbc_charset(stmt_dbc(s)), v.name, &n))
        ret = stmt_truncated(s, ret);
    give_small(length, n);
    give_small(sql_type, v.sql_type);
    give_small(digits, v.digits);
    give_small(nullable, v.nullable);
    if (size)
        *size = v.size;
    return stmt_leave(s, ret);
}

SQLRETURN SQL_API SQLDescribeCol(SQLHSTMT h, SQLUSMALLINT number, SQLCHAR *name, SQLSMALLINT cap,
                                 SQLSMALLINT *length, SQLSMALLINT *sql_type, SQLULEN *size,
                                 SQLSMALLINT *digits, SQLSMALLINT *nullable)
{
    return do_describe_col(h, number, out_a(name, cap), length, sql_type, size, digits, nullable);
}

SQLRETURN SQL_API SQLDescribeColW(SQLHSTMT h, SQLUSMALLINT number, SQLWCHAR *name, SQLSMALLINT cap,
                                  SQLSMALLINT *length, SQLSMALLINT *sql_type, SQLULEN *size,
                                  SQLSMALLINT *digits, SQLSMALLINT *nullable)
{
    return do_describe_col(h, number, out_w(name, cap), length, sql_type, size, digits, nullable);
}

static SQLRETURN do_col_attribute(SQLHSTMT h, SQLUSMALLINT number, SQLUSMALLINT field,
                                  struct out out, SQLSMALLINT *length, SQLLEN *numeric)
{
    struct stmt *s = stmt_enter(h);
    struct attr_value v;
    if (!s)
        return SQL_INVALID_HANDLE;
    SQLRETURN ret = stmt_col_attribute(s, number, field, &v);
    if (SQL_SUCCEEDED(ret) && v.is_text) {
        SQLLEN n;
        if (out.cap < 0)
            return stmt_leave(s, stmt_fail(s, "HY090", NULL));
        if (give(out, dbc_charset(stmt_dbc(s)), v.text, &n))
            ret = stmt_truncated(s, ret);
        give_small(length, n);
    } else if (SQL_SUCCEEDED(ret) && numeric) {
        *numeric = (SQLLEN)v.number;
    }
    return stmt_leave(s, ret);
}

SQLRETURN SQL_API SQLColAttribute(SQLHSTMT h, SQLUSMALLINT number, SQLUSMALLINT field,
                                  SQLPOINTER out, SQLSMALLINT cap, SQLSMALLINT *length,
                                  SQLLEN *numeric)
{
    return do_col_attribute(h, number, field, out_a(out, cap), length, numeric);
}

SQLRETURN SQL_API SQLColAttributeW(SQLHSTMT h, SQLUSMALLINT number, SQLUSMALLINT field,
                                   SQLPOINTER out, SQLSMALLINT cap, SQLSMALLINT *length,
                                   SQLLEN *numeric)
{
    return do_col_attribute(h, number, field, out_w_small(out, cap), length, numeric);
}

SQLRETURN SQL_API SQLBindCol(SQLHSTMT h, SQLUSMALLINT number, SQLSMALLINT ctype, SQLPOINTER value,
                             SQLLEN cap, SQLLEN *ind)
{
    struct stmt *s = stmt_enter(h);
    if (!s)
        return SQL_INVALID_HANDLE;
    return stmt_leave(s, stmt_bind_col(s, number, ctype, value, cap, ind));
}

SQLRETURN SQL_API SQLFetch(SQLHSTMT h)
{
    struct stmt *s = stmt_enter(h);
    return s ? stmt_leave(s, stmt_fetch(s)) : SQL_INVALID_HANDLE;
}

SQLRETURN SQL_API SQLFetchScroll(SQLHSTMT h, SQLSMALLINT orientation, SQLLEN offset)
{
    struct stmt *s = stmt_enter(h);
    return s ? stmt_leave(s, stmt_fetch_scroll(s, orientation, offset)) : SQL_INVALID_HANDLE;
}

SQLRETURN SQL_API SQLExtendedFetch(SQLHSTMT h, SQLUSMALLINT orientation, SQLLEN offset,
                                   SQLULEN *rows, SQLUSMALLINT *status)
{
    struct stmt *s = stmt_enter(h);
    if (!s)
        return SQL_INVALID_HANDLE;
    return stmt_leave(s, stmt_extended_fetch(s, orientation, offset, rows, status));
}

SQLRETURN SQL_API SQLSetPos(SQLHSTMT h, SQLSETPOSIROW row, SQLUSMALLINT operation,
                            SQLUSMALLINT lock)
{
    struct stmt *s = stmt_enter(h);
    return s ? stmt_leave(s, stmt_set_pos(s, row, operation, lock)) : SQL_INVALID_HANDLE;
}

SQLRETURN SQL_API SQLBulkOperations(SQLHSTMT h, SQLSMALLINT operation)
{
    struct stmt *s = stmt_enter(h);
    return s ? stmt_leave(s, stmt_bulk_operations(s, (SQLUSMALLINT)operation)) : SQL_INVALID_HANDLE;
}

SQLRETURN SQL_API SQLGetData(SQLHSTMT h, SQLUSMALLINT number, SQLSMALLINT ctype, SQLPOINTER value,
                             SQLLEN cap, SQLLEN *ind)
{
    struct stmt *s = stmt_enter(h);
    if (!s)
        return SQL_INVALID_HANDLE;
    return stmt_leave(s, stmt_get_data(s, number, ctype, value, cap, ind));
}

SQLRETURN SQL_API SQLMoreResults(SQLHSTMT h)
{
    struct stmt *s = stmt_enter(h);
    return s ? stmt_leave(s, stmt_more_results(s)) : SQL_INVALID_HANDLE;
}

SQLRETURN SQL_API SQLCloseCursor(SQLHSTMT h)
{
    struct stmt *s = stmt_enter(h);
    return s ? stmt_leave(s, stmt_close_cursor(s, true)) : SQL_INVALID_HANDLE;
}

SQLRETURN SQL_API SQLFreeStmt(SQLHSTMT h, SQLUSMALLINT option)
{
    if (option == SQL_DROP)
        return stmt_free(h);
    struct stmt *s = stmt_enter(h);
    return s ? stmt_leave(s, stmt_free_option(s, option)) : SQL_INVALID_HANDLE;
}
