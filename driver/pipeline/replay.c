#include "base/log.h"
#include "cluster/cluster.h"
#include "pipeline/conn_priv.h"

bool conn_is_clean(const struct conn *c)
{
    return c->txn == NAT_TXN_IDLE && !c->reading && !c->keeps && session_is_whole(&c->session);
}

bool conn_moves_freely(const struct conn *c)
{
    return c->cluster && c->guest && conn_is_clean(c);
}

bool replay_due(struct conn *c, unsigned generation, const struct scan_info *scan, bool guarded,
                int64_t deadline, const struct fault *f)
{
    const struct cost *m = &c->cost;
    struct replay_facts facts = {.mode = c->replay,
                                 .tracked = c->guest != NULL,
                                 .clean = m->clean,
                                 .asks = scan && scan->asks,
                                 .refused = m->refused,
                                 .guarded = guarded};
    if (m->generation != c->generation || m->generation == generation || !c->native ||
        f->link_lost || conn_cancelled(c) || deadline_passed(deadline))
        return false;
    enum replay what = outcome_replay(&m->facts, &facts);
    if (what == REPLAY_NO)
        return false;
    LOG(LOG_INFO, "replay", "%s to %s: %s", c->moved.from, c->host,
        m->facts.reach == REACH_NOT_SENT ? "nothing had been sent, sending it now"
        : m->facts.reach == REACH_REFUSED
            ? "the old host had refused the statement, running it again"
            : "the statement could only read, running it again");
    if (what == REPLAY_TOLD) {
        struct fault told;
        fault_set(
            &told, "01000",
            "the connection moved from %s to %s in %.0f ms; the statement was run again on the "
            "new host",
            c->moved.from, c->host, (double)c->moved.total_us / 1000.0);
        conn_tell(c, &told);
    }
    return true;
}

/* A statement with parameters is one of several texts on MySQL, where the rows of all but the last
 * would be read ahead: it is sent as it is. */
bool replay_guards(const struct conn *c, const struct conn_work *w)
{
    const struct scan_info *scan = w->scan;
    bool text = !w->prepared && !w->nparams;
    return c->replay == REPLAY_READS && c->cluster && c->autocommit && c->txn == NAT_TXN_IDLE &&
           scan->plain_read && !scan->keeps && !scan->asks && w->nsets <= 1 &&
           (text || c->family->guards_parameters);
}
