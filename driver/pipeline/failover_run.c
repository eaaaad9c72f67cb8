#include "base/log.h"
#include "pipeline/failover_priv.h"
#include <stdio.h>
#include <string.h>

#define SLICE        MS(100)     /* how long a wait may overlook a cancel */
#define ASK_LIMIT    SECONDS(5)  /* for the question whether the node is a reader now */
#define DIAL_WRITER  SECONDS(10) /* it has just answered the monitor */
#define DIAL_READER  SECONDS(3)  /* there are others */
#define DIAL_HEARSAY SECONDS(1)  /* it may have gone since */
#define PATIENCE     SECONDS(1)  /* to wait for a turn: a stuck connect must not stop others */

static bool out_of_time(struct failover_run *r, enum fo_event *e)
{
    if (conn_cancelled(r->c) && (!r->connecting || r->c->connected)) {
        *e = FO_EV_CANCELLED;
        return true;
    }
    *e = FO_EV_TIMEOUT;
    return deadline_passed(r->deadline);
}

static int64_t slice(const struct failover_run *r)
{
    return deadline_min(r->deadline, deadline_in(SLICE));
}

static enum fo_event begin(struct failover_run *r)
{
    return r->trigger;
}

static enum fo_event role_event(enum role role)
{
    return role == ROLE_READER   ? FO_EV_NODE_IS_READER
           : role == ROLE_WRITER ? FO_EV_NODE_IS_WRITER
                                 : FO_EV_CONNECT_FAILED;
}

/* The node's own answer, from what it reports or over a second connection: the first is inside a
 * failed transaction, or in the middle of a send. */
static enum fo_event ask_node(struct failover_run *r)
{
    struct conn *c = r->c;
    const struct where *now = &r->fo->now;
    struct nat_status st;
    c->ops->status(c->native, &st);
    if (!st.alive)
        return FO_EV_LINK_LOST;
    if (st.hint != ROLE_UNKNOWN)
        return role_event(st.hint);
    struct nat_target target = {.host = now->name, .address = now->address, .port = now->port};
    int64_t deadline = deadline_min(r->deadline, deadline_in(ASK_LIMIT));
    struct native *n = plugin_connect(r->plugin->next, c, &target, deadline, &r->why);
    if (!n)
        return FO_EV_CONNECT_FAILED;
    enum role role = cluster_ask_role(r->fo->cluster, n, deadline, &r->why);
    c->ops->close(n, NAT_POLITE);
    return role_event(role);
}

static void drop_candidate(struct failover_run *r)
{
    if (r->native)
        r->c->ops->close(r->native, NAT_ABANDON);
    r->native = NULL;
}

/* Also where every vain try leads back to: then the trouble is told again, and only what is found
 * after it counts. */
static enum fo_event lost(struct failover_run *r)
{
    struct conn *c = r->c;
    enum fo_event e;
    drop_candidate(r);
    if (c->native) {
        struct nat_status st;
        c->ops->status(c->native, &st);
        conn_swap(c, NULL, st.alive ? NAT_POLITE : NAT_ABANDON, &r->cursor_why);
    }
    if (out_of_time(r, &e))
        return e;
    cluster_trouble(r->fo->cluster, r->since);
    return r->want_writer ? FO_EV_WANT_WRITER : FO_EV_WANT_READER;
}

static void set_candidate(struct failover_run *r, const struct host *h)
{
    snprintf(r->to.name, sizeof(r->to.name), "%s", h->name);
    snprintf(r->to.address, sizeof(r->to.address), "%s", h->address);
    r->to.port = h->port;
}

/* What a candidate did wrong says more than that there was no other. */
static void no_writer(struct failover_run *r, const struct fault *why)
{
    if (fault_is(&r->why))
        fault_add(&r->why, "; %s", why->text);
    else
        r->why = *why;
}

static bool is_old_place(const struct failover_run *r, const struct host *h)
{
    return h->port == r->fo->now.port && strcmp(h->name, r->fo->now.name) == 0;
}

