#include "cluster/health_priv.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OPEN_LEAST   SECONDS(2) /* a login of a server under load */
#define REFUSALS_MAX 2 /* logins with what the server does not take: it might lock the user */

static struct list hosts = {&hosts, &hosts};
static struct list abandoned = {&abandoned, &abandoned}; /* a parent's; health.lock */

static struct health_host *host_at(struct list *it)
{
    return LIST_ENTRY(it, struct health_host, link);
}

static struct health_wait *wait_at(struct list *it)
{
    return LIST_ENTRY(it, struct health_wait, link);
}

/* ---- a host's life ---- */

static struct health_host *host_new(const struct health_wait *w)
{
    struct health_host *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    h->name = strdup(w->name);
    if (!h->name) {
        free(h);
        return NULL;
    }
    h->c = cluster_ref(w->cluster);
    snprintf(h->address, sizeof h->address, "%s", w->address);
    h->port = w->port;
    list_add_tail(&hosts, &h->link);
    return h;
}

static void host_close(struct health_host *h, enum nat_close how)
{
    for (size_t i = 0; i < HEALTH_PROBES; i++)
        if (h->probes[i])
            probe_close(h->probes[i], how);
}

static void host_free(struct health_host *h, enum nat_close how)
{
    for (size_t i = 0; i < HEALTH_PROBES; i++)
        if (h->probes[i])
            probe_free(h->probes[i], how);
    list_del(&h->link);
    login_unref(h->refused);
    cluster_unref(h->c);
    free(h->name);
    free(h);
}

static struct health_host *host_of(const struct health_wait *w)
{
    LIST_EACH(it, &hosts) {
        struct health_host *h = host_at(it);
        if (h->c == w->cluster && h->port == w->port && strcmp(h->address, w->address) == 0 &&
            strcmp(h->name, w->name) == 0)
            return h;
    }
    return host_new(w);
}

/* Is there a connection that would follow its writer? */
static bool followed(struct cluster *c)
{
    registry_lock();
    bool is = c->watchers > 0;
    registry_unlock();
    return is;
}

/* ---- what a probe has met ---- */

static void heard(struct health_host *h, int64_t now)
{
    h->heard_us = now;
}

/* Nothing can be known of the host now: its silence counts from here. */
static void blind(struct health_host *h, const char *why, int64_t now)
{
    if (!h->blind_told)
        LOG(LOG_WARN, "health", "%s:%d cannot be probed: %s", h->name, h->port, why);
    h->blind_told = true;
    h->heard_us = now;
}

/* A process without descriptors hears of no host. */
static bool can_look(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return false;
    close(fd);
    return true;
}

static void refused(struct health_host *h, struct login *login)
{
    if (login != h->refused) {
        login_unref(h->refused);
        h->refused = login_ref(login);
        h->refusals = 0;
    }
    h->refusals++;
}

/* Whatever a server says is a sign of its life. A connect that is refused or reset is none, and
 * what the driver itself could not do says nothing. */
static void lost(struct health_host *h, const struct probe *p, bool asked, int64_t now)
{
    const struct fault *f = &p->fault;

    if (f->from_server || f->answered || probe_login_refused(p))
        heard(h, now);
    else if (!f->link_lost || !can_look())
        blind(h, p->problem, now);
    else if (asked)
        h->due_us = now; /* the session has gone; has the host? */
}

/* Is it the writer, as far as is known? In doubt it is not. */
static bool is_writer(const struct health_host *h)
{
    struct topology *t = cluster_topology(h->c);
    int at = t ? topology_find(t, h->name, h->address, h->port) : -1;
    bool is = at >= 0 && at == t->writer &&
              !(t->hosts[at].moves && strcmp(t->hosts[at].address, h->address) != 0);

    topology_unref(t);
    return is;
}

/* A writer that lives on as a reader ends no call by itself. The search that its own word begins,
 * once each time, finds who is the writer instead, and then the guests are told; a call whose
 * server stays the writer, or where no other one is found, goes on. */
static void hear_role(struct health_host *h, const struct probe *p, int64_t now)
{
    struct identity who;

    if (fault_is(&p->ask.failed[0]) || !identity_parse(&p->ask.rows[0], &who))
        return;
    bool demoted = who.role == ROLE_READER && followed(h->c) && is_writer(h);
    if (demoted && !h->demoted) {
        LOG(LOG_INFO, "health", "%s:%d is not the writer any more", h->name, h->port);
        cluster_trouble(h->c, now);
    }
    h->demoted = demoted;
}

static void step_probe(struct health_host *h, struct probe *p, int64_t now)
{
    struct login *login = login_ref(p->login);
    bool asked = p->state == PROBE_ASKING || p->state == PROBE_IDLE;

    switch (probe_step(p, now)) {
    case PROBE_OPENED:
        h->refusals = 0;
        h->blind_told = false;
        heard(h, now);
        break;
    case PROBE_ANSWERED:
        heard(h, now);
        hear_role(h, p, now);
        break;
    case PROBE_LOST:
        if (probe_login_refused(p))
            refused(h, login);
        lost(h, p, asked, now);
        break;
    default:
        break;
    }
    login_unref(login);
}

