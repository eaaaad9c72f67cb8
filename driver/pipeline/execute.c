#include "base/log.h"
#include "pipeline/conn_priv.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURN_SETS 256 /* parameter sets of one send, where each has a savepoint */

/* One send: the driver's own requests, then the work. */
struct round {
    const struct conn_work *work;
    const struct scan_info *scan;
    struct outcome_facts facts;
    size_t forgets, own, n;
    size_t prepare;   /* index of the PREPARE, SIZE_MAX: none */
    size_t savepoint; /* index of our SAVEPOINT, likewise */
    struct undo_plan undo;
    bool begins;
    bool opened; /* one of the sends so far began the transaction */
    bool apart;  /* what the undo needs has gone by itself */
    /* Sets that go in turns: */
    bool turns;
    bool stop, over;  /* those that have not been executed will not be; all has been told */
    size_t set, next; /* the first of this send; the first that has no outcome */
    bool guard;       /* as a READ ONLY transaction of its own, so that it can be run again */
    bool again;       /* a second try: the transaction that the first one opened is failed */
    size_t done;      /* sets that stand */
    enum nat_txn before;
};

static bool is_begin(const struct scan_info *scan)
{
    return text_eq_ci(scan->verb, TEXT("begin")) || text_eq_ci(scan->verb, TEXT("start"));
}

static struct text text_sent(const struct conn_work *w)
{
    return w->prepared ? text_of(w->prepared->sql) : w->sql;
}

/* The application's own BEGIN, and the driver's own questions, open no transaction of ours; what
 * the server runs outside of one only goes alone, and is committed by itself. */
static bool must_begin(const struct conn *c, const struct round *r)
{
    if (c->autocommit || r->work->internal || is_begin(r->scan))
        return false;
    if (c->txn != NAT_TXN_IDLE && !(r->again && c->txn == NAT_TXN_FAILED))
        return false;
    return r->scan->plain_read || r->scan->statements != 1 ||
           !scan_alone(&c->rules, text_sent(r->work));
}

static struct nat_request work_request(const struct conn *c, const struct round *r)
{
    const struct conn_work *w = r->work;
    struct prepared *p = w->prepared;
    return (struct nat_request){.kind = p ? NAT_EXECUTE : NAT_QUERY,
                                .sql = p ? TEXT_NONE : w->sql,
                                .name = p ? p->name : NULL,
                                .params = w->params,
                                .nparams = w->nparams,
                                .nsets = w->nsets,
                                .alike = w->nsets > 1 && scan_alike(&c->rules, text_sent(w))};
}

/* Set, RELEASE, SAVEPOINT, set ... The first set's SAVEPOINT is ahead of them. */
static void compose_turn(struct conn *c, struct round *r)
{
    static const struct undo_plan again = {.release = true, .savepoint = true};
    const struct conn_work *w = r->work;
    struct nat_request one = work_request(c, r);
    one.nsets = 1;
    for (size_t set = r->set; set < w->nsets && set < r->set + TURN_SETS; set++) {
        if (set > r->set)
            r->n += undo_requests(&again, c->requests + r->n);
        one.params = w->params + set * w->nparams;
        one.set = set + 1;
        c->requests[r->n++] = one;
    }
}

