/* The libpq native, for its own files: the only ones that see libpq-fe.h.
 *   pg_open.c    create, login, reset, close, interrupt
 *   pg_send.c    requests onto the wire: simple protocol, one extended query, or a pipeline
 *   pg_result.c  outcomes, detach, finish
 *   pg_rows.c    blocks of rows
 *   pg_wire.c    the only reader and writer of the socket: wait, flush, fetch
 *   pg_fault.c   faults and notices out of libpq's results and texts
 *   pg_type.c    type numbers to types
 *   pg_cancel.c  the helper thread around PQcancel
 * One thread at a time is inside, but for interrupt (the twin only) and cancel (its own object). */
#ifndef HOLDFAST_NATIVE_PG_PRIV_H
#define HOLDFAST_NATIVE_PG_PRIV_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "base/buf.h"
#include "base/wait.h"
#include "native/native_priv.h"

#include <libpq-fe.h>

#define PG_BLOCK   64 /* rows */
#define PG_NOTICES 64
#define PG_ARGS    72 /* libpq has some 45 connection parameters; each may come twice */

enum pg_stage { PG_NEW, PG_DIALING, PG_SETTING, PG_OPEN };

/* Statements of the setup, in order: those of a reset, then those of every session. */
enum pg_setting {
    SETTING_ROLLBACK,
    SETTING_DISCARD, /* not inside a transaction, and by itself */
    SETTING_FLOATS,
    SETTING_USER, /* CONNSETTINGS */
    SETTING_FORMATS,
    SETTING_END
};

/* How the requests of the current send travel. */
enum pg_way {
    PG_LOCAL,    /* nothing on the wire */
    PG_SIMPLE,   /* one PQsendQuery for all */
    PG_EXTENDED, /* one request, no pipeline mode */
    PG_PIPELINE
};

/* What is expected back for one request. */
struct pg_step {
    enum nat_request_kind kind;
    size_t request;
    size_t nsets;
    size_t first; /* number of the first of them, from 1 on; 0: it is none of many */
    bool plain;   /* the request had no text of its own ("COMMIT", not "COMMIT AND CHAIN") */
    bool sync;    /* a sync point after each set */
    bool ends;    /* one after its last set, in any case */
    bool local;   /* never went out: its outcome is known */
    bool silent;  /* our own, no outcome */
};

struct pg_arg {
    char *key;   /* owned */
    char *value; /* owned, wiped */
};

/* Is there a sync point behind this set? */
static inline bool pg_syncs(const struct pg_step *s, size_t set)
{
    return s->sync || (s->ends && set + 1 >= s->nsets);
}

/* Counted by the native and by a helper under way; see pg_cancel.c. */
struct pg_cancel;

struct pg {
    struct native base;

    /* login, until open() is done */
    struct pg_arg args[PG_ARGS];
    size_t nargs;
    char *settings; /* owned; CONNSETTINGS, NULL none */
    enum pg_stage stage;
    PostgresPollingStatusType polling;
    bool probe;              /* the monitor's */
    bool floats_told;        /* in the startup packet */
    bool shakes;             /* the server has begun the TLS handshake */
    enum pg_setting setting; /* next statement of the PG_SETTING stage */
    bool setting_sent;
    struct fault setting_fault;

    PGconn *conn; /* owned */
    bool tls;
    bool dead; /* the link is lost, or was given up */
    char version[32];
    struct pg_cancel *cancel; /* shared */

    struct twin twin;

    /* the current send */
    enum pg_way way;
    bool busy;             /* outcomes are to be read */
    bool sending;          /* not all has been flushed */
    bool fresh;            /* sent, and not yet waited for */
    int64_t asked_us;      /* when it began */
    int64_t alive_us;      /* when the last one that has been answered began */
    struct pg_step *steps; /* owned */
    size_t nsteps, steps_cap;
    size_t last;      /* the last step that went out */
    size_t at;        /* step whose outcome comes next */
    size_t set;       /* its parameter set */
    size_t skip_to;   /* steps before this one are NAT_SKIPPED */
    bool told;        /* the step at `at` has had an outcome */
    bool command_end; /* libpq has given NULL for the current command */
    bool copying;     /* inside a COPY that is being ended */
    bool swallow;     /* the next result is that COPY's own */
    size_t prefix;    /* characters before the query's own text */
    enum nat_txn txn; /* last known */
    enum role role;   /* last told by the server */

