#include "native/my_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CANCEL_REPEAT MS(250)
#define WARNINGS_SQL  "SHOW WARNINGS LIMIT 64"
#define STATE_SQL     "DO 0"

/* ---- outcomes ---- */

void my_outcome(struct my *n, enum nat_outcome_kind kind, struct nat_outcome *out)
{
    nat_outcome_set(out, kind);
    out->request = n->at;
    out->set = n->set;
}

/* The server tells with each OK whether a transaction is open. An error tells nothing; but a
 * deadlock has ended it, and some others may have (innodb_rollback_on_timeout): see end(). */
void my_follow(struct my *n)
{
    switch (my_errno(n)) {
    case 0:
        n->txn = n->mysql->server_status & SERVER_STATUS_IN_TRANS ? NAT_TXN_OPEN : NAT_TXN_IDLE;
        n->unsure = false;
        break;
    case ER_LOCK_DEADLOCK:
        n->txn = NAT_TXN_IDLE;
        break;
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_LOCK_TABLE_FULL:
    case ER_CHECKREAD:
    case ER_ERROR_DURING_COMMIT:
        n->unsure = n->txn == NAT_TXN_OPEN;
        break;
    case ER_QUERY_INTERRUPTED:
        n->interrupted = true;
        break;
    default:
        break;
    }
    my_track(n);
}

static size_t last_request(const struct my *n)
{
    const struct my_unit *u = &n->units[n->unit];

    return u->first + u->count - 1;
}

static enum nat_answer failed(struct my *n, struct nat_outcome *out, struct fault *f)
{
    my_outcome(n, NAT_FAILED, out);
    my_fault(n, &out->fault);
    if (out->fault.link_lost) {
        *f = out->fault;
        return NAT_FAULT;
    }
    my_follow(n);
    my_rows_clear(n);
    n->warnings = 0;
    n->stage = n->at < last_request(n) ? MY_SKIPPED : MY_ENDED;
    n->at++;
    return NAT_READY;
}

static enum nat_answer local_failure(struct my *n, struct nat_outcome *out)
{
    my_outcome(n, NAT_FAILED, out);
    out->fault = n->local;
    fault_clear(&n->local);
    n->stage = MY_ENDED;
    return NAT_READY;
}

/* "Rows matched: 2  Changed: 0" of an UPDATE; the words are in the server's language. An INSERT
 * IGNORE has other numbers, "Records: 2  Duplicates: 2". */
static bool found_rows(MYSQL *mysql)
{
    static const char digits[] = "0123456789";
    const char *info = mysql_info(mysql);

    if (info == NULL)
        return false;
    info += strcspn(info, digits);
    if (strtoll(info, NULL, 10) == 0)
        return false;
    info += strspn(info, digits);
    info += strcspn(info, digits);
    return *info && strtoll(info, NULL, 10) == 0;
}

/* A statement has completed; the results behind the last request's first are its own. */
static enum nat_answer done(struct my *n, int64_t count, struct nat_outcome *out)
{
    my_outcome(n, NAT_DONE, out);
    out->count = count;
    out->found = count == 0 && found_rows(n->mysql);
    if (n->statement == 0 && n->at < n->ntags)
        memcpy(out->tag, n->tags[n->at], sizeof out->tag);
    n->warnings = n->binary ? (unsigned)mysql_stmt_warning_count(n->stmt->handle)
                            : mysql_warning_count(n->mysql);
    n->warned = n->set;
    n->warned_end = n->units[n->unit].nsets > 1 ? n->set + 1 : n->set;
    my_follow(n);
    my_rows_clear(n);
    n->statement++;
    if (n->at < last_request(n)) {
        n->at++;
        n->statement = 0;
    }
    n->stage = MY_AFTER;
    return NAT_READY;
}

/* MySQL marks the row with a CALL's OUT parameters behind it only. */
static bool may_hold_out_params(const struct my *n)
{
    return MY_BLOCKS && n->binary && !n->out_params && strcmp(n->stmt->tag, "CALL") == 0;
}

/* The server describes rows before it makes the first: only that one shows success. */
static enum nat_answer first_row(struct my *n, struct nat_outcome *out, int64_t deadline,
                                 struct fault *f)
{
    bool row = n->held;
    enum nat_answer a = row ? NAT_READY : my_fetch(n, &row, deadline, f);

