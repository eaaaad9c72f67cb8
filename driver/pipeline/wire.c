#include "base/log.h"
#include "pipeline/conn_priv.h"
#include <stdio.h>
#include <string.h>

/* Without failover a lost link is the end of the connection. (After a failover that failed there
 * is no native any more, and f says what there is to say.) */
static void link_is_lost(struct conn *c, struct fault *f)
{
    if (!c->native)
        return;
    memcpy(f->sqlstate, "08S01", sizeof(f->sqlstate));
    conn_swap(c, NULL, NAT_ABANDON, f);
}

/* The end of a guarded read's transaction is nobody's result, unless it failed. */
static bool is_guard(const struct conn *c, const struct nat_outcome *o)
{
    return o->request == c->guard_at && (o->kind == NAT_DONE || o->kind == NAT_SKIPPED);
}

enum nat_answer conn_wire_wait(struct conn *c, struct plugin_call *call, struct fault *f)
{
    unsigned generation = c->generation;
    enum nat_answer a;
    do {
        a = plugin_execute(c->chain, c, call, f);
    } while (a == NAT_READY && call->verb == DO_RESULT && is_guard(c, call->u.result));
    if (a == NAT_FAULT && f->link_lost)
        link_is_lost(c, f);
    else if (a == NAT_FAULT && c->native && c->generation == generation)
        c->skim = true; /* a fresh native has nothing unread */
    return a;
}

/* The deadline has passed: ask the server to stop, and if it does not answer then, nobody will.
 * Cancelled in the wait for a standby, a COMMIT is done all the same: it is given up with the link.
 */
static enum nat_answer wire_late(struct conn *c, struct plugin_call *call, struct fault *f)
{
    enum nat_answer a = NAT_WAIT;
    if (!c->late_until && !call->facts.commit) {
        LOG(LOG_INFO, "conn", "the query timeout expired: cancelling");
        pthread_mutex_lock(&c->live);
        c->ops->cancel(c->native);
        pthread_mutex_unlock(&c->live);
        call->deadline = c->late_until = deadline_in(CANCEL_WAIT);
        a = conn_wire_wait(c, call, f);
    }
    if (a != NAT_WAIT)
        return a;
    pthread_mutex_lock(&c->live);
    c->ops->interrupt(c->native);
    pthread_mutex_unlock(&c->live);
    a = conn_wire_wait(c, call, f);
    if (a != NAT_WAIT)
        return a;
    fault_lost(f, "the server did not answer");
    link_is_lost(c, f);
    return NAT_FAULT;
}

enum nat_answer conn_wire(struct conn *c, struct plugin_call *call, struct fault *f)
{
    if (c->late_until && call->deadline < c->late_until)
        call->deadline = c->late_until;
    enum nat_answer a = conn_wire_wait(c, call, f);
    return a == NAT_WAIT ? wire_late(c, call, f) : a;
}

bool wire_result(struct conn *c, struct cursor *cur, const struct outcome_facts *facts,
                 struct nat_outcome *out, int64_t deadline, struct fault *f)
{
    struct plugin_call call = {.verb = DO_RESULT, .cursor = cur, .facts = *facts};
    call.facts.reach = REACH_SENT;
    call.deadline = deadline;
    call.u.result = out;
    return conn_wire(c, &call, f) == NAT_READY;
}

bool wire_next(struct conn *c, struct cursor *cur, const struct outcome_facts *facts, size_t max,
               size_t *got, int64_t deadline, struct fault *f)
{
    struct plugin_call call = {.verb = DO_NEXT, .cursor = cur, .facts = *facts};
    call.facts.reach = REACH_SENT;
    call.deadline = deadline;
    call.u.next.max = max;
    call.u.next.got = 0;
    bool ok = conn_wire(c, &call, f) == NAT_READY;
    *got = ok ? call.u.next.got : 0;
    return ok;
}

static bool is_on(const struct conn *c, const char *parameter)
{
    const char *v = c->native ? c->ops->parameter(c->native, parameter) : NULL;
    return v && text_eq_ci(text_of(v), TEXT("on"));
}

