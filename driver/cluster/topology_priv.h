/* Making snapshots. A topology is changed only by the one who made it, before it is published. */
#ifndef HOLDFAST_CLUSTER_TOPOLOGY_PRIV_H
#define HOLDFAST_CLUSTER_TOPOLOGY_PRIV_H

#include "cluster/cluster.h"

#define HOSTS_MAX     256
#define HOST_NAME_MAX 255 /* bytes of a host name, without its NUL */
#define HOST_ID_MAX   128

/* Room for n hosts, none in use yet (n == 0), no writer. NULL: out of memory. */
struct topology *topology_new(size_t room);
/* A copy to change, with one reference, and room for `more` hosts. */
struct topology *topology_copy(const struct topology *, size_t more);
/* Adds a host (the room must be there); numeric names are their own address. NULL: no memory. */
struct host *topology_add(struct topology *, struct text name, int port, struct text id,
                          enum role role);
/* Makes hosts[i] the writer; whoever was it before becomes `others`. i -1: none. */
void topology_set_writer(struct topology *, int i, enum role others);
/* By name and port only, -1 none. */
int topology_named(const struct topology *, struct text name, int port);
/* Same hosts, addresses and roles (version and verified_us aside). */
bool topology_same(const struct topology *, const struct topology *);
/* Addresses that `from` knows are taken over where `to` has none. */
void topology_take_addresses(struct topology *to, const struct topology *from);

/* letters digits - . _ and ':' for IPv6, at most HOST_NAME_MAX; or an absolute path. */
bool host_name_sane(struct text name);
/* Appends the hosts of "a, b:5433, [::1]:5432"; what is wrong is logged and left out. NULL: out
 * of memory. */
struct topology *topology_from_list(struct text list, int default_port);

#endif