    if (a != NAT_READY)
        return a;
    if (n->broken && !n->held)
        return failed(n, out, f);
    if (row && may_hold_out_params(n)) {
        a = my_look_behind(n, &row, deadline, f);
        if (a != NAT_READY)
            return a;
        n->out_params = (n->mysql->server_status & SERVER_PS_OUT_PARAMS) != 0;
    }
    n->peeked = row;
    n->stage = MY_ROWS;
    my_outcome(n, NAT_ROWS, out);
    out->out_params = n->out_params;
    return NAT_READY;
}

static enum nat_answer rows_begin(struct my *n, struct nat_outcome *out, int64_t deadline,
                                  struct fault *f)
{
    n->stage = MY_FIRST;
    n->out_params = (n->mysql->server_status & SERVER_PS_OUT_PARAMS) != 0;
    return my_rows_begin(n, f) ? first_row(n, out, deadline, f) : NAT_FAULT;
}

/* The library stands at a new result. */
static enum nat_answer begin(struct my *n, struct nat_outcome *out, int64_t deadline,
                             struct fault *f)
{
    if (n->rc)
        return failed(n, out, f);
    if (!n->binary) {
        if (mysql_field_count(n->mysql) == 0)
            return done(n, (int64_t)mysql_affected_rows(n->mysql), out);
        n->res = mysql_use_result(n->mysql);
        if (n->res == NULL)
            return failed(n, out, f);
    } else if (mysql_stmt_field_count(n->stmt->handle) == 0) {
        return done(n, (int64_t)mysql_stmt_affected_rows(n->stmt->handle), out);
    }
    return rows_begin(n, out, deadline, f);
}

/* ---- the first answer of each kind of unit ---- */

static enum nat_answer prepared(struct my *n, struct nat_outcome *out, struct fault *f)
{
    struct my_stmt *s = n->stmt;
    enum nat_answer a;

    if (n->rc == 0) {
        s->nparams = mysql_stmt_param_count(s->handle);
        a = done(n, -1, out);
        n->stage = MY_ENDED;
        return a;
    }
    a = failed(n, out, f);
    n->stage = MY_ENDED;
    if (a == NAT_READY) {
        n->stmt = NULL;
        my_stmt_take(n, s);
        my_stmt_free(s);
    }
    return a;
}

static bool describe_params(struct my *n, size_t count, struct fault *f)
{
    if (!native_room(&n->params, &n->params_cap, count, sizeof *n->params))
        return fault_oom(f);
    for (size_t i = 0; i < count; i++)
        my_param_fill(&n->params[i]);
    n->nparams = count;
    return true;
}

static enum nat_answer described(struct my *n, struct nat_outcome *out, struct fault *f)
{
    n->stage = MY_ENDED;
    n->binary = true;
    if (!my_describe(n, n->stmt->handle->fields, mysql_stmt_field_count(n->stmt->handle), f))
        return NAT_FAULT;
    if (!describe_params(n, n->stmt->nparams, f))
        return NAT_FAULT;
    my_outcome(n, NAT_DESCRIBED, out);
    return NAT_READY;
}

static enum nat_answer first_answer(struct my *n, struct nat_outcome *out, int64_t deadline,
                                    struct fault *f)
{
    enum my_unit_kind kind = n->units[n->unit].kind;
    enum my_op op = kind == MY_TEXT ? MY_READ : kind == MY_PREPARING ? MY_PREPARE : MY_EXECUTE;
    enum nat_answer a = NAT_READY;

    if (fault_is(&n->local))
        return local_failure(n, out);
    n->binary = kind == MY_EXECUTING || kind == MY_DIRECT;
    if (kind == MY_DESCRIBING)
        return described(n, out, f);
    if (kind == MY_FORGETTING) {
        n->stage = MY_ENDED;
        my_outcome(n, NAT_DONE, out);
        return NAT_READY;
    }
    if (kind == MY_TEXT || !n->answered)
        a = my_run(n, op, deadline, f);
    if (a != NAT_READY)
        return a;
    n->answered = true;
    if (n->binary && my_is_outgrown(n) && !my_outgrow(n, f))
        return NAT_FAULT;
    return kind == MY_PREPARING ? prepared(n, out, f) : begin(n, out, deadline, f);
}

/* ---- the results behind it ---- */

static bool more(struct my *n)
{
    if (n->binary && n->mysql->server_status & SERVER_PS_OUT_PARAMS &&
        !(n->mysql->server_status & SERVER_MORE_RESULTS_EXIST))
        n->mysql->server_status &= ~(unsigned)SERVER_PS_OUT_PARAMS;
    return mysql_more_results(n->mysql);
}

static enum nat_answer after(struct my *n, struct nat_outcome *out, int64_t deadline,
                             struct fault *f)
{
    enum my_op op = n->binary ? MY_STMT_NEXT : MY_NEXT;
    enum nat_answer a;

