/* Failover: follows the cluster's writer. `connect` knows a cluster endpoint that still leads to
 * the old writer; `execute` swaps a lost connection for one to the host that took over. */
#include "base/log.h"
#include "pipeline/failover_priv.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct plugin_ops plugin_failover;

/* For a host that does not answer, or not who it is, while others are known. */
#define KNOWN_DIAL SECONDS(3)

enum failover_mode failover_mode(const struct options *o)
{
    if (option_is_set(o, OPT_FAILOVER_MODE))
        return (enum failover_mode)option_enum(o, OPT_FAILOVER_MODE);
    return endpoint_of(option_str(o, OPT_SERVER)).kind == ENDPOINT_READER ? READER_OR_WRITER
                                                                          : STRICT_WRITER;
}

static bool failover_create(struct plugin *p, struct conn *c, struct fault *f)
{
    struct failover *fo = calloc(1, sizeof(*fo));
    if (!fo)
        return fault_oom(f);
    fo->mode = failover_mode(&c->options);
    fo->seed = (uint32_t)(clock_us() ^ (int64_t)(uintptr_t)fo) | 1u;
    fo->cluster = cluster_get(&c->options, c->ops);
    if (!fo->cluster) {
        free(fo);
        return fault_oom(f);
    }
    p->state = fo;
    c->cluster = fo->cluster;
    return true;
}

static void failover_destroy(struct plugin *p, struct conn *c)
{
    struct failover *fo = p->state;
    c->cluster = NULL;
    if (fo->watched)
        cluster_unwatch(fo->cluster);
    cluster_unref(fo->cluster);
    free(fo);
}

static struct failover_run run_new(struct plugin *p, struct conn *c, enum fo_event trigger)
{
    struct failover *fo = p->state;
    int64_t now = clock_us();
    return (struct failover_run){.c = c,
                                 .plugin = p,
                                 .fo = fo,
                                 .state = FO_IDLE,
                                 .trigger = trigger,
                                 .want_writer = fo->mode == STRICT_WRITER,
                                 .deadline =
                                     now + MS(option_int(&c->options, OPT_FAILOVER_TIMEOUT_MS)),
                                 .detected = now,
                                 .since = c->native && c->heard_us ? c->heard_us : now};
}

/* ---- connecting ---- */

/* Which node n is, so that it can be asked again and is not taken again. */
static void note_place(struct conn *c, struct failover *fo, const char *dialled, struct native *n)
{
    struct topology *t = cluster_topology(fo->cluster);
    const char *address = c->ops->address(n);
    fo->now.port = c->ops->port(n);
    snprintf(fo->now.name, sizeof(fo->now.name), "%s", dialled);
    snprintf(fo->now.address, sizeof(fo->now.address), "%s", address ? address : "");
    int i = t ? topology_find(t, dialled, fo->now.address, fo->now.port) : -1;
    if (i >= 0)
        snprintf(fo->now.name, sizeof(fo->now.name), "%s", t->hosts[i].name);
    conn_set_host(c, fo->now.name);
    if (t)
        topology_unref(t);
}

/* Waits for the host that is the right one by now, and dials it. */
static struct native *find_other(struct plugin *p, struct conn *c, bool writer, int64_t deadline,
                                 struct fault *f)
{
    struct failover_run r = run_new(p, c, FO_EV_LINK_LOST);
    r.connecting = true;
    r.want_writer = writer;
    if (deadline != DEADLINE_NEVER)
        r.deadline = deadline;
    if (failover_walk(&r)) {
        note_place(c, r.fo, r.to.name, r.native);
        c->asked_us = r.since;
        return r.native;
    }
    struct fault first = *f;
    bool late = deadline_passed(deadline);
    *f = r.why;
    if (!fault_is(f))
        fault_set(f, "08001", "no host of the cluster could be reached in time");
    if (strcmp(f->sqlstate, "28000") != 0)
        memcpy(f->sqlstate, late ? "HYT00" : "08001", sizeof(f->sqlstate));
    if (fault_is(&first))
        fault_add(f, "; before: %s", first.text);
    return NULL;
}