/* ---- probing ---- */

static void dial(struct health_host *h, struct probe *p, int64_t now)
{
    pthread_mutex_lock(&h->c->lock);
    struct login *login = login_ref(h->c->login);
    pthread_mutex_unlock(&h->c->lock);
    if (!login) {
        blind(h, "no login is known", now);
    } else if (login == h->refused && h->refusals >= REFUSALS_MAX) {
        blind(h, "the server refuses the login", now);
    } else if (probe_dial(p, h->c->ops, login, NULL, now)) {
        p->deadline = now + (h->silence_us > OPEN_LEAST ? h->silence_us : OPEN_LEAST);
    } else if (!p->fault.link_lost) {
        blind(h, p->problem, now);
    }
    login_unref(login);
}

static struct probe *slot(struct health_host *h, size_t i)
{
    struct host to = {.name = h->name, .port = h->port};

    if (!h->probes[i]) {
        memcpy(to.address, h->address, sizeof to.address);
        h->probes[i] = probe_new(&to);
    }
    return h->probes[i];
}

/* Asks over a session that is free; else opens one, unless two are at it already. */
static void ask(struct health_host *h, int64_t now)
{
    const struct question *q = &h->c->family->dialects[DIALECT_PLAIN]->identity;
    struct probe *closed = NULL;

    for (size_t i = HEALTH_PROBES; i-- > 0;) {
        struct probe *p = slot(h, i);
        if (p && p->state == PROBE_IDLE) {
            probe_ask(p, q, 1, h->silence_us, now);
            return;
        }
        if (p && p->state == PROBE_CLOSED)
            closed = p;
    }
    if (closed)
        dial(h, closed, now);
    else if (!h->probes[0] || !h->probes[1])
        blind(h, "out of memory", now);
}

/* One session is enough when both have come to rest. */
static void tidy(struct health_host *h)
{
    bool have = false;

    for (size_t i = 0; i < HEALTH_PROBES; i++) {
        struct probe *p = h->probes[i];
        if (!p || p->state != PROBE_IDLE)
            continue;
        if (have)
            probe_close(p, NAT_POLITE);
        else
            have = true;
    }
}

/* The time when the host wants to be looked at again. */
static int64_t step_host(struct health_host *h, int64_t now)
{
    int64_t next = now + SECONDS(60);

    for (size_t i = 0; i < HEALTH_PROBES; i++)
        if (h->probes[i])
            step_probe(h, h->probes[i], now);
    tidy(h);
    if (h->waits > 0 && now < h->first_us) {
        next = h->first_us;
    } else if (h->waits > 0) {
        if (now >= h->due_us) {
            h->due_us = now + h->spacing_us;
            ask(h, now);
            for (size_t i = 0; i < HEALTH_PROBES;
                 i++) /* off with it, and through where it is near */
                if (h->probes[i])
                    step_probe(h, h->probes[i], now);
        }
        next = h->due_us;
    }
    for (size_t i = 0; i < HEALTH_PROBES; i++) {
        struct probe *p = h->probes[i];
        if (p && p->state != PROBE_CLOSED && p->state != PROBE_IDLE)
            next = deadline_min(next, p->deadline);
    }
    return next;
}

/* ---- who waits, and for how long yet ---- */

static void forget_waits(struct health_host *h, int64_t now)
{
    if (h->waits > 0)
        h->idle_us = now;
    h->waits = 0;
}

static void add_wait(struct health_host *h, const struct health_wait *w, int64_t now)
{
    const struct health_rules *r = w->rules;
    bool first = h->waits++ == 0;

    if (first || w->begun < h->begun_us)
        h->begun_us = w->begun;
    if (first || w->begun + r->first < h->first_us)
        h->first_us = w->begun + r->first;
    if (first || r->spacing < h->spacing_us)
        h->spacing_us = r->spacing;
    if (first || r->silence < h->silence_us)
        h->silence_us = r->silence;
    if (first || r->keep > h->keep_us)
        h->keep_us = r->keep;
    h->idle_us = now;
    if (h->due_us > now + h->spacing_us)
        h->due_us = now + h->spacing_us;
}

/* False: memory was short for one of them. */
static bool take_waits(int64_t now, unsigned *serial)
{
    bool all = true;

    LIST_EACH(it, &hosts)
        forget_waits(host_at(it), now);
    health_lock();
    LIST_EACH(it, health_waits()) {
        struct health_wait *w = wait_at(it);
        if (w->silent_us)
            continue;
        if (!w->host)
            w->host = host_of(w);
        if (w->host)
            add_wait(w->host, w, now);
        else
            all = false;
    }
    *serial = health_serial();
    health_unlock();
    return all;
}

