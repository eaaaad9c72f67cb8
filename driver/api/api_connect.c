/* ODBC, "Connecting to a data source": SQLConnect, SQLDriverConnect, SQLDisconnect, and
 * "Terminating a statement" for transactions: SQLEndTran, SQLNativeSql. */
#include "api/api_priv.h"

static SQLRETURN do_connect(SQLHDBC h, struct arg dsn, struct arg uid, struct arg pwd)
{
    struct dbc *d = dbc_enter(h);
    struct text t[3];
    if (!d)
        return SQL_INVALID_HANDLE;
    if (!dbc_take(d, dsn, &t[0]) || !dbc_take(d, uid, &t[1]) || !dbc_take(d, pwd, &t[2]))
        return dbc_leave(d, SQL_ERROR);
    dbc_set_wide(d, dsn.wide);
    return dbc_leave(d, dbc_connect(d, t[0], t[1], t[2]));
}

SQLRETURN SQL_API SQLConnect(SQLHDBC h, SQLCHAR *dsn, SQLSMALLINT n1, SQLCHAR *uid, SQLSMALLINT n2,
                             SQLCHAR *pwd, SQLSMALLINT n3)
{
    return do_connect(h, arg_a(dsn, n1), arg_a(uid, n2), arg_a(pwd, n3));
}

SQLRETURN SQL_API SQLConnectW(SQLHDBC h, SQLWCHAR *dsn, SQLSMALLINT n1, SQLWCHAR *uid,
                              SQLSMALLINT n2, SQLWCHAR *pwd, SQLSMALLINT n3)
{
    return do_connect(h, arg_w(dsn, n1), arg_w(uid, n2), arg_w(pwd, n3));
}

static SQLRETURN do_driver_connect(SQLHDBC h, struct arg in, struct out out, SQLSMALLINT *length,
                                   SQLUSMALLINT completion)
{
    struct dbc *d = dbc_enter(h);
    struct text t, completed;
    if (!d)
        return SQL_INVALID_HANDLE;
    if (out.cap < 0)
        return dbc_leave(d, dbc_fail(d, "HY090", NULL));
    if (!dbc_take(d, in, &t))
        return dbc_leave(d, SQL_ERROR);
    dbc_set_wide(d, in.wide);
    SQLRETURN ret = dbc_driver_connect(d, t, completion, &completed);
    if (SQL_SUCCEEDED(ret)) {
        SQLLEN n;
        if (give(out, dbc_charset(d), completed, &n))
            ret = dbc_truncated(d, ret);
        give_small(length, n);
    }
    return dbc_leave(d, ret);
}

SQLRETURN SQL_API SQLDriverConnect(SQLHDBC h, SQLHWND window, SQLCHAR *in, SQLSMALLINT n,
                                   SQLCHAR *out, SQLSMALLINT cap, SQLSMALLINT *length,
                                   SQLUSMALLINT completion)
{
    (void)window;
    return do_driver_connect(h, arg_a(in, n), out_a(out, cap), length, completion);
}

SQLRETURN SQL_API SQLDriverConnectW(SQLHDBC h, SQLHWND window, SQLWCHAR *in, SQLSMALLINT n,
                                    SQLWCHAR *out, SQLSMALLINT cap, SQLSMALLINT *length,
                                    SQLUSMALLINT completion)
{
    (void)window;
    return do_driver_connect(h, arg_w(in, n), out_w(out, cap), length, completion);
}

SQLRETURN SQL_API SQLDisconnect(SQLHDBC h)
{
    struct dbc *d = dbc_enter(h);
    return d ? dbc_leave(d, dbc_disconnect(d)) : SQL_INVALID_HANDLE;
}

SQLRETURN SQL_API SQLEndTran(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT completion)
{
    if (type == SQL_HANDLE_ENV) {
        struct env *e = env_enter(h);
        return e ? env_leave(e, env_end_tran(e, completion)) : SQL_INVALID_HANDLE;
    }
    struct dbc *d = type == SQL_HANDLE_DBC ? dbc_enter(h) : NULL;
    return d ? dbc_leave(d, dbc_end_tran(d, completion)) : SQL_INVALID_HANDLE;
}

static SQLRETURN do_native_sql(SQLHDBC h, struct arg in, struct out out, SQLINTEGER *length)
{
    struct dbc *d = dbc_enter(h);
    struct text t, native;
    if (!d)
        return SQL_INVALID_HANDLE;
    if (!in.p)
        return dbc_leave(d, dbc_fail(d, "HY009", NULL));
    if (out.cap < 0)
        return dbc_leave(d, dbc_fail(d, "HY090", NULL));
    if (!dbc_take(d, in, &t))
        return dbc_leave(d, SQL_ERROR);
    SQLRETURN ret = dbc_native_sql(d, t, &native);
    if (SQL_SUCCEEDED(ret)) {
        SQLLEN n;
        if (give(out, dbc_charset(d), native, &n))
            ret = dbc_truncated(d, ret);
        give_int(length, n);
    }
    return dbc_leave(d, ret);
}

SQLRETURN SQL_API SQLNativeSql(SQLHDBC h, SQLCHAR *in, SQLINTEGER n, SQLCHAR *out, SQLINTEGER cap,
                               SQLINTEGER *length)
{
    return do_native_sql(h, arg_a(in, n), out_a(out, cap), length);
}

SQLRETURN SQL_API SQLNativeSqlW(SQLHDBC h, SQLWCHAR *in, SQLINTEGER n, SQLWCHAR *out,
                                SQLINTEGER cap, SQLINTEGER *length)
{
    return do_native_sql(h, arg_w(in, n), out_w(out, cap), length);
}