static bool knows_hosts(struct cluster *cluster)
{
    struct topology *t = cluster_topology(cluster);
    bool known = t && t->n > 0;
    if (t)
        topology_unref(t);
    return known;
}

/* A writer endpoint whose name still leads to a host that is a reader by now. */
static bool is_stale(struct conn *c, struct failover *fo, struct native *n, int64_t deadline)
{
    struct nat_status st;
    struct fault ignored;
    bool told = endpoint_of(option_str(&c->options, OPT_SERVER)).kind == ENDPOINT_WRITER;
    bool found = fo->mode == STRICT_WRITER && c->failovers > 0; /* by the failover before */
    if (fo->mode == STRICT_READER || (!told && !found))
        return false;
    c->ops->status(n, &st);
    enum role role = st.hint;
    if (role == ROLE_UNKNOWN)
        role = cluster_ask_role(fo->cluster, n, deadline, &ignored);
    return role == ROLE_READER;
}

static void learn(struct conn *c, struct failover *fo, struct native *n, int64_t deadline)
{
    struct nat_login login = {.options = &c->options};
    struct fault warning;
    fault_clear(&warning);
    cluster_learn(fo->cluster, n, &login, deadline, &warning);
    if (fault_is(&warning))
        conn_tell(c, &warning);
    if (!fo->watched)
        cluster_watch(fo->cluster);
    fo->watched = true;
}

/* Learns from n; NULL: it fell silent or was lost over that, and is closed. */
static struct native *greet(struct conn *c, struct failover *fo, struct native *n, bool *stale,
                            int64_t deadline, struct fault *f)
{
    struct nat_status st;
    learn(c, fo, n, deadline);
    *stale = is_stale(c, fo, n, deadline);
    c->ops->status(n, &st);
    if (st.alive && !st.busy) /* a question without an answer leaves it busy */
        return n;
    c->ops->close(n, NAT_ABANDON);
    fault_set(f, deadline_passed(deadline) ? "HYT00" : "08001",
              "the server did not say what cluster it is of");
    return NULL;
}

/* For one host. */
static int64_t patience(bool others_known, int64_t deadline)
{
    return others_known ? deadline_min(deadline, deadline_in(KNOWN_DIAL)) : deadline;
}

static struct native *failover_connect(struct plugin *p, struct conn *c,
                                       const struct nat_target *target, int64_t deadline,
                                       struct fault *f)
{
    struct failover *fo = p->state;
    bool known = knows_hosts(fo->cluster), stale = false;
    int64_t first = patience(known, deadline);
    int64_t begun = c->asked_us = clock_us();
    fault_clear(f);
    struct native *n = plugin_connect(p->next, c, target, first, f);
    /* A server that starts or stops has not refused: another one may serve. */
    bool refused = !n && f->from_server && strcmp(f->server_state, "57P03") != 0;
    if (n) {
        fo->dial_us = clock_us() - begun;
        n = greet(c, fo, n, &stale, patience(known, deadline), f);
    }
    bool cancelled = c->connected && conn_cancelled(c);
    if (!n && (!known || refused || cancelled || deadline_passed(deadline)))
        return NULL;
    if (!n) {
        n = find_other(p, c, fo->mode == STRICT_WRITER, deadline, f);
        return n ? greet(c, fo, n, &stale, deadline, f) : NULL;
    }
    if (!stale) {
        note_place(c, fo, target->host, n);
        return n;
    }
    LOG(LOG_INFO, "failover", "%s leads to a reader: waiting for the writer", target->host);
    c->ops->close(n, NAT_POLITE);
    return find_other(p, c, true, deadline, f);
}

/* ---- executing ---- */

