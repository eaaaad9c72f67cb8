#include "native/my_priv.h"

#include <stdio.h>
#include <string.h>

/* Executions on their way whose answers nobody has read: few enough for the sockets'
 * buffers, so that neither side waits for the other. */
#define PIPE_DEPTH 256

/* Of one COM_STMT_BULK_EXECUTE, where the server takes as much; and where it has not said. */
#define BULK_BYTES ((size_t)128 << 10)
#define BULK_BLIND ((size_t)48 << 10)
#define BULK_HEAD  ((size_t)16) /* beside the values and their types */
#define BULK_SETS  4096

#define SAVEPOINT_SQL "SAVEPOINT holdfast_sets"
#define UNDO_SQL      "ROLLBACK TO SAVEPOINT holdfast_sets"

/* ---- which way they go ---- */

/* A statement that many sets are made for, and that give no rows. */
static bool is_plain_change(const struct my *n)
{
    static const char *const verbs[] = {"INSERT", "UPDATE", "DELETE", "REPLACE"};

    if (mysql_stmt_field_count(n->stmt->handle) > 0)
        return false;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(n->stmt->tag, verbs[i]) == 0)
            return true;
    }
    return false;
}

/* The sets from the current one on that go together. */
static size_t bulk_size(const struct my *n, const struct nat_request *r)
{
    size_t left = n->units[n->unit].nsets - n->set, bytes = BULK_HEAD, sets = 0;
    size_t room = n->packet_limit ? n->packet_limit : BULK_BLIND;
    room = room < BULK_BYTES ? room : BULK_BYTES;
    const struct nat_param *p = r->params + n->set * r->nparams;

    for (; sets < left && sets < BULK_SETS; sets++, p += r->nparams) {
        bytes += my_set_bytes(p, r->nparams);
        if (bytes > room)
            break;
    }
    return sets;
}

/* Outside a transaction each set is one of its own, and they are piped. Inside, what is sent ahead
 * would be committed by itself should one of them end the transaction (a deadlock). */
enum my_phase my_sets_phase(struct my *n, const struct nat_request *r)
{
    size_t left = n->units[n->unit].nsets - n->set;

    n->bulk = 0;
    if (left < 2 || r->nparams == 0 || !is_plain_change(n))
        return MY_OUT;
    if (n->txn != NAT_TXN_OPEN)
        return MY_CAN_PIPE ? MY_PIPE : MY_OUT;
    if (!r->alike || n->set < n->single_until || n->stmt->no_bulk || !my_compat_can_bulk(n->mysql))
        return MY_OUT;
    n->bulk = bulk_size(n, r);
    n->bulk_step = MY_BULK_SAVE;
    n->bulk_sent = false;
    return n->bulk > 1 ? MY_BULK : MY_OUT;
}

/* ---- one behind the other, answers afterwards ---- */

/* Only of the one sent last the server still has what its warnings say. */
static void note_piped(struct my *n)
{
    unsigned count = n->rc ? 0 : mysql_warning_count(n->mysql);

    if (n->piped == 1) {
        n->warnings = count;
        n->warned = n->set;
        n->warned_end = n->set + 1;
    } else if (count > 0) {
        my_notice_untold(n, n->set, count);
    }
}

/* The answers of `piped` executions, oldest first. */
static enum nat_answer read_piped(struct my *n, int64_t deadline, struct fault *f)
{
    size_t sent = n->set;
    struct nat_outcome out;

    my_cork(n, false);
    while (n->piped > 0) {
        enum nat_answer a = my_run(n, MY_READ, deadline, f);
        if (a != NAT_READY)
            return a;
        n->set = sent - n->piped;
        n->binary = false;
        my_outcome(n, n->rc ? NAT_FAILED : NAT_DONE, &out);
        if (n->rc && my_fault(n, &out.fault) == NAT_FAULT && out.fault.link_lost) {
            *f = out.fault;
            return NAT_FAULT;
        }
        n->unit_failed = n->unit_failed || n->rc;
        out.count = n->rc ? -1 : (int64_t)mysql_affected_rows(n->mysql);
        note_piped(n);
        n->set = sent;
        n->piped--;
        my_follow(n);
        if (!my_keep(n, &out, f))
            return NAT_FAULT;
    }
    return NAT_READY;
}

