/* The native on a MySQL client library, for its own files: the only ones that see mysql.h.
 *   my_open.c    create, login, close
 *   my_setup.c   what every session is told first; reset
 *   my_wire.c    the library's calls that may wait: the only waiting
 *   my_job.c     the same under a deadline where the library blocks: a helper makes the call
 *   my_send.c    requests onto the wire, unit by unit
 *   my_sets.c    many sets of parameters: piped, or as one statement
 *   my_bind.c    prepared statements and their parameters
 *   my_result.c  outcomes, detach, finish, warnings
 *   my_rows.c    blocks of rows, text and binary
 *   my_type.c    the library's fields to types
 *   my_fault.c   faults out of the library's errors (my_error.def)
 *   my_track.c   session tracking: parameters
 *   my_cancel.c  KILL QUERY in a helper thread
 *   my_tls.c     the TLS library below the client library
 *   my_state.c   what needs no I/O
 * One thread at a time is inside, but for interrupt (the twin only) and cancel (its own object). */
#ifndef HOLDFAST_NATIVE_MY_PRIV_H
#define HOLDFAST_NATIVE_MY_PRIV_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "base/arena.h"
#include "base/buf.h"
#include "base/wait.h"
#include "native/my_compat.h"
#include "native/my_packet.h"
#include "native/native_priv.h"

#define MY_BLOCK       64                /* rows of a block */
#define MY_BLOCK_BYTES ((size_t)1 << 18) /* a block ends behind the row that passes this */
#define MY_KEEP_BYTES  ((size_t)1 << 20) /* of scratch between two blocks or sends */
#define MY_NOTICES     64

/* The call of the library that is under way; it may stop to wait for the socket. */
enum my_op {
    MY_NONE,
    MY_CONNECT,
    MY_SEND,
    MY_READ,
    MY_NEXT,
    MY_FETCH,
    MY_PREPARE,
    MY_EXECUTE,
    MY_STMT_NEXT,
    MY_STMT_FETCH,
    MY_STMT_CLOSE,
    MY_RESET,
    MY_FILL /* a block of rows, where the library blocks */
};

/* Where the session stands in the outcomes of the current unit. */
enum my_stage {
    MY_NEW,
    MY_DIALING,
    MY_SETTING,
    MY_IDLE,
    MY_SENT,    /* the first answer is to be read */
    MY_FIRST,   /* a result set's first row is to be read: it may be an error */
    MY_ROWS,    /* inside a result set */
    MY_AFTER,   /* between two results */
    MY_SKIPPED, /* one of a joined text has failed: the others have not run */
    MY_ENDED    /* nothing more of this unit */
};

/* Requests that go out together. Units follow each other: the next is sent when the outcomes of
 * the one before are read. */
enum my_unit_kind { MY_TEXT, MY_PREPARING, MY_DESCRIBING, MY_EXECUTING, MY_DIRECT, MY_FORGETTING };

/* Of a unit before the last; or of many sets (my_sets.c), whose warnings are asked for ahead of the
 * sets behind them. */
enum my_phase { MY_OUT, MY_IN, MY_PIPE, MY_BULK, MY_WARNED };

/* A savepoint, the sets as one statement, and back to the savepoint where that failed. */
enum my_bulk_step { MY_BULK_SAVE, MY_BULK_EXECUTE, MY_BULK_UNDO };

struct my_unit {
    enum my_unit_kind kind;
    size_t first, count; /* requests; more than one only of MY_TEXT */
    size_t nsets;
    bool apart;
};

struct my_stmt {
    struct my_stmt *next;
    char *name;         /* owned */
    MYSQL_STMT *handle; /* owned */
    size_t nparams;
    char tag[32];
    bool no_bulk;       /* the server does not take many sets of it as one statement */
    struct arena grown; /* once the table has changed: the handle's columns */
};

/* What the library decodes a column of a binary row into. */
struct my_slot {
    union {
        int64_t i;
        float f;
        double d;
        MYSQL_TIME t;
    } u;
    unsigned long length;
    my_bool null, cut;
    char indicator; /* of a set in a bulk */
};

struct my_variable {
    char *name, *value; /* owned */
    bool touched;       /* by a SET since open() */
};

struct my_job;    /* counted by the native and by the helper that makes a call; see my_job.c */
struct my_cancel; /* counted by the native and by a helper under way; see my_cancel.c */

