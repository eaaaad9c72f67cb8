/* ODBC: SQLAllocHandle, SQLAllocStmt, SQLFreeHandle, SQLGetEnvAttr, SQLSetEnvAttr. */
#include "api/api_priv.h"

SQLRETURN SQL_API SQLAllocHandle(SQLSMALLINT type, SQLHANDLE input, SQLHANDLE *output)
{
    if (output)
        *output = SQL_NULL_HANDLE;
    if (type == SQL_HANDLE_ENV)
        return output ? env_alloc(output) : SQL_ERROR;
    if (type == SQL_HANDLE_DBC) {
        struct env *e = env_enter(input);
        if (!e)
            return SQL_INVALID_HANDLE;
        return env_leave(e, output ? dbc_alloc(e, output) : env_fail(e, "HY009", NULL));
    }
    struct dbc *d = dbc_enter(input);
    if (!d)
        return SQL_INVALID_HANDLE;
    if (!output)
        return dbc_leave(d, dbc_fail(d, "HY009", NULL));
    if (type == SQL_HANDLE_STMT)
        return dbc_leave(d, stmt_alloc(d, output));
    if (type == SQL_HANDLE_DESC)
        return dbc_leave(d, desc_alloc(d, output));
    return dbc_leave(d, dbc_fail(d, "HY092", NULL));
}

/* For unixODBC's cursor library, which calls it without looking whether the driver has it. */
SQLRETURN SQL_API SQLAllocStmt(SQLHDBC h, SQLHSTMT *output)
{
    if (output)
        *output = SQL_NULL_HSTMT;
    struct dbc *d = dbc_enter(h);
    if (!d)
        return SQL_INVALID_HANDLE;
    return dbc_leave(d, output ? stmt_alloc(d, output) : dbc_fail(d, "HY009", NULL));
}

SQLRETURN SQL_API SQLFreeHandle(SQLSMALLINT type, SQLHANDLE h)
{
    switch (type) {
    case SQL_HANDLE_ENV:
        return env_free(h);
    case SQL_HANDLE_DBC:
        return dbc_free(h);
    case SQL_HANDLE_STMT:
        return stmt_free(h);
    case SQL_HANDLE_DESC:
        return desc_free(h);
    default:
        return SQL_INVALID_HANDLE;
    }
}

SQLRETURN SQL_API SQLSetEnvAttr(SQLHENV h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER n)
{
    (void)n;
    struct env *e = env_enter(h);
    return e ? env_leave(e, env_set_attr(e, attribute, (SQLULEN)value)) : SQL_INVALID_HANDLE;
}

SQLRETURN SQL_API SQLGetEnvAttr(SQLHENV h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER cap,
                                SQLINTEGER *length)
{
    (void)cap;
    struct env *e = env_enter(h);
    if (!e)
        return SQL_INVALID_HANDLE;
    struct attr_value v;
    SQLRETURN ret = env_get_attr(e, attribute, &v);
    if (SQL_SUCCEEDED(ret)) {
        give_number(value, v.number, v.size);
        give_int(length, (SQLLEN)v.size);
    }
    return env_leave(e, ret);
}
