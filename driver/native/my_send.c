#include "native/my_priv.h"

#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what goes together ---- */

static bool is_control(const struct nat_request *r)
{
    return r->kind >= NAT_BEGIN && r->kind <= NAT_ROLLBACK;
}

static enum my_unit_kind unit_kind(const struct nat_request *r)
{
    switch (r->kind) {
    case NAT_PREPARE:
        return MY_PREPARING;
    case NAT_DESCRIBE:
        return MY_DESCRIBING;
    case NAT_EXECUTE:
        return MY_EXECUTING;
    case NAT_FORGET:
        return MY_FORGETTING;
    case NAT_QUERY:
        return r->nparams > 0 ? MY_DIRECT : MY_TEXT;
    default:
        return MY_TEXT;
    }
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "/ * c * / ( select": SELECT */
static void first_word(struct text sql, char tag[32])
{
    size_t i = 0, n = 0;

    while (i < sql.n) {
        if (isspace((unsigned char)sql.s[i]) || sql.s[i] == '(') {
            i++;
        } else if (sql.n - i >= 2 && memcmp(sql.s + i, "/*", 2) == 0) {
            const char *end = memmem(sql.s + i + 2, sql.n - i - 2, "*/", 2);
            i = end ? (size_t)(end - sql.s) + 2 : sql.n;
        } else if (sql.s[i] == '#' || (sql.n - i >= 2 && memcmp(sql.s + i, "--", 2) == 0)) {
            const char *end = memchr(sql.s + i, '\n', sql.n - i);
            i = end ? (size_t)(end - sql.s) + 1 : sql.n;
        } else {
            break;
        }
    }
    while (i < sql.n && n < 31 && is_letter(sql.s[i]))
        tag[n++] = (char)(sql.s[i++] & ~0x20);
    tag[n] = '\0';
}

static struct text text_of_request(const struct nat_request *r)
{
    static const char *const words[] = {
        [NAT_BEGIN] = "BEGIN", [NAT_COMMIT] = "COMMIT", [NAT_ROLLBACK] = "ROLLBACK"};

    return r->sql.n > 0 || !is_control(r) ? r->sql : text_of(words[r->kind]);
}

static bool room_for_plan(struct my *n, size_t count)
{
    return native_room(&n->units, &n->units_cap, count, sizeof *n->units) &&
           native_room(&n->tags, &n->tags_cap, count, sizeof *n->tags);
}

static void plan(struct my *n, const struct nat_request *r, size_t count)
{
    n->nunits = n->unit = n->set = 0;
    n->ntags = count;
    for (size_t i = 0; i < count; i++) {
        struct my_unit u = {unit_kind(&r[i]), i, 1, 1, r[i].apart};
        struct my_unit *last = n->nunits > 0 ? &n->units[n->nunits - 1] : NULL;

        if ((u.kind == MY_EXECUTING || u.kind == MY_DIRECT) && r[i].nsets > 1)
            u.nsets = r[i].nsets;
        n->tags[i][0] = '\0';
        if (u.kind == MY_TEXT || u.kind == MY_DIRECT || u.kind == MY_PREPARING)
            first_word(text_of_request(&r[i]), n->tags[i]);
        if (u.kind == MY_TEXT && last && last->kind == MY_TEXT && !last->apart && !u.apart)
            last->count++;
        else
            n->units[n->nunits++] = u;
    }
}

/* ---- one unit onto the wire ---- */

static bool put_text(struct my *n, const struct nat_request *r, size_t count, struct fault *f)
{
    buf_reset(&n->sql);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_char(&n->sql, ';');
        buf_text(&n->sql, text_of_request(&r[i]));
    }
    if (!buf_ok(&n->sql))
        return fault_oom(f);
    return my_fits(n, n->sql.n + 1, &n->local);
}

static bool unknown(struct my *n, const struct nat_request *r)
{
    fault_set(&n->local, "HY000", "the statement \"%s\" is not prepared on this connection",
              r->name ? r->name : "");
    snprintf(n->local.server_state, sizeof n->local.server_state, "26000");
    return false;
}

/* False: nothing is to be sent, n->local says why; or f when the driver itself has failed. */
static bool unit_prepare(struct my *n, const struct nat_request *r, struct fault *f)
{
    const struct my_unit *u = &n->units[n->unit];

    n->stmt = NULL;
    switch (u->kind) {
    case MY_TEXT:
        return put_text(n, r, u->count, f);
    case MY_PREPARING:
        if (!put_text(n, r, 1, f))
            return false;
        n->stmt = my_stmt_find(n, r->name);
        if (n->stmt) { /* another takes its place */
            my_stmt_take(n, n->stmt);
            my_stmt_free(n->stmt);
        }
        n->stmt = my_stmt_new(n, r->name, n->tags[u->first], f);
        return n->stmt != NULL;
    case MY_DIRECT:
        if (!put_text(n, r, 1, f))
            return false;
        if (n->direct && n->set == 0) /* the unit before had another text */
            n->direct->nparams = SIZE_MAX;
        n->stmt = n->direct ? n->direct : my_stmt_new(n, NULL, n->tags[u->first], f);
        n->direct = n->stmt;
        return n->stmt != NULL;
    default:
        n->stmt = my_stmt_find(n, r->name);
        if (n->stmt && u->kind == MY_EXECUTING)
            memcpy(n->tags[u->first], n->stmt->tag, sizeof n->tags[0]);
        return n->stmt != NULL || unknown(n, r);
    }
}

