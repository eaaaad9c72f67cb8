#include "base/log.h"
#include "cluster/cluster.h"
#include "pipeline/conn_priv.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTICES_MAX 256 /* of one call; more are dropped, the newest first */

/* ---- fork ---- */

static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static unsigned forks; /* written in the child only, before it has threads */

static void in_child(void)
{
    forks++;
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, in_child);
}

unsigned fork_count(void)
{
    return forks;
}

/* ---- life ---- */

static atomic_uint made; /* connections of this process, for the log */

struct conn *conn_new(const struct native_ops *ops, const struct scan_rules *rules)
{
    struct conn *c = calloc(1, sizeof(*c));
    struct inbox *inbox = calloc(1, sizeof(*inbox));
    pthread_once(&fork_once, watch_forks);
    if (!c || !inbox || pthread_mutex_init(&c->live, NULL) != 0) {
        free(inbox);
        free(c);
        return NULL;
    }
    c->ops = ops;
    c->family = family_of(ops);
    c->rules = *rules;
    c->inbox = inbox;
    inbox->self = c;
    c->number = atomic_fetch_add_explicit(&made, 1, memory_order_relaxed) + 1;
    c->autocommit = true;
    c->isolation = c->family->isolation;
    c->plans = 1;
    c->guard_at = SIZE_MAX;
    options_init(&c->options);
    session_init(&c->session, c->family->session);
    arena_init(&c->described);
    return c;
}

static void leaving(struct conn *c)
{
    for (struct plugin *p = c->native ? c->chain : NULL; p; p = p->next)
        if (p->ops->leaving)
            p->ops->leaving(p, c);
}

static void swapped(struct conn *c)
{
    for (struct plugin *p = c->chain; p; p = p->next)
        if (p->ops->swapped)
            p->ops->swapped(p, c);
}

/* The first native: settings made before the connect are applied before anybody sees it. */
static bool install_first(struct conn *c, struct native *n, int64_t deadline, struct fault *f)
{
    session_reported(&c->session, n, true);
    switch (session_restore(&c->session, n, deadline, conn_restore_told, c, f)) {
    case SESSION_RESTORED:
        conn_swap(c, n, NAT_POLITE, NULL);
        return true;
    case SESSION_TIMEOUT:
        fault_set(f, "HYT00", "the login timeout expired");
        break;
    case SESSION_LINK_LOST:
        memcpy(f->sqlstate, "08001", sizeof(f->sqlstate));
        break;
    case SESSION_NO_IDENTITY:
        break;
    }
    c->ops->close(n, NAT_ABANDON);
    return false;
}

static bool settings_allowed(const struct conn *c, struct fault *f)
{
    struct text settings = text_of(option_str(&c->options, OPT_CONNSETTINGS));
    struct scan_info scan;
    scan_classify(&c->rules, settings, &scan);
    return session_allows(&c->session, &c->rules, settings, &scan, f);
}

static bool open_first(struct conn *c, const struct options *options, int64_t deadline,
                       struct fault *f)
{
    options_fini(&c->options);
    options_init(&c->options);
    if (!options_copy(&c->options, options))
        return fault_oom(f);
    plugin_chain_free(c, c->chain);
    c->chain = NULL;
    if (!plugin_chain(c, text_of(option_str(&c->options, OPT_PLUGINS)), &c->chain, f))
        return false;
    if (!settings_allowed(c, f))
        return false;
    c->lax = option_enum(&c->options, OPT_FAILOVER_AUTOCOMMIT_STATE) == 1;
    c->replay = (enum replay_mode)option_enum(&c->options, OPT_FAILOVER_REPLAY);
    undo_options(c);
    c->born = fork_count();
    struct nat_target target = {.host = option_str(&c->options, OPT_SERVER),
                                .port = (int)option_int(&c->options, OPT_PORT)};
    conn_set_host(c, target.host);
    struct native *n = plugin_connect(c->chain, c, &target, deadline, f);
    if (!n || !install_first(c, n, deadline, f))
        return false;
    c->connected = true;
    return true;
}

bool conn_connect(struct conn *c, const struct options *options, int64_t deadline, struct fault *f)
{
    if (c->connected)
        return fault_set(f, "08002", "the connection is in use");
    log_for(c->number);
    bool ok = open_first(c, options, deadline, f);
    log_for(0);
    return ok;
}

void conn_closing(struct conn *c)
{
    c->closing = true;
}

void conn_disconnect(struct conn *c)
{
    if (!c->connected)
        return;
    bool inherited = c->born != fork_count();
    struct nat_status st = {.alive = false};
    if (c->native && !inherited)
        c->ops->status(c->native, &st);
    leaving(c);
    struct native *old = c->native;
    if (!inherited) /* a thread of the parent may have held it over the fork */
        pthread_mutex_lock(&c->live);
    c->native = NULL;
    if (!inherited)
        pthread_mutex_unlock(&c->live);
    if (old)
        c->ops->close(old, st.alive ? NAT_POLITE : NAT_ABANDON);
    plugin_chain_free(c, c->chain);
    c->chain = NULL;
    session_fini(&c->session);
    c->connected = false;
    c->txn = NAT_TXN_IDLE;
}

