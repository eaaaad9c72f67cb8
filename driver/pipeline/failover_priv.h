/* The failover plugin, for its two files: plugin_failover.c decides that there is a failover and
 * what the application is told, failover_run.c walks the machine. */
#ifndef HOLDFAST_PIPELINE_FAILOVER_PRIV_H
#define HOLDFAST_PIPELINE_FAILOVER_PRIV_H

#include "cluster/cluster.h"
#include "pipeline/conn_priv.h"
#include "pipeline/failover.h"

enum failover_mode { STRICT_WRITER, READER_OR_WRITER, STRICT_READER };

enum failover_mode failover_mode(const struct options *);

struct where {
    char name[256];
    char address[ADDRESS_MAX];
    int port;
};

/* One connection's. */
struct failover {
    struct cluster *cluster; /* shared */
    enum failover_mode mode;
    bool watched;
    struct where now; /* the node we are on, as dialled */
    uint32_t seed;    /* of the reader's choice */
    int64_t dial_us;  /* how long the last good connect took */
    int64_t sent_us;  /* when the last request was begun */
};

#define TRIED_MAX 64

/* A session with a reader that may become the writer, opened while nobody is. */
struct ahead {
    struct where at;
    struct native *native; /* owned; NULL: none */
};
#define AHEAD_MAX 2 /* the standbys of a Multi-AZ cluster */

/* One walk from IDLE to a final state. */
struct failover_run {
    struct conn *c;
    struct plugin *plugin;
    struct failover *fo;
    enum fo_state state;
    enum fo_event trigger;
    bool connecting; /* the candidate is handed over, not installed */
    bool want_writer;
    int64_t deadline;      /* FAILOVER_TIMEOUT_MS, or the login's; never the query timeout, which
                              is about the server's work */
    int64_t detected;      /* when the trouble was seen */
    int64_t since;         /* a writer must have answered after this: the last answer that
                              came over the lost link, later the last vain try */
    bool hearsay;          /* the candidate answered before the trouble was seen */
    struct where to;       /* the candidate */
    struct native *native; /* owned: the candidate */
    unsigned version;      /* of the topology the readers were picked from */
    uint64_t tried;        /* its hosts */
    struct ahead ahead[AHEAD_MAX];
    bool ahead_tried, ahead_counted;
    bool cancelled;
    int64_t found_us, dialled_us, restored_us; /* how long each step took, last try */
    struct fault why;                          /* what went wrong last */
    struct fault cursor_why;                   /* for the live cursor, which is lost */
};

/* True: DONE. */
bool failover_walk(struct failover_run *);

/* failover_ahead.c: the connect that a failover need not wait for. Opens sessions with the
 * standbys, once a run and within a small multiple of what a connect took before. Opens none where
 * a reader restarts when it is promoted (Aurora), where CONNSETTINGS might act on a reader, and for
 * more than a few connections of the process at once. */
void ahead_open(struct failover_run *);
/* The session with r->to, if it is there and says itself that it is the writer now; the caller's.
 */
struct native *ahead_take(struct failover_run *);
void ahead_close(struct failover_run *);

#endif