struct my {
    struct native base;
    char *host;                              /* owned; what TLS verifies; "": the library's */
    char *given;                             /* owned; the address as given, "" none */
    char *socket, *user, *password;          /* owned; socket: NULL none */
    char *database, *settings, *application; /* owned */
    char dial[256]; /* the address; once dialled, the name that TLS verifies */
    int port;
    unsigned long flags;
    bool auto_is_null;
    int64_t write_timeout;
    bool probe;
    bool bare;           /* a helper's: no settings at all */
    bool untracked;      /* the server knows no session tracking */
    size_t packet_limit; /* bytes of a request that the server takes; 0: not known */
    bool setting_sent, setting_named, settled;
    bool renewing; /* the session has been reset, its settings are to be made again */
    struct fault setting_fault;
    size_t setting_failed, setting_user; /* requests of the settings; SIZE_MAX: no CONNSETTINGS */
    struct twin twin;
    struct my_cancel *cancel; /* shared */
    MYSQL *mysql;             /* owned */
    bool tls, dead;
    bool named; /* the library dials the name, which it verifies too */
    enum nat_txn txn;
    bool unsure; /* an error may have ended the transaction: to be asked */

    enum my_op op;
    int events; /* MYSQL_WAIT_*: what op waits for */
    int rc;     /* what the library's call gave back */
    MYSQL_ROW row;
    MYSQL_STMT *closing;
    pthread_mutex_t job_lock; /* guards the pointer, never held over I/O */
    struct my_job *job;       /* shared; of the call under way, where the library blocks */
    bool filling;             /* inside MY_FILL: this is the helper */
    /* bytes of rows: known to be here; of them in the library; used since, but for the block's */
    size_t here, here_inside, here_spent;
    size_t here_got, here_block; /* the block when that was asked */
    uint64_t here_taken;         /* what the library had read from the socket */

    /* the current send */
    enum my_stage stage;
    int64_t asked_us; /* when it began */
    int64_t alive_us; /* when the last one that has been answered began */
    bool sending;     /* a unit before the last is under way, or the last is not out yet */
    bool sent;        /* something may have left the process */
    bool started;     /* the current unit (and set) is on its way */
    bool answered;    /* the call that sent it has brought its answer too */
    enum my_phase phase;
    struct my_unit *units; /* owned */
    size_t nunits, units_cap, unit, set;
    size_t piped;        /* executions sent, not read */
    size_t bulk;         /* sets that go as one statement, from the current one on */
    size_t single_until; /* sets before this go by themselves: their bulk has failed */
    enum my_bulk_step bulk_step;
    bool bulk_sent; /* the savepoint's statement; its answer is to be read */
    const struct nat_request *bulk_request; /* borrowed, of the call */
    bool interrupted; /* one of this unit was cancelled: no other set is executed */
    bool bulk_mixed;  /* a set's types are not the first one's: nothing was sent */
    struct fault bulk_fault;
    enum nat_txn txn_before; /* the current set (or bulk) */
    bool corked;             /* they are gathered into full packets */
    struct buf sql;
    size_t at;        /* the request whose outcome comes next */
    size_t statement; /* results of that request so far */
    char (*tags)[32]; /* owned; first word of each request */
    size_t ntags, tags_cap;
    struct my_stmt *stmts;  /* owned list */
    struct my_stmt *stmt;   /* of the current unit, borrowed; NULL: text protocol */
    struct my_stmt *direct; /* owned; to be closed with the end */
    struct fault local;     /* the current unit failed before it was sent */
    struct spool *early;    /* owned; outcomes of the units before the last */
    size_t early_left;
    bool early_now;  /* the outcome told last came from it */
    bool told_rows;  /* the outcome told last was NAT_ROWS */
    bool early_rows; /* rows are being put into it */
    bool unit_failed;

    /* warnings */
    unsigned warnings;
    size_t warned,
        warned_end;        /* the sets that they are of, from 0 on; none: not of one among many */
    int asking;            /* step of SHOW WARNINGS */
    struct fault *notices; /* owned ring of MY_NOTICES */
    size_t notice_first, notice_n, notice_lost;

    /* the current result */
    MYSQL_RES *res;                        /* owned, streaming; NULL in the binary protocol */
    bool ended, broken, binary, cancelled; /* broken: the rows end with an error */
    bool peeked, out_params;               /* the first row is read, not in a block yet */
    bool held; /* the block holds the first row already: what is behind it had to be seen */
    int64_t cancel_again;
    int64_t rows;
    struct nat_column *columns; /* owned */
    size_t ncolumns, columns_cap;
    bool has_bool;           /* one of them is a bit(1) */
    bool packets;            /* rows may be taken from packets read ahead */
    struct nat_type *params; /* owned */
    size_t nparams, params_cap;
    struct buf block;
    struct nat_cell *cells; /* owned: MY_BLOCK x ncolumns, of the block's bytes */
    size_t cells_cap, got;
    MYSQL_BIND *binds; /* owned, of columns */
    struct my_slot *slots;
    enum my_how *hows;
    char *staging;
    size_t binds_cap;
    MYSQL_BIND *args; /* owned, of parameters */
    struct my_slot *values;
    size_t args_cap;
    struct detach detach;

