/* ROLLBACK_ON_ERROR: what is taken back when a statement fails inside a transaction.
 *
 * A savepoint travels ahead of each statement but the one that a transaction of the driver's own
 * begins with, whose failure takes back the transaction itself. It is released with the next
 * statement: until then it is where that one's failure leads, and only its own answer says that it
 * stands. (So it goes as a request of its own. Were it one text with the statement, a syntax error
 * would leave the statement before that one's savepoint as the last.) */
#include "base/log.h"
#include "pipeline/conn_priv.h"

#define NAME        "hf_statement"
#define UNDO_TRIES  3           /* a cancel that comes late may hit the way back */
#define UNDO_WITHIN SECONDS(10) /* what takes the server no time */

void undo_options(struct conn *c)
{
    const struct options *o = &c->options;
    int protocol = option_enum(o, OPT_PROTOCOL) % 4; /* -0, -1, -2 behind the one without */
    if (option_is_set(o, OPT_ROLLBACK_ON_ERROR))
        c->on_error = (enum on_error)option_enum(o, OPT_ROLLBACK_ON_ERROR);
    else
        c->on_error = protocol > 0 ? (enum on_error)(protocol - 1) : ON_ERROR_NONE;
}

/* RELEASE a and ROLLBACK TO a take our savepoint with them, when they succeed. SAVEPOINT a would
 * lie inside of ours and go with it, SET TRANSACTION is refused where there is one. */
static bool goes_bare(const struct scan_info *scan)
{
    return scan->controls && scan->txn != SCAN_TXN_RELEASE && scan->txn != SCAN_TXN_ROLLBACK_TO;
}

struct undo_plan undo_plan(const struct conn *c, const struct scan_info *scan, bool internal,
                           bool begins_sets)
{
    bool open = c->txn == NAT_TXN_OPEN || begins_sets;
    struct undo_plan plan = {.undo = UNDO_NOT};
    if (c->on_error == ON_ERROR_NONE)
        return plan;
    plan.release = c->savepoint && c->txn == NAT_TXN_OPEN && !scan->ends_txn;
    if (c->txn == NAT_TXN_IDLE && !open) /* whatever is open afterwards came of this text */
        plan.undo = UNDO_BEGUN;
    else if (c->on_error == ON_ERROR_TRANSACTION && !internal)
        plan.undo = UNDO_ALL;
    else if (open && !scan->ends_txn && !goes_bare(scan)) {
        plan.savepoint = true;
        plan.undo = UNDO_STATEMENT;
    }
    return plan;
}

static struct nat_request request(struct text sql)
{
    return (struct nat_request){.kind = NAT_QUERY, .sql = sql};
}

size_t undo_requests(const struct undo_plan *plan, struct nat_request *out)
{
    size_t n = 0;
    if (plan->release)
        out[n++] = request(TEXT("RELEASE SAVEPOINT " NAME));
    if (plan->savepoint)
        out[n++] = request(TEXT("SAVEPOINT " NAME));
    return n;
}

/* The transaction is gone as a whole: rolled back, or with its link, which comes to the same. */
static void all_undone(struct conn *c)
{
    struct fault told;
    session_rollback(&c->session);
    c->txn_lost = false;
    if (c->undone == UNDO_BEGUN)
        return;
    c->txn_undone = true;
    fault_set(&told, "01000", "the transaction is rolled back (ROLLBACK_ON_ERROR=transaction)");
    conn_tell(c, &told);
}

void undo_failed(struct conn *c, enum undo undo)
{
    const struct nat_request all = {.kind = NAT_ROLLBACK};
    const struct nat_request one = request(TEXT("ROLLBACK TO SAVEPOINT " NAME));
    struct outcome_facts facts = wire_facts(c, NULL);
    struct fault why;
    if (undo == UNDO_STATEMENT && !c->savepoint)
        return;
    facts.rollback = undo != UNDO_STATEMENT;
    for (int i = 0; i < UNDO_TRIES && c->native && c->txn == NAT_TXN_FAILED; i++) {
        fault_clear(&why);
        if (!wire_run(c, undo == UNDO_STATEMENT ? &one : &all, 1, facts, NULL,
                      deadline_in(UNDO_WITHIN), &why))
            LOG(LOG_WARN, "conn", "a failed statement is not undone: %s", why.text);
    }
    if (c->txn == NAT_TXN_FAILED)
        return;
    c->undone = undo;
    if (c->txn_lost) { /* the statement's own error is the call's */
        conn_tell(c, &why);
        if (undo == UNDO_STATEMENT)
            conn_untold(c);
    }
    if (undo != UNDO_STATEMENT)
        all_undone(c);
}

bool undo_told(struct conn *c, struct fault *f)
{
    struct fault told;
    if (c->txn_untold) {
        c->txn_untold = false;
        return fault_set(f, "08007",
                         "the connection was lost when a failed statement was undone: the "
                         "transaction that was open is gone with it");
    }
    if (c->undone == UNDO_NOT)
        return true;
    fault_set(&told, "01000",
              "a result has failed behind the rows that were read; what its statement did is "
              "undone");
    conn_tell(c, &told);
    return true;
}

bool undo_free(struct conn *c, const struct outcome_facts *facts, int64_t deadline, struct fault *f)
{
    if (!c->reading)
        return true;
    if (!wire_free(c, facts, deadline, f))
        return false;
    return c->undone == UNDO_NOT ||
           fault_set(f, "HY000",
                     "a result that was not read to its end has failed, and what its statement "
                     "did is undone; nothing was sent: commit again to keep the rest");
}
