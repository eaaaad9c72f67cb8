/* Host monitoring: a call whose host has gone silent (no FIN, no RST) ends as one whose link is
 * lost. A call is passed on until its host's first probe is due, and only if it still waits then is
 * it registered with the monitor (cluster.h, health_wait) and passed on again: short calls cost a
 * look at the clock, and take no lock. A native that cannot answer NAT_WAIT is registered first.
 * Stands behind all others in the chain, next to the native, which thus stays the same for the
 * time of a wait. */
#include "cluster/cluster.h"
#include "pipeline/conn_priv.h"
#include <stdlib.h>
#include <string.h>

extern const struct plugin_ops plugin_host_monitoring;

struct monitoring {
    struct cluster *cluster; /* counted */
    struct health_rules rules;
    int64_t sent_us;   /* when the last send began, if nothing else was done since; else 0 */
    int64_t silent_us; /* the silence for which this connection's link was ended; else 0 */
};

static bool monitoring_wanted(const struct options *o)
{
    const char *server = option_str(o, OPT_SERVER);
    bool on = option_bool(o, OPT_ENABLE_FAILURE_DETECTION);
    if (!on || server[0] == '\0' || endpoint_of(server).kind == ENDPOINT_SOCKET)
        return false;
    return cluster_wanted(o) || option_is_set(o, OPT_ENABLE_FAILURE_DETECTION);
}

static bool monitoring_create(struct plugin *p, struct conn *c, struct fault *f)
{
    struct monitoring *m = calloc(1, sizeof(*m));
    if (!m)
        return fault_oom(f);
    health_rules_of(&c->options, &m->rules);
    m->cluster = cluster_get(&c->options, c->ops);
    if (!m->cluster) {
        free(m);
        return fault_oom(f);
    }
    p->state = m;
    health_join();
    return true;
}

static void monitoring_destroy(struct plugin *p, struct conn *c)
{
    struct monitoring *m = p->state;
    (void)c;
    health_leave();
    cluster_unref(m->cluster);
    free(m);
}

static struct native *monitoring_connect(struct plugin *p, struct conn *c,
                                         const struct nat_target *target, int64_t deadline,
                                         struct fault *f)
{
    struct monitoring *m = p->state;
    struct native *n = plugin_connect(p->next, c, target, deadline, f);
    if (n)
        m->silent_us = 0;
    if (n && !c->connected) /* a failover's are no news: the newest connection's word counts */
        cluster_login(m->cluster, &c->options);
    return n;
}

/* The call has been waiting since `begun`, and goes on under the monitor's eyes. */
static enum nat_answer watched(struct plugin *p, struct conn *c, struct plugin_call *call,
                               int64_t begun, struct fault *f)
{
    struct monitoring *m = p->state;
    const char *address = c->native ? c->ops->address(c->native) : NULL;
    if (!address || !address[0]) /* a Unix socket, or no native */
        return plugin_execute(p->next, c, call, f);
    struct health_wait w = {.cluster = m->cluster,
                            .n = c->native,
                            .name = strchr(c->host, ',') ? address : c->host,
                            .address = address,
                            .port = c->ops->port(c->native),
                            .rules = &m->rules,
                            .begun = begun};
    health_begin(&w);
    enum nat_answer a = plugin_execute(p->next, c, call, f);
    health_end(&w);
    if (w.silent_us)
        m->silent_us = w.silent_us;
    return a;
}

static enum nat_answer perform(struct plugin *p, struct conn *c, struct plugin_call *call,
                               struct fault *f)
{
    struct monitoring *m = p->state;
    int64_t own = call->deadline;
    if (own == DEADLINE_NOW)
        return plugin_execute(p->next, c, call, f);
    int64_t begun = call->verb == DO_RESULT && m->sent_us ? m->sent_us : clock_us();
    m->sent_us = call->verb == DO_SEND ? begun : 0;
    if (c->ops->caps->blocks)
        return watched(p, c, call, begun, f);
    int64_t until = begun + m->rules.first;
    if (own <= until)
        return plugin_execute(p->next, c, call, f);
    call->deadline = until;
    enum nat_answer a = plugin_execute(p->next, c, call, f);
    call->deadline = own;
    if (a != NAT_WAIT)
        return a;
    m->sent_us = 0;
    return watched(p, c, call, begun, f);
}

/* A native that blocks in its library may tell of a link that was ended only in the call after the
 * one that waited. */
static enum nat_answer monitoring_execute(struct plugin *p, struct conn *c,
                                          struct plugin_call *call, struct fault *f)
{
    struct monitoring *m = p->state;
    enum nat_answer a = perform(p, c, call, f);
    if (a == NAT_FAULT && m->silent_us && f->link_lost && !f->from_server) {
        const char *address = c->native ? c->ops->address(c->native) : "";
        fault_lost(f, "%s gave no sign of life for %lld ms",
                   strchr(c->host, ',') ? address : c->host, (long long)(m->silent_us / 1000));
    }
    return a;
}

const struct plugin_ops plugin_host_monitoring = {.name = "host_monitoring",
                                                  .alias = "efm",
                                                  .last = true,
                                                  .wanted = monitoring_wanted,
                                                  .create = monitoring_create,
                                                  .destroy = monitoring_destroy,
                                                  .connect = monitoring_connect,
                                                  .execute = monitoring_execute};
