/* The connection tracker: a guest of the cluster, which marks it stale when the writer moves. What
 * then happens to the connection is the failover plugin's to do, at its next send; and because
 * nothing has been sent by then, a session that has nothing to lose is moved without an error. */
#include "cluster/cluster.h"
#include "pipeline/conn_priv.h"
#include "pipeline/failover_priv.h"
#include <stdlib.h>

extern const struct plugin_ops plugin_connection_tracker;

static bool tracker_wanted(const struct options *o)
{
    return cluster_wanted(o) && failover_mode(o) == STRICT_WRITER;
}

static bool tracker_create(struct plugin *p, struct conn *c, struct fault *f)
{
    struct cluster *cluster = cluster_get(&c->options, c->ops);
    struct cluster_guest *g = cluster ? malloc(sizeof(*g)) : NULL;
    if (!g) {
        cluster_unref(cluster);
        return fault_oom(f);
    }
    guest_join(g, cluster, &c->busy);
    p->state = c->guest = g;
    return true;
}

static void tracker_destroy(struct plugin *p, struct conn *c)
{
    struct cluster_guest *g = p->state;
    struct cluster *cluster = g->cluster;
    c->guest = NULL;
    guest_leave(g);
    free(g);
    cluster_unref(cluster);
}

static void tracker_leaving(struct plugin *p, struct conn *c)
{
    (void)c;
    guest_depart(p->state);
}

/* A writer endpoint, and a failover, lead to a node that has said itself that it is the writer. */
static void tracker_swapped(struct plugin *p, struct conn *c)
{
    bool writer = c->failovers > 0 ||
                  endpoint_of(option_str(&c->options, OPT_SERVER)).kind == ENDPOINT_WRITER;
    guest_arrive(p->state, c->native, c->host, writer, c->asked_us);
}

const struct plugin_ops plugin_connection_tracker = {.name = "connection_tracker",
                                                     .wanted = tracker_wanted,
                                                     .create = tracker_create,
                                                     .destroy = tracker_destroy,
                                                     .leaving = tracker_leaving,
                                                     .swapped = tracker_swapped};
