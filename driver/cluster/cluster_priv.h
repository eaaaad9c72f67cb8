/* The inside of a cluster, shared by the room's files.
 * Locks: the monitor's step lock (monitor.c), then registry.lock, cluster.lock, guests.lock; the
 * monitor thread is the only one that takes the first together with another. */
#ifndef HOLDFAST_CLUSTER_CLUSTER_PRIV_H
#define HOLDFAST_CLUSTER_CLUSTER_PRIV_H

#include "base/list.h"
#include "cluster/dialect_priv.h"

/* Credentials of one login, immutable, counted. */
struct login {
    int refs;    /* atomic */
    bool proven; /* a connection has logged in with them */
    struct options options;
};
struct login *login_new(const struct options *, bool proven);
struct login *login_ref(struct login *);
void login_unref(struct login *);

struct guests {
    pthread_mutex_t lock; /* guests.lock: all of this, and what is in the guests */
    struct list list;
    unsigned version; /* of the newest snapshot they were told of */
    int64_t verified_us;
    char name[256]; /* its writer; "" none yet */
    char address[ADDRESS_MAX];
    int port;
};

struct cluster {
    struct list link; /* these four: registry.lock */
    int watchers;
    int waiters;
    int64_t waited_us; /* when the last waiter went */
    char *key;         /* immutable */
    const struct native_ops *ops;
    const struct dialect_family *family;
    int refs; /* atomic */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    const struct dialect *dialect; /* NULL until learned */
    const struct dialect *ask;     /* whose questions work here: plain's where grants are missing */
    bool learned;
    bool learning; /* one connection is at it */
    bool listed;   /* the server, or CLUSTER_HOSTS, told the hosts */
    int64_t learned_us;
    struct fault warning;
    struct topology *top;       /* owned reference; NULL before the first */
    struct login *login;        /* owned reference, newest; NULL only when memory was short */
    struct login *spare;        /* owned reference, the newest of another user; NULL none */
    char database[HOST_ID_MAX]; /* where the topology was read; "" the login's own */
    int64_t watched_us;         /* since when there are watchers */
    int64_t trouble_us;         /* newest trouble without an answer, 0 none */
    unsigned troubles;          /* raised by connections, counted */
    bool urgent;                /* a connection raised it, not the monitor */
    int watched_as;             /* enum watch_mode, 1 more: what the monitor does; 0 nothing */
    int lookups;                /* of host names, under way in the background */
    int dialling;               /* turns that are taken */
    pthread_cond_t turns;       /* one is free */
    char problems[700];         /* what the search met last, host by host */

    struct guests guests;
};

/* ---- guests (guest.c) ---- */

/* False: no lock is to be had. */
bool guests_init(struct guests *);
/* A snapshot was published; told in any order, the newest counts. */
void guests_tell(struct cluster *, const struct topology *);
/* Their lock around fork; in the child nobody is a guest: the natives are the parent's. */
void guests_fork_prepare(struct cluster *);
void guests_fork_parent(struct cluster *);
void guests_fork_child(struct cluster *);

/* ---- registry (cluster.c) ---- */

void registry_lock(void);
void registry_unlock(void);
bool registry_wait(pthread_cond_t *, int64_t deadline);
/* Under registry.lock. */
struct list *registry_clusters(void);
/* Under registry.lock: nobody asks for an end of this cluster's trouble any more. */
void cluster_forget_trouble(struct cluster *);
/* Registry and cluster locks around fork; in the child all are made anew. */
void registry_fork_prepare(void);
void registry_fork_parent(void);
void registry_fork_child(void);

/* ---- publication (publish.c) ---- */

/* Makes the next snapshot from the current one (NULL: none yet); NULL: nothing to publish. Called
 * without locks, again when another publication came first. */
typedef struct topology *topology_change(const struct topology *old, void *arg);
bool cluster_publish(struct cluster *, topology_change *, void *arg);

/* name:port answers at address. */
void cluster_publish_address(struct cluster *, const char *name, int port, const char *address);
/* name:port said itself, to a question asked at verified_us, that it is the writer. readers:
 * names of hosts that said they are readers, as indexes into the snapshot `seen`. */
void cluster_publish_writer(struct cluster *, const struct topology *seen, int writer,
                            const char *address, const bool *readers, int64_t verified_us);
/* The host list as the writer told it; `self` is the writer's row. Only when it is news. */
void cluster_publish_hosts(struct cluster *, struct topology *told, int self, int64_t verified_us);
/* Hosts that a reader told of: those that are not known yet are added, of unknown role. */
void cluster_publish_more(struct cluster *, struct topology *told);

/* Hosts to probe when the server lists none: CLUSTER_HOSTS, else cluster and reader endpoint,
 * else the connected host alone. NULL: out of memory. *listed: by CLUSTER_HOSTS. */
struct topology *cluster_fallback_hosts(const struct options *, int port, bool *listed);

/* ---- names to addresses (lookup.c) ---- */

/* A host name being resolved in a helper thread; counted by it and its owner. */
struct lookup {
    int refs; /* atomic */
    int done; /* atomic; what follows is valid when set */
    struct cluster *cluster;
    char *name;
    int port;
    char address[ADDRESS_MAX]; /* "" failed */
    char problem[160];
};
/* Its result is published, and the monitor woken. NULL: could not be started. */
struct lookup *lookup_start(struct cluster *, const char *name, int port);
bool lookup_done(struct lookup *);
void lookup_unref(struct lookup *);
/* All hosts of the snapshot, in the background. */
void lookup_all(struct cluster *, const struct topology *);
bool host_has_name(const char *name); /* one to resolve: no address, no folder */
/* text on one line, cut to fit. */
void problem_set(char *out, size_t room, const char *text);

/* ---- helpers that dial (dial.c) ---- */

/* At the process's end: interrupts them all and waits until they are gone. */
void dials_end(int64_t deadline);
/* Their lock around fork. */
void dials_fork_prepare(void);
void dials_fork_parent(void);
void dials_fork_child(void);

/* ---- the monitor (monitor.c) ---- */

/* Before the first cluster is made. */
void monitor_init(void);
/* Starts the thread unless it runs. */
void monitor_need(void);
void monitor_wake(void);
void monitor_watched(int64_t due); /* under registry.lock */
/* The last user went: stops the thread. */
void monitor_leave(void);
/* Once a connection was made: the atexit handler, in front of OpenSSL's. */
void monitor_at_exit(void);
bool monitor_exiting(void);

#endif
