#include "pipeline/conn_priv.h"
#include <stdlib.h>
#include <string.h>

#define DRAIN_FIRST   MS(20) /* before a cancel is thought of */
#define CLOSING_DRAIN MS(10) /* SQLDisconnect waits no longer for a network that may be dead */

void cursor_init(struct cursor *cur)
{
    *cur = (struct cursor){.conn = NULL};
}

bool cursor_open(const struct cursor *cur)
{
    return cur->conn != NULL;
}

void cursor_free(struct cursor *cur)
{
    if (cur->conn && cur->conn->reading == cur)
        cur->conn->reading = NULL;
    spool_free(cur->aside);
    free(cur->kept);
    free(cur->why);
    cursor_init(cur);
}

/* The application goes on: the block before is of no more use. */
static void leave_block(struct cursor *cur)
{
    cur->block = 0;
    free(cur->kept);
    cur->kept = NULL;
}

void cursor_start(struct cursor *cur, struct conn *c, enum nat_outcome_kind first)
{
    cur->conn = c;
    cur->generation = c->generation;
    cur->rows_open = cur->wire_rows = first == NAT_ROWS;
}

void cursor_aside(struct cursor *cur, struct conn *c, struct spool *spool)
{
    cursor_free(cur);
    cur->conn = c;
    cur->generation = c->generation;
    cur->aside = spool;
    cur->plain_read = true;
}

void cursor_lose(struct cursor *cur, const struct fault *why)
{
    if (cur->conn->reading == cur)
        cur->conn->reading = NULL;
    if (cur->live) { /* a part is no result */
        spool_free(cur->aside);
        cur->aside = NULL;
    }
    cur->live = cur->wire_rows = false;
    cur->lost = true;
    leave_block(cur);
    if (!cur->why)
        cur->why = malloc(sizeof(*cur->why));
    if (!cur->why)
        return;
    *cur->why = *why;
    cur->why->link_lost = false;
}

struct outcome_facts cursor_facts(const struct cursor *cur)
{
    return (struct outcome_facts){.reach = REACH_SENT,
                                  .lax = cur->conn->lax,
                                  .plain_read = cur->plain_read,
                                  .in_transaction = cur->in_transaction,
                                  .server_read_only = cur->read_only};
}

static bool report_loss(const struct cursor *cur, struct fault *f)
{
    if (!cur->why)
        return fault_oom(f);
    *f = *cur->why;
    return false;
}

/* ---- reading ---- */

/* Everything is in the spool, or nothing is: a shelving that a deadline cut short is finished. */
static bool settle(struct cursor *cur, const struct outcome_facts *facts, int64_t deadline,
                   struct fault *f)
{
    if (!cur->live || !cur->aside)
        return true;
    enum nat_answer a = cursor_shelve(cur, facts, deadline, f);
    if (a == NAT_WAIT)
        fault_set(f, "HYT00", "the query timeout expired");
    return a == NAT_READY;
}

/* The next outcome, rows that were left skipped. */
static bool step(struct cursor *cur, const struct outcome_facts *facts, struct nat_outcome *o,
                 int64_t deadline, struct fault *f)
{
    struct conn *c = cur->conn;
    leave_block(cur);
    if (cur->aside)
        return spool_result(cur->aside, o, f);
    if (!cur->live) {
        nat_outcome_set(o, NAT_END);
        return true;
    }
    if (!wire_result(c, cur, facts, o, deadline, f))
        return false;
    cur->wire_rows = o->kind == NAT_ROWS;
    if (o->kind == NAT_END) {
        cur->live = false;
        c->reading = NULL;
        wire_ended(c, cur->plain_read);
    }
    return true;
}

