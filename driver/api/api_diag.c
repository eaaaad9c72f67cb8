/* ODBC, "Diagnostics": SQLGetDiagRec, SQLGetDiagField. Reading does not clear. */
#include "api/api_priv.h"

static SQLRETURN give_rec(struct diag *g, SQLSMALLINT number, struct out state, SQLINTEGER *native,
                          struct out message, SQLSMALLINT *length)
{
    struct diag_view v;
    SQLLEN n;
    if (message.cap < 0)
        return SQL_ERROR;
    SQLRETURN ret = diag_get_rec(g, number, &v);
    if (ret != SQL_SUCCESS)
        return ret;
    give(state, NULL, text_of(v.sqlstate), NULL);
    if (native)
        *native = v.native;
    bool cut = give(message, charset_current(), v.message, &n);
    give_small(length, n);
    return cut ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

static SQLRETURN do_diag_rec(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT number, struct out state,
                             SQLINTEGER *native, struct out message, SQLSMALLINT *length)
{
    struct diag *g = diag_enter(type, h);
    if (!g)
        return SQL_INVALID_HANDLE;
    return diag_leave(g, give_rec(g, number, state, native, message, length));
}

SQLRETURN SQL_API SQLGetDiagRec(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT number, SQLCHAR *state,
                                SQLINTEGER *native, SQLCHAR *message, SQLSMALLINT cap,
                                SQLSMALLINT *length)
{
    return do_diag_rec(type, h, number, out_a(state, 6), native, out_a(message, cap), length);
}

SQLRETURN SQL_API SQLGetDiagRecW(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT number, SQLWCHAR *state,
                                 SQLINTEGER *native, SQLWCHAR *message, SQLSMALLINT cap,
                                 SQLSMALLINT *length)
{
    return do_diag_rec(type, h, number, out_w(state, 6), native, out_w(message, cap), length);
}

static SQLRETURN give_field(struct diag *g, SQLSMALLINT number, SQLSMALLINT id, struct out out,
                            SQLSMALLINT *length)
{
    struct diag_field f;
    SQLRETURN ret = diag_get_field(g, number, id, &f);
    if (ret != SQL_SUCCESS)
        return ret;
    if (!f.is_text) {
        give_number(out.p, (SQLULEN)f.number, f.size);
        give_small(length, (SQLLEN)f.size);
        return SQL_SUCCESS;
    }
    if (out.cap < 0)
        return SQL_ERROR;
    SQLLEN n;
    bool cut = give(out, charset_current(), f.text, &n);
    give_small(length, n);
    return cut ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

static SQLRETURN do_diag_field(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT number, SQLSMALLINT id,
                               struct out out, SQLSMALLINT *length)
{
    struct diag *g = diag_enter(type, h);
    if (!g)
        return SQL_INVALID_HANDLE;
    return diag_leave(g, give_field(g, number, id, out, length));
}

SQLRETURN SQL_API SQLGetDiagField(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT number, SQLSMALLINT id,
                                  SQLPOINTER out, SQLSMALLINT cap, SQLSMALLINT *length)
{
    return do_diag_field(type, h, number, id, out_a(out, cap), length);
}

SQLRETURN SQL_API SQLGetDiagFieldW(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT number,
                                   SQLSMALLINT id, SQLPOINTER out, SQLSMALLINT cap,
                                   SQLSMALLINT *length)
{
    return do_diag_field(type, h, number, id, out_w_small(out, cap), length);
}
