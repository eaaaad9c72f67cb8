#include "cluster/watch_priv.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

struct watch *watch_new(struct cluster *c)
{
    struct watch *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->c = cluster_ref(c);
    list_init(&w->link);
    list_init(&w->probes);
    w->granted_us = INT64_MIN / 2;
    return w;
}

void watch_free(struct watch *w, enum nat_close how)
{
    LIST_EACH_SAFE (it, next, &w->probes)
        probe_free(LIST_ENTRY(it, struct probe, link), how);
    list_del(&w->link);
    login_unref(w->last_login);
    cluster_unref(w->c);
    free(w);
}

struct probe *watch_probe(struct watch *w, const struct host *h)
{
    struct probe *p;

    LIST_EACH (it, &w->probes) {
        p = LIST_ENTRY(it, struct probe, link);
        if (p->port == h->port && strcmp(p->name, h->name) == 0) {
            if (p->state == PROBE_CLOSED && h->address[0] && !p->moves)
                memcpy(p->address, h->address, sizeof p->address);
            return p;
        }
    }
    p = probe_new(h);
    if (p)
        list_add_tail(&w->probes, &p->link);
    return p;
}

const struct dialect *watch_asks(const struct watch *w)
{
    return w->roles_only || !w->ask ? dialect_get(DIALECT_PLAIN) : w->ask;
}

void watch_raise(struct watch *w, int64_t when)
{
    pthread_mutex_lock(&w->c->lock);
    if (w->c->trouble_us < when)
        w->c->trouble_us = when;
    w->trouble_us = w->c->trouble_us;
    pthread_mutex_unlock(&w->c->lock);
}

/* No such function, schema or table, or no right to it. */
bool watch_may_not_ask(const struct fault *f)
{
    static const char *const states[] = {"42883", "3F000", "42501", "42P01", "42704", "42601"};

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strcmp(f->server_state, states[i]) == 0)
            return true;
    return false;
}

void watch_dial(struct watch *w, struct probe *p, int64_t now)
{
    if (!w->login) {
        p->due = now + SECONDS(1);
        return;
    }
    /* A moving name is resolved before every dial: step_naming leaves the fresh address. */
    bool stale = p->moves && p->named_us < p->due && now - p->named_us >= MS(100);
    if (host_has_name(p->name) && (!p->address[0] || stale)) {
        if (!probe_name(p, w->c, now))
            p->due = now + SECONDS(1);
        return;
    }
    if (!probe_dial(p, w->c->ops, w->login, now))
        p->due = now + SECONDS(1);
}

static void borrow(struct watch *w)
{
    struct cluster *c = w->c;

    pthread_mutex_lock(&c->lock);
    w->top = topology_ref(c->top);
    w->login = login_ref(c->login);
    w->ask = c->ask;
    w->trouble_us = c->trouble_us;
    w->urgent = c->urgent;
    w->watched_us = c->watched_us;
    bool news = w->troubles != c->troubles;
    w->troubles = c->troubles;
    pthread_mutex_unlock(&c->lock);
    w->refresh_us = MS(30000);
    w->high_us = MS(100);
    if (w->login) {
        w->refresh_us = MS(option_int(&w->login->options, OPT_TOPOLOGY_REFRESH_RATE_MS));
        w->high_us = MS(option_int(&w->login->options, OPT_TOPOLOGY_HIGH_REFRESH_RATE_MS));
    }
    if (w->login != w->last_login) {
        login_unref(w->last_login);
        w->last_login = login_ref(w->login);
        w->roles_only = false;
        LIST_EACH (it, &w->probes) {
            struct probe *p = LIST_ENTRY(it, struct probe, link);
            if (p->state == PROBE_CLOSED && probe_login_refused(p))
                p->due = 0;
        }
    }
    w->urgent = w->urgent && news;
}

int64_t watch_step(struct watch *w, int64_t now)
{
    borrow(w);
    if (!w->trouble_us && w->mode == WATCH_TROUBLE)
        search_end(w, now);
    if (w->trouble_us && (w->mode != WATCH_TROUBLE || w->urgent))
        search_begin(w, now);
    int64_t next = w->mode == WATCH_TROUBLE ? search_step(w, now) : calm_step(w, now);
    topology_unref(w->top);
    login_unref(w->login);
    w->top = NULL;
    w->login = NULL;
    return next;
}