    struct my_variable *variables; /* owned */
    size_t nvariables, variables_cap;
    unsigned changes;
    char *schema;      /* owned */
    char *transaction; /* owned */
    char version[32], server[64], address[ADDRESS_MAX];
};

static inline struct my *my_of(const struct native *n)
{
    return (struct my *)(uintptr_t)n;
}

/* my_open.c */
struct native *my_create(const struct nat_target *, const struct nat_login *, struct fault *);
enum nat_answer my_open(struct native *, int64_t deadline, struct fault *);
void my_close(struct native *, enum nat_close);

/* my_setup.c */
/* In one round trip; what they fail with is a fault. */
enum nat_answer my_settings(struct my *n, int64_t deadline, struct fault *f);
enum nat_answer my_reset(struct native *, int64_t deadline, struct fault *);

/* my_wire.c */
/* NAT_READY: the call is done, rc says how. */
enum nat_answer my_run(struct my *n, enum my_op op, int64_t deadline, struct fault *f);
/* NAT_READY: the call is done, or has sent what it had to and waits for the answer. */
enum nat_answer my_run_out(struct my *n, enum my_op op, int64_t deadline, struct fault *f);
/* On: small sends are gathered into full packets. Off: what is gathered goes out at once. */
void my_cork(struct my *n, bool on);
void my_unwind(struct my *n); /* ends a half done call; its socket is unplugged */
short my_poll_events(int wait);
int my_op_start(struct my *n); /* n->op; 0: it is done */

/* my_job.c, where MY_BLOCKS */
#if MY_BLOCKS
/* As my_run() and my_run_out(). A connect that nobody waits for any more takes n->mysql with it. */
enum nat_answer my_job_run(struct my *n, enum my_op op, bool out_only, int64_t deadline,
                           struct fault *f);
enum nat_answer my_job_fill(struct my *n, size_t want, size_t *got, int64_t deadline,
                            struct fault *f);
bool my_row_is_here(struct my *n); /* the next fetch will not wait: a guess, mostly true */
void my_here_described(struct my *n, const MYSQL_FIELD *fields, size_t count);
void my_here_block(struct my *n);  /* before the block is emptied */
void my_job_wake(struct my *n);    /* any thread, after an interrupt */
int my_job_fd(const struct my *n); /* readable when the call under way is done; -1: none */
/* Before close. False: the call does not end, and nothing of n may be freed. */
bool my_job_end(struct my *n);
#endif

/* my_send.c */
enum nat_answer my_send(struct native *, const struct nat_request *, size_t n, bool *sent,
                        int64_t deadline, struct fault *);

/* The outcome is told before those that are still to be read. */
bool my_keep(struct my *n, const struct nat_outcome *out, struct fault *f);

/* my_sets.c */
/* Which way the current set of the unit goes, and those behind it. */
enum my_phase my_sets_phase(struct my *n, const struct nat_request *r);
/* NAT_READY: the sets up to the current one are told; or, in phase MY_OUT, none. Resumable. */
enum nat_answer my_sets_run(struct my *n, const struct nat_request *r, int64_t deadline,
                            struct fault *f);
/* Reads what is on its way, for nobody. */
enum nat_answer my_sets_drain(struct my *n, int64_t deadline, struct fault *f);
/* A set has ended the transaction that it was in: those behind it are skipped, for they would be
 * committed without the others. Or it was cancelled, which is meant for all. False: no memory. */
bool my_sets_stop(struct my *n, struct fault *f);

/* my_bind.c */
struct my_stmt *my_stmt_find(struct my *n, const char *name);
struct my_stmt *my_stmt_new(struct my *n, const char *name, const char *tag, struct fault *f);
void my_stmt_take(struct my *n, struct my_stmt *s); /* out of the list */
void my_stmt_free(struct my_stmt *s);               /* no I/O: the session is closed */
void my_stmts_free(struct my *n);                   /* all of them, likewise */
bool my_bind(struct my *n, const struct nat_request *r, size_t set, struct fault *f);
/* Bytes of a set of parameters in a request, at most. */
size_t my_set_bytes(const struct nat_param *p, size_t n);
/* The request is no larger than the server takes: a larger one would cost the connection. */
bool my_fits(const struct my *n, size_t bytes, struct fault *f);
/* Another set into the library's copy of what my_bind() gave it. False: its types are others. */
bool my_bind_next(struct my *n, const struct nat_request *r, size_t set, MYSQL_BIND *args);
/* The library tells other columns for the result that has just begun than for the statement. */
bool my_is_outgrown(struct my *n);
/* Gives them to the statement, whose result can be read then. */
bool my_outgrow(struct my *n, struct fault *f);