void conn_free(struct conn *c)
{
    if (!c)
        return;
    conn_disconnect(c);
    plugin_chain_free(c, c->chain);
    session_fini(&c->session);
    options_fini(&c->options);
    arena_fini(&c->described);
    free(c->requests);
    free(c->hints);
    free(c->forget);
    free(c->cells);
    free(c->inbox->faults);
    free(c->inbox);
    pthread_mutex_destroy(&c->live);
    free(c);
}

/* ---- the swap ---- */

void conn_set_host(struct conn *c, const char *host)
{
    if (host != c->host)
        snprintf(c->host, sizeof(c->host), "%s", host ? host : "");
}

void conn_rules_seen(struct conn *c)
{
    const char *value = c->ops->parameter(c->native, c->rules.setting);
    if (value)
        scan_rules_set(&c->rules, value);
}

/* What a session of the server's held is gone with it. */
static void session_gone(struct conn *c)
{
    c->plans++;
    c->nforget = 0;
    c->txn_lost = c->txn_lost || c->txn == NAT_TXN_OPEN || c->txn == NAT_TXN_FAILED;
    c->txn_ends += c->txn != NAT_TXN_IDLE;
    c->txn = NAT_TXN_IDLE;
    c->txn_read_only = c->skim = c->savepoint = false;
    c->undo = UNDO_NOT;
    c->guard_at = SIZE_MAX;
    c->late_until = 0;
    session_rollback(&c->session);
}

static void session_begun(struct conn *c)
{
    c->keeps = false;
    session_reported(&c->session, c->native, true);
    conn_rules_seen(c);
}

void conn_swap(struct conn *c, struct native *fresh, enum nat_close how, const struct fault *why)
{
    if (c->reading && why)
        cursor_lose(c->reading, why);
    c->reading = NULL;
    leaving(c);
    pthread_mutex_lock(&c->live);
    struct native *old = c->native;
    c->native = fresh;
    pthread_mutex_unlock(&c->live);
    c->generation += fresh != NULL;
    session_gone(c);
    if (old)
        c->ops->close(old, how);
    if (fresh) {
        const char *info = c->ops->parameter(fresh, "server_info");
        session_begun(c);
        snprintf(c->version, sizeof(c->version), "%s", c->ops->server_version(fresh));
        snprintf(c->server_info, sizeof(c->server_info), "%s", info ? info : "");
        swapped(c);
    }
}

/* ---- a call ---- */

bool conn_enter(struct conn *c, struct fault *f)
{
    if (c->born != fork_count())
        return fault_set(f, "08S01",
                         "this connection belongs to the parent process: open a new one");
    if (!c->connected)
        return fault_set(f, "08003", "the connection is not open");
    atomic_store_explicit(&c->cancelled, false, memory_order_relaxed);
    __atomic_store_n(&c->busy, true, __ATOMIC_SEQ_CST); /* guest.c says against what */
    c->late_until = 0;
    if (log_level_now() != LOG_OFF)
        log_for(c->number);
    return true;
}

void conn_leave(struct conn *c)
{
    if (log_level_now() != LOG_OFF)
        log_for(0);
    __atomic_store_n(&c->busy, false, __ATOMIC_RELEASE);
}

bool conn_cancelled(const struct conn *c)
{
    return atomic_load_explicit(&c->cancelled, memory_order_acquire);
}

bool conn_candidate(struct conn *c, struct native *n)
{
    pthread_mutex_lock(&c->live);
    c->candidate = n;
    pthread_mutex_unlock(&c->live);
    return !conn_cancelled(c);
}

bool conn_cancel(struct conn *c)
{
    bool ok = true;
    if (c->born != fork_count())
        return true;
    pthread_mutex_lock(&c->live);
    if (__atomic_load_n(&c->busy, __ATOMIC_ACQUIRE)) {
        atomic_store_explicit(&c->cancelled, true, memory_order_release);
        if (c->candidate)
            c->ops->interrupt(c->candidate);
        else if (c->native)
            ok = c->ops->cancel(c->native);
    }
    pthread_mutex_unlock(&c->live);
    return ok;
}

/* For the host to answer. */
#define RENEW_LIMIT SECONDS(30)

