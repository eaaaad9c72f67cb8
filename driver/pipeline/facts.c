#include "pipeline/conn_priv.h"

/* A child of fork() does not touch what its parent's session hangs on. */
static const struct native *mine(const struct conn *c)
{
    return c->born == fork_count() ? c->native : NULL;
}

const char *conn_address(const struct conn *c)
{
    const struct native *n = mine(c);
    const char *address = n ? c->ops->address(n) : NULL;
    return address ? address : "";
}

int conn_port(const struct conn *c)
{
    const struct native *n = mine(c);
    return n ? c->ops->port(n) : 0;
}

enum role conn_role(const struct conn *c)
{
    const struct native *n = mine(c);
    struct nat_status st = {.hint = ROLE_UNKNOWN};
    if (n)
        c->ops->status(n, &st);
    struct topology *t = n && c->cluster ? cluster_topology(c->cluster) : NULL;
    if (!t)
        return st.hint;
    int i = topology_find(t, c->host, conn_address(c), conn_port(c));
    enum role told = i >= 0 ? t->hosts[i].role : ROLE_UNKNOWN;
    topology_unref(t);
    return st.hint != ROLE_UNKNOWN ? st.hint : told;
}

struct cluster *conn_cluster(const struct conn *c)
{
    return c->cluster;
}

const struct conn_move *conn_moved(const struct conn *c)
{
    return &c->moved;
}