/* One set onto the wire; NAT_READY: it is out, or n->local says why not. */
static enum nat_answer pipe_one(struct my *n, const struct nat_request *r, int64_t deadline,
                                struct fault *f)
{
    enum nat_answer a;

    if (n->op == MY_NONE) {
        fault_clear(&n->local);
        if (!my_bind(n, r, n->set, &n->local))
            return NAT_READY;
    }
    my_cork(n, true);
    my_compat_pipe(n->mysql, true);
    a = my_run(n, MY_EXECUTE, deadline, f);
    my_compat_pipe(n->mysql, false);
    return a == NAT_READY && n->rc ? my_fault(n, f) : a;
}

static bool keep_local(struct my *n, struct fault *f)
{
    struct nat_outcome out;

    my_outcome(n, NAT_FAILED, &out);
    out.fault = n->local;
    fault_clear(&n->local);
    n->unit_failed = true;
    n->set++;
    return my_keep(n, &out, f);
}

/* All sets of a statement without rows; answers are read every PIPE_DEPTH. */
static enum nat_answer run_piped(struct my *n, const struct nat_request *r, int64_t deadline,
                                 struct fault *f)
{
    const struct my_unit *u = &n->units[n->unit];
    bool read = n->op == MY_READ;

    for (;;) {
        enum nat_answer a;

        if (n->piped > 0 && (read || n->set == u->nsets || n->piped == PIPE_DEPTH)) {
            a = read_piped(n, deadline, f);
            if (a != NAT_READY)
                return a;
            read = false;
        }
        if (n->set == u->nsets)
            return NAT_READY;
        a = n->piped == 0 ? my_ask_warnings(n, deadline, f) : NAT_READY;
        if (a != NAT_READY)
            return a;
        a = pipe_one(n, r, deadline, f);
        if (a != NAT_READY)
            return a;
        if (!fault_is(&n->local)) {
            n->piped++;
            n->set++;
        } else if (n->piped > 0) {
            read = true; /* outcomes come in order */
        } else if (!keep_local(n, f)) {
            return NAT_FAULT;
        }
    }
}

/* ---- many as one statement ---- */

/* The library asks for each set as it writes it. True: this one does not go with the first, whose
 * types are said for all. */
static my_bool next_set(void *arg, MYSQL_BIND *args, unsigned row)
{
    struct my *n = arg;

    n->bulk_mixed = !my_bind_next(n, n->bulk_request, n->set + row, args);
    return n->bulk_mixed;
}

/* Resumable; n->rc, and bulk_fault where it failed. */
static enum nat_answer execute_bulk(struct my *n, const struct nat_request *r, int64_t deadline,
                                    struct fault *f)
{
    enum nat_answer a;

    n->binary = true;
    n->bulk_request = r;
    fault_clear(&n->bulk_fault);
    if (n->op == MY_NONE) {
        n->rc = n->bulk_mixed = !my_bind(n, r, n->set, &n->bulk_fault);
        if (n->rc)
            return NAT_READY;
        my_compat_bulk(n->stmt->handle, n->bulk, next_set, n);
    }
    a = my_run(n, MY_EXECUTE, deadline, f);
    if (a != NAT_READY)
        return a;
    my_compat_bulk(n->stmt->handle, 0, NULL, NULL);
    if (n->rc)
        my_fault(n, &n->bulk_fault);
    my_follow(n);
    return NAT_READY;
}

/* Each from the current one on has an outcome of its own. */
static enum nat_answer go_single(struct my *n)
{
    n->single_until = n->set + n->bulk;
    n->started = false;
    n->phase = MY_OUT;
    return NAT_READY;
}

/* The outcomes of a whole bulk: that of its first set, and of those behind it. */
static enum nat_answer tell_bulk(struct my *n, enum nat_outcome_kind kind,
                                 enum nat_outcome_kind others, int64_t count, struct fault *f)
{
    struct nat_outcome out;
    size_t end = n->set + n->bulk;