/* A guarded read has failed, and its transaction waits for its end. Should the link be lost over
 * that, it has ended. (c->scratch is an END before and after.) */
static void end_guard(struct conn *c)
{
    struct nat_request rollback = {.kind = NAT_ROLLBACK};
    struct fault ignored;
    wire_run(c, &rollback, 1, wire_facts(c, NULL), NULL, deadline_in(CANCEL_WAIT), &ignored);
}

static void note_end(struct conn *c, bool plain_read)
{
    struct nat_status st;
    bool guarded = c->guard_at != SIZE_MAX;
    c->guard_at = SIZE_MAX;
    c->ops->status(c->native, &st);
    c->heard_us = clock_us();
    if (guarded) { /* outside of it there was no transaction, and there is none */
        if (st.txn != NAT_TXN_IDLE)
            end_guard(c);
        return;
    }
    /* A server tells of its promotion at the end of a statement: what it said before this one may
     * have been true no longer. What it says now held when the transaction began. */
    if (st.txn == NAT_TXN_IDLE)
        c->txn_read_only = false;
    else if (c->txn == NAT_TXN_IDLE) /* a BEGIN of the application's */
        c->txn_read_only = st.hint == ROLE_READER || is_on(c, c->family->read_only_now);
    else
        c->txn_read_only = c->txn_read_only && wire_begins_read_only(c, true);
    c->txn_ends += c->txn != NAT_TXN_IDLE && st.txn == NAT_TXN_IDLE;
    c->txn = st.txn;
    if (plain_read)
        return;
    conn_rules_seen(c);
    if (c->txn == NAT_TXN_IDLE)
        session_reported(&c->session, c->native, false);
}

void wire_ended(struct conn *c, bool plain_read)
{
    enum undo undo = c->undo;
    c->undo = c->undone = UNDO_NOT;
    note_end(c, plain_read);
    if (c->txn == NAT_TXN_IDLE)
        c->savepoint = false;
    if (c->txn == NAT_TXN_FAILED && undo != UNDO_NOT)
        undo_failed(c, undo);
}

/* What has been read ahead for another statement may have ended the transaction. */
static bool undo_heard(struct conn *c, struct fault *f)
{
    if (!undo_told(c, f))
        return false;
    return c->undone != UNDO_ALL ||
           fault_set(f, "25S03",
                     "a result has failed behind the rows that were read, and the transaction is "
                     "rolled back; nothing was sent");
}

/* What a fault left unread is of no use to anybody. */
static bool skim(struct conn *c, const struct outcome_facts *facts, int64_t deadline,
                 struct fault *f)
{
    struct plugin_call call = {.verb = DO_FINISH, .facts = *facts, .deadline = deadline};
    call.u.finish = NAT_DRAIN;
    if (c->reading) {
        struct fault why;
        fault_set(&why, "HY000", "the result was left unread after an error");
        cursor_lose(c->reading, &why);
    }
    if (conn_wire(c, &call, f) != NAT_READY)
        return false;
    c->skim = false;
    wire_ended(c, false);
    return undo_heard(c, f);
}

bool wire_free(struct conn *c, const struct outcome_facts *facts, int64_t deadline, struct fault *f)
{
    if (c->skim && c->native && !skim(c, facts, deadline, f))
        return false;
    if (!c->reading)
        return true;
    switch (cursor_shelve(c->reading, facts, deadline, f)) {
    case NAT_READY:
        return undo_heard(c, f);
    case NAT_WAIT:
        return fault_set(f, "HYT00",
                         "the query timeout expired while another statement's rows "
                         "were read; nothing was sent");
    default:
        return false;
    }
}

/* None of the driver's own requests hangs on the session it is sent to. */
static bool run_send(struct conn *c, const struct nat_request *requests, size_t n,
                     const struct outcome_facts *facts, int64_t deadline, struct fault *f)
{
    for (int tries = 0;; tries++) {
        struct plugin_call call = {.verb = DO_SEND, .facts = *facts, .deadline = deadline};
        unsigned generation = c->generation;
        call.u.send.requests = requests;
        call.u.send.n = n;
        if (conn_wire(c, &call, f) == NAT_READY)
            return true;
        if (tries == REPLAYS_MAX || !replay_due(c, generation, NULL, false, deadline, f))
            return false;
    }
}

