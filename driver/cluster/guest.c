#include "cluster/cluster_priv.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

bool guests_init(struct guests *s)
{
    list_init(&s->list);
    return pthread_mutex_init(&s->lock, NULL) == 0;
}

static struct cluster_guest *guest_at(struct list *it)
{
    return LIST_ENTRY(it, struct cluster_guest, link);
}

enum place { PLACE_UNKNOWN, PLACE_WRITER, PLACE_OTHER };

/* Behind a moving name another node may stand by now: there the address tells. */
static enum place place_of(const struct cluster_guest *g, const struct topology *t)
{
    int at = t ? topology_find(t, g->name, g->address, g->port) : -1;
    if (at < 0 || t->writer < 0)
        return PLACE_UNKNOWN;
    const struct host *h = &t->hosts[at];
    bool moved = h->moves && strcmp(h->address, g->address) != 0;
    return at == t->writer && !moved ? PLACE_WRITER : PLACE_OTHER;
}

/* Sequentially consistent against the store of *busy in front of a call: either the call sees that
 * it is stale before it sends, or it is seen to be busy here. */
static bool make_stale(struct cluster_guest *g)
{
    bool busy;
    __atomic_store_n(&g->stale, 1, __ATOMIC_SEQ_CST);
    busy = __atomic_load_n(g->busy, __ATOMIC_SEQ_CST);
    if (busy)
        g->native->ops->interrupt(g->native);
    return busy;
}

/* Is the writer of t news? Only one that has said so itself counts. */
static bool is_news(struct guests *s, const struct topology *t)
{
    if (t->version <= s->version)
        return false;
    s->version = t->version;
    if (t->writer < 0 || t->verified_us <= s->verified_us)
        return false;
    const struct host *w = &t->hosts[t->writer];
    bool same = w->port == s->port && strcmp(w->name, s->name) == 0 &&
                (!w->moves || strcmp(w->address, s->address) == 0);
    s->verified_us = t->verified_us;
    s->port = w->port;
    memcpy(s->address, w->address, sizeof s->address);
    snprintf(s->name, sizeof s->name, "%s", w->name);
    return !same;
}

void guests_tell(struct cluster *c, const struct topology *t)
{
    size_t stale = 0, busy = 0;

    pthread_mutex_lock(&c->guests.lock);
    if (is_news(&c->guests, t)) {
        LIST_EACH(it, &c->guests.list) {
            struct cluster_guest *g = guest_at(it);
            enum place place = g->native ? place_of(g, t) : PLACE_UNKNOWN;
            if (place == PLACE_WRITER) { /* maybe it has come back */
                g->writer = true;
                __atomic_store_n(&g->stale, 0, __ATOMIC_RELAXED);
            } else if (place == PLACE_OTHER && g->writer && !guest_stale(g)) {
                busy += make_stale(g);
                stale++;
            }
        }
    }
    pthread_mutex_unlock(&c->guests.lock);
    if (stale)
        LOG(LOG_INFO, "cluster",
            "%s: %zu connections are still on a writer of before, %zu of them in a call", c->key,
            stale, busy);
}

/* ---- the guest's side ---- */

void guest_join(struct cluster_guest *g, struct cluster *c, const bool *busy)
{
    *g = (struct cluster_guest){.cluster = c, .busy = busy};
    pthread_mutex_lock(&c->guests.lock);
    list_add_tail(&c->guests.list, &g->link);
    pthread_mutex_unlock(&c->guests.lock);
}

/* Locked, with a snapshot that is not older than what the guests were told last. */
static struct topology *lock_with_topology(struct cluster *c)
{
    for (;;) {
        struct topology *t = cluster_topology(c);
        pthread_mutex_lock(&c->guests.lock);
        if (c->guests.version <= (t ? t->version : 0))
            return t;
        pthread_mutex_unlock(&c->guests.lock);
        topology_unref(t);
    }
}

void guest_arrive(struct cluster_guest *g, struct native *n, const char *name, bool writer,
                  int64_t asked_us)
{
    const char *address = n->ops->address(n);
    struct topology *t = lock_with_topology(g->cluster);

    g->native = n;
    g->port = n->ops->port(n);
    snprintf(g->name, sizeof g->name, "%s", name);
    snprintf(g->address, sizeof g->address, "%s", address ? address : "");
    enum place place = place_of(g, t);
    g->writer = writer || place == PLACE_WRITER;
    bool late = g->writer && place == PLACE_OTHER && t->verified_us > asked_us;
    __atomic_store_n(&g->stale, late, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&g->cluster->guests.lock);
    topology_unref(t);
}

void guest_depart(struct cluster_guest *g)
{
    pthread_mutex_lock(&g->cluster->guests.lock);
    g->native = NULL;
    pthread_mutex_unlock(&g->cluster->guests.lock);
}

void guest_leave(struct cluster_guest *g)
{
    pthread_mutex_lock(&g->cluster->guests.lock);
    list_del(&g->link);
    g->native = NULL;
    pthread_mutex_unlock(&g->cluster->guests.lock);
}

/* ---- fork ---- */

void guests_fork_prepare(struct cluster *c)
{
    pthread_mutex_lock(&c->guests.lock);
}

void guests_fork_parent(struct cluster *c)
{
    pthread_mutex_unlock(&c->guests.lock);
}

void guests_fork_child(struct cluster *c)
{
    LIST_EACH_SAFE(it, next, &c->guests.list)
        list_del(it);
    pthread_mutex_unlock(&c->guests.lock);
}