static enum nat_answer execute_out(struct my *n, const struct nat_request *r, int64_t deadline,
                                   struct fault *f)
{
    if (n->op == MY_NONE && !my_bind(n, r, n->set, &n->local))
        return NAT_READY;
    return my_run_out(n, MY_EXECUTE, deadline, f);
}

/* A text with parameters: prepared first, which must be answered before it can be executed. */
static enum nat_answer direct_out(struct my *n, const struct nat_request *r, int64_t deadline,
                                  struct fault *f)
{
    if (n->stmt->nparams == SIZE_MAX) {
        enum nat_answer a = my_run(n, MY_PREPARE, deadline, f);
        if (a != NAT_READY)
            return a;
        if (n->rc) {
            my_fault(n, &n->local);
            return NAT_READY;
        }
        n->stmt->nparams = mysql_stmt_param_count(n->stmt->handle);
        n->phase = my_sets_phase(n, r);
        if (n->phase != MY_OUT)
            return NAT_READY;
    }
    return execute_out(n, r, deadline, f);
}

static enum nat_answer forget_out(struct my *n, int64_t deadline, struct fault *f)
{
    enum nat_answer a;

    if (n->op == MY_NONE) {
        n->closing = n->stmt->handle;
        n->stmt->handle = NULL;
        my_stmt_take(n, n->stmt);
        my_stmt_free(n->stmt);
        n->stmt = NULL;
    }
    a = my_run(n, MY_STMT_CLOSE, deadline, f);
    if (a == NAT_READY)
        n->closing = NULL;
    return a;
}

/* A text with parameters is, once it has been sent to be. */
static bool is_prepared(const struct my *n, const struct my_unit *u)
{
    return u->kind == MY_EXECUTING || (u->kind == MY_DIRECT && n->stmt->nparams != SIZE_MAX);
}

/* Resumable until NAT_READY: the unit, or the current set of it, is out or will never be. */
static enum nat_answer unit_out(struct my *n, const struct nat_request *r, int64_t deadline,
                                struct fault *f)
{
    const struct my_unit *u = &n->units[n->unit];
    enum nat_answer a = NAT_READY;

    if (!n->started) {
        n->at = u->first;
        n->statement = 0;
        n->started = true;
        fault_clear(&n->local);
        fault_clear(f);
        n->answered = false;
        n->txn_before = n->txn;
        if (!unit_prepare(n, r + u->first, f) && !fault_is(&n->local))
            return NAT_FAULT;
        if (!fault_is(&n->local) && is_prepared(n, u))
            n->phase = my_sets_phase(n, r + u->first);
        if (n->phase != MY_OUT)
            return NAT_READY;
    }
    if (fault_is(&n->local) && n->op == MY_NONE)
        return NAT_READY;
    switch (u->kind) {
    case MY_TEXT:
        a = my_run(n, MY_SEND, deadline, f);
        break;
    case MY_PREPARING:
        a = my_run_out(n, MY_PREPARE, deadline, f);
        break;
    case MY_EXECUTING:
        a = execute_out(n, r + u->first, deadline, f);
        break;
    case MY_DIRECT:
        a = direct_out(n, r + u->first, deadline, f);
        if (n->phase != MY_OUT)
            return a;
        break;
    case MY_FORGETTING:
        a = forget_out(n, deadline, f);
        break;
    case MY_DESCRIBING:
        break;
    }
    n->answered = a == NAT_READY && n->op == MY_NONE;
    if (a == NAT_READY && u->kind == MY_TEXT && n->rc) {
        my_fault(n, &n->local);
        if (n->local.link_lost) {
            *f = n->local;
            return NAT_FAULT;
        }
    }
    return a;
}

/* ---- units before the last: their outcomes are set aside ---- */

bool my_keep(struct my *n, const struct nat_outcome *out, struct fault *f)
{
    if (n->early == NULL && (n->early = spool_new()) == NULL)
        return fault_oom(f);
    if (!spool_add_outcome(n->early, out, n->columns, n->ncolumns, f))
        return false;
    n->early_left++;
    return true;
}

static enum nat_answer keep_rows(struct my *n, int64_t deadline, struct fault *f)
{
    struct nat_cell *cells;
    size_t got = 0;
    enum nat_answer a = my_unit_next(n, MY_BLOCK, &got, deadline, f);