static bool compose(struct conn *c, struct round *r, struct fault *f)
{
    const struct conn_work *w = r->work;
    struct prepared *p = w->prepared;
    size_t batch = batch_requests(&c->rules, w, NULL);
    size_t turn = r->turns ? (size_t)3 * TURN_SETS : 0;
    if (!conn_room(c, c->nforget + 7 + batch + turn, f))
        return false;
    size_t n = r->forgets = forget_requests(c, p != NULL);
    if (r->again && c->txn == NAT_TXN_FAILED)
        c->requests[n++] = (struct nat_request){.kind = NAT_ROLLBACK};
    r->begins = must_begin(c, r);
    r->opened = r->opened || r->begins;
    if (r->begins)
        c->requests[n++] = (struct nat_request){.kind = NAT_BEGIN};
    if (!r->apart)
        n += undo_requests(&r->undo, c->requests + n);
    r->savepoint = r->undo.savepoint && !r->apart ? n - 1 : SIZE_MAX;
    if (r->guard)
        c->requests[n++] =
            (struct nat_request){.kind = NAT_BEGIN, .sql = text_of(c->family->begin_read_only)};
    r->prepare = SIZE_MAX;
    if (p && !prepared_known(c, p)) {
        r->prepare = n;
        if (!prepared_request(c, p, &c->requests[n++], f))
            return false;
    }
    r->own = n;
    r->n = n + batch;
    if (batch)
        return batch_requests(&c->rules, w, c->requests + n) == batch;
    if (r->turns) {
        compose_turn(c, r);
        return true;
    }
    c->requests[r->n++] = work_request(c, r);
    if (r->guard)
        c->requests[r->n++] = (struct nat_request){.kind = NAT_COMMIT};
    return true;
}

static bool send_round(struct conn *c, struct cursor *cur, struct round *r, int64_t deadline,
                       struct fault *f)
{
    struct plugin_call call = {.verb = DO_SEND, .cursor = cur, .facts = r->facts};
    call.deadline = deadline;
    call.u.send.requests = c->requests;
    call.u.send.n = r->n;
    call.u.send.opens = r->begins;
    unsigned generation = c->generation;
    bool ok = conn_wire(c, &call, f) == NAT_READY;
    if (call.u.send.sent && c->generation == generation)
        c->keeps = c->keeps || r->scan->keeps;
    if (!ok)
        return false;
    c->guard_at = r->guard ? r->n - 1 : SIZE_MAX;
    forget_sent(c, r->forgets);
    c->txn_lost = c->txn_untold = c->txn_undone = false;
    c->undo = r->undo.undo;
    c->savepoint = r->apart && r->undo.savepoint;
    if (r->begins) {
        c->txn_read_only = wire_begins_read_only(c, true);
        c->txn = NAT_TXN_OPEN;
        r->facts.in_transaction = true;
    }
    if (r->scan->sets_session || r->scan->statements > 1)
        c->txn_read_only = false; /* it may be READ WRITE by now */
    return true;
}

/* Outcomes of the driver's own requests are consumed. A failed one skips the work, and is what
 * happened to it: a syntax error is told by the PREPARE. */
static bool first_outcome(struct conn *c, struct cursor *cur, struct round *r,
                          struct nat_outcome *out, int64_t deadline, struct fault *f)
{
    struct fault own;
    bool failed = false;
    for (;;) {
        if (!wire_result(c, cur, &r->facts, out, deadline, f))
            return false;
        if (out->kind == NAT_END || out->request >= r->own)
            break;
        if (out->kind == NAT_FAILED && out->request >= r->forgets && !failed) {
            own = out->fault;
            failed = true;
        }
        if (out->kind == NAT_DONE && out->request == r->prepare)
            r->work->prepared->generation = c->plans;
        if (out->kind == NAT_DONE && out->request == r->savepoint)
            c->savepoint = true;
    }
    r->stop = failed;
    if (failed && (out->kind == NAT_SKIPPED || out->kind == NAT_END)) {
        cur->ended = out->kind == NAT_END;
        out->kind = NAT_FAILED;
        out->fault = own;
    } else if (out->kind == NAT_END) { /* nothing was to be done */
        cur->ended = true;
        out->kind = NAT_DONE;
        out->count = -1;
    }
    return true;
}

/* The server calls it no error when a COMMIT finds a failed transaction; the application would. */
static void check_commit(const struct round *r, struct nat_outcome *o)
{
    if (o->kind != NAT_DONE || r->scan->txn != SCAN_TXN_COMMIT || strcmp(o->tag, "ROLLBACK") != 0)
        return;
    o->kind = NAT_FAILED;
    fault_set(&o->fault, "25S03", "the transaction had failed and is rolled back");
}