/* How long nothing has been heard of a host that was watched all the time. */
static int64_t silence_of(const struct health_host *h, int64_t now)
{
    return now - (h->heard_us > h->begun_us ? h->heard_us : h->begun_us);
}

static void end_wait(struct health_wait *w, int64_t now)
{
    int64_t since = w->host->heard_us > w->begun ? w->host->heard_us : w->begun;

    w->silent_us = now > since ? now - since : 1;
    w->n->ops->interrupt(w->n);
}

/* Is it dead by the rules of one of its waits? Then that ends, and with it all that are not more
 * patient. *next: when it will be, should it go on in silence. Under health.lock. */
static bool judge(struct health_host *h, int64_t now, int64_t *next)
{
    bool dead = false;

    LIST_EACH(it, health_waits()) {
        struct health_wait *w = wait_at(it);
        if (w->host != h || w->silent_us)
            continue;
        int64_t at = health_dead_at(w->rules, w->begun, h->heard_us);
        dead = dead || now >= at;
        *next = deadline_min(*next, at);
    }
    if (!dead)
        return false;
    LIST_EACH(it, health_waits()) {
        struct health_wait *w = wait_at(it);
        bool mine = w->host == h && !w->silent_us;
        if (mine && (now >= health_dead_at(w->rules, w->begun, h->heard_us) ||
                     silence_of(h, now) >= w->rules->silence))
            end_wait(w, now);
    }
    return true;
}

/* ---- the end of a host ---- */

/* The loss of a reader is no reason to look for a writer. */
static bool may_be_writer(const struct health_host *h)
{
    struct topology *t = cluster_topology(h->c);
    bool may = !t || t->writer < 0 ||
               (t->hosts[t->writer].port == h->port &&
                (strcmp(t->hosts[t->writer].name, h->name) == 0 ||
                 strcmp(t->hosts[t->writer].address, h->address) == 0));

    if (t)
        topology_unref(t);
    return may;
}

static void bury(struct health_host *h, int64_t now)
{
    LOG(LOG_WARN, "health", "%s:%d has given no sign of life for %lld ms", h->name, h->port,
        (long long)silence_of(h, now) / 1000);
    host_close(h, NAT_ABANDON);
    if (followed(h->c) && may_be_writer(h))
        cluster_trouble(h->c, now - silence_of(h, now));
}

/* Nobody waits for it any more, and its session has been kept for long enough. */
static bool is_over(const struct health_host *h, int64_t now, int64_t *next)
{
    if (h->waits > 0)
        return false;
    if (!health_joined() || now >= h->idle_us + h->keep_us)
        return true;
    *next = deadline_min(*next, h->idle_us + h->keep_us);
    return false;
}

/* ---- the door ---- */

int64_t health_step(int64_t now, int64_t late_us)
{
    unsigned serial;
    int64_t next = now + SECONDS(60);

    if (!take_waits(now, &serial))
        next = now + MS(10);
    LIST_EACH_SAFE(it, nx, &hosts) {
        struct health_host *h = host_at(it);
        if (is_over(h, now, &next)) {
            host_free(h, NAT_POLITE);
            continue;
        }
        if (late_us > h->spacing_us && h->waits > 0)
            h->heard_us = now;
        if (h->waits == 0)
            h->demoted = false; /* the next call's search may find what this one's did not */
        next = deadline_min(next, step_host(h, now));
        health_lock();
        bool dead = judge(h, now, &next);
        health_unlock();
        if (dead)
            bury(h, now);
    }
    return health_sleep(serial, next);
}

bool health_any(void)
{
    return !list_empty(&hosts);
}

bool health_poll(bool (*add)(void *arg, struct probe *), void *arg)
{
    LIST_EACH(it, &hosts) {
        struct health_host *h = host_at(it);
        for (size_t i = 0; i < HEALTH_PROBES; i++)
            if (h->probes[i] && !add(arg, h->probes[i]))
                return false;
    }
    return true;
}

/* Waits that are there keep none of it: the next step finds them again. */
void health_drop(enum nat_close how)
{
    health_lock();
    LIST_EACH(it, health_waits())
        wait_at(it)->host = NULL;
    health_unlock();
    LIST_EACH_SAFE(it, next, &hosts)
        host_free(host_at(it), how);
    health_stopped();
}

void health_abandon(void)
{
    LIST_EACH_SAFE(it, next, &hosts) {
        list_del(it);
        list_add_tail(&abandoned, it);
    }
}

void health_drop_abandoned(void)
{
    struct list mine;

    list_init(&mine);
    health_lock();
    LIST_EACH_SAFE(it, next, &abandoned) {
        list_del(it);
        list_add_tail(&mine, it);
    }
    health_unlock();
    LIST_EACH_SAFE(it, next, &mine)
        host_free(host_at(it), NAT_ABANDON);
}
