#include "native/my_priv.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

#define TRACK                                                                                      \
    ", session_track_schema=1, session_track_system_variables='*'"                                 \
    ", session_track_transaction_info='CHARACTERISTICS'"
#define NAMES                                                                                      \
    "SELECT @@sql_mode, @@autocommit, @@time_zone, "                                               \
    "GREATEST(@@max_allowed_packet, @@net_buffer_length)"

/* ---- settings: all in one round trip ---- */

/* What the login said of characters, which a reset takes back. */
static void names_text(struct my *n, char *to, size_t size)
{
    MY_CHARSET_INFO now;

    mysql_get_character_set_info(n->mysql, &now);
    snprintf(to, size, "NAMES utf8mb4 COLLATE %s,", now.name);
}

/* Back from another database; "" when the session is where it was. */
static void use_text(const struct my *n, struct buf *to)
{
    if (!n->database[0] || (!n->untracked && n->schema && strcmp(n->schema, n->database) == 0))
        return;
    buf_str(to, "USE `");
    for (const char *c = n->database; *c; c++) {
        if (*c == '`')
            buf_char(to, '`');
        buf_char(to, *c);
    }
    buf_char(to, '`');
}

static enum nat_answer setting_send(struct my *n, int64_t deadline, struct fault *f)
{
    char own_sql[512], names[128] = "";
    struct nat_request r[4] = {
        {.kind = NAT_QUERY}, {.kind = NAT_QUERY}, {.kind = NAT_QUERY}, {.kind = NAT_QUERY}};
    size_t count = 1;
    struct buf use;
    bool sent;

    buf_init(&use);
    n->setting_user = SIZE_MAX;
    if (n->probe) {
        snprintf(own_sql, sizeof own_sql, "SET SESSION TRANSACTION READ ONLY");
    } else {
        if (n->renewing) {
            names_text(n, names, sizeof names);
            use_text(n, &use);
        }
        snprintf(own_sql, sizeof own_sql, "SET %snet_write_timeout=%lld%s%s", names,
                 (long long)n->write_timeout, n->auto_is_null ? ",sql_auto_is_null=1" : "",
                 n->untracked ? "" : TRACK);
        r[count++].sql = TEXT(NAMES);
        if (use.n > 0)
            r[count++].sql = buf_view(&use);
        if (n->settings[0]) {
            n->setting_user = count;
            r[count++].sql = text_of(n->settings);
        }
    }
    r[0].sql = text_of(own_sql);
    fault_clear(&n->setting_fault);
    n->setting_named = false;
    enum nat_answer a = NAT_FAULT;
    if (buf_ok(&use))
        a = my_send(&n->base, r, count, &sent, deadline, f);
    else
        fault_oom(f);
    buf_fini(&use);
    n->setting_sent = a == NAT_READY;
    return a;
}

static enum nat_answer note_names(struct my *n, int64_t deadline, struct fault *f)
{
    static const char *const names[] = {"sql_mode", "autocommit", "time_zone"};
    size_t got;
    enum nat_answer a = my_unit_next(n, 1, &got, deadline, f);

    if (a != NAT_READY || got == 0)
        return a;
    n->setting_named = true;
    for (size_t i = 0; i < 3 && i < n->ncolumns; i++) {
        struct nat_cell c = my_cell(&n->base, 0, i);
        struct text value = {c.p ? c.p : "", c.n};

        if (i == 1)
            value = text_eq(value, TEXT("1")) ? TEXT("ON") : TEXT("OFF");
        if (!my_variable_set(n, text_of(names[i]), value, false)) {
            fault_oom(f);
            return NAT_FAULT;
        }
    }
    struct nat_cell limit = my_cell(&n->base, 0, 3);
    int64_t bytes;
    if (limit.p && text_to_i64((struct text){limit.p, limit.n}, &bytes) && bytes > 0)
        n->packet_limit = (size_t)bytes - 1; /* that many are too many */
    return NAT_READY;
}

static enum nat_answer setting_read(struct my *n, int64_t deadline, struct fault *f)
{
    struct nat_outcome out;

    for (;;) {
        enum nat_answer a = NAT_READY;

        if (n->stage == MY_ROWS && n->at == 1 && !n->setting_named)
            a = note_names(n, deadline, f);
        if (a == NAT_READY)
            a = my_result(&n->base, &out, deadline, f);
        if (a != NAT_READY)
            return a;
        if (out.kind == NAT_END)
            return NAT_READY;
        if (out.kind == NAT_FAILED && !fault_is(&n->setting_fault)) {
            n->setting_fault = out.fault;
            n->setting_failed = out.request;
        }
    }
}

/* An old server, or a proxy: the session is not tracked. */
static bool try_untracked(struct my *n)
{
    if (!fault_is(&n->setting_fault) || n->setting_failed != 0 || n->untracked || n->probe)
        return false;
    LOG(LOG_INFO, "native", "no session tracking: %s", n->setting_fault.text);
    n->untracked = true;
    n->setting_sent = false;
    return true;
}

/* What the connection is meant to do matters, not what CONNSETTINGS did before it. */
static void settled(struct my *n)
{
    struct fault f;

    for (size_t i = 0; i < n->nvariables; i++)
        n->variables[i].touched = n->variables[i].touched && n->settings[0];
    while (my_notice(&n->base, &f))
        continue;
    n->changes = 0;
    n->settled = true;
}

enum nat_answer my_settings(struct my *n, int64_t deadline, struct fault *f)
{
    enum nat_answer a = NAT_READY;

    do {
        if (!n->setting_sent)
            a = setting_send(n, deadline, f);
        if (a == NAT_READY)
            a = setting_read(n, deadline, f);
    } while (a == NAT_READY && try_untracked(n));
    if (a == NAT_READY && fault_is(&n->setting_fault)) {
        *f = n->setting_fault;
        if (n->setting_failed == n->setting_user)
            fault_add(f, "\nin CONNSETTINGS");
        return NAT_FAULT;
    }
    if (a == NAT_READY)
        settled(n);
    return a;
}

/* ---- reset ---- */

/* COM_RESET_CONNECTION keeps the database, and none can be left for none. */
static enum nat_answer begin_again(struct my *n, int64_t deadline, struct fault *f)
{
    enum nat_answer a;

    if (!n->database[0] && (n->untracked || n->schema)) {
        fault_set(f, "HY000", "the session is in a database, and began in none");
        return NAT_FAULT;
    }
    if (n->op == MY_NONE && my_cancel_settle(n, deadline) == NAT_WAIT)
        return NAT_WAIT;
    n->stmt = NULL;
    a = my_run(n, MY_RESET, deadline, f);
    if (a != NAT_READY)
        return a;
    if (n->rc)
        return my_fault(n, f);
    my_stmts_free(n);
    my_track_clear(n);
    n->txn = NAT_TXN_IDLE;
    n->unsure = n->setting_sent = false;
    n->renewing = true;
    return NAT_READY;
}

enum nat_answer my_reset(struct native *base, int64_t deadline, struct fault *f)
{
    struct my *n = my_of(base);
    enum nat_answer a = n->renewing ? NAT_READY : begin_again(n, deadline, f);

    if (a == NAT_READY)
        a = my_settings(n, deadline, f);
    n->renewing = n->renewing && a != NAT_READY;
    return a;
}