/* The end of a result set has an outcome of its own: a count, or the failure that ended it. */
static bool end_rows(struct cursor *cur, const struct outcome_facts *facts, int64_t deadline,
                     struct fault *f)
{
    struct nat_outcome *o = &cur->conn->scratch;
    cur->rows_open = false;
    if (!step(cur, facts, o, deadline, f))
        return false;
    if (o->kind == NAT_END) {
        cur->ended = true;
        return true;
    }
    if (o->kind != NAT_FAILED)
        return true;
    if (!wire_timed_out(cur->conn, o, f))
        *f = o->fault;
    return false;
}

/* A single plain read has one result: reading its end now frees the wire for others. */
static bool read_end(struct cursor *cur, const struct outcome_facts *facts, int64_t deadline,
                     struct fault *f)
{
    struct nat_outcome *o = &cur->conn->scratch;
    bool fine = true;
    while (cur->live && !cur->aside && cur->single) {
        if (!step(cur, facts, o, deadline, f))
            return false;
        if (o->kind == NAT_FAILED && fine) {
            fine = false;
            if (!wire_timed_out(cur->conn, o, f))
                *f = o->fault;
        }
    }
    cur->ended = cur->ended || (cur->single && !cur->aside);
    return fine;
}

static bool next_rows(struct cursor *cur, size_t max, size_t *got, int64_t deadline,
                      struct fault *f)
{
    struct outcome_facts facts = cursor_facts(cur);
    if (cur->lost && !cur->aside)
        return report_loss(cur, f);
    if (!settle(cur, &facts, deadline, f))
        return false;
    if (!cur->rows_open)
        return true;
    leave_block(cur);
    if (cur->aside) {
        if (!spool_next(cur->aside, max, got, f))
            return false;
    } else if (!wire_next(cur->conn, cur, &facts, max, got, deadline, f)) {
        if (!cur->lost)
            cursor_lose(cur, f);
        return false;
    }
    cur->block = *got;
    if (*got > 0)
        return true;
    if (!cur->aside)
        cur->wire_rows = false;
    bool fine = end_rows(cur, &facts, deadline, f);
    struct fault second;
    return read_end(cur, &facts, deadline, fine ? f : &second) && fine;
}

bool cursor_next(struct cursor *cur, size_t max, size_t *got, int64_t deadline, struct fault *f)
{
    *got = 0;
    if (!cur->conn)
        return fault_set(f, "24000", "no result is open");
    /* What has been set aside needs no connection. */
    if (cur->aside && !cur->live)
        return next_rows(cur, max, got, deadline, f);
    if (!conn_enter(cur->conn, f))
        return false;
    struct conn *c = cur->conn;
    bool ok = next_rows(cur, max, got, deadline, f);
    conn_leave(c);
    return ok;
}

bool cursor_seek(struct cursor *cur, uint64_t row, struct fault *f)
{
    if (!cur->aside || !cur->rows_open)
        return fault_set(f, "HY109", "the rows have not been kept");
    leave_block(cur);
    return spool_seek(cur->aside, row, f);
}

struct nat_cell cursor_cell(const struct cursor *cur, size_t row, size_t column)
{
    if (row >= cur->block)
        return (struct nat_cell){.p = NULL};
    if (cur->kept)
        return cur->kept->cells[row * cur->kept->columns + column];
    if (cur->aside)
        return spool_cell(cur->aside, row, column);
    return cur->live ? cur->conn->ops->cell(cur->conn->native, row, column)
                     : (struct nat_cell){.p = NULL};
}

const struct nat_cell *cursor_row(const struct cursor *cur, size_t row)
{
    if (row >= cur->block)
        return NULL;
    if (cur->kept)
        return cur->kept->cells + row * cur->kept->columns;
    if (cur->aside || !cur->live || !cur->conn->ops->row)
        return NULL;
    return cur->conn->ops->row(cur->conn->native, row);
}

const struct nat_column *cursor_columns(const struct cursor *cur, size_t *n)
{
    *n = 0;
    if (cur->aside)
        return spool_columns(cur->aside, n);
    return cur->live ? cur->conn->ops->columns(cur->conn->native, n) : NULL;
}

