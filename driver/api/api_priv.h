/* The api room: one export a function and nothing else in it but enter, strings in, one core call,
 * strings out, leave. Both twins (A and W) of a function are one static function that takes `struct
 * arg` and `struct out`; the exports say which kind of text they have.
 * Lengths: SQL_NTS or a count; in characters for most W functions, in bytes for the attribute,
 * info and field functions (ODBC, "Unicode Function Arguments"). */
#ifndef HOLDFAST_API_API_PRIV_H
#define HOLDFAST_API_API_PRIV_H

#pragma GCC visibility push(default)
#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>
#pragma GCC visibility pop

#include "base/arena.h"
#include "convert/charset.h"
#include "core/core.h"

/* ---- text in ---- */

struct arg {
    const void *p;
    SQLLEN n; /* characters (bytes for A), or SQL_NTS */
    bool wide;
};
struct arg arg_a(const SQLCHAR *p, SQLLEN n);
struct arg arg_w(const SQLWCHAR *p, SQLLEN n);
struct arg arg_w_bytes(const SQLWCHAR *p, SQLLEN bytes);

/* UTF-8 view of an argument: of the application's own memory where nothing needs converting, else
 * in the call's arena. NULL gives TEXT_NONE. False: HY090 or HY001 is in the diag. */
bool env_take(struct env *, struct arg, struct text *out);
bool dbc_take(struct dbc *, struct arg, struct text *out);
bool stmt_take(struct stmt *, struct arg, struct text *out);
bool desc_take(struct desc *, struct arg, struct text *out);

/* ---- text out ---- */

struct out {
    void *p;    /* may be NULL: only the length is wanted */
    SQLLEN cap; /* in units: bytes (A) or characters (W), with the terminator */
    bool wide;
    bool bytes; /* W: the length is told in bytes */
};
struct out out_a(void *p, SQLLEN cap);
struct out out_w(void *p, SQLLEN chars);
struct out out_w_bytes(void *p, SQLLEN bytes);
/* The driver manager doubles an A caller's length, past what an SQLSMALLINT holds: an even negative
 * number is such a length. An odd one (-1, SQL_NTS) is a negative length of the caller's own. */
struct out out_w_small(void *p, SQLSMALLINT bytes);

/* Copies as much as fits in whole characters, terminates, tells the full length. True: cut. */
bool give(struct out, const struct charset *, struct text t, SQLLEN *length);
void give_small(SQLSMALLINT *where, SQLLEN length);
void give_int(SQLINTEGER *where, SQLLEN length);

/* Stores a number of `size` bytes. */
void give_number(void *where, SQLULEN n, size_t size);

#endif