static enum fo_event wait_writer(struct failover_run *r)
{
    enum fo_event e;
    struct fault why;
    for (;;) {
        int64_t until = r->ahead_tried ? slice(r) : DEADLINE_NOW;
        struct topology *t = cluster_wait_writer(r->fo->cluster, r->since, until, &why);
        if (t) {
            bool again = is_old_place(r, &t->hosts[t->writer]);
            r->hearsay = t->verified_us <= r->detected;
            set_candidate(r, &t->hosts[t->writer]);
            topology_unref(t);
            if (r->hearsay && again) { /* before it was lost it was the writer, surely */
                r->since = r->detected;
                cluster_trouble(r->fo->cluster, r->since);
                continue;
            }
            r->found_us = clock_us() - r->detected;
            return FO_EV_CANDIDATE;
        }
        if (!out_of_time(r, &e)) {
            ahead_open(r);
            if (deadline_passed(until))
                continue;
            e = FO_EV_NO_CANDIDATE; /* the monitor was stopped */
        }
        no_writer(r, &why);
        return e;
    }
}

/* ---- readers ---- */

static uint32_t next_random(struct failover *fo)
{
    fo->seed ^= fo->seed << 13;
    fo->seed ^= fo->seed >> 17;
    fo->seed ^= fo->seed << 5;
    return fo->seed;
}

static size_t start_index(struct failover_run *r, size_t n)
{
    static atomic_uint turn;
    if (option_enum(&r->c->options, OPT_HOST_SELECTOR_STRATEGY) == 1)
        return atomic_fetch_add_explicit(&turn, 1, memory_order_relaxed) % n;
    return next_random(r->fo) % n;
}

/* The better the lower: readers, hosts not yet asked, the writer, the one we came from. */
static int rank(const struct failover_run *r, const struct host *h)
{
    bool old = is_old_place(r, h);
    int by_role = h->role == ROLE_READER ? 0 : h->role == ROLE_UNKNOWN ? 1 : 2;
    return old ? 3 : by_role;
}

static enum fo_event pick_from(struct failover_run *r, const struct topology *t)
{
    size_t n = t->n < TRIED_MAX ? t->n : TRIED_MAX, start = n ? start_index(r, n) : 0;
    int best = 4;
    size_t pick = 0;
    if (t->version != r->version)
        r->tried = 0;
    r->version = t->version;
    for (size_t k = 0; k < n; k++) {
        size_t i = (start + k) % n;
        int rk = rank(r, &t->hosts[i]);
        if (!(r->tried >> i & 1) && rk < best) {
            best = rk;
            pick = i;
        }
    }
    if (best == 4)
        return FO_EV_NO_CANDIDATE;
    r->tried |= (uint64_t)1 << pick;
    set_candidate(r, &t->hosts[pick]);
    r->found_us = clock_us() - r->detected;
    return FO_EV_CANDIDATE;
}

static enum fo_event pick_reader(struct failover_run *r)
{
    struct cluster *cluster = r->fo->cluster;
    enum fo_event e = FO_EV_NO_CANDIDATE;
    struct topology *t = cluster_topology(cluster);
    if (t)
        e = pick_from(r, t);
    if (e == FO_EV_NO_CANDIDATE) { /* all were tried: once more, after news or a pause */
        topology_unref(t);
        t = cluster_wait_version(cluster, r->version, slice(r));
        r->tried = 0;
        enum fo_event end;
        if (out_of_time(r, &end))
            e = end;
    }
    if (t)
        topology_unref(t);
    return e;
}

/* ---- the candidate ---- */

static bool wait_turn(struct failover_run *r)
{
    int64_t patience = deadline_in(PATIENCE);
    enum fo_event end;
    while (!cluster_turn(r->fo->cluster, deadline_min(slice(r), patience)))
        if (deadline_passed(patience) || out_of_time(r, &end))
            return false;
    return true;
}

static void dial_candidate(struct failover_run *r)
{
    struct nat_target target = {.host = r->to.name, .address = r->to.address, .port = r->to.port};
    bool turn = wait_turn(r);
    int64_t limit = deadline_in(!r->want_writer ? DIAL_READER
                                : r->hearsay    ? DIAL_HEARSAY
                                                : DIAL_WRITER);
    enum fo_event end;
    if (!out_of_time(r, &end))
        r->native = plugin_connect(r->plugin->next, r->c, &target, deadline_min(r->deadline, limit),
                                   &r->why);
    if (turn)
        cluster_turn_done(r->fo->cluster);
}