/* Takes note of what the work did to session and transaction. */
static void note_work(struct conn *c, const struct round *r, const struct nat_outcome *out,
                      size_t done)
{
    const struct scan_info *scan = r->scan;
    if (c->txn != NAT_TXN_IDLE && c->txn != NAT_TXN_OPEN && c->txn != NAT_TXN_FAILED)
        return;
    if (!scan->sets_session && !scan->ends_txn && !scan->txn && scan->statements <= 1 &&
        !text_eq_ci(scan->verb, TEXT("do")))
        return;
    if (out->kind == NAT_FAILED && r->work->nsets <= 1 && c->undone == UNDO_STATEMENT)
        return;
    session_note(&c->session, &c->rules, text_sent(r->work), done, out->kind == NAT_FAILED,
                 r->opened ? NAT_TXN_OPEN : r->before, c->txn);
    if (c->session.dropped_plans) {
        c->session.dropped_plans = false;
        c->plans++;
        c->nforget = 0;
    }
}

/* Memory or disk was short for what came back: the server has done it all the same. (What the
 * server or the network did wrong has been said by others.) */
static bool short_afterwards(const struct round *r, struct fault *f)
{
    bool ours = strcmp(f->sqlstate, "HY001") == 0 || strcmp(f->sqlstate, "HY000") == 0;
    if (ours && !f->from_server && !f->link_lost && !r->scan->plain_read)
        fault_add(f, "; the statement had been sent, and what it did stands");
    return false;
}

/* CALL and DO may commit on the way to an error of their own. */
static bool may_commit_inside(const struct scan_info *scan)
{
    return text_eq_ci(scan->verb, TEXT("call")) || text_eq_ci(scan->verb, TEXT("do"));
}

/* The server no longer has the statement as it was prepared (DEALLOCATE, DISCARD, a changed
 * table): it refused before it did anything. The same codes raised inside the statement say
 * nothing of the kind: 26000 names the statement that is missed, 0A000 is trusted only where a
 * failure has undone everything. */
static bool plan_is_stale(const struct round *r, const struct nat_outcome *out)
{
    const struct prepared *p = r->work->prepared;
    char quoted[sizeof(p->name) + 2];
    if (!p || out->kind != NAT_FAILED || out->request < r->own)
        return false;
    snprintf(quoted, sizeof(quoted), "\"%s\"", p->name);
    if (strcmp(out->fault.server_state, "26000") == 0)
        return strstr(out->fault.text, quoted) != NULL;
    return strcmp(out->fault.server_state, "0A000") == 0 && r->prepare == SIZE_MAX &&
           r->work->nsets <= 1 && !may_commit_inside(r->scan);
}

/* A text of several statements cannot share a send with a request that is not part of it. */
static bool plan_undo(struct conn *c, struct round *r, int64_t deadline, struct fault *f)
{
    const struct conn_work *w = r->work;
    struct nat_request own[2];
    r->undo = undo_plan(c, r->scan, w->internal, w->nsets > 1 && must_begin(c, r));
    r->turns = r->undo.savepoint && w->nsets > 1;
    size_t n = undo_requests(&r->undo, own);
    r->apart = n > 0 && r->scan->statements > 1 && !batch_requests(&c->rules, w, NULL);
    return !r->apart || wire_run(c, own, n, wire_facts(c, NULL), NULL, deadline, f);
}

/* ---- sets in turns ---- */

/* Which set an outcome is of, and whether the application hears of it: not of the savepoints,
 * unless one fails, and not of sets that were skipped, for they have their turn later. */
