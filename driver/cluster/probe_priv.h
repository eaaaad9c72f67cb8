/* One host's probe: the monitor's own session with it, driven without blocking, and the record of
 * how often the host was bothered. Only the monitor thread touches it. */
#ifndef HOLDFAST_CLUSTER_PROBE_PRIV_H
#define HOLDFAST_CLUSTER_PROBE_PRIV_H

#include "cluster/cluster_priv.h"

#define PROBE_RING  100 /* the most a host is asked within a second */
#define PROBE_BURST 3

/* ---- dialling where the library blocks (dial.c): a helper thread for each ---- */

/* A server that has accepted the connection counts one that goes without having logged in as an
 * error, and shuts out the whole client machine after a hundred (max_connect_errors). So a dial is
 * not given up when its probe is: it goes on until its end, and a host that does not answer gets no
 * more than these. */
#define DIALS_PER_HOST 5
#define DIAL_PATIENCE  SECONDS(60)

struct dial {
    struct list link;
    int refs; /* atomic: the helper's and the probe's */
    int done; /* atomic; answer and fault are valid when set */
    char *name;
    int port;
    struct native *n; /* owned; whoever is done with it last closes it */
    enum nat_answer answer;
    struct fault fault;
};
/* Takes n over unless NULL is returned: f says why not. */
struct dial *dial_start(const char *name, int port, struct native *n, struct fault *f);
bool dial_done(const struct dial *);
void dial_unref(struct dial *);

enum probe_state {
    PROBE_CLOSED,
    PROBE_NAMING, /* its address is being resolved */
    PROBE_OPENING,
    PROBE_IDLE,
    PROBE_ASKING
};

enum probe_event {
    PROBE_NOTHING,
    PROBE_NAMED,    /* address is filled; CLOSED */
    PROBE_OPENED,   /* IDLE */
    PROBE_ANSWERED, /* ask holds the answers; IDLE */
    PROBE_LOST      /* fault and problem say why; CLOSED */
};

struct probe {
    struct list link;
    char *name; /* owned */
    int port;
    bool moves;
    char address[ADDRESS_MAX];
    struct native *n; /* owned; NULL when CLOSED or NAMING, or a helper has it */
    enum probe_state state;
    struct lookup *lookup; /* owned reference while NAMING */
    struct dial *dial;     /* owned reference while OPENING by a helper */
    struct login *login;   /* what it was opened with */
    struct ask ask;
    bool awaiting; /* the question under way, or last, was the long one */
    bool polled;   /* its descriptor was in the last poll */
    bool ready;    /* and something has happened on it */
    bool stirred;  /* something came while IDLE: to be read with the next question */
    int64_t due;   /* not to be dialled or asked before */
    int64_t deadline;
    int64_t sent_us;          /* when the question went out */
    int64_t sent[PROBE_RING]; /* of the last dials and questions */
    unsigned nsent;
    unsigned refusals; /* of the login, since it was last let in */
    int64_t named_us;  /* last lookup after a failed dial */
    enum role role;    /* its own last answer */
    int64_t role_us;   /* to a question asked then */
    int64_t lost_us;   /* when a search could not reach it last */
    struct fault fault;
    char problem[160]; /* "" none */
};

struct probe *probe_new(const struct host *);
void probe_free(struct probe *, enum nat_close how);
void probe_close(struct probe *, enum nat_close how);

/* At most `limit` dials and questions in any second after `since` (limit >= 1); of those the first
 * few may follow each other closely, as dial, question and long question do. */
struct probe_rate {
    unsigned limit;
    int64_t spacing;
    int64_t since;
};
/* When the host may be bothered again. */
int64_t probe_free_at(const struct probe *, int64_t now, const struct probe_rate *);

/* These three begin; probe_step goes on. False: it failed at once, as PROBE_LOST. */
bool probe_name(struct probe *, struct cluster *, int64_t now);
bool probe_dial(struct probe *, const struct native_ops *, struct login *, const char *database,
                int64_t now);
/* limit_us: how long the answer may take. */
void probe_ask(struct probe *, const struct question *, size_t n, int64_t limit_us, int64_t now);

enum probe_event probe_step(struct probe *, int64_t now);
/* What to poll; -1 nothing. */
int probe_fd(struct probe *, short *events);
/* Of two questions the first was answered. */
bool probe_half_answered(const struct probe *);
bool probe_login_refused(const struct probe *);

#endif