    if (a != NAT_READY)
        return a;
    n->early_rows = got > 0;
    cells = calloc(n->ncolumns + 1, sizeof *cells);
    if (cells == NULL)
        fault_oom(f);
    for (size_t row = 0; cells && row < got; row++) {
        for (size_t i = 0; i < n->ncolumns; i++)
            cells[i] = my_cell(&n->base, row, i);
        if (!spool_add_row(n->early, cells, n->ncolumns, f))
            a = NAT_FAULT;
    }
    a = cells ? a : NAT_FAULT;
    free(cells);
    return a;
}

static enum nat_answer read_unit(struct my *n, int64_t deadline, struct fault *f)
{
    struct nat_outcome out;

    for (;;) {
        enum nat_answer a;

        if (n->early_rows) {
            a = keep_rows(n, deadline, f);
            if (a != NAT_READY)
                return a;
            continue;
        }
        a = my_unit_result(n, &out, deadline, f);
        if (a != NAT_READY)
            return a;
        if (out.kind == NAT_END)
            return NAT_READY;
        n->unit_failed = n->unit_failed || out.kind == NAT_FAILED;
        if (!my_keep(n, &out, f))
            return NAT_FAULT;
        n->early_rows = out.kind == NAT_ROWS;
    }
}

static enum nat_answer skip_rest(struct my *n, struct fault *f)
{
    struct nat_outcome out;
    const struct my_unit *u = &n->units[n->unit];

    for (size_t i = u->first + u->count; i < n->ntags; i++) {
        n->at = i;
        my_outcome(n, NAT_SKIPPED, &out);
        if (!my_keep(n, &out, f))
            return NAT_FAULT;
    }
    return NAT_READY;
}

/* ---- all of them ---- */

/* To the next set or unit. False: there is none. */
static bool advance(struct my *n)
{
    const struct my_unit *u = &n->units[n->unit];

    n->started = false;
    n->phase = MY_OUT;
    if (n->set + 1 < u->nsets) {
        n->set++;
        return true;
    }
    n->unit_failed = n->interrupted = false;
    n->set = n->single_until = 0;
    n->unit++;
    return n->unit < n->nunits;
}

static bool is_last(const struct my *n)
{
    return n->unit + 1 == n->nunits && n->set + 1 >= n->units[n->unit].nsets;
}

static enum nat_answer send_units(struct my *n, const struct nat_request *r, int64_t deadline,
                                  struct fault *f)
{
    for (;;) {
        const struct my_unit *u = &n->units[n->unit];
        enum nat_answer a = NAT_READY;

        if (n->phase == MY_OUT) {
            a = unit_out(n, r, deadline, f);
            if (a != NAT_READY)
                return a;
            n->stage = MY_SENT;
            if (n->phase == MY_OUT && is_last(n))
                return NAT_READY;
            n->phase = n->phase == MY_OUT ? MY_IN : n->phase;
        }
        if (n->phase != MY_WARNED)
            a = n->phase == MY_IN ? read_unit(n, deadline, f)
                                  : my_sets_run(n, r + u->first, deadline, f);
        if (a != NAT_READY)
            return a;
        if (n->phase == MY_OUT)
            continue;
        n->phase = MY_WARNED;
        n->stage = MY_ENDED;
        if (u->nsets > 1 && !is_last(n))
            a = my_ask_warnings(n, deadline, f);
        if (a != NAT_READY)
            return a;
        if (!my_sets_stop(n, f))
            return NAT_FAULT;
        if (n->unit_failed && !u->apart && n->set + 1 >= u->nsets && n->unit + 1 < n->nunits) {
            n->stage = MY_ENDED;
            return skip_rest(n, f);
        }
        if (!advance(n)) {
            n->stage = MY_ENDED;
            return NAT_READY;
        }
    }
}

static bool may_start(struct my *n, const struct nat_request *r, size_t count, struct fault *f)
{
    if (!n->dead && n->stage != MY_IDLE)
        return fault_set(f, "HY010", "the connection is not ready for a request");
    if (!my_idle_alive(n, f))
        return false;
    if (!room_for_plan(n, count))
        return fault_oom(f);
    plan(n, r, count);
    return true;
}

enum nat_answer my_send(struct native *base, const struct nat_request *r, size_t count, bool *sent,
                        int64_t deadline, struct fault *f)
{
    struct my *n = my_of(base);

    *sent = n->sent;
    if (!n->sending) {
        *sent = n->sent = false;
        if (my_cancel_settle(n, deadline) == NAT_WAIT)
            return NAT_WAIT;
        n->asked_us = clock_us();
        if (!may_start(n, r, count, f))
            return NAT_FAULT;
        n->phase = MY_OUT;
        n->started = n->early_rows = n->unit_failed = n->cancelled = n->interrupted = false;
        n->early_now = n->told_rows = false;
        n->warnings = 0;
        n->single_until = 0;
        n->sending = true;
    }
    enum nat_answer a = NAT_READY;
    if (count > 0)
        a = send_units(n, r, deadline, f);
    else
        n->stage = MY_ENDED;
    *sent = n->sent;
    n->sending = a == NAT_WAIT;
    if (a == NAT_FAULT && !n->dead)
        n->stage = n->sent ? MY_ENDED : MY_IDLE;
    return a;
}