static bool turn_outcome(struct conn *c, struct round *r, struct nat_outcome *o)
{
    size_t at = o->request < r->own ? 0 : o->request - r->own;
    bool work = o->request >= r->own && at % 3 == 0;
    struct fault timed_out;
    o->set = r->set + (at + 2) / 3;
    if (o->kind == NAT_DONE && o->request == r->savepoint)
        c->savepoint = true;
    if (work && (o->kind == NAT_DONE || o->kind == NAT_FAILED))
        r->next = o->set + 1;
    if (o->kind == NAT_FAILED) {
        if (!work) {
            c->savepoint = false;
            r->next = o->set + 1;
        }
        r->stop = r->stop || !work || conn_cancelled(c) || c->late_until || plan_is_stale(r, o);
        if (wire_timed_out(c, o, &timed_out))
            o->fault = timed_out;
        return true;
    }
    return work && o->kind != NAT_SKIPPED;
}

bool round_result(struct conn *c, struct cursor *cur, struct round *r, struct nat_outcome *o,
                  int64_t deadline, struct fault *f)
{
    for (;;) {
        if (r->over) {
            nat_outcome_set(o, NAT_END);
            return true;
        }
        if (!wire_result(c, cur, &r->facts, o, deadline, f))
            return false;
        if (o->kind != NAT_END) {
            if (turn_outcome(c, r, o))
                return true;
            continue;
        }
        wire_ended(c, cur->plain_read);
        if (c->txn_untold)
            return undo_told(c, f);
        r->over = r->stop || r->next == r->work->nsets || c->txn != NAT_TXN_OPEN;
        if (r->over && r->next < r->work->nsets) {
            nat_outcome_set(o, NAT_SKIPPED);
            o->set = r->next;
        }
        if (r->over)
            return true;
        r->set = r->next;
        r->undo = undo_plan(c, r->scan, r->work->internal, false);
        if (!compose(c, r, f) || !send_round(c, cur, r, deadline, f))
            return false;
    }
}

static bool run_round(struct conn *c, struct cursor *cur, struct round *r, struct nat_outcome *out,
                      int64_t deadline, struct fault *f)
{
    size_t sets = r->work->nsets ? r->work->nsets : 1;
    r->before = c->txn;
    r->set = r->done = 0;
    r->opened = r->over = false;
    if (!plan_undo(c, r, deadline, f) || !compose(c, r, f) || !send_round(c, cur, r, deadline, f))
        return false;
    if (!first_outcome(c, cur, r, out, deadline, f))
        return short_afterwards(r, f);
    if (r->turns)
        turn_outcome(c, r, out);
    cursor_start(cur, c, out->kind);
    cur->single = sets == 1;
    cur->plain_read = r->scan->plain_read;
    cur->in_transaction = r->facts.in_transaction;
    cur->read_only = r->facts.server_read_only;
    if (out->kind == NAT_ROWS && cur->plain_read && !r->work->whole && !r->turns) {
        cur->live = true;
        c->reading = cur;
        return true;
    }
    if (cur->ended)
        wire_ended(c, cur->plain_read);
    else if (!cursor_collect(cur, out, &r->facts, sets, r->turns ? r : NULL, &r->done, deadline, f))
        return short_afterwards(r, f);
    note_work(c, r, out, r->done);
    if (r->scan->discards && out->kind == NAT_DONE)
        c->keeps = false;
    if (r->scan->controls && out->kind == NAT_DONE)
        c->savepoint = false; /* RELEASE and ROLLBACK TO have taken it with them */
    check_commit(r, out);
    return true;
}

static struct outcome_facts round_facts(const struct conn *c, const struct round *r)
{
    struct outcome_facts facts = wire_facts(c, r->scan);
    facts.several = r->work->nsets > 1 || (c->family->demoted_alive &&
                                           (r->scan->statements > 1 || may_commit_inside(r->scan)));
    return facts;
}

/* A round, and the same again on a new connection where that is safe. */
static bool run_rounds(struct conn *c, struct cursor *cur, struct round *r, struct nat_outcome *out,
                       int64_t deadline, struct fault *f)
{
    for (int tries = 0;; tries++) {
        unsigned generation = c->generation;
        if (run_round(c, cur, r, out, deadline, f))
            return true;
        if (tries == REPLAYS_MAX || !replay_due(c, generation, r->scan, r->guard, deadline, f))
            return false;
        cursor_free(cur);
        r->facts = round_facts(c, r);
    }
}

