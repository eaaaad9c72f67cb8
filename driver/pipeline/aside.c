/* Results set aside: read from the wire into a spool, from where the application goes on. */
#include "pipeline/conn_priv.h"
#include <stdlib.h>
#include <string.h>

#define SHELF_ROWS 256 /* rows moved into the spool at a time */

/* ---- into the spool ---- */

static bool room_for_cells(struct conn *c, size_t n, struct fault *f)
{
    if (n <= c->cells_cap)
        return true;
    struct nat_cell *p = realloc(c->cells, n * sizeof(*p));
    if (!p)
        return fault_oom(f);
    c->cells = p;
    c->cells_cap = n;
    return true;
}

static bool shelve_block(struct cursor *cur, size_t rows, struct fault *f)
{
    struct conn *c = cur->conn;
    size_t n;
    c->ops->columns(c->native, &n);
    if (!room_for_cells(c, n, f))
        return false;
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = 0; i < n; i++)
            c->cells[i] = c->ops->cell(c->native, row, i);
        if (!spool_add_row(cur->aside, c->cells, n, f))
            return false;
    }
    return true;
}

static bool keep_block(struct cursor *cur, size_t columns, struct fault *f)
{
    const struct conn *c = cur->conn;
    size_t cells = cur->block * columns, bytes = 0;
    for (size_t i = 0; i < cells; i++)
        bytes += c->ops->cell(c->native, i / columns, i % columns).n;
    cur->kept = malloc(sizeof(*cur->kept) + cells * sizeof(struct nat_cell) + bytes);
    if (!cur->kept)
        return fault_oom(f);
    char *to = (char *)&cur->kept->cells[cells];
    cur->kept->columns = columns;
    for (size_t i = 0; i < cells; i++) {
        struct nat_cell cell = c->ops->cell(c->native, i / columns, i % columns);
        if (cell.p && cell.n > 0)
            memcpy(to, cell.p, cell.n);
        cur->kept->cells[i] = (struct nat_cell){cell.p ? to : NULL, cell.n};
        to += cell.n;
    }
    return true;
}

/* The reader stands in the middle of a set: its columns go first. */
static bool shelf_begin(struct cursor *cur, struct fault *f)
{
    struct conn *c = cur->conn;
    size_t n;
    cur->aside = spool_new();
    if (!cur->aside)
        return fault_oom(f);
    if (!cur->wire_rows)
        return true;
    const struct nat_column *columns = c->ops->columns(c->native, &n);
    return spool_add_open_rows(cur->aside, columns, n, f) &&
           (cur->block == 0 || n == 0 || keep_block(cur, n, f));
}

/* One step of what is on the wire: a block of rows, or an outcome. */
static enum nat_answer shelve_step(struct cursor *cur, struct plugin_call *call,
                                   struct nat_outcome *o, struct fault *f)
{
    struct conn *c = cur->conn;
    size_t n;
    call->verb = cur->wire_rows ? DO_NEXT : DO_RESULT;
    if (cur->wire_rows)
        call->u.next.max = SHELF_ROWS;
    else
        call->u.result = o;
    enum nat_answer a = conn_wire_wait(c, call, f);
    if (a != NAT_READY)
        return a;
    bool ok;
    if (cur->wire_rows) {
        size_t got = call->u.next.got;
        ok = shelve_block(cur, got, f);
        cur->wire_rows = got > 0;
    } else {
        const struct nat_column *columns = c->ops->columns(c->native, &n);
        ok = spool_add_outcome(cur->aside, o, columns, n, f);
        cur->wire_rows = o->kind == NAT_ROWS;
        cur->live = o->kind != NAT_END;
    }
    return ok ? NAT_READY : NAT_FAULT;
}

enum nat_answer cursor_shelve(struct cursor *cur, const struct outcome_facts *facts,
                              int64_t deadline, struct fault *f)
{
    struct conn *c = cur->conn;
    struct plugin_call call = {.cursor = cur, .facts = *facts, .deadline = deadline};
    enum nat_answer a = NAT_READY;
    if (!cur->aside && !shelf_begin(cur, f))
        a = NAT_FAULT;
    while (a == NAT_READY && cur->live)
        a = shelve_step(cur, &call, &c->scratch, f);
    if (a == NAT_READY) {
        c->reading = NULL;
        wire_ended(c, cur->plain_read);
    } else if (a == NAT_FAULT && !cur->lost) {
        /* No memory, no disk: that result cannot be kept, the connection goes on. */
        cursor_lose(cur, f);
        c->skim = c->native != NULL;
    }
    return a;
}