    for (; n->set < end; n->set++, kind = others, count = 0) {
        my_outcome(n, kind, &out);
        if (kind == NAT_FAILED)
            out.fault = n->bulk_fault;
        else if (kind == NAT_DONE)
            out.count = count;
        if (!my_keep(n, &out, f))
            return NAT_FAULT;
        n->unit_failed = n->unit_failed || kind == NAT_FAILED;
    }
    n->set = end - 1;
    return NAT_READY;
}

/* The rows are counted together, which is what is told of an array. */
static enum nat_answer tell_done(struct my *n, int64_t count, struct fault *f)
{
    return tell_bulk(n, NAT_DONE, NAT_DONE, count, f);
}

/* One of them has failed, nobody knows which, and none is there. */
static enum nat_answer tell_none(struct my *n, struct fault *f)
{
    return tell_bulk(n, NAT_FAILED, NAT_SKIPPED, 0, f);
}

/* Some may be there. */
static enum nat_answer tell_failed(struct my *n, struct fault *f)
{
    return tell_bulk(n, NAT_FAILED, n->txn == NAT_TXN_OPEN ? NAT_FAILED : NAT_SKIPPED, 0, f);
}

static enum nat_answer bulk_executed(struct my *n, struct fault *f)
{
    if (n->rc == 0) {
        n->warnings = mysql_stmt_warning_count(n->stmt->handle);
        n->warned = n->set;
        n->warned_end = n->set + n->bulk;
        return tell_done(n, (int64_t)mysql_stmt_affected_rows(n->stmt->handle), f);
    }
    if (n->bulk_fault.link_lost) {
        *f = n->bulk_fault;
        return NAT_FAULT;
    }
    if (n->bulk_mixed)
        return go_single(n); /* nothing was sent */
    n->stmt->no_bulk = n->bulk_fault.native == ER_UNSUPPORTED_PS;
    if (n->txn != NAT_TXN_OPEN)
        return tell_none(n, f); /* they are gone with their transaction */
    n->bulk_step = MY_BULK_UNDO;
    return NAT_READY;
}

/* What the library says of a statement of the driver's own. */
static void text_fault(struct my *n, struct fault *f)
{
    struct my_stmt *bulk = n->stmt;

    n->stmt = NULL;
    my_fault(n, f);
    n->stmt = bulk;
}

/* Without a savepoint each goes by itself, and is told what is wrong; unless that was the end of
 * the transaction (a cluster may refuse it with whichever statement comes next), or a cancel. */
static enum nat_answer not_saved(struct my *n, struct fault *f)
{
    text_fault(n, &n->bulk_fault);
    if (n->bulk_fault.link_lost) {
        *f = n->bulk_fault;
        return NAT_FAULT;
    }
    if (n->txn == NAT_TXN_OPEN && !n->unsure && !n->interrupted)
        return go_single(n);
    return tell_none(n, f);
}

static void add_text(struct fault *f, const char *text)
{
    size_t end = strlen(f->text);

    snprintf(f->text + end, sizeof f->text - end, "%s", text);
}

/* Its rows are taken back. Where the server says that this cannot be done for all (tables without
 * transactions), that is what there is to tell. Else they are executed once more, one by one: a
 * second time for none of them. Not where they were cancelled. */
static enum nat_answer bulk_undone(struct my *n, struct fault *f)
{
    static const char stored[] = " (some rows of this array may be stored all the same: not all "
                                 "of its tables have transactions)";
    static const char kept[] = " (some rows of this array may be part of the transaction: roll it "
                               "back)";
    struct fault undo;

    fault_clear(&undo);
    if (n->rc) {
        text_fault(n, &undo);
        if (undo.link_lost) {
            *f = undo;
            return NAT_FAULT;
        }
        /* Without its savepoint the transaction is not what it was: it is asked for. */
        n->unsure = n->txn == NAT_TXN_OPEN;
        if (n->unsure && undo.native != ER_SP_DOES_NOT_EXIST)
            add_text(&n->bulk_fault, kept);
    } else if (mysql_warning_count(n->mysql) > 0) {
        add_text(&n->bulk_fault, stored);
    } else {
        return n->interrupted ? tell_none(n, f) : go_single(n);
    }
    return tell_failed(n, f);
}

