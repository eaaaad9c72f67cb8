/* Text between the application's buffers and the core's UTF-8. */
#include <string.h>

#include "api/api_priv.h"
#include "base/utf.h"

struct arg arg_a(const SQLCHAR *p, SQLLEN n)
{
    return (struct arg){p, n, false};
}
struct arg arg_w(const SQLWCHAR *p, SQLLEN n)
{
    return (struct arg){p, n, true};
}
struct arg arg_w_bytes(const SQLWCHAR *p, SQLLEN bytes)
{
    return (struct arg){p, bytes < 0 ? bytes : bytes / (SQLLEN)sizeof(SQLWCHAR), true};
}

static bool take_wide(struct arena *a, struct arg in, struct text *out)
{
    size_t n = in.n == SQL_NTS ? utf_len16(in.p) : (size_t)in.n;
    size_t cap = n * 3;
    char *p = arena_alloc(a, cap + 1);
    if (!p)
        return false;
    struct utf_step step = utf_16to8(p, cap, in.p, n);
    p[step.out] = 0;
    *out = (struct text){p, step.out};
    return true;
}

static bool take_narrow(struct arena *a, const struct charset *cs, struct arg in, struct text *out)
{
    struct text t = {in.p, in.n == SQL_NTS ? strlen(in.p) : (size_t)in.n};
    *out = t;
    if (!cs)
        return true;
    struct buf b;
    buf_init(&b);
    *out = charset_to_utf8(cs, t, &b) && buf_ok(&b) ? arena_text(a, buf_view(&b)) : TEXT_NONE;
    buf_fini(&b);
    return out->s;
}

/* NULL when taken; else the SQLSTATE to report. */
static const char *take(struct arena *a, const struct charset *cs, struct arg in, struct text *out)
{
    *out = TEXT_NONE;
    if (!in.p)
        return in.n > 0 ? "HY090" : NULL;
    if (in.n < 0 && in.n != SQL_NTS)
        return "HY090";
    return (in.wide ? take_wide(a, in, out) : take_narrow(a, cs, in, out)) ? NULL : "HY001";
}

bool env_take(struct env *e, struct arg in, struct text *out)
{
    const char *state = take(env_arena(e), NULL, in, out);
    return !state || env_fail(e, state, NULL) != SQL_ERROR;
}

bool dbc_take(struct dbc *d, struct arg in, struct text *out)
{
    const char *state = take(dbc_arena(d), dbc_charset(d), in, out);
    return !state || dbc_fail(d, state, NULL) != SQL_ERROR;
}

bool stmt_take(struct stmt *s, struct arg in, struct text *out)
{
    const char *state = take(stmt_arena(s), dbc_charset(stmt_dbc(s)), in, out);
    return !state || stmt_fail(s, state, NULL) != SQL_ERROR;
}

bool desc_take(struct desc *d, struct arg in, struct text *out)
{
    const char *state = take(desc_arena(d), dbc_charset(desc_dbc(d)), in, out);
    return !state || desc_fail(d, state, NULL) != SQL_ERROR;
}

/* ---- out ---- */

struct out out_a(void *p, SQLLEN cap)
{
    return (struct out){p, cap, false, false};
}
struct out out_w(void *p, SQLLEN chars)
{
    return (struct out){p, chars, true, false};
}
struct out out_w_small(void *p, SQLSMALLINT bytes)
{
    return out_w_bytes(p, bytes < 0 && bytes % 2 == 0 ? (SQLUSMALLINT)bytes : bytes);
}
struct out out_w_bytes(void *p, SQLLEN bytes)
{
    return (struct out){p, bytes < 0 ? bytes : bytes / (SQLLEN)sizeof(SQLWCHAR), true, true};
}

static bool give_wide(struct out o, struct text t, SQLLEN *length)
{
    size_t total = utf_8to16(NULL, SIZE_MAX, t).out;
    *length = (SQLLEN)(o.bytes ? total * sizeof(SQLWCHAR) : total);
    if (!o.p)
        return false;
    if (o.cap <= 0)
        return true;
    SQLWCHAR *p = o.p;
    struct utf_step step = utf_8to16(p, (size_t)o.cap - 1, t);
    p[step.out] = 0;
    return step.in < t.n;
}

static bool give_narrow(struct out o, const struct charset *cs, struct text t, SQLLEN *length)
{
    *length = (SQLLEN)(cs ? charset_size(cs, t) : t.n);
    if (!o.p)
        return false;
    if (o.cap <= 0)
        return true;
    char *p = o.p;
    size_t room = (size_t)o.cap - 1;
    size_t used = 0, n;
    if (cs) {
        n = charset_put(cs, p, room, t, &used);
    } else {
        n = used = t.n <= room ? t.n : utf_cut(t, room);
        if (n)
            memcpy(p, t.s, n);
    }
    p[n] = 0;
    return used < t.n;
}

bool give(struct out o, const struct charset *cs, struct text t, SQLLEN *length)
{
    SQLLEN n = 0;
    bool cut = o.wide ? give_wide(o, t, &n) : give_narrow(o, cs, t, &n);
    if (length)
        *length = n;
    return cut;
}

void give_small(SQLSMALLINT *where, SQLLEN length)
{
    if (where)
        *where = (SQLSMALLINT)(length > 32767 ? 32767 : length);
}

void give_int(SQLINTEGER *where, SQLLEN length)
{
    if (where)
        *where = (SQLINTEGER)(length > INT32_MAX ? INT32_MAX : length);
}

void give_number(void *where, SQLULEN n, size_t size)
{
    if (!where)
        return;
    switch (size) {
    case 2: {
        uint16_t v = (uint16_t)n;
        memcpy(where, &v, 2);
        break;
    }
    case 4: {
        uint32_t v = (uint32_t)n;
        memcpy(where, &v, 4);
        break;
    }
    default: {
        uint64_t v = (uint64_t)n;
        memcpy(where, &v, 8);
        break;
    }
    }
}
