/* Who is the writer: clusters, their hosts and roles, and the one monitor thread that watches them.
 * The pipeline calls this; nothing here knows an application's connection. Clusters live in a
 * process-wide registry until the module is unloaded, so that a topology outlives connections.
 * Locks: registry.lock, cluster.lock, then guests.lock or health.lock; none is held over I/O. */
#ifndef HOLDFAST_CLUSTER_CLUSTER_H
#define HOLDFAST_CLUSTER_CLUSTER_H

#include "base/list.h"
#include "native/native.h"

/* ---- host names (cluster/hostname.c; aws-drivers 2.8) ---- */

enum endpoint {
    ENDPOINT_OTHER, /* custom domain, plain host */
    ENDPOINT_IP,
    ENDPOINT_SOCKET, /* a folder */
    ENDPOINT_GLOBAL_WRITER,
    ENDPOINT_WRITER, /* cluster-     */
    ENDPOINT_READER, /* cluster-ro-  */
    ENDPOINT_CUSTOM, /* cluster-custom- */
    ENDPOINT_LIMITLESS,
    ENDPOINT_PROXY,
    ENDPOINT_INSTANCE
};

struct endpoint_info {
    enum endpoint kind;
    struct text instance; /* first label(s) before the dns group: instance or cluster name */
    struct text domain;   /* what follows the dns group: cxyz.eu-central-1.rds.amazonaws.com */
    struct text region;
};
/* Views point into host. */
struct endpoint_info endpoint_of(const char *host);

/* "?.db.example.com:5432" with the instance name put in. False: HY024 (no '?', a proxy or custom
 * cluster pattern). *port is 0 when the pattern has none. */
bool host_from_pattern(const char *pattern, struct text instance, struct buf *name, int *port,
                       struct fault *f);

/* ---- dialects (cluster/dialect_FAMILY.c): data, not code ---- */

enum dialect_id { DIALECT_UNKNOWN, DIALECT_PLAIN, DIALECT_MULTI_AZ, DIALECT_AURORA };

/* One query, and which columns of its answer are kept. */
struct question {
    const char *sql;     /* NULL: there is none */
    const char *columns; /* names, the spellings of one column parted by '|', columns by ','; NULL:
                            all as they come */
};

struct dialect {
    enum dialect_id id;
    const char *name;         /* as DATABASE_DIALECT spells it */
    struct question topology; /* columns: id, endpoint or instance name, port, writer (1 0, NULL:
                                 `source` says), self (1 0), last update (microseconds); none:
                                 CLUSTER_HOSTS says */
    struct question source;   /* column: id of the node this one replicates from; no row: from none.
                                 Asked with the topology */
    struct question identity; /* columns: is this node the writer (1 0), in recovery (1 0), own id,
                                 microseconds the server took to come to this answer */
    struct question await;    /* on a reader: answers at its promotion or after <= 1 s, then as
                                 identity; none: poll instead (Aurora) */
    bool names_are_ids;       /* topology gives instance names that the host pattern completes */
};

/* ---- topology snapshots ---- */

struct host {
    char *name;                /* instance endpoint */
    char address[ADDRESS_MAX]; /* last resolved, "" none yet */
    int port;
    char *id; /* the server's own id of the node */
    enum role role;
    bool moves; /* a cluster endpoint standing for a host: its address is true for now only */
};

/* Immutable, counted. */
struct topology {
    unsigned version;    /* grows by one with each publication of this cluster */
    int64_t verified_us; /* when the writer itself said that it is the writer; 0 never */
    int writer;          /* index in hosts, -1 none */
    size_t n;
    struct host *hosts;
    int refs; /* atomic */
};
struct topology *topology_ref(struct topology *);
void topology_unref(struct topology *);

/* ---- a cluster ---- */

struct cluster;

/* Does this connection's endpoint (or an option: HOST_PATTERN, CLUSTER_HOSTS, CLUSTER_ID,
 * DATABASE_DIALECT other than auto) point at a cluster at all? */
bool cluster_wanted(const struct options *);
/* The cluster these options mean, made when new. Counted: give it back with cluster_unref (the
 * registry keeps its own). NULL: out of memory. */
struct cluster *cluster_get(const struct options *, const struct native_ops *);
struct cluster *cluster_ref(struct cluster *);
void cluster_unref(struct cluster *);

/* After a login: detects the dialect and reads the topology over n when the cluster does not know
 * them yet (two round trips, once per cluster), remembers the credentials for probes, and notes
 * which host n is. Never fails the connection: false means that no topology is to be had, and
 * `warning` (01000) says why, with the GRANT to run where one is missing. Also fills warning, and
 * returns true, when failover works by role probing only. Call outside of transactions. */
bool cluster_learn(struct cluster *, struct native *n, const struct nat_login *, int64_t deadline,
                   struct fault *warning);

enum dialect_id cluster_dialect(struct cluster *);
/* As DATABASE_DIALECT spells it; "unknown" before it was learned. */
const char *cluster_dialect_name(struct cluster *);
/* Current snapshot, referenced; NULL before the first. */
struct topology *cluster_topology(struct cluster *);
/* Index of the host that was dialled as name/address:port, or -1. */
int topology_find(const struct topology *, const char *name, const char *address, int port);

/* Trouble seen at `when` (clock_us()): starts the monitor if need be, and the search for a writer
 * that answers after `when`. A search under way for the same trouble is joined, and when a writer
 * has been verified since, nothing is done: for a lost link, `when` may be the time of its last
 * sign of life, so that a failover which others have been through costs no new search. */