/* A statement of the driver's own, up to its answer; resumable. */
static enum nat_answer run_text(struct my *n, const char *sql, int64_t deadline, struct fault *f)
{
    enum nat_answer a = NAT_READY;

    n->binary = false;
    if (!n->bulk_sent) {
        if (n->op == MY_NONE) {
            buf_reset(&n->sql);
            if (!buf_str(&n->sql, sql))
                return fault_oom(f), NAT_FAULT;
        }
        a = my_run(n, MY_SEND, deadline, f);
        n->bulk_sent = a == NAT_READY && n->rc == 0;
    }
    if (n->bulk_sent) {
        a = my_run(n, MY_READ, deadline, f);
        n->bulk_sent = a == NAT_WAIT;
    }
    if (a == NAT_READY)
        my_follow(n);
    return a;
}

/* The current set and those behind it, n->bulk of them. */
static enum nat_answer run_bulk(struct my *n, const struct nat_request *r, int64_t deadline,
                                struct fault *f)
{
    enum nat_answer a;

    if (n->bulk_step == MY_BULK_SAVE) {
        a = run_text(n, SAVEPOINT_SQL, deadline, f);
        if (a != NAT_READY)
            return a;
        if (n->rc)
            return not_saved(n, f);
        n->bulk_step = MY_BULK_EXECUTE;
    }
    if (n->bulk_step == MY_BULK_EXECUTE) {
        a = execute_bulk(n, r, deadline, f);
        if (a == NAT_READY)
            a = bulk_executed(n, f);
        if (a != NAT_READY || n->bulk_step != MY_BULK_UNDO)
            return a;
    }
    a = run_text(n, UNDO_SQL, deadline, f);
    return a == NAT_READY ? bulk_undone(n, f) : a;
}

/* ---- all ways ---- */

enum nat_answer my_sets_run(struct my *n, const struct nat_request *r, int64_t deadline,
                            struct fault *f)
{
    return n->phase == MY_BULK ? run_bulk(n, r, deadline, f) : run_piped(n, r, deadline, f);
}

static enum nat_answer drain_bulk(struct my *n, int64_t deadline, struct fault *f)
{
    bool unread = n->op == MY_SEND;
    enum nat_answer a = n->op == MY_NONE ? NAT_READY : my_run(n, n->op, deadline, f);

    if (a == NAT_READY && unread && n->rc == 0)
        a = my_run(n, MY_READ, deadline, f);
    if (a != NAT_READY)
        return a;
    my_compat_bulk(n->stmt->handle, 0, NULL, NULL);
    my_follow(n); /* it may have been a deadlock */
    return NAT_READY;
}

static enum nat_answer drain_pipe(struct my *n, int64_t deadline, struct fault *f)
{
    enum nat_answer a = NAT_READY;

    if (n->op == MY_EXECUTE) {
        my_compat_pipe(n->mysql, true);
        a = my_run(n, MY_EXECUTE, deadline, f);
        my_compat_pipe(n->mysql, false);
        n->piped += a == NAT_READY && n->rc == 0;
    }
    my_cork(n, false);
    while (a == NAT_READY && n->piped > 0) {
        a = my_run(n, MY_READ, deadline, f);
        n->piped -= a == NAT_READY;
    }
    return a;
}

enum nat_answer my_sets_drain(struct my *n, int64_t deadline, struct fault *f)
{
    enum nat_answer a =
        n->phase == MY_BULK ? drain_bulk(n, deadline, f) : drain_pipe(n, deadline, f);

    if (a == NAT_READY)
        n->stage = MY_ENDED;
    return a;
}

bool my_sets_stop(struct my *n, struct fault *f)
{
    struct nat_outcome out;

    bool ended = n->txn_before == NAT_TXN_OPEN && (n->txn != NAT_TXN_OPEN || n->unsure);

    if (!n->unit_failed || (!ended && !n->interrupted))
        return true;
    while (n->set + 1 < n->units[n->unit].nsets) {
        n->set++;
        my_outcome(n, NAT_SKIPPED, &out);
        if (!my_keep(n, &out, f))
            return false;
    }
    return true;
}
