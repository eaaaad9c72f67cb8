#include "cluster/watch_priv.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

static const char *const mode_names[] = {"peace", "trouble", "settling"};

/* What others see; -1: nothing is done. */
static void show(struct watch *w, int mode)
{
    pthread_mutex_lock(&w->c->lock);
    w->c->watched_as = mode + 1;
    pthread_mutex_unlock(&w->c->lock);
}

void watch_set_mode(struct watch *w, enum watch_mode mode, int64_t now)
{
    if (w->mode == mode)
        return;
    int64_t since = mode == WATCH_TROUBLE ? w->trouble_us : w->began_us;
    LOG(LOG_INFO, "monitor", "%s: %s -> %s, %.1f ms after %s", w->c->key, mode_names[w->mode],
        mode_names[mode], (double)(now - since) / 1000.0,
        mode == WATCH_TROUBLE ? "trouble was seen" : "the search began");
    w->mode = mode;
    show(w, (int)mode);
}

const char *cluster_monitor_state(struct cluster *c)
{
    pthread_mutex_lock(&c->lock);
    int as = c->watched_as;
    pthread_mutex_unlock(&c->lock);
    return as > 0 ? mode_names[as - 1] : "off";
}

struct watch *watch_new(struct cluster *c)
{
    struct watch *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->c = cluster_ref(c);
    list_init(&w->link);
    list_init(&w->probes);
    w->granted_us = INT64_MIN / 2;
    show(w, WATCH_PEACE);
    return w;
}

void watch_free(struct watch *w, enum nat_close how)
{
    LIST_EACH_SAFE(it, next, &w->probes)
        probe_free(LIST_ENTRY(it, struct probe, link), how);
    list_del(&w->link);
    if (how == NAT_POLITE) /* else it is the parent's, and this process may have its own */
        show(w, -1);
    login_unref(w->newest);
    login_unref(w->refused);
    cluster_unref(w->c);
    free(w);
}

struct probe *watch_probe(struct watch *w, const struct host *h)
{
    struct probe *p;

    LIST_EACH(it, &w->probes) {
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
    return w->roles_only || !w->ask ? w->c->family->dialects[DIALECT_PLAIN] : w->ask;
}

struct topology *watch_topology(const struct watch *w, const struct probe *p, int *self)
{
    struct endpoint_info e = endpoint_of(p->name);
    struct topology_rules rules = {
        .names_are_ids = watch_asks(w)->names_are_ids,
        .pattern = option_str(&w->login->options, OPT_HOST_PATTERN),
        .domain = e.domain,
        .port = p->port,
        .source = p->ask.n > 2 && !fault_is(&p->ask.failed[2]) ? &p->ask.rows[2] : NULL};
    struct fault f;

    fault_clear(&f);
    *self = -1;
    if (fault_is(&p->ask.failed[1])) {
        LOG(LOG_INFO, "monitor", "%s: no topology: %s", w->c->key, p->ask.failed[1].text);
        return NULL;
    }
    struct topology *told = topology_parse(&p->ask.rows[1], &rules, self, &f);
    if (!told)
        LOG(LOG_WARN, "monitor", "%s: no topology: %s", w->c->key, f.text);
    return told;
}

void watch_raise(struct watch *w, int64_t when)
{
    pthread_mutex_lock(&w->c->lock);
    if (w->c->trouble_us < when)
        w->c->trouble_us = when;
    w->trouble_us = w->c->trouble_us;
    pthread_mutex_unlock(&w->c->lock);
}

void watch_dial(struct watch *w, struct probe *p, int64_t now)
{
    if (!w->login) {
        p->due = now + SECONDS(1);
        return;
    }
    /* The first dial goes where the host was last; a moving name is resolved for the next ones. */
    bool stale = p->moves && p->nsent > 0 && p->named_us < p->due && now - p->named_us >= MS(100);
    if (host_has_name(p->name) && (!p->address[0] || stale)) {
        if (!probe_name(p, w->c, now))
            p->due = now + SECONDS(1);
        return;
    }
    const char *database = w->own_database || !w->database[0] ? NULL : w->database;
    if (!probe_dial(p, w->c->ops, w->login, database, now))
        p->due = now + SECONDS(1);
}

static void borrow(struct watch *w)
{
    struct cluster *c = w->c;

    pthread_mutex_lock(&c->lock);
    w->top = topology_ref(c->top);
    struct login *newest = login_ref(c->login);
    /* Refused credentials give way to another user's, as long as there are any. */
    bool spare = c->spare && w->refused && w->refused == c->login;
    w->login = login_ref(spare ? c->spare : c->login);
    memcpy(w->database, c->database, sizeof w->database);
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
    if (newest != w->newest) {
        login_unref(w->newest);
        w->newest = login_ref(newest);
        w->roles_only = w->own_database = false;
        LIST_EACH(it, &w->probes) {
            struct probe *p = LIST_ENTRY(it, struct probe, link);
            if (p->state == PROBE_CLOSED && probe_login_refused(p))
                p->due = 0;
        }
    }
    w->urgent = w->urgent && news;
    login_unref(newest);
}

/* p was refused with what it was opened with. */
bool watch_refused(struct watch *w, struct probe *p, int64_t now, int64_t retry)
{
    bool database = fault_among(&p->fault, w->c->family->no_database);

    if (database && w->database[0] && !w->own_database) {
        w->own_database = true;
        p->due = now + retry;
        return true;
    }
    if (probe_login_refused(p)) {
        login_unref(w->refused);
        w->refused = login_ref(w->login);
        p->due = now + (p->refusals++ == 0 ? retry : SECONDS(1));
        return true;
    }
    return false;
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