void cluster_trouble(struct cluster *, int64_t when);
/* Waits for a snapshot whose writer was verified after `since` (0: ever). NULL: the deadline
 * passed, or the process ends; f says why, with what the probes met last (08S01). Referenced. */
struct topology *cluster_wait_writer(struct cluster *, int64_t since, int64_t deadline,
                                     struct fault *f);
/* For any version above `version`; NULL: the deadline passed. */
struct topology *cluster_wait_version(struct cluster *, unsigned version, int64_t deadline);

/* A turn to connect after a failover: TURNS_MAX of the process at once, the others wait. False: the
 * deadline passed. Each turn is given back by cluster_turn_done(). */
#define TURNS_MAX 16
bool cluster_turn(struct cluster *, int64_t deadline);
void cluster_turn_done(struct cluster *);

/* Asks n who it is, by the dialect's identity query. f is filled (and ROLE_UNKNOWN returned) when
 * it cannot be asked; an error is never an answer. */
enum role cluster_ask_role(struct cluster *, struct native *n, int64_t deadline, struct fault *f);

/* A connection that uses this cluster came or went: the monitor runs while there are any. */
void cluster_watch(struct cluster *);
void cluster_unwatch(struct cluster *);

/* Credentials with which a connection has logged in: what probes use from now on. cluster_learn()
 * says it itself. */
void cluster_login(struct cluster *, const struct options *);

/* ---- the host of a call that waits (cluster/health.c) ----
 * While calls wait for a host, the monitor asks it over a session of its own whether it lives; when
 * it has been silent for too long, the natives of those calls are interrupted. When it was the
 * writer and says that it is a reader, another one is looked for, and the guests are told of it.
 * Short calls need none of this: they register only when they have waited until the first probe is
 * due. */

/* How long a host may be silent, from the FAILURE_DETECTION options. Microseconds. */
struct health_rules {
    int64_t time;    /* no call is ended sooner after it began to wait */
    int64_t silence; /* of the host, that counts as its death */
    int64_t first;   /* from the begin of a wait to the first probe */
    int64_t spacing; /* from probe to probe: so many as COUNT says lie in a silence */
    int64_t keep;    /* how long the probe's session outlives the last wait */
};
void health_rules_of(const struct options *, struct health_rules *out);
/* When a wait that began at `begun` ends by the death of its host, if nothing more is heard of it;
 * heard: its last sign of life, 0 none. The begin counts as one. */
int64_t health_dead_at(const struct health_rules *, int64_t begun, int64_t heard);

/* Connections that may wait came or went: probes' sessions are kept only while there are any. */
void health_join(void);
void health_leave(void);

struct health_host;

/* One call's wait, in the caller's frame from health_begin() to health_end(). Pointers are borrowed
 * for that time; `n` is interrupted by the monitor's thread, and by no means used otherwise. */
struct health_wait {
    struct list link; /* this and what stands behind `begun`: health.lock */
    struct cluster *cluster;
    struct native *n;
    const char *name;    /* what TLS verifies */
    const char *address; /* where n is connected to */
    int port;
    const struct health_rules *rules;
    int64_t begun;            /* when the call began to wait (clock_us()) */
    int64_t silent_us;        /* n was interrupted after so much silence; 0: it was not */
    struct health_host *host; /* the monitor's */
};
/* Starts the monitor if need be. Neither waits for more than a lock that is never held over I/O. */
void health_begin(struct health_wait *);
void health_end(struct health_wait *);

/* ---- guests (cluster/guest.c): connections that want to be told when the writer moves ---- */

/* Embedded in the connection's state. When a writer that has said so itself is published, and it is
 * another one than before, every guest that is on a writer of before is marked stale, once for each
 * event; where a call is under way (*busy) its native is interrupted. Guests on the new writer, on
 * readers, and on hosts that the topology does not know are left alone. Nothing is called back. */
struct cluster_guest {
    struct list link; /* this and what follows: guests.lock */
    struct cluster *cluster;
    const bool *busy;      /* atomic; the connection's */
    struct native *native; /* borrowed; NULL: nowhere */
    char name[256];
    char address[ADDRESS_MAX];
    int port;
    bool writer; /* it came to a writer, or its host has become one since */
    int stale;   /* atomic */
};
/* From now on told; the cluster must outlive it. */
void guest_join(struct cluster_guest *, struct cluster *, const bool *busy);
/* It is on n now, at name, address and port; not stale, unless another writer was verified after
 * asked_us: when that host was asked (or began to be dialled). writer: it said that it is one;
 * else the topology tells. */
void guest_arrive(struct cluster_guest *, struct native *n, const char *name, bool writer,
                  int64_t asked_us);
/* n is about to be closed: when this returns nobody touches it any more. Stale stays. */
void guest_depart(struct cluster_guest *);
void guest_leave(struct cluster_guest *);
/* One relaxed load. */
static inline bool guest_stale(const struct cluster_guest *g)
{
    return __atomic_load_n(&g->stale, __ATOMIC_RELAXED) != 0;
}

/* ---- the monitor (cluster/monitor.c) ---- */

/* What the monitor does for this cluster: "off" (no thread, or not yet at this cluster), "peace",
 * "trouble", "settling". */
const char *cluster_monitor_state(struct cluster *);
/* Starts it when a cluster has been watched long enough; cheap, for each call. */
void monitor_check(void);
/* Threads of the driver alive now (tests; holdfast attributes). */
int monitor_threads(void);
/* Stops and joins the monitor; called from the atexit handler and when nobody watches. */
void monitor_stop(void);

#endif