static void explain(struct fault *f, const struct outcome_facts *facts)
{
    const char *state = outcome_sqlstate(facts);
    memcpy(f->sqlstate, state, sizeof(f->sqlstate));
    fault_add(f, "%s",
              strcmp(state, "08S02") != 0 ? "; the outcome of the transaction is unknown: look "
                                            "before you redo it"
              : facts->rollback           ? "; the transaction is rolled back"
                                          : "; nothing was done: run the statement again");
}

/* Waited for in vain: since the request, or the last answer if that came later. */
static int64_t silent_us(const struct failover_run *r)
{
    int64_t since = r->fo->sent_us > r->c->heard_us ? r->fo->sent_us : r->c->heard_us;
    return since && since < r->detected ? r->detected - since : 0;
}

static void note_move(struct failover_run *r, const char *from, int64_t silent)
{
    struct conn_move *m = &r->c->moved;
    int64_t now = clock_us();
    *m = (struct conn_move){.at_us = clock_wall_us() - (now - r->detected),
                            .silent_us = silent,
                            .found_us = r->found_us,
                            .dialled_us = r->dialled_us,
                            .restored_us = r->restored_us,
                            .total_us = now - r->detected};
    snprintf(m->from, sizeof(m->from), "%s", from);
}

static double ms(int64_t us)
{
    return (double)us / 1000.0;
}

static void tell_done(const struct failover_run *r, const struct outcome_facts *facts,
                      const struct fault *original, struct fault *f)
{
    const struct conn_move *m = &r->c->moved;
    struct topology *t = cluster_topology(r->fo->cluster);
    fault_set(
        f, "08S02",
        "the connection moved from %s to %s in %.0f ms (lost after %.0f ms, %s found %.0f ms, "
        "connected %.0f ms, session restored %.0f ms; %s, topology %u, failover %u)",
        m->from, r->to.name, ms(m->total_us), ms(m->silent_us), r->want_writer ? "writer" : "host",
        ms(m->found_us), ms(m->dialled_us), ms(m->restored_us),
        cluster_dialect_name(r->fo->cluster), t ? t->version : 0, r->c->failovers);
    topology_unref(t);
    explain(f, facts);
    if (original->text[0])
        fault_add(f, "; the error was: %s", original->text);
}

static void tell_failed(const struct failover_run *r, const struct outcome_facts *facts,
                        int64_t silent, const struct fault *original, struct fault *f)
{
    struct cluster *cluster = r->fo->cluster;
    struct topology *t = cluster_topology(cluster);
    double took = ms(clock_us() - r->detected);
    if (r->cancelled)
        fault_set(f, "HY008", "cancelled after %.0f ms without a new connection", took);
    else
        fault_set(f, "08S01",
                  "no new connection after %.0f ms (lost after %.0f ms; %s, topology %u)%s%s", took,
                  ms(silent), cluster_dialect_name(cluster), t ? t->version : 0,
                  fault_is(&r->why) ? ": " : "", r->why.text);
    topology_unref(t);
    fault_add(f, "%s",
              strcmp(outcome_sqlstate(facts), "08S02") == 0
                  ? "; nothing was done"
                  : "; the outcome of the transaction is unknown");
    if (original->text[0])
        fault_add(f, "; the error was: %s", original->text);
    f->link_lost = true;
}

/* The rows of another statement's open result go with the connection. */
static void cursor_reason(struct conn *c, struct fault *why)
{
    fault_clear(why);
    if (!c->reading)
        return;
    struct outcome_facts facts = cursor_facts(c->reading);
    fault_set(why, "08S02",
              "the connection was replaced: the rest of this statement's rows is "
              "gone");
    explain(why, &facts);
}

