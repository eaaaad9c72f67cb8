/* The wrapper connection, for the pipeline's own files.
 *   conn.c      life, facts, notices, cancel, the swap
 *   wire.c      one verb through the chain: query timeout, lost links
 *   execute.c   what travels with a statement, and its first outcome
 *   batch.c     several statements with parameters
 *   cursor.c    the outcomes behind the first one
 *   aside.c     results read from the wire into a spool
 *   prepared.c  prepared statements and their description
 *   txn.c       transactions and settings
 *   facts.c     what is told of a connection and its failovers
 *   replay.c    what may be run again after a failover
 *   undo.c      what is taken back when a statement fails in a transaction
 *   whole.c     whole numbers in other types, where the server refuses those that were bound
 * Everything is under the caller's dbc.call; `live` guards what conn_cancel() reads. */
#ifndef HOLDFAST_PIPELINE_CONN_PRIV_H
#define HOLDFAST_PIPELINE_CONN_PRIV_H

#include "base/arena.h"
#include "pipeline/family.h"
#include "pipeline/plugin.h"
#include "pipeline/session_priv.h"
#include <pthread.h>
#include <stdatomic.h>

#define FORGET_SOON 16         /* dropped names that ride along with prepared statements only */
#define CANCEL_WAIT SECONDS(2) /* a cancelled statement's outcome must come within this */

struct round; /* execute.c: one statement's sends */

/* The rows the reader may still look at: a copy, in one piece of memory. */
struct cursor_block {
    size_t columns;
    struct nat_cell cells[]; /* and the bytes behind them */
};

/* Warnings not yet given to the application, oldest first. */
struct inbox {
    struct fault *faults; /* owned */
    size_t first, n, cap;
    struct conn *self; /* a look at the notices may take one from the native */
};

enum on_error { ON_ERROR_NONE, ON_ERROR_TRANSACTION, ON_ERROR_STATEMENT }; /* as option.def */
enum undo {
    UNDO_NOT,
    UNDO_STATEMENT, /* to the savepoint */
    UNDO_BEGUN,     /* the transaction, which the send began: nothing else is lost with it */
    UNDO_ALL        /* the transaction */
};

/* What the last failover cost. */
struct cost {
    unsigned generation; /* that came of it; 0: none yet */
    struct outcome_facts facts;
    bool refused; /* by a server that allowed no write, and not half way */
    bool clean;   /* the session held nothing that it lost: see conn_is_clean() */
};

struct conn {
    const struct native_ops *ops;
    const struct family *family;
    struct scan_rules rules;
    struct options options; /* of the connect */
    unsigned born;          /* fork_count() at the connect */
    unsigned number;        /* in the log */
    bool connected;
    bool closing; /* nobody needs another connection */

    pthread_mutex_t live;     /* native and candidate, for other threads; never over I/O */
    struct native *native;    /* owned; NULL: not connected, or lost */
    struct native *candidate; /* the failover's, while it dials; owned by the dialling call */
    bool busy;                /* atomic: a call is inside */
    atomic_bool cancelled;    /* conn_cancel() came since the call began */

    struct plugin *chain;        /* owned */
    struct cluster_guest *guest; /* the connection tracker's; NULL: not tracked */
    struct session session;
    struct inbox *inbox;    /* owned */
    struct cursor *reading; /* the live cursor; borrowed */
    unsigned generation, failovers;
    unsigned plans;     /* prepared statements of another number are unknown to the server */
    unsigned serial;    /* of prepared statements' names */
    enum nat_txn txn;   /* when the last send had ended */
    unsigned txn_ends;  /* how many that were open have ended */
    bool txn_lost;      /* an open one went with its connection, and was not ended since */
    bool txn_untold;    /* and no call could say so */
    bool txn_undone;    /* the driver has rolled one back, and it was not ended since */
    bool txn_read_only; /* the open transaction began as one that the server lets not write */
    bool keeps;         /* the session may hold what another one would not: scan_info.keeps */
    enum on_error on_error;
    enum undo undo;     /* what a failure of the send under way is undone by */
    enum undo undone;   /* how the last send was */
    bool savepoint;     /* ours stands, ahead of the statement that ran last */
    size_t guard_at;    /* the COMMIT of a guarded read in the send under way, SIZE_MAX: none */
    struct cost cost;   /* the last failover's */
    int64_t asked_us;   /* when the host we are on was last asked for its role, or dialled */
    bool skim;          /* a send's outcomes were left unread by a fault: drain first */
    int64_t heard_us;   /* when the server's last answer had come to its end */
    int64_t late_until; /* not 0: the call's deadline has passed and was cancelled */

