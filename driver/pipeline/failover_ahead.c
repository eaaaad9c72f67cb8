#include "base/log.h"
#include "pipeline/failover_priv.h"
#include <stdio.h>
#include <string.h>

#define RUNS_MAX   4 /* of the process at once: a herd must not take the readers' last slots */
#define DIAL_LEAST MS(20)
#define DIAL_MOST  MS(250)
#define ASK_LIMIT  SECONDS(1)

static atomic_int runs;

static bool is_wanted(const struct failover_run *r)
{
    return r->want_writer && cluster_dialect(r->fo->cluster) != DIALECT_AURORA &&
           !option_is_set(&r->c->options, OPT_CONNSETTINGS);
}

/* Standbys whose address is known: nothing is resolved for a mere chance. */
static bool is_standby(const struct failover_run *r, const struct topology *t, size_t i)
{
    const struct host *h = &t->hosts[i];
    bool lost = h->port == r->fo->now.port && strcmp(h->name, r->fo->now.name) == 0;
    return !lost && !h->moves && h->address[0] && (int)i != t->writer;
}

/* The question is asked once at once: it warms the server's caches for the time when it matters. */
static void open_one(struct failover_run *r, struct ahead *a, const struct host *h)
{
    struct nat_target target = {.host = h->name, .address = h->address, .port = h->port};
    int64_t limit = 4 * r->fo->dial_us;
    struct fault ignored;
    limit = limit < DIAL_LEAST ? DIAL_LEAST : limit > DIAL_MOST ? DIAL_MOST : limit;
    int64_t deadline = deadline_min(r->deadline, deadline_in(limit));
    snprintf(a->at.name, sizeof(a->at.name), "%s", h->name);
    a->at.port = h->port;
    struct native *n = plugin_connect(r->plugin->next, r->c, &target, deadline, &ignored);
    if (n && cluster_ask_role(r->fo->cluster, n, deadline, &ignored) == ROLE_UNKNOWN) {
        r->c->ops->close(n, NAT_ABANDON);
        n = NULL;
    }
    a->native = n;
}

void ahead_open(struct failover_run *r)
{
    size_t n = 0;
    if (r->ahead_tried)
        return;
    r->ahead_tried = true;
    if (!is_wanted(r))
        return;
    r->ahead_counted = true;
    bool few = atomic_fetch_add(&runs, 1) < RUNS_MAX;
    struct topology *t = few ? cluster_topology(r->fo->cluster) : NULL;
    if (t)
        for (size_t i = 0; i < t->n && n < AHEAD_MAX && !conn_cancelled(r->c); i++)
            if (is_standby(r, t, i))
                open_one(r, &r->ahead[n++], &t->hosts[i]);
    if (t)
        topology_unref(t);
}

struct native *ahead_take(struct failover_run *r)
{
    struct fault ignored;
    for (size_t i = 0; i < AHEAD_MAX; i++) {
        struct ahead *a = &r->ahead[i];
        struct native *n = a->native;
        if (!n || a->at.port != r->to.port || strcmp(a->at.name, r->to.name) != 0)
            continue;
        a->native = NULL;
        if (cluster_ask_role(r->fo->cluster, n, deadline_min(r->deadline, deadline_in(ASK_LIMIT)),
                             &ignored) == ROLE_WRITER)
            return n;
        r->c->ops->close(n, NAT_ABANDON);
    }
    return NULL;
}

void ahead_close(struct failover_run *r)
{
    for (size_t i = 0; i < AHEAD_MAX; i++) {
        if (r->ahead[i].native)
            r->c->ops->close(r->ahead[i].native, NAT_POLITE);
        r->ahead[i].native = NULL;
    }
    if (r->ahead_counted)
        atomic_fetch_sub(&runs, 1);
    r->ahead_counted = false;
}