/* What a failover of this call costs, seen before it. */
static struct cost cost_of(struct conn *c, const struct plugin_call *call, enum fo_event trigger,
                           const struct fault *original)
{
    struct cost m = {.facts = call->facts, .clean = conn_is_clean(c)};
    bool sent = call->verb != DO_SEND || call->u.send.sent;
    /* Of several sets the one was refused; others may have met a node promoted meanwhile. */
    if (trigger == FO_EV_READ_ONLY_ERROR)
        m.facts.reach = m.facts.several ? REACH_SENT : REACH_REFUSED;
    else if (call->verb == DO_SEND)
        m.facts.reach = sent ? REACH_SENT : REACH_NOT_SENT;
    if (call->verb == DO_SEND && sent && call->u.send.opens)
        m.facts.in_transaction = true;
    m.refused = m.facts.reach == REACH_REFUSED && fault_among(original, c->family->demoted);
    return m;
}

/* Apart from the way of each call: its frame is large. `why` may be f. */
__attribute__((cold, noinline)) static enum nat_answer
fail_over(struct plugin *p, struct conn *c, struct plugin_call *call, enum fo_event trigger,
          const struct fault *why, struct fault *f)
{
    const struct fault original = *why;
    struct failover_run r = run_new(p, c, trigger);
    struct cost cost = cost_of(c, call, trigger, &original);
    char from[sizeof(c->host)];
    snprintf(from, sizeof(from), "%s", c->host);
    cursor_reason(c, &r.cursor_why);
    int64_t silent = silent_us(&r);
    if (failover_walk(&r)) {
        note_place(c, r.fo, r.to.name, c->native);
        note_move(&r, from, silent);
        tell_done(&r, &cost.facts, &original, f);
        cost.generation = c->generation;
        c->cost = cost;
        return NAT_FAULT;
    }
    if (r.state == FO_NO_FAILOVER)
        return NAT_READY;
    tell_failed(&r, &cost.facts, silent, &original, f);
    return NAT_FAULT;
}

/* A reader's refusal of a write, or a server that does not serve yet or any more. */
static bool hints_at_move(const struct conn *c, const struct failover *fo, const struct fault *f)
{
    bool own = c->guard_at != SIZE_MAX; /* the driver's own READ ONLY */
    return (fo->mode == STRICT_WRITER && !own && fault_among(f, c->family->demoted)) ||
           fault_among(f, c->family->not_serving);
}

static bool is_stale_guest(const struct conn *c)
{
    if (c->guest)
        monitor_check(); /* nobody else may have a reason to start it */
    return c->guest && guest_stale(c->guest) && c->native && !c->closing;
}

/* Another host is the writer by now: not a byte goes to this one any more. */
static enum nat_answer leave_stale(struct plugin *p, struct conn *c, struct plugin_call *call,
                                   struct fault *f)
{
    fault_lost(f, "%s is not the writer any more", c->host);
    return fail_over(p, c, call, FO_EV_LINK_LOST, f, f);
}

static enum nat_answer failover_execute(struct plugin *p, struct conn *c, struct plugin_call *call,
                                        struct fault *f)
{
    struct failover *fo = p->state;
    if (call->verb == DO_SEND && !call->u.send.sent && is_stale_guest(c))
        return leave_stale(p, c, call, f);
    if (call->verb == DO_SEND)
        fo->sent_us = clock_us();
    enum nat_answer a = plugin_execute(p->next, c, call, f);
    if (a == NAT_READY && call->verb == DO_RESULT && call->u.result->kind == NAT_FAILED &&
        hints_at_move(c, fo, &call->u.result->fault))
        return fail_over(p, c, call, FO_EV_READ_ONLY_ERROR, &call->u.result->fault, f);
    if (a != NAT_FAULT || !f->link_lost || c->closing)
        return a;
    return fail_over(p, c, call, FO_EV_LINK_LOST, f, f);
}

const struct plugin_ops plugin_failover = {.name = "failover",
                                           .wanted = cluster_wanted,
                                           .create = failover_create,
                                           .destroy = failover_destroy,
                                           .connect = failover_connect,
                                           .execute = failover_execute};