/* ---- to completion ---- */

struct collect {
    struct cursor *cur;
    struct nat_outcome *first;
    const struct outcome_facts *facts;
    size_t sets;
    struct round *turns; /* NULL: all in one send */
    size_t done;
    bool failed;
    int64_t deadline;
};

static bool collect_rows(struct collect *k, struct fault *f)
{
    struct conn *c = k->cur->conn;
    size_t got;
    do {
        if (!wire_next(c, k->cur, k->facts, SHELF_ROWS, &got, k->deadline, f))
            return false;
        if (got > 0 && !k->failed && !shelve_block(k->cur, got, f)) {
            c->skim = true;
            return false;
        }
    } while (got > 0);
    return true;
}

static bool collect_outcome(struct collect *k, const struct nat_outcome *o, struct fault *f)
{
    struct cursor *cur = k->cur;
    struct conn *c = cur->conn;
    size_t n;
    if (o->kind == NAT_DONE)
        k->done++;
    if (o->kind == NAT_FAILED && k->sets <= 1 && !k->failed) {
        k->failed = true;
        *k->first = *o;
        cur->rows_open = false;
        if (k->done > 0 && c->family->each_stands)
            fault_add(&k->first->fault, "; what came before it in this text has been executed");
    }
    if (k->failed)
        return true;
    const struct nat_column *columns = c->ops->columns(c->native, &n);
    if ((!cur->aside && !(cur->aside = spool_new() /* the first thing to keep */)) ||
        !spool_add_outcome(cur->aside, o, columns, n, f)) {
        if (!cur->aside)
            fault_oom(f);
        c->skim = o->kind != NAT_END;
        return false;
    }
    return true;
}

/* The first outcome is the caller's; its rows, when it has some, begin the spool. */
static bool collect_first(struct collect *k, struct fault *f)
{
    struct cursor *cur = k->cur;
    if (k->first->kind == NAT_DONE)
        k->done++;
    if (k->first->kind == NAT_FAILED)
        k->failed = k->sets <= 1;
    if (k->first->kind != NAT_ROWS)
        return true;
    if (!shelf_begin(cur, f)) {
        cur->conn->skim = true;
        return false;
    }
    return collect_rows(k, f);
}

/* A cancel stops one parameter set; the server goes on with the next, each its own transaction.
 * What has become of each is still to be told, so all are read, as long as they come. */
static void cancel_next_set(struct conn *c, struct nat_outcome *o)
{
    struct fault timed_out;
    if (wire_timed_out(c, o, &timed_out))
        o->fault = timed_out;
    if (o->kind == NAT_END || o->kind == NAT_SKIPPED)
        return;
    c->late_until = deadline_in(CANCEL_WAIT);
    pthread_mutex_lock(&c->live);
    c->ops->cancel(c->native);
    pthread_mutex_unlock(&c->live);
}

static bool collect_result(struct collect *k, struct nat_outcome *o, struct fault *f)
{
    struct cursor *cur = k->cur;
    return k->turns ? round_result(cur->conn, cur, k->turns, o, k->deadline, f)
                    : wire_result(cur->conn, cur, k->facts, o, k->deadline, f);
}

bool cursor_collect(struct cursor *cur, struct nat_outcome *first,
                    const struct outcome_facts *facts, size_t sets, struct round *turns,
                    size_t *done, int64_t deadline, struct fault *f)
{
    struct collect k = {.cur = cur,
                        .first = first,
                        .facts = facts,
                        .sets = sets,
                        .turns = turns,
                        .deadline = deadline};
    struct conn *c = cur->conn;
    struct nat_outcome *o = &c->scratch;
    if (!collect_first(&k, f))
        return false;
    for (;;) {
        if (!collect_result(&k, o, f))
            return false;
        if (o->kind == NAT_END && !cur->aside)
            break;
        if (sets > 1 && !turns && c->late_until)
            cancel_next_set(c, o);
        if (!collect_outcome(&k, o, f) || (o->kind == NAT_ROWS && !collect_rows(&k, f)))
            return false;
        if (o->kind == NAT_END)
            break;
    }
    if (!turns)
        wire_ended(c, cur->plain_read);
    if (k.failed) {
        spool_free(cur->aside);
        cur->aside = NULL;
    }
    cur->ended = cur->aside == NULL;
    cur->wire_rows = false;
    *done = k.done;
    return true;
}