bool wire_run(struct conn *c, const struct nat_request *requests, size_t n,
              struct outcome_facts facts, char tag[32], int64_t deadline, struct fault *f)
{
    struct nat_outcome *o = &c->scratch;
    struct fault failed;
    fault_clear(&failed);
    facts.reach = REACH_NOT_SENT;
    if (!wire_free(c, &facts, deadline, f) || !run_send(c, requests, n, &facts, deadline, f))
        return false;
    do {
        if (!wire_result(c, NULL, &facts, o, deadline, f))
            return false;
        if (o->kind == NAT_FAILED && !fault_is(&failed) && !wire_timed_out(c, o, &failed))
            failed = o->fault;
        if (o->kind == NAT_DONE && tag && o->request == n - 1)
            memcpy(tag, o->tag, sizeof(o->tag));
    } while (o->kind != NAT_END);
    wire_ended(c, false);
    if (!fault_is(&failed))
        return true;
    *f = failed;
    return false;
}

bool wire_timed_out(const struct conn *c, const struct nat_outcome *o, struct fault *f)
{
    if (!c->late_until || o->kind != NAT_FAILED || !fault_among(&o->fault, c->family->cancelled))
        return false;
    fault_set(f, "HYT00", "the query timeout expired: %s", o->fault.text);
    return true;
}

static bool on_reader(const struct conn *c)
{
    struct nat_status st;
    c->ops->status(c->native, &st);
    return st.hint == ROLE_READER;
}

bool wire_begins_read_only(const struct conn *c, bool plain_begin)
{
    return on_reader(c) || (plain_begin && is_on(c, c->family->read_only_next));
}

/* CALL and DO may commit, and SET TRANSACTION READ WRITE behind that. */
static bool is_one_transaction(const struct scan_info *scan)
{
    return scan->txn == SCAN_TXN_NONE && !text_eq_ci(scan->verb, TEXT("call")) &&
           !text_eq_ci(scan->verb, TEXT("do"));
}

/* Does the server itself allow this request no writes? Only what cannot be otherwise counts: of
 * an open transaction, how it began, for the node may have been a writer then; outside of one,
 * what this session has set. That the node is a reader is known as of the last answer only. */
static bool server_read_only(const struct conn *c, const struct scan_info *scan)
{
    bool simple = !scan || (scan->statements == 1 && !scan->sets_session);
    if (!c->native)
        return false;
    if (c->txn != NAT_TXN_IDLE)
        return simple && c->txn_read_only;
    return simple && scan && is_one_transaction(scan) && session_sets_access(&c->session) &&
           is_on(c, "default_transaction_read_only");
}

/* Lost with the session, and nothing else: a lone BEGIN, SET or RESET. */
static bool session_only(const struct scan_info *scan)
{
    return scan->statements == 1 &&
           (scan->txn == SCAN_TXN_BEGIN || text_eq_ci(scan->verb, TEXT("set")) ||
            text_eq_ci(scan->verb, TEXT("reset")));
}

struct outcome_facts wire_facts(const struct conn *c, const struct scan_info *scan)
{
    struct outcome_facts facts = {.reach = REACH_NOT_SENT, .lax = c->lax};
    facts.in_transaction = c->txn == NAT_TXN_OPEN || c->txn == NAT_TXN_FAILED;
    /* A plain read outside of a transaction is 08S02 in any case. */
    if (!scan || !scan->plain_read || !c->autocommit || facts.in_transaction)
        facts.server_read_only = server_read_only(c, scan);
    if (!scan) {
        facts.plain_read = true;
        return facts;
    }
    facts.rollback = scan->statements == 1 && scan->txn == SCAN_TXN_ROLLBACK;
    facts.commit = scan->ends_txn && !facts.rollback;
    facts.plain_read = scan->plain_read || session_only(scan);
    return facts;
}