    bool lax; /* FAILOVER_AUTOCOMMIT_STATE=08S02 */
    enum replay_mode replay;
    bool autocommit;
    enum isolation isolation;
    bool read_only;

    struct nat_request *requests; /* owned scratch of one send */
    size_t requests_cap;
    char (*forget)[24]; /* owned; names the server is to forget */
    size_t nforget, forget_cap;
    struct nat_param *hints; /* owned scratch: a PREPARE's parameter types */
    size_t hints_cap;
    struct nat_cell *cells; /* owned scratch of one row */
    size_t cells_cap;
    struct arena described; /* of the last conn_describe */
    struct nat_outcome scratch;
    char host[256];
    char version[32], server_info[96];
    struct cluster *cluster; /* borrowed from the failover plugin, which sets it; NULL: none */
    struct conn_move moved;
};

/* ---- conn.c ---- */

/* Every function that may touch the network begins and ends with these. Enter is false in a forked
 * child, and before the connect. */
bool conn_enter(struct conn *, struct fault *f);
void conn_leave(struct conn *);
/* Installs fresh (NULL: none), closes the old one. The live cursor of another statement is lost
 * with `why`. Plugins are told. */
void conn_swap(struct conn *, struct native *fresh, enum nat_close old, const struct fault *why);
/* The server has forgotten the session, though the link lives: another connection takes its place,
 * with the session made again. False: there is none any more, f says why. */
bool conn_renew(struct conn *, int64_t deadline, struct fault *f);
/* The server may have changed how string literals are read. */
void conn_rules_seen(struct conn *);
void conn_set_host(struct conn *, const char *host);
void conn_tell(struct conn *, const struct fault *warning);      /* into the inbox */
void conn_restore_told(void *conn, const struct fault *warning); /* a session_tell */
/* A candidate that conn_cancel() may interrupt; NULL: none any more. False: already cancelled. */
bool conn_candidate(struct conn *, struct native *);
bool conn_cancelled(const struct conn *);
unsigned fork_count(void);

/* ---- replay.c ---- */

/* Would another session in the place of this one be the same to the application? No transaction,
 * no unread rows, nothing kept, no setting that is not known. */
bool conn_is_clean(const struct conn *);
/* It is clean, and tracked: it can be moved at its next use without an error. */
bool conn_moves_freely(const struct conn *);
/* A call whose requests were composed under `generation` failed with f: true when it was moved
 * and the same may be composed and sent again; says so in the log and, unless nothing was sent at
 * all, with a 01000. */
bool replay_due(struct conn *, unsigned generation, const struct scan_info *, bool guarded,
                int64_t deadline, const struct fault *f);
/* May this be sent as a READ ONLY transaction of its own, so that it can be run again? */
bool replay_guards(const struct conn *, const struct conn_work *);
#define REPLAYS_MAX 3 /* of one call */

/* ---- wire.c ---- */

/* One verb through the chain: READY or FAULT, never WAIT. At the deadline the statement is
 * cancelled and its outcome awaited; without an answer the link is lost. After a FAULT with
 * f->link_lost the connection is dead; with failover done f->link_lost is false. */
enum nat_answer conn_wire(struct conn *, struct plugin_call *, struct fault *f);
/* The same without the cancel: NAT_WAIT at the deadline. */
enum nat_answer conn_wire_wait(struct conn *, struct plugin_call *, struct fault *f);
bool wire_result(struct conn *, struct cursor *, const struct outcome_facts *,
                 struct nat_outcome *out, int64_t deadline, struct fault *f);
bool wire_next(struct conn *, struct cursor *, const struct outcome_facts *, size_t max,
               size_t *got, int64_t deadline, struct fault *f);
/* Makes the wire free for a send: the live cursor goes aside. The facts are those of the request
 * that is to follow. */
bool wire_free(struct conn *, const struct outcome_facts *, int64_t deadline, struct fault *f);
/* Sends the driver's own requests and reads them to the end; the first failure is f. tag, when not
 * NULL, is the last request's. */
bool wire_run(struct conn *, const struct nat_request *, size_t n, struct outcome_facts,
              char tag[32], int64_t deadline, struct fault *f);
/* At each NAT_END: takes note of the transaction's state and, unless the statement only read, of
 * the reported settings. */