/* my_result.c */
enum nat_answer my_result(struct native *, struct nat_outcome *, int64_t deadline, struct fault *);
/* Outcomes of the current unit only; NAT_END: no more of it. */
enum nat_answer my_unit_result(struct my *n, struct nat_outcome *, int64_t deadline,
                               struct fault *);
enum nat_answer my_detach(struct native *, struct spool *, int64_t deadline, struct fault *);
enum nat_answer my_finish(struct native *, enum nat_finish, int64_t deadline, struct fault *);
/* Warnings of the statement that has ended last, if there are any. Resumable. */
enum nat_answer my_ask_warnings(struct my *n, int64_t deadline, struct fault *f);
void my_outcome(struct my *n, enum nat_outcome_kind kind, struct nat_outcome *out);
void my_follow(struct my *n);

/* my_rows.c */
bool my_rows_begin(struct my *n, struct fault *f); /* describes, and binds a binary result */
void my_rows_clear(struct my *n);
void my_rows_free(struct my *n);
/* One row, or the end: n->ended, and n->broken when an error is behind it. */
enum nat_answer my_fetch(struct my *n, bool *row, int64_t deadline, struct fault *f);
/* After a first row: the next, with the first one held in the block. Resumable. */
enum nat_answer my_look_behind(struct my *n, bool *row, int64_t deadline, struct fault *f);
enum nat_answer my_unit_next(struct my *n, size_t max, size_t *got, int64_t deadline,
                             struct fault *f);
enum nat_answer my_fill(struct my *n, size_t max, size_t *got, int64_t deadline, struct fault *f);
enum nat_answer my_next(struct native *, size_t max, size_t *got, int64_t deadline, struct fault *);
bool my_last(const struct native *);
struct nat_cell my_cell(const struct native *, size_t row, size_t column);
const struct nat_cell *my_row(const struct native *, size_t row);
bool my_describe(struct my *n, const MYSQL_FIELD *fields, size_t count, struct fault *f);

/* my_type.c */
void my_column_fill(struct nat_column *c, const MYSQL_FIELD *field, enum nat_wire wire);
void my_param_fill(struct nat_type *t);

/* my_fault.c */
unsigned my_errno(const struct my *n);
/* What the library says of its last call. Always NAT_FAULT; a fault that is no lost link may be
 * an outcome all the same: the caller decides. */
enum nat_answer my_fault(struct my *n, struct fault *f);
enum nat_answer my_fault_open(struct my *n, struct fault *f);
bool my_idle_alive(struct my *n, struct fault *f);
void my_notice_add(struct my *n, const char *level, unsigned code, const char *text);
/* A set, from 0 on, had warnings, and the next statement has taken what they say. */
void my_notice_untold(struct my *n, size_t set, unsigned count);
bool my_notice(struct native *, struct fault *);

/* my_track.c */
void my_track(struct my *n);
bool my_variable_set(struct my *n, struct text name, struct text value, bool touched);
void my_track_clear(struct my *n); /* what is known of the session, but for its database */
void my_track_free(struct my *n);
const char *my_parameter(const struct native *, const char *name);
unsigned my_parameters_changed(const struct native *);
bool my_touched(const struct native *, size_t i, const char **name, const char **value);

/* my_cancel.c */
struct my_cancel *my_cancel_new(const struct options *o, const struct nat_target *to);
void my_cancel_aim(struct my_cancel *c, const char *address, int port, unsigned long thread);
void my_cancel_unref(struct my_cancel *c);
bool my_cancel(struct native *);

/* A helper's handshake, between begin() and end(): exit() waits for it, half a second at most.
 * False: the process exits, call end() all the same. before_exit(): OpenSSL has been used, so that
 * a handler from now on runs in front of its own. */
bool my_helper_begin(void);
void my_helper_end(void);
void my_helper_before_exit(void);
enum nat_answer my_cancel_settle(struct my *n, int64_t deadline);

/* my_tls.c */
/* Before a call of the library over TLS. OpenSSL's errors are a queue of the thread's: what another
 * connection left in it, as it was lost, would turn this one's "not yet" into a lost link. */
void my_tls_clear_errors(void);
/* Behind the handshake. MariaDB's library reads the system's authorities for each connection,
 * whether it verifies or not, and would keep them, which is most of a megabyte. Nothing is verified
 * against them any more; should a server ask for a second handshake, it has no authority and fails.
 */
void my_tls_forget_authorities(struct my *n);

/* my_state.c */
void my_name_library(void);
void my_note_address(struct my *n);

#endif