/* The server itself says that it is no read, and has done nothing: then it is sent as it is. */
static bool guard_refused(const struct conn *c, const struct round *r,
                          const struct nat_outcome *out)
{
    return r->guard && out->kind == NAT_FAILED && fault_among(&out->fault, c->family->read_only);
}

/* ---- a server that has forgotten the session ---- */

static bool session_is_forgotten(const struct conn *c, const struct round *r,
                                 const struct nat_outcome *out)
{
    return r->work->prepared && out->kind == NAT_FAILED && out->request >= r->own &&
           fault_among(&out->fault, c->family->forgotten);
}

/* It was reset, or is another one behind a proxy: with the prepared statement went settings,
 * temporary tables and the open transaction. So another connection takes its place, as after a
 * failover, and what was refused goes there, where nothing else is lost. */
static bool execute_renewed(struct conn *c, struct cursor *cur, struct round *r,
                            struct nat_outcome *out, int64_t deadline, struct fault *f)
{
    struct fault why = out->fault;
    bool clean = !c->keeps && session_is_whole(&c->session);
    struct outcome_facts facts = {.reach = r->done > 0 ? REACH_SENT : REACH_REFUSED,
                                  .in_transaction = r->before != NAT_TXN_IDLE,
                                  .lax = c->lax};
    cursor_free(cur);
    if (!conn_renew(c, deadline, f)) {
        fault_add(f, "; the server has forgotten the session: %s", why.text);
        return false;
    }
    r->facts = round_facts(c, r);
    if (clean && r->done == 0 && !facts.in_transaction && !r->scan->asks && !conn_cancelled(c)) {
        LOG(LOG_INFO, "conn", "the server has forgotten the session: executing on a new one");
        return run_round(c, cur, r, out, deadline, f);
    }
    const char *state = outcome_sqlstate(&facts);
    fault_set(f, state, "the server has forgotten the session, and it was made again; %s; %s",
              facts.in_transaction ? "the transaction that was open is gone, nothing of it is done"
              : r->done > 0        ? "some of the sets are done"
                                   : "nothing was done: run the statement again",
              why.text);
    return false;
}

/* ---- what was refused, and has done nothing, sent in another form ---- */

/* Only what the send opened itself was lost with the failure. */
static bool may_repeat(const struct conn *c, const struct round *r)
{
    bool undone = c->undone == UNDO_STATEMENT && c->txn == NAT_TXN_OPEN;
    return !c->txn_untold && c->undone != UNDO_ALL &&
           (c->txn == NAT_TXN_IDLE || r->opened || undone);
}

static bool repeat(struct conn *c, struct cursor *cur, struct round *r, struct nat_outcome *out,
                   int64_t deadline, struct fault *f)
{
    bool undone = c->undone == UNDO_STATEMENT && c->txn == NAT_TXN_OPEN;
    cursor_free(cur);
    r->again = r->opened;
    r->facts = round_facts(c, r);
    if (!undone)
        r->facts.in_transaction = false; /* what was open is the failed first try's */
    return run_round(c, cur, r, out, deadline, f);
}

static bool repeat_as(struct conn *c, struct cursor *cur, struct round *r, enum whole_form form,
                      struct nat_outcome *out, int64_t deadline, struct fault *f)
{
    const struct conn_work *given = r->work;
    struct conn_work w = *given;
    struct nat_param *params = whole_params(c, given, form);
    if (!params)
        return true;
    w.params = params;
    whole_set(c, &w, form);
    r->work = &w;
    bool ok = repeat(c, cur, r, out, deadline, f);
    r->work = given;
    free(params);
    return ok;
}