const char *cursor_ahead(const struct cursor *cur, int64_t *count)
{
    return cur->aside ? spool_ahead(cur->aside, count) : NULL;
}

bool cursor_peek(const struct cursor *cur, size_t n, enum nat_outcome_kind *kind, size_t *set)
{
    return cur->aside && spool_peek(cur->aside, n, kind, set);
}

int64_t cursor_rows(const struct cursor *cur)
{
    return cur->aside ? spool_rows(cur->aside) : -1;
}

static bool next_result(struct cursor *cur, struct nat_outcome *out, int64_t deadline,
                        struct fault *f)
{
    struct outcome_facts facts = cursor_facts(cur);
    if (cur->lost && !cur->aside)
        return report_loss(cur, f);
    if (!settle(cur, &facts, deadline, f))
        return false;
    if (cur->ended)
        return true;
    if (cur->rows_open) { /* how its rows ended is no result of its own, unless they failed */
        cur->rows_open = false;
        if (!step(cur, &facts, out, deadline, f))
            return false;
        if (out->kind != NAT_DONE)
            return true;
    }
    return step(cur, &facts, out, deadline, f);
}

bool cursor_result(struct cursor *cur, struct nat_outcome *out, int64_t deadline, struct fault *f)
{
    nat_outcome_set(out, NAT_END);
    if (!cur->conn)
        return true;
    struct conn *c = cur->conn;
    bool local = (cur->aside && !cur->live) || cur->ended;
    if (!local && !conn_enter(c, f))
        return false;
    bool ok = next_result(cur, out, deadline, f);
    if (!local)
        conn_leave(c);
    if (ok && out->kind == NAT_END)
        cursor_free(cur);
    else if (ok)
        cur->rows_open = out->kind == NAT_ROWS;
    return ok;
}

/* ---- leaving ---- */

/* A SELECT may call functions that write, and a cancel would undo what they did: only where the
 * server allows no writes, and where no transaction would be aborted. What is on its way already
 * is sooner read than cancelled. */
static enum nat_answer leave_wire(struct cursor *cur, int64_t deadline, struct fault *f)
{
    struct conn *c = cur->conn;
    struct plugin_call call = {.verb = DO_FINISH, .cursor = cur, .facts = cursor_facts(cur)};
    enum nat_answer a = NAT_WAIT;
    call.u.finish = NAT_DRAIN;
    call.deadline = DEADLINE_NOW;
    a = conn_wire_wait(c, &call, f);
    if (a != NAT_WAIT)
        return a;
    if (c->closing) { /* the link goes, and the rest of the rows with it */
        call.deadline = deadline_in(CLOSING_DRAIN);
        a = conn_wire_wait(c, &call, f);
        if (a == NAT_WAIT)
            c->reading = NULL;
        return a;
    }
    if (!cur->in_transaction && wire_begins_read_only(c, true)) {
        call.facts.server_read_only = true;
        call.deadline = deadline_min(deadline, deadline_in(DRAIN_FIRST));
        a = conn_wire_wait(c, &call, f);
        call.u.finish = NAT_CANCEL;
    }
    call.deadline = deadline;
    return a == NAT_WAIT ? conn_wire(c, &call, f) : a;
}

bool cursor_close(struct cursor *cur, int64_t deadline, struct fault *f)
{
    struct conn *c = cur->conn;
    bool ok = true;
    if (c && cur->live && conn_enter(c, f)) {
        ok = leave_wire(cur, deadline, f) == NAT_READY;
        cur->live = false;
        c->reading = NULL;
        if (ok) {
            wire_ended(c, cur->plain_read);
            ok = undo_told(c, f);
        }
        conn_leave(c);
    }
    cursor_free(cur);
    return ok;
}

bool cursor_last(const struct cursor *cur)
{
    const struct conn *c = cur->conn;
    if (!cur->rows_open)
        return true;
    return cur->wire_rows && !cur->aside && !cur->lost && c->ops->last && c->ops->last(c->native);
}