    if (n->op == MY_NONE && !more(n)) {
        n->stage = MY_ENDED;
        my_outcome(n, NAT_END, out);
        return NAT_READY;
    }
    a = my_run(n, op, deadline, f);
    if (a != NAT_READY)
        return a;
    /* -1 is "no more", but also, in libmariadb, a link lost amid the description of the rows. */
    if (n->rc < 0 && my_errno(n) == 0) {
        n->stage = MY_ENDED;
        my_outcome(n, NAT_END, out);
        return NAT_READY;
    }
    return begin(n, out, deadline, f);
}

enum nat_answer my_unit_result(struct my *n, struct nat_outcome *out, int64_t deadline,
                               struct fault *f)
{
    enum nat_answer a = NAT_READY;
    size_t got;

    while (a == NAT_READY && n->stage == MY_ROWS && !n->ended)
        a = my_unit_next(n, MY_BLOCK, &got, deadline, f);
    if (a != NAT_READY)
        return a;
    if (n->dead)
        return my_fault(n, f);
    switch (n->stage) {
    case MY_SENT:
        return first_answer(n, out, deadline, f);
    case MY_FIRST:
        return first_row(n, out, deadline, f);
    case MY_ROWS:
        return n->broken ? failed(n, out, f) : done(n, n->rows, out);
    case MY_AFTER:
        return after(n, out, deadline, f);
    case MY_SKIPPED:
        my_outcome(n, NAT_SKIPPED, out);
        n->stage = n->at < last_request(n) ? MY_SKIPPED : MY_ENDED;
        n->at++;
        return NAT_READY;
    default:
        my_outcome(n, NAT_END, out);
        return NAT_READY;
    }
}

/* ---- warnings, and whether the transaction lives: one round trip more, only where needed ---- */

enum { ASK_NOT, ASK_SEND, ASK_READ, ASK_ROWS };

static void note_warning(struct my *n)
{
    const char *level = n->row[0], *code = n->row[1], *text = n->row[2];
    int64_t number = 0;

    text_to_i64(text_of(code), &number);
    my_notice_add(n, level ? level : "Warning", (unsigned)number, text ? text : "");
}

/* Warnings, before the next statement, which would clear them: a failure leaves them untold. Or the
 * transaction's state, which comes with any answer that is no error. */
static enum nat_answer ask(struct my *n, const char *sql, int64_t deadline, struct fault *f)
{
    enum nat_answer a = NAT_READY;

    n->binary = false;
    if (n->asking == ASK_NOT) {
        buf_reset(&n->sql);
        if (!buf_str(&n->sql, sql))
            return fault_oom(f), NAT_FAULT;
        n->asking = ASK_SEND;
    }
    if (n->asking == ASK_SEND && (a = my_run(n, MY_SEND, deadline, f)) == NAT_READY)
        n->asking = n->rc ? ASK_NOT : ASK_READ;
    if (a == NAT_READY && n->asking == ASK_READ &&
        (a = my_run(n, MY_READ, deadline, f)) == NAT_READY) {
        n->res = n->rc ? NULL : mysql_use_result(n->mysql);
        n->asking = n->res ? ASK_ROWS : ASK_NOT;
    }
    while (a == NAT_READY && n->asking == ASK_ROWS) {
        a = my_run(n, MY_FETCH, deadline, f);
        if (a != NAT_READY)
            return a;
        if (n->row && mysql_num_fields(n->res) >= 3)
            note_warning(n);
        n->asking = n->row ? ASK_ROWS : ASK_NOT;
    }
    if (a == NAT_READY && my_errno(n) == ER_QUERY_INTERRUPTED)
        n->interrupted = true; /* it was meant for the statement */
    if (a == NAT_READY)
        my_rows_clear(n);
    if (a == NAT_READY && my_fd(n->mysql) == MARIADB_INVALID_SOCKET)
        return my_fault(n, f);
    return a;
}

enum nat_answer my_ask_warnings(struct my *n, int64_t deadline, struct fault *f)
{
    enum nat_answer a = NAT_READY;

    if (n->warnings > 0 && n->asking == ASK_NOT && n->notice_n == MY_NOTICES)
        n->notice_lost += n->warnings; /* there is no room for what they say */
    else if (n->warnings > 0)
        a = ask(n, WARNINGS_SQL, deadline, f);
    if (a == NAT_READY)
        n->warnings = 0;
    return a;
}

static enum nat_answer end(struct my *n, struct nat_outcome *out, int64_t deadline, struct fault *f)
{
    enum nat_answer a;