static enum fo_event connect_candidate(struct failover_run *r)
{
    int64_t begun = clock_us();
    enum fo_event e;
    r->native = ahead_take(r);
    if (!r->native)
        dial_candidate(r);
    r->dialled_us = clock_us() - begun;
    if (r->native)
        return FO_EV_CONNECTED;
    r->since = begun;
    if (out_of_time(r, &e))
        return e;
    /* A wrong password will not get better; anything else may, while hosts start. */
    return fault_among(&r->why, r->c->family->refused_for_good) ? FO_EV_LOGIN_REFUSED
                                                                : FO_EV_CONNECT_FAILED;
}

/* One that has logged in may still fall silent: it has its own time, and SQLCancel reaches it. */
static bool candidate_begin(struct failover_run *r, int64_t *deadline)
{
    *deadline = deadline_min(r->deadline, deadline_in(ASK_LIMIT));
    return conn_candidate(r->c, r->native);
}

static enum fo_event verify(struct failover_run *r)
{
    struct conn *c = r->c;
    struct nat_status st;
    int64_t begun = clock_us();
    c->ops->status(r->native, &st);
    enum role role = st.hint;
    int64_t deadline;
    if (role == ROLE_UNKNOWN && candidate_begin(r, &deadline))
        role = cluster_ask_role(r->fo->cluster, r->native, deadline, &r->why);
    conn_candidate(c, NULL);
    r->since = begun;
    if (role == ROLE_UNKNOWN)
        return FO_EV_CONNECT_FAILED;
    bool right = r->want_writer                 ? role == ROLE_WRITER
                 : r->fo->mode == STRICT_READER ? role == ROLE_READER
                                                : true;
    if (!right)
        fault_set(&r->why, "08S01", "%s is a %s", r->to.name,
                  role == ROLE_READER ? "reader" : "writer");
    return right ? FO_EV_ROLE_RIGHT : FO_EV_ROLE_WRONG;
}

static enum fo_event restore(struct failover_run *r)
{
    struct conn *c = r->c;
    int64_t begun = clock_us();
    enum session_restored done = SESSION_RESTORED;
    enum fo_event e;
    int64_t deadline;
    if (!r->connecting) {
        done = SESSION_LINK_LOST;
        if (candidate_begin(r, &deadline))
            done = session_restore(&c->session, r->native, deadline, conn_restore_told, c, &r->why);
        if (!conn_candidate(c, NULL)) /* it may have been interrupted */
            done = SESSION_LINK_LOST;
    }
    r->restored_us = clock_us() - begun;
    switch (done) {
    case SESSION_RESTORED:
        return FO_EV_RESTORED;
    case SESSION_NO_IDENTITY:
        return FO_EV_IDENTITY_LOST;
    case SESSION_TIMEOUT:
        if (out_of_time(r, &e))
            return e;
        /* fall through */
    default:
        r->since = begun;
        return FO_EV_RESTORE_FAILED;
    }
}

static enum fo_event install(struct failover_run *r)
{
    struct conn *c = r->c;
    if (r->connecting)
        return FO_EV_INSTALLED;
    struct native *n = r->native;
    r->native = NULL;
    conn_set_host(c, r->to.name);
    c->failovers++;
    c->asked_us = r->since;
    conn_swap(c, n, NAT_ABANDON, NULL);
    return FO_EV_INSTALLED;
}

bool failover_walk(struct failover_run *r)
{
    static enum fo_event (*const actions[FO_STATE_COUNT])(struct failover_run *) = {
        [FO_IDLE] = begin,
        [FO_ASK_NODE] = ask_node,
        [FO_LOST] = lost,
        [FO_WAIT_WRITER] = wait_writer,
        [FO_PICK_READER] = pick_reader,
        [FO_CONNECT] = connect_candidate,
        [FO_VERIFY] = verify,
        [FO_RESTORE] = restore,
        [FO_INSTALL] = install};
    while (!fo_final(r->state)) {
        enum fo_event e = actions[r->state](r);
        r->cancelled = r->cancelled || e == FO_EV_CANCELLED;
        r->state = fo_step(r->state, e);
        LOG(LOG_INFO, "failover", "%s +%.1f ms: %s%s%s", r->fo->now.name,
            (double)(clock_us() - r->detected) / 1000.0, fo_state_help(r->state),
            r->state == FO_CONNECT ? ": " : "", r->state == FO_CONNECT ? r->to.name : "");
    }
    if (r->state != FO_DONE)
        drop_candidate(r);
    ahead_close(r);
    return r->state == FO_DONE;
}