    /* the current result */
    PGresult *desc;         /* owned: first row of the set, or the description */
    PGresult *first;        /* owned: read with NAT_ROWS, not handed out yet; may be desc */
    PGresult *tail;         /* owned: read, not yet an outcome */
    size_t nrows;           /* of the block */
    struct nat_cell *cells; /* owned: PG_BLOCK x ncolumns, into copies, kept or desc */
    char *copies;           /* owned */
    size_t cells_cap, copies_cap, copied;
    bool crowded;             /* a row that is worth a copy found no room */
    PGresult *kept[PG_BLOCK]; /* owned: the rows that are not copied */
    size_t nkept;
    bool in_rows;         /* next() may give more */
    bool row_set;         /* NAT_ROWS was told, its NAT_DONE not yet */
    int64_t cancel_again; /* when finish() asks once more */
    struct detach detach;
    struct nat_column *columns; /* owned */
    size_t ncolumns, columns_cap;
    struct nat_type *params; /* owned */
    size_t nparams, params_cap;

    /* scratch for one send */
    struct buf sql, values;
    struct buf owed;      /* names to deallocate when that cannot harm, NUL after each */
    struct buf forgotten; /* names of the silent steps under way */
    const char **value;
    int *length, *format;
    Oid *type;
    size_t value_cap;

    struct fault *notices; /* owned ring of PG_NOTICES, NULL until the first */
    size_t notice_first, notice_n, notice_lost;
    struct fault last_words; /* a FATAL message that came unasked */
    uint64_t reported;       /* hash of the reported parameters when last looked at */
    unsigned reported_changes;
};

static inline struct pg *pg_of(struct native *n)
{
    return (struct pg *)(void *)n;
}

static inline const struct pg *pg_of_const(const struct native *n)
{
    return (const struct pg *)(const void *)n;
}

/* pg_open.c */
struct native *pg_create(const struct nat_target *, const struct nat_login *, struct fault *);
enum nat_answer pg_open(struct native *, int64_t deadline, struct fault *);
enum nat_answer pg_reset(struct native *, int64_t deadline, struct fault *);
void pg_close(struct native *, enum nat_close);
void pg_interrupt(struct native *);

/* pg_wire.c */
enum nat_answer pg_wait(struct pg *n, short events, int64_t deadline, struct fault *f);
enum nat_answer pg_flush(struct pg *n, int64_t deadline, struct fault *f);
enum nat_answer pg_fetch(struct pg *n, PGresult **res, int64_t deadline, struct fault *f);
bool pg_idle_alive(struct pg *n, struct fault *f); /* never waits */
enum nat_answer pg_end_copy(struct pg *n, const PGresult *res, int64_t deadline, struct fault *f);
int pg_poll_fd(const struct native *, short *events);

/* pg_send.c */
enum nat_answer pg_send(struct native *, const struct nat_request *, size_t n, bool *sent,
                        int64_t deadline, struct fault *);
bool pg_owe(struct pg *n, const char *name);

/* pg_result.c */
enum nat_answer pg_result(struct native *, struct nat_outcome *, int64_t deadline, struct fault *);
const struct nat_column *pg_columns(const struct native *, size_t *n);
const struct nat_type *pg_params(const struct native *, size_t *n);
enum nat_answer pg_detach(struct native *, struct spool *, int64_t deadline, struct fault *);
enum nat_answer pg_finish(struct native *, enum nat_finish, int64_t deadline, struct fault *);
void pg_results_free(struct pg *n);

/* pg_rows.c */
enum nat_answer pg_next(struct native *, size_t max, size_t *got, int64_t deadline, struct fault *);
struct nat_cell pg_cell(const struct native *, size_t row, size_t column);
const struct nat_cell *pg_row(const struct native *, size_t row);
bool pg_last(const struct native *);
void pg_rows_clear(struct pg *n);
void pg_rows_fini(struct pg *n); /* and the memory of a block */

/* pg_state.c */
void pg_txn_refresh(struct pg *n);
void pg_name_library(void); /* fills caps.lib_version, once */

/* pg_fault.c */
void pg_fault_result(const PGresult *res, size_t prefix, struct fault *f);
bool pg_result_lost(const struct pg *n, const PGresult *res);
enum nat_answer pg_lost(struct pg *n, const PGresult *res, struct fault *f); /* res: or NULL */
void pg_fault_open(struct pg *n, struct fault *f);
void pg_notice_receiver(void *arg, const PGresult *res);
bool pg_notice(struct native *, struct fault *f);

/* pg_type.c */
void pg_type_fill(struct nat_type *t, Oid oid, int modifier);

/* pg_cancel.c */
struct pg_cancel *pg_cancel_new(PGconn *conn); /* NULL: out of memory */
void pg_cancel_unref(struct pg_cancel *c);
bool pg_cancel(struct native *);
/* Waits for a helper under way: a late cancel must not hit the next statement. */
enum nat_answer pg_cancel_settle(struct pg *n, int64_t deadline);
int pg_cancel_fd(const struct pg *n); /* readable when the helper is done; -1: none under way */

#endif
