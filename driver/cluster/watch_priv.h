/* One cluster as the monitor thread sees it: what it does in peace, in trouble, and in between.
 * Only that thread touches it. */
#ifndef HOLDFAST_CLUSTER_WATCH_PRIV_H
#define HOLDFAST_CLUSTER_WATCH_PRIV_H

#include "cluster/probe_priv.h"

enum watch_mode {
    WATCH_PEACE,   /* one session with the writer, asked at the low rate */
    WATCH_TROUBLE, /* all hosts are asked who is the writer */
    WATCH_SETTLING /* one session with the new writer, asked at the high rate */
};

struct watch {
    struct list link;
    struct cluster *c;    /* counted */
    enum watch_mode mode; /* by watch_set_mode() only */
    struct list probes;   /* one per host in trouble, else the writer's only */
    unsigned troubles;    /* of the cluster's, seen */
    int64_t began_us;     /* this search */
    int64_t early_us;     /* end of the first, fast part of it */
    int64_t granted_us;   /* when there was a fast part last */
    int64_t settled_us;   /* when settling ends */
    int64_t named_us;     /* when the names were resolved last */
    bool no_await;        /* the server refuses the long question */
    bool roles_only;      /* the server refuses the dialect's questions to this login */

    /* Borrowed from the cluster for one step, counted. */
    struct topology *top;
    struct login *login;
    struct login *newest;  /* counted: the cluster's when last seen */
    struct login *refused; /* counted: what a server refused last */
    bool own_database;     /* this login may not use the cluster's database */
    char database[HOST_ID_MAX];
    int64_t listed_us; /* when a reader was asked for hosts last, in this search */
    int64_t slow_us;   /* when the topology query took too long */
    const struct dialect *ask;
    int64_t trouble_us;
    bool urgent;
    int64_t refresh_us;
    int64_t high_us;
    int64_t watched_us;
    int waiters; /* set by the monitor's loop */
};

struct watch *watch_new(struct cluster *);
void watch_free(struct watch *, enum nat_close how);
/* Changes the mode, and says so: to the log, and to whoever asks the cluster. */
void watch_set_mode(struct watch *, enum watch_mode, int64_t now);
/* Does what is due; the time when it wants to be called again if nothing happens before. */
int64_t watch_step(struct watch *, int64_t now);

/* calm.c: peace and settling. search.c: trouble. Both return the next time. */
int64_t calm_step(struct watch *, int64_t now);
int64_t search_step(struct watch *, int64_t now);
void search_begin(struct watch *, int64_t now);
void search_end(struct watch *, int64_t now);

/* ---- shared by both ---- */

struct probe *watch_probe(struct watch *, const struct host *);
const struct dialect *watch_asks(const struct watch *);
/* The answer to the probe's second question (and third): a host list, and the probe's own row in
 * it or -1; the caller's. NULL: refused or senseless, which is logged. */
struct topology *watch_topology(const struct watch *, const struct probe *, int *self);
/* Trouble that the monitor itself has seen. */
void watch_raise(struct watch *, int64_t when);
/* After PROBE_LOST: true when it was the login or the database; others are tried, at p->due. */
bool watch_refused(struct watch *, struct probe *, int64_t now, int64_t retry);
/* Dials p, resolving its name first where that is needed. */
void watch_dial(struct watch *, struct probe *, int64_t now);

#endif