    n->stage = MY_ENDED;
    if (n->warnings > 0) {
        n->stmt = NULL;
        a = my_ask_warnings(n, deadline, f);
        if (a != NAT_READY)
            return a;
    }
    if (n->unsure) {
        n->stmt = NULL;
        a = ask(n, STATE_SQL, deadline, f);
        if (a != NAT_READY)
            return a;
        my_follow(n);
        n->unsure = false;
    }
    if (n->direct && (n->op == MY_NONE || n->op == MY_STMT_CLOSE)) {
        n->stmt = NULL;
        if (n->op == MY_NONE) {
            n->closing = n->direct->handle;
            n->direct->handle = NULL;
            my_stmt_free(n->direct);
            n->direct = NULL;
        }
    }
    if (n->closing) {
        a = my_run(n, MY_STMT_CLOSE, deadline, f);
        if (a != NAT_READY)
            return a;
        n->closing = NULL;
    }
    if (n->sql.cap > MY_KEEP_BYTES)
        buf_fini(&n->sql);
    my_rows_clear(n);
    n->stage = MY_IDLE;
    n->stmt = NULL;
    if (n->sent)
        n->alive_us = n->asked_us;
    my_outcome(n, NAT_END, out);
    out->request = n->ntags > 0 ? n->ntags - 1 : 0;
    out->set = 0;
    return NAT_READY;
}

static enum nat_answer next_outcome(struct native *base, struct nat_outcome *out, int64_t deadline,
                                    struct fault *f)
{
    struct my *n = my_of(base);
    enum nat_answer a;

    if (n->early_left > 0) {
        n->early_now = true;
        n->early_left--;
        return spool_result(n->early, out, f) ? NAT_READY : NAT_FAULT;
    }
    spool_free(n->early);
    n->early = NULL;
    n->early_now = false;
    if (n->stage <= MY_IDLE) {
        my_outcome(n, NAT_END, out);
        return n->dead ? my_fault(n, f) : NAT_READY;
    }
    a = my_unit_result(n, out, deadline, f);
    if (a != NAT_READY || out->kind != NAT_END)
        return a;
    return end(n, out, deadline, f);
}

enum nat_answer my_result(struct native *base, struct nat_outcome *out, int64_t deadline,
                          struct fault *f)
{
    enum nat_answer a = next_outcome(base, out, deadline, f);

    if (a == NAT_READY)
        my_of(base)->told_rows = out->kind == NAT_ROWS;
    return a;
}

/* ---- leaving ---- */

enum nat_answer my_detach(struct native *base, struct spool *to, int64_t deadline, struct fault *f)
{
    struct my *n = my_of(base);

    return native_detach(base, &n->detach, n->told_rows, to, deadline, f);
}

/* A send that has not come to its end: its last call is finished, no other is begun. */
static enum nat_answer stop_sending(struct my *n, int64_t deadline, struct fault *f)
{
    struct nat_outcome out;
    enum nat_answer a = NAT_READY;

    if (n->op != MY_NONE && n->phase == MY_OUT && n->stage != MY_SENT) {
        a = my_run(n, n->op, deadline, f);
        n->answered = true;
        if (a != NAT_READY)
            return a;
        n->stage = n->rc ? MY_ENDED : MY_SENT;
    }
    if (n->phase == MY_PIPE || n->phase == MY_BULK)
        a = my_sets_drain(n, deadline, f);
    n->early_rows = false;
    while (a == NAT_READY && n->stage > MY_IDLE && n->stage != MY_ENDED)
        a = my_unit_result(n, &out, deadline, f);
    if (a != NAT_READY)
        return a;
    n->sending = false;
    n->stage = MY_ENDED;
    return NAT_READY;
}

enum nat_answer my_finish(struct native *base, enum nat_finish how, int64_t deadline,
                          struct fault *f)
{
    struct my *n = my_of(base);
    struct nat_outcome out;
    enum nat_answer a = NAT_READY;

    n->early_left = 0;
    while (n->stage > MY_IDLE || n->sending) {
        int64_t until = deadline;

        if (how == NAT_CANCEL && n->stage != MY_ENDED) {
            if (!n->cancelled || deadline_passed(n->cancel_again)) {
                my_cancel(base);
                n->cancelled = true;
                n->cancel_again = deadline_in(CANCEL_REPEAT);
            }
            until = deadline_min(deadline, n->cancel_again);
        }
        a = n->sending ? stop_sending(n, until, f) : my_result(base, &out, until, f);
        if (a == NAT_FAULT || (a == NAT_WAIT && deadline_passed(deadline)))
            return a;
    }
    return NAT_READY;
}