void wire_ended(struct conn *, bool plain_read);
/* Facts of a request that is about to be sent; scan NULL: the driver's own. */
struct outcome_facts wire_facts(const struct conn *, const struct scan_info *);
/* Will a transaction that begins now be read only? plain_begin: it says nothing about it itself. */
bool wire_begins_read_only(const struct conn *, bool plain_begin);
/* Was this failure our own cancel at the deadline? Then f is HYT00. */
bool wire_timed_out(const struct conn *, const struct nat_outcome *, struct fault *f);

/* ---- undo.c ---- */

/* What goes ahead of a statement so that its failure can be taken back, and how that is done. */
struct undo_plan {
    bool release, savepoint;
    enum undo undo;
};
void undo_options(struct conn *); /* at the connect */
/* begins_sets: BEGIN goes ahead of an array, each set of which is to be undone by itself. */
struct undo_plan undo_plan(const struct conn *, const struct scan_info *, bool internal,
                           bool begins_sets);
size_t undo_requests(const struct undo_plan *, struct nat_request *out); /* how many, 2 at most */
/* At the end of a send that left the transaction failed. Should the link be lost over it, the
 * application is told, at its next call at the latest. */
void undo_failed(struct conn *, enum undo);
/* After the end of a result that the current call is not about: tells what it cost. False: the
 * transaction, with the link. */
bool undo_told(struct conn *, struct fault *f);
/* wire_free() ahead of a COMMIT, which is refused when the application does not know yet that a
 * result has failed. */
bool undo_free(struct conn *, const struct outcome_facts *, int64_t deadline, struct fault *f);

/* ---- batch.c ---- */

/* One request a statement, for several statements with parameters; 0: not such a text. out NULL:
 * only counted. */
size_t batch_requests(const struct scan_rules *, const struct conn_work *, struct nat_request *out);
/* The first that is not empty. */
struct text batch_first(const struct scan_rules *, struct text sql);

/* ---- prepared.c ---- */

bool conn_room(struct conn *, size_t requests, struct fault *f);
/* Writes the FORGETs that are due to c->requests; returns how many. */
size_t forget_requests(struct conn *, bool all);
void forget_sent(struct conn *, size_t n);
bool prepared_known(const struct conn *, const struct prepared *);
/* The server is to forget it; the next use prepares it under another name. */
void prepared_forget(struct conn *, struct prepared *);
/* False: out of memory. */
bool prepared_request(struct conn *, const struct prepared *, struct nat_request *out,
                      struct fault *f);

/* ---- whole.c ---- */

/* The type that goes to the server for the one that was bound. */
uint32_t whole_type(const struct conn *, enum whole_form, uint32_t type);
/* The server has read the statement, refused the types in it, and done nothing. */
bool whole_refused(const struct conn *, const struct nat_outcome *);
/* On to the next form in which this work is another; false: there is none. */
bool whole_next(const struct conn *, const struct conn_work *, enum whole_form *);
/* Its parameters in that form, for the caller to free; NULL: out of memory. */
struct nat_param *whole_params(const struct conn *, const struct conn_work *, enum whole_form);
/* What is prepared of it is in that form from now on. */
void whole_set(struct conn *, const struct conn_work *, enum whole_form);

/* ---- cursor.c, aside.c ---- */

/* The cursor stands at this outcome. */
void cursor_start(struct cursor *, struct conn *, enum nat_outcome_kind);
void cursor_lose(struct cursor *, const struct fault *why); /* the link went under it */
void cursor_free(struct cursor *);                          /* local; nothing is read */
struct outcome_facts cursor_facts(const struct cursor *);
/* Reads what is on the wire into the cursor's spool, the rows of its current block first. WAIT:
 * the deadline passed; the cursor is whole, a later call goes on. */
enum nat_answer cursor_shelve(struct cursor *, const struct outcome_facts *, int64_t deadline,
                              struct fault *f);
/* Reads what follows `first` to its end, into a spool when there is anything to keep. Unless
 * sets > 1 a later failure takes the place of `first`. *done: statements that succeeded. turns: the
 * sets go in several sends, NULL: in one. */
bool cursor_collect(struct cursor *, struct nat_outcome *first, const struct outcome_facts *,
                    size_t sets, struct round *turns, size_t *done, int64_t deadline,
                    struct fault *f);

/* ---- execute.c ---- */

/* The next outcome of sets that go in turns: when one has failed and is undone, or as many as go
 * at once have been executed, the others are sent. */
bool round_result(struct conn *, struct cursor *, struct round *, struct nat_outcome *out,
                  int64_t deadline, struct fault *f);

extern const struct plugin_ops plugin_native; /* the tail */

#endif