/* That it is refused again is not told: it would be said of other types. */
static bool repeat_whole(struct conn *c, struct cursor *cur, struct round *r,
                         struct nat_outcome *out, int64_t deadline, struct fault *f)
{
    const struct conn_work *w = r->work;
    enum whole_form was = w->prepared ? w->prepared->whole : WHOLE_AS_BOUND, form = was;
    if (!whole_refused(c, out) || r->scan->statements != 1)
        return true;
    struct fault first = out->fault;
    while (whole_refused(c, out) && may_repeat(c, r) && whole_next(c, w, &form))
        if (!repeat_as(c, cur, r, form, out, deadline, f))
            return false;
    if (out->kind == NAT_FAILED && fault_among(&out->fault, c->family->types_refused)) {
        out->fault = first;
        whole_set(c, w, was);
    }
    return true;
}

static bool execute(struct conn *c, struct cursor *cur, struct round *r, struct nat_outcome *out,
                    int64_t deadline, struct fault *f)
{
    r->facts = round_facts(c, r);
    if (r->facts.commit)
        deadline = DEADLINE_NEVER; /* a COMMIT is never cancelled */
    if (r->facts.commit && !undo_free(c, &r->facts, deadline, f))
        return false;
    if (!wire_free(c, &r->facts, deadline, f))
        return false;
    r->guard = replay_guards(c, r->work);
    if (!run_rounds(c, cur, r, out, deadline, f))
        return false;
    if (guard_refused(c, r, out)) {
        cursor_free(cur);
        r->guard = false;
        r->facts = round_facts(c, r);
        if (!run_rounds(c, cur, r, out, deadline, f))
            return false;
    }
    if (session_is_forgotten(c, r, out))
        return execute_renewed(c, cur, r, out, deadline, f);
    if (plan_is_stale(r, out)) {
        if (strcmp(out->fault.server_state, "26000") == 0)
            r->work->prepared->generation = 0;
        else
            prepared_forget(c, r->work->prepared);
        if (!may_repeat(c, r))
            return true;
        LOG(LOG_INFO, "conn", "the server has lost a prepared statement: preparing it again");
        return repeat(c, cur, r, out, deadline, f);
    }
    return repeat_whole(c, cur, r, out, deadline, f);
}

bool conn_execute(struct conn *c, struct cursor *cur, const struct conn_work *work,
                  struct nat_outcome *out, int64_t deadline, struct fault *f)
{
    struct scan_info own;
    struct conn_work w = *work;
    struct round r = {.work = &w};
    if (!w.scan && w.prepared)
        w.scan = &w.prepared->scan;
    if (!w.scan) {
        scan_classify(&c->rules, w.sql, &own);
        w.scan = &own;
    }
    r.scan = w.scan;
    if (w.prepared && w.scan->statements > 1) { /* the server prepares one statement only */
        w.sql = text_of(w.prepared->sql);
        w.prepared = NULL;
    }
    if (!w.internal && !session_allows(&c->session, &c->rules,
                                       w.prepared ? text_of(w.prepared->sql) : w.sql, w.scan, f))
        return false;
    if (cursor_open(cur) && !cursor_close(cur, deadline, f))
        return false;
    if (c->txn_untold && r.scan->txn != SCAN_TXN_ROLLBACK) {
        c->txn_untold = false;
        return fault_set(f, "08007",
                         "the connection was replaced when a result was left: the transaction "
                         "that was open is gone with it; nothing was sent");
    }
    if (c->txn_undone && r.scan->txn == SCAN_TXN_COMMIT && !conn_in_transaction(c)) {
        c->txn_undone = false;
        return fault_set(f, "25S03", "the transaction had failed and is rolled back");
    }
    if (!conn_enter(c, f))
        return false;
    bool ok = execute(c, cur, &r, out, deadline, f);
    if (!ok && r.facts.commit)
        c->txn_lost = false; /* it may have been committed */
    if (ok && wire_timed_out(c, out, f))
        ok = false;
    if (ok && c->txn_untold) { /* the next call need not say it */
        ok = undo_told(c, f);
        fault_add(f, "; the error was: %s", out->fault.text);
    }
    if (!ok)
        cursor_free(cur);
    conn_leave(c);
    return ok;
}