bool conn_renew(struct conn *c, int64_t deadline, struct fault *f)
{
    struct nat_target target = {.host = option_str(&c->options, OPT_SERVER),
                                .port = (int)option_int(&c->options, OPT_PORT)};
    if (c->failovers > 0) /* where it came from is no writer any more */
        target = (struct nat_target){.host = c->host,
                                     .address = c->ops->address(c->native),
                                     .port = c->ops->port(c->native)};
    deadline = deadline_min(deadline, deadline_in(RENEW_LIMIT));
    struct native *n = plugin_connect(c->chain, c, &target, deadline, f);
    if (n &&
        session_restore(&c->session, n, deadline, conn_restore_told, c, f) == SESSION_RESTORED) {
        conn_swap(c, n, NAT_POLITE, NULL);
        return true;
    }
    if (n)
        c->ops->close(n, NAT_ABANDON);
    memcpy(f->sqlstate, "08S01", sizeof(f->sqlstate));
    f->link_lost = true;
    conn_swap(c, NULL, NAT_ABANDON, f);
    return false;
}

/* In the same session of the server, where it knows how. */
static enum nat_answer reset_native(struct conn *c, int64_t deadline, struct fault *f)
{
    struct outcome_facts facts = wire_facts(c, NULL);
    enum nat_answer a = NAT_FAULT;
    if (!c->native)
        fault_lost(f, "the connection is lost");
    else if (wire_free(c, &facts, deadline, f) && c->ops->reset)
        a = c->ops->reset(c->native, deadline, f);
    if (a == NAT_WAIT)
        fault_lost(f, "the server does not answer");
    return a;
}

bool conn_reset(struct conn *c, int64_t deadline, struct fault *f)
{
    struct fault dropped;
    if (!conn_enter(c, f))
        return false;
    enum nat_answer a = reset_native(c, deadline, f);
    session_gone(c);
    session_fini(&c->session);
    c->txn_lost = c->txn_untold = c->txn_undone = false;
    c->autocommit = true;
    c->isolation = c->family->isolation;
    c->read_only = false;
    bool ok = a == NAT_READY || (c->native && !f->link_lost && conn_renew(c, deadline, f));
    if (a == NAT_READY)
        session_begun(c);
    else if (!ok && c->native)
        conn_swap(c, NULL, NAT_ABANDON, f);
    while (conn_notice(c, &dropped))
        continue;
    conn_leave(c);
    return ok;
}

/* ---- notices ---- */

void conn_tell(struct conn *c, const struct fault *warning)
{
    struct inbox *in = c->inbox;
    if (in->first == in->n)
        in->first = in->n = 0;
    if (in->n == in->cap) {
        size_t cap = in->cap ? in->cap * 2 : 4;
        struct fault *p = cap <= NOTICES_MAX ? realloc(in->faults, cap * sizeof(*p)) : NULL;
        if (!p)
            return;
        in->faults = p;
        in->cap = cap;
    }
    in->faults[in->n++] = *warning;
}

void conn_restore_told(void *arg, const struct fault *warning)
{
    conn_tell(arg, warning);
}

static bool inbox_take(struct inbox *in, struct fault *out)
{
    if (in->first == in->n)
        return false;
    *out = in->faults[in->first++];
    return true;
}

bool conn_notice(struct conn *c, struct fault *out)
{
    if (inbox_take(c->inbox, out))
        return true;
    return c->native && c->born == fork_count() && c->ops->notice(c->native, out);
}

bool conn_has_notice(const struct conn *c)
{
    struct conn *self = c->inbox->self;
    struct fault f;
    if (c->inbox->first == c->inbox->n && conn_notice(self, &f))
        conn_tell(self, &f);
    return c->inbox->first < c->inbox->n;
}

/* ---- facts ---- */

const struct native_ops *conn_ops(const struct conn *c)
{
    return c->ops;
}

const struct nat_caps *conn_caps(const struct conn *c)
{
    return c->ops->caps;
}

const struct scan_rules *conn_rules(const struct conn *c)
{
    return &c->rules;
}

const char *conn_server_version(const struct conn *c)
{
    return c->version;
}

const char *conn_server_info(const struct conn *c)
{
    return c->server_info;
}

const char *conn_parameter(const struct conn *c, const char *name)
{
    return c->native ? c->ops->parameter(c->native, name) : NULL;
}

const struct options *conn_options(const struct conn *c)
{
    return &c->options;
}

unsigned conn_generation(const struct conn *c)
{
    return c->generation;
}

unsigned conn_failovers(const struct conn *c)
{
    return c->failovers;
}

const char *conn_host(const struct conn *c)
{
    return c->host;
}

/* What the library has not read yet: the server's end of the connection. */
static bool socket_ended(const struct conn *c)
{
    struct pollfd p = {.events = POLLRDHUP};
    short events;
    p.fd = c->ops->poll_fd(c->native, &events);
    return p.fd >= 0 && poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

bool conn_dead(const struct conn *c)
{
    struct nat_status st;
    if (!c->native || c->born != fork_count())
        return true;
    c->ops->status(c->native, &st);
    if (st.alive && !socket_ended(c))
        return c->guest && guest_stale(c->guest) && !conn_moves_freely(c);
    if (c->guest) /* the search may as well begin now */
        cluster_trouble(c->guest->cluster, c->heard_us ? c->heard_us : c->asked_us);
    return !conn_moves_freely(c);
}
