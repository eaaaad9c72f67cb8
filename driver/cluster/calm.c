#include "cluster/watch_priv.h"
#include "base/log.h"

#define ASK_LIMIT SECONDS(1)

static int64_t interval_now(const struct watch *w)
{
    return w->mode == WATCH_SETTLING ? w->high_us : w->refresh_us;
}

/* The host list as the writer tells it. */
static void take_topology(struct watch *w, struct probe *p)
{
    int self;
    struct topology *told = watch_topology(w, p, &self);
    if (!told)
        return;
    if (self < 0)
        self = topology_named(told, text_of(p->name), p->port);
    if (self >= 0)
        cluster_publish_hosts(w->c, told, self, p->role_us);
    topology_unref(told);
}

static void refused(struct watch *w, struct probe *p, const struct fault *f, int64_t now)
{
    bool again = fault_among(f, w->c->family->again);

    LOG(LOG_INFO, "monitor", "%s: %s: %s", w->c->key, p->name, f->text);
    if (fault_among(f, w->c->family->may_not_ask) && !w->roles_only) {
        w->roles_only = true;
        again = true;
    }
    if (again)
        p->due = now + w->high_us;
}

static void answered(struct watch *w, struct probe *p, int64_t now)
{
    struct identity who;

    p->due = p->sent_us + interval_now(w);
    if (w->mode == WATCH_SETTLING) /* each question counts */
        p->due += (int64_t)(p->ask.n - 1) * w->high_us;
    if (fault_is(&p->ask.failed[0])) {
        refused(w, p, &p->ask.failed[0], now);
        return;
    }
    if (!identity_parse(&p->ask.rows[0], &who)) {
        LOG(LOG_WARN, "monitor", "%s: %s: its answer makes no sense", w->c->key, p->name);
        return;
    }
    p->role = who.role;
    p->role_us = p->sent_us;
    if (who.role != ROLE_WRITER) {
        LOG(LOG_INFO, "monitor", "%s: %s is not the writer any more", w->c->key, p->name);
        watch_raise(w, now);
    } else if (p->ask.n > 1) {
        take_topology(w, p);
    }
}

static void ask(struct watch *w, struct probe *p, int64_t now)
{
    const struct dialect *d = watch_asks(w);
    struct question questions[] = {d->identity, d->topology, d->source};
    size_t n = 1;

    if (d->topology.sql && (!w->slow_us || now - w->slow_us >= w->refresh_us))
        n = d->source.sql ? 3 : 2;
    p->awaiting = false;
    probe_ask(p, questions, n, ASK_LIMIT, now);
    if (now - w->named_us >= w->refresh_us) {
        w->named_us = now;
        lookup_all(w->c, w->top);
    }
}

static void lost(struct watch *w, struct probe *p, int64_t now)
{
    p->due = now + w->refresh_us;
    if (probe_half_answered(p))
        w->slow_us = now;
    /* A password that changed says nothing of the host: the next login brings the new one. */
    if (!watch_refused(w, p, now, w->high_us))
        watch_raise(w, now);
}

/* Begins what is due; false: nothing was. */
static bool drive(struct watch *w, struct probe *p, int64_t now, int64_t *next)
{
    if (p->state != PROBE_CLOSED && p->state != PROBE_IDLE) {
        *next = deadline_min(*next, p->deadline);
        return false;
    }
    struct probe_rate rate = {.limit = 10, .spacing = MS(100), .since = w->early_us};
    int64_t at = probe_free_at(p, now, &rate);
    if (at < p->due)
        at = p->due;
    if (now < at) {
        *next = deadline_min(*next, at);
        return false;
    }
    if (p->state == PROBE_IDLE)
        ask(w, p, now);
    else
        watch_dial(w, p, now);
    return true;
}

static void calm_probe(struct watch *w, struct probe *p, int64_t now, int64_t *next)
{
    for (int i = 0; i < 8; i++) {
        switch (probe_step(p, now)) {
        case PROBE_OPENED:
            p->due = now;
            break;
        case PROBE_ANSWERED:
            answered(w, p, now);
            break;
        case PROBE_LOST:
            lost(w, p, now);
            break;
        default:
            break;
        }
        if (w->trouble_us) {
            *next = now;
            return;
        }
        if (!drive(w, p, now, next))
            return;
    }
    *next = now;
}

int64_t calm_step(struct watch *w, int64_t now)
{
    int64_t next = now + SECONDS(60);
    int64_t first = w->watched_us + w->refresh_us;

    if (!w->top || !w->login)
        return next;
    if (w->mode == WATCH_SETTLING && now >= w->settled_us)
        watch_set_mode(w, WATCH_PEACE, now);
    if (w->top->writer < 0) {
        if (now < first)
            return deadline_min(next, first);
        watch_raise(w, now);
        return now;
    }
    struct probe *p = watch_probe(w, &w->top->hosts[w->top->writer]);
    if (!p)
        return next;
    if (p->due == 0 && !p->n)
        p->due = w->mode == WATCH_PEACE ? first : now;
    LIST_EACH_SAFE(it, nx, &w->probes)
        if (LIST_ENTRY(it, struct probe, link) != p)
            probe_free(LIST_ENTRY(it, struct probe, link), NAT_POLITE);
    calm_probe(w, p, now, &next);
    return next;
}
