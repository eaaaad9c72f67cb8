#include "pipeline/conn_priv.h"
#include <stdio.h>
#include <string.h>

bool conn_in_transaction(const struct conn *c)
{
    return c->native && (c->txn == NAT_TXN_OPEN || c->txn == NAT_TXN_FAILED);
}

bool conn_transaction_failed(const struct conn *c)
{
    return c->native && c->txn == NAT_TXN_FAILED;
}

bool conn_autocommit(const struct conn *c)
{
    return c->autocommit;
}

struct conn_ends conn_ends(const struct conn *c)
{
    const struct session *s = &c->session;
    return (struct conn_ends){c->txn_ends, s->commits, s->rollbacks, s->partial};
}

void conn_untold(struct conn *c)
{
    c->txn_untold = c->txn_lost;
}

static bool end_open(struct conn *c, bool commit, int64_t deadline, struct fault *f)
{
    struct nat_request request = {.kind = commit ? NAT_COMMIT : NAT_ROLLBACK};
    struct outcome_facts facts = wire_facts(c, NULL);
    char tag[32] = "";
    facts.plain_read = false;
    facts.commit = commit;
    facts.rollback = !commit;
    if (commit && !undo_free(c, &facts, deadline, f))
        return false;
    if (!wire_run(c, &request, 1, facts, tag, deadline, f)) {
        if (c->native && c->txn == NAT_TXN_IDLE)
            session_rollback(&c->session); /* a deferred constraint: nothing was committed */
        c->txn_lost = false;               /* what there is to say of it is in f */
        return false;
    }
    if (!commit || strcmp(tag, "ROLLBACK") == 0)
        session_rollback(&c->session);
    else
        session_commit(&c->session);
    return !commit || strcmp(tag, "ROLLBACK") != 0 ||
           fault_set(f, "25S03", "the transaction had failed and is rolled back");
}

bool conn_end(struct conn *c, bool commit, int64_t deadline, struct fault *f)
{
    bool lost = c->txn_lost, undone = c->txn_undone;
    c->txn_lost = c->txn_untold = c->txn_undone = false;
    if (!c->connected)
        return true;
    if (lost && commit && !conn_in_transaction(c))
        return fault_set(f, "25S03",
                         "the transaction was lost with its connection: nothing of it "
                         "is committed");
    if (undone && commit && !conn_in_transaction(c))
        return fault_set(f, "25S03", "the transaction had failed and is rolled back");
    if (!conn_enter(c, f))
        return false;
    bool ok = !conn_in_transaction(c) || end_open(c, commit, deadline, f);
    conn_leave(c);
    return ok;
}

bool conn_set_autocommit(struct conn *c, bool on, int64_t deadline, struct fault *f)
{
    if (!c->txn_untold)
        c->txn_lost = c->txn_lost && !on; /* told already; there is nothing to commit */
    c->txn_undone = c->txn_undone && !on;
    if (on && !c->autocommit && !conn_end(c, true, deadline, f))
        return false;
    c->autocommit = on;
    return true;
}

/* ---- settings ---- */

static bool run_setting(struct conn *c, const char *sql, int64_t deadline, struct fault *f)
{
    struct nat_request request = {.kind = NAT_QUERY, .sql = text_of(sql)};
    if (!conn_enter(c, f))
        return false;
    bool ok = wire_run(c, &request, 1, wire_facts(c, NULL), NULL, deadline, f);
    if (ok)
        session_note(&c->session, &c->rules, request.sql, 1, false, NAT_TXN_IDLE, c->txn);
    conn_leave(c);
    return ok;
}

static bool may_set(const struct conn *c, struct fault *f)
{
    return !conn_in_transaction(c) ||
           fault_set(f, "HY011", "a transaction is open: the attribute cannot be set now");
}

static const char *const levels[] = {"READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ",
                                     "SERIALIZABLE"};

bool conn_set_isolation(struct conn *c, enum isolation level, int64_t deadline, struct fault *f)
{
    char sql[128];
    if ((unsigned)level > ISOLATION_SERIALIZABLE)
        return fault_set(f, "HY024", "no such isolation level");
    if (!may_set(c, f))
        return false;
    snprintf(sql, sizeof(sql), "%s%s", c->family->set_isolation, levels[level]);
    if (!c->connected)
        session_note(&c->session, &c->rules, text_of(sql), 1, false, NAT_TXN_IDLE, NAT_TXN_IDLE);
    else if (!run_setting(c, sql, deadline, f))
        return false;
    c->isolation = level;
    return true;
}

/* READ-COMMITTED and READ COMMITTED. */
static bool is_level(struct text told, struct text level)
{
    bool same = told.n == level.n;
    for (size_t i = 0; same && i < told.n; i++)
        same = (told.s[i] == '-' ? ' ' : told.s[i]) == level.s[i];
    return same;
}

enum isolation conn_isolation(const struct conn *c)
{
    for (size_t p = 0; c->family->isolation_told && c->family->isolation_told[p]; p++) {
        const char *told = conn_parameter(c, c->family->isolation_told[p]);
        for (size_t i = 0; told && i < sizeof(levels) / sizeof(levels[0]); i++)
            if (is_level(text_of(told), text_of(levels[i])))
                return (enum isolation)i;
    }
    return c->isolation;
}

bool conn_set_read_only(struct conn *c, bool on, int64_t deadline, struct fault *f)
{
    const char *sql = on ? c->family->set_read_only : c->family->set_read_write;
    if (!may_set(c, f))
        return false;
    if (!c->connected && (on || c->read_only))
        session_note(&c->session, &c->rules, text_of(sql), 1, false, NAT_TXN_IDLE, NAT_TXN_IDLE);
    else if (c->connected && on != c->read_only && !run_setting(c, sql, deadline, f))
        return false;
    c->read_only = on;
    return true;
}

bool conn_read_only(const struct conn *c)
{
    return c->read_only;
}
