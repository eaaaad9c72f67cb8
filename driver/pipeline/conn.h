/* The wrapper connection: what stands behind one SQLHDBC. It owns the native connection, the plugin
 * chain, the session state and the transaction mode, and it is the only door to the network for
 * core. A failover replaces `native` under it and adds one to `generation`; everything that hangs
 * on a native (a prepared statement) carries the generation it was made under.
 *
 * Locks: the caller holds `dbc.call` in every function but conn_cancel(), conn_interrupt() and
 * conn_dead_hint(). `conn.live` guards the native pointer for those; never held over I/O.
 * Functions return false with `f` filled; after that the connection is usable unless
 * conn_dead(). Failover has already happened when f says 08S02 or 08007. */
#ifndef HOLDFAST_PIPELINE_CONN_H
#define HOLDFAST_PIPELINE_CONN_H

#include "cluster/cluster.h"
#include "native/native.h"
#include "native/spool.h"
#include "pipeline/scan.h"

struct conn;

/* ---- life ---- */

struct conn *conn_new(const struct native_ops *, const struct scan_rules *); /* NULL: no memory */
/* Options are copied. False: 08001, 08004, 28000, HYT00 (deadline), HY024 (an option's value). */
bool conn_connect(struct conn *, const struct options *, int64_t deadline, struct fault *f);
/* The end is near: a lost link is not replaced any more. */
void conn_closing(struct conn *);
/* Ends the session (politely, within 50 ms; abandons a dead or forked one). No fault: nothing that
 * the application could do about one. Cursors must have been closed. */
void conn_disconnect(struct conn *);
void conn_free(struct conn *);

/* ---- prepared statements ---- */

/* How whole numbers go that were bound with types for which the server finds no function, operator
 * or cast: PostgreSQL tells integer from bigint, and takes neither for a boolean, where the same
 * number in the text would do. Tried in this order. */
enum whole_form { WHOLE_AS_BOUND, WHOLE_NARROW /* bigint as integer */, WHOLE_UNTYPED };

/* Lives in a statement; a name that is unique in the connection, and under which generation the
 * server knows it. sql is owned. */
struct prepared {
    char *sql;             /* with the server's placeholders */
    struct scan_info scan; /* its verb lies in `verb` */
    char verb[32];
    uint32_t *types; /* owned parameter type hints, nparams of them, or NULL */
    size_t nparams;
    enum whole_form whole;           /* the types that whole numbers have instead of those */
    struct prepared_answer *answers; /* owned, nanswers of them, or NULL */
    size_t nanswers;
    char name[24];       /* "hf1", "hf2" ... */
    unsigned generation; /* 0: the server does not know it */
};
/* What the server chose for a parameter while the others had their hints. */
struct prepared_answer {
    uint32_t hint; /* the parameter's own, which it was not told */
    bool known;
    struct nat_type type; /* without a name */
};
/* Takes a copy of sql; no I/O (the server sees it at its first describe or execute). */
bool prepared_set(struct conn *, struct prepared *, struct text sql, const struct scan_info *,
                  struct fault *f);
/* Changed hints make it unknown to the server again when they differ. */
bool prepared_types(struct conn *, struct prepared *, const uint32_t *types, size_t n,
                    struct fault *f);
/* Where the caller keeps and finds what the server chose for parameter `number` (1 to n). Hints of
 * all n others than when it was last called: nothing is known. NULL with f: out of memory. */
struct prepared_answer *prepared_answer(struct prepared *, const uint32_t *types, size_t n,
                                        size_t number, struct fault *f);
/* Frees; the server is told with the next send. */
void prepared_drop(struct conn *, struct prepared *);

/* ---- work ---- */

struct conn_work {
    struct text sql;                /* direct: the text, with the server's placeholders */
    struct prepared *prepared;      /* else this */
    const struct scan_info *scan;   /* of sql (direct) */
    const struct nat_param *params; /* nsets rows of nparams */
    size_t nparams;
    size_t nsets;  /* 0 counts as 1 */
    bool internal; /* the driver's own question (catalog functions): plain read */
    bool whole;    /* a plain read too is read to its end first: cursor_seek() wants that */
};

/* One statement's stream of outcomes. Embedded in a statement; live (on the wire), aside (in a
 * spool), or closed. While open it is on the connection's list, so that a swap or another
 * statement's send can find it. */
struct cursor {
    struct conn *conn;   /* NULL: closed */
    struct spool *aside; /* owned; what has been read ahead of the application */
    bool live;           /* conn's native holds unread outcomes of it */
    bool lost;           /* the link went while unread; `why` is what to report */
    unsigned generation;
    bool plain_read;
    bool single;               /* one parameter set */
    bool in_transaction;       /* was it opened in one? */
    bool read_only;            /* opened where the server itself allows no writes */
    bool ended;                /* nothing follows the current outcome */
    bool rows_open;            /* the reader is inside a result set */
    bool wire_rows;            /* and so is the wire (live) */
    size_t block;              /* rows of the current block */
    struct cursor_block *kept; /* owned; the current block, when the wire has gone on */
    struct fault *why;         /* owned */
};

void cursor_init(struct cursor *);
bool cursor_open(const struct cursor *);
/* Opens the cursor on a spool that core filled itself; takes the spool. */
void cursor_aside(struct cursor *, struct conn *, struct spool *);

/* Runs work: sets a live cursor of another statement aside, opens a transaction in manual-commit
 * mode, prepares again where the generation changed, sends all in one flush, and reads to the first
 * outcome of the work. Unless it is a plain read everything is read to its completion (rows set
 * aside), so that true means done. `*out` is the first outcome: NAT_ROWS, NAT_DONE, NAT_FAILED.
 * A NAT_FAILED outcome returns true: it is the statement's own result (of one set among several, or
 * of the whole).
 * deadline: query timeout; when it passes, the statement is cancelled and f is HYT00. */
bool conn_execute(struct conn *, struct cursor *, const struct conn_work *, struct nat_outcome *out,
                  int64_t deadline, struct fault *f);
/* Prepares if need be and describes: params and columns are copied out as borrowed views valid
 * until the next call on the connection. */
bool conn_describe(struct conn *, struct prepared *, const struct nat_type **params,
                   size_t *nparams, const struct nat_column **columns, size_t *ncolumns,
                   int64_t deadline, struct fault *f);

/* The next outcome after the current one (SQLMoreResults); NAT_END when there is none (the cursor
 * is closed then). Unread rows are dropped. */
bool cursor_result(struct cursor *, struct nat_outcome *out, int64_t deadline, struct fault *f);
/* Columns of the current NAT_ROWS; valid until the cursor moves to another outcome. */
const struct nat_column *cursor_columns(const struct cursor *, size_t *n);
/* How the current rows will end, where they have been read to their end already: the tag and its
 * count. NULL: not known. */
const char *cursor_ahead(const struct cursor *, int64_t *count);
/* What the n-th outcome behind the current one is (the next is 0), where it has been set aside, and
 * of which parameter set; false: there is none, or it is not known. */
bool cursor_peek(const struct cursor *, size_t n, enum nat_outcome_kind *kind, size_t *set);
/* At a result set's first row: its number of rows, where it has been set aside; -1 not known. */
int64_t cursor_rows(const struct cursor *);
/* Up to max rows, 0 at the end of the set. Cells are valid until the next call on the connection
 * (live) or cursor (aside). */
bool cursor_next(struct cursor *, size_t max, size_t *got, int64_t deadline, struct fault *f);
/* Of a result that has been set aside: cursor_next() goes on at this row of the current set, the
 * first being 0. */
bool cursor_seek(struct cursor *, uint64_t row, struct fault *f);
struct nat_cell cursor_cell(const struct cursor *, size_t row, size_t column);
/* All cells of a row at once, valid as long as they; NULL: they are to be had one by one only. */
const struct nat_cell *cursor_row(const struct cursor *, size_t row);
/* No row follows those of the last cursor_next(): known without waiting, or false. */
bool cursor_last(const struct cursor *);
/* Leaves the result: drains what is unread (cancels only where the server itself allows no
 * writes), closes. False with f when the link was lost over it (and failover was done). */
bool cursor_close(struct cursor *, int64_t deadline, struct fault *f);
/* A fault that cannot be told, or only as a warning (a statement is freed, a result left): should
 * it have cost an open transaction, the next call says so, before anything is sent. */
void conn_untold(struct conn *);

/* ---- transactions and settings ---- */

bool conn_end(struct conn *, bool commit, int64_t deadline, struct fault *f);
/* For the next user of a pooled connection: what the session has set, prepared and locked is gone,
 * an open transaction is rolled back; autocommit, isolation and access are as after a connect with
 * nothing set before it. No cursor is open. Costs a round trip; where the server cannot do it, a
 * new session takes the old one's place. False: there is none (conn_dead()), f says why. */
bool conn_reset(struct conn *, int64_t deadline, struct fault *f);
bool conn_in_transaction(const struct conn *);
bool conn_transaction_failed(const struct conn *); /* it takes a ROLLBACK only */
bool conn_autocommit(const struct conn *);
/* Since the connect. Whether the work of a transaction that has ended stands is known if it was
 * one, and a commit or a rollback was said in so many words: a DDL statement of MySQL's commits,
 * and a deadlock rolls back, without. */
struct conn_ends {
    unsigned all;                /* transactions that were open and have ended */
    unsigned commits, rollbacks; /* 0 or more of each one that ended */
    unsigned partial;            /* ROLLBACK TO SAVEPOINT */
};
struct conn_ends conn_ends(const struct conn *);
/* Turning it on commits an open transaction (ODBC). */
bool conn_set_autocommit(struct conn *, bool on, int64_t deadline, struct fault *f);

enum isolation {
    ISOLATION_READ_UNCOMMITTED,
    ISOLATION_READ_COMMITTED,
    ISOLATION_REPEATABLE_READ,
    ISOLATION_SERIALIZABLE
};
/* Before the connect: kept and applied with it. False 25001-class (ODBC HY011) inside a
 * transaction. */
bool conn_set_isolation(struct conn *, enum isolation, int64_t deadline, struct fault *f);
/* As it was set here or, where the server tells such changes (MySQL), by a statement since. */
enum isolation conn_isolation(const struct conn *);
bool conn_set_read_only(struct conn *, bool, int64_t deadline, struct fault *f);
bool conn_read_only(const struct conn *);

/* ---- facts ---- */

const struct native_ops *conn_ops(const struct conn *);
const struct nat_caps *conn_caps(const struct conn *);
const struct scan_rules *conn_rules(const struct conn *);
const char *conn_server_version(const struct conn *); /* "15.18", "" before the connect */
/* What a MySQL server calls itself, "10.11.4-MariaDB-log"; known beyond the end of the link, as the
 * version is. "" where there is no such thing. */
const char *conn_server_info(const struct conn *);
const char *conn_parameter(const struct conn *, const char *name);
const struct options *conn_options(const struct conn *);
unsigned conn_generation(const struct conn *);
unsigned conn_failovers(const struct conn *);
/* Host now connected to: the instance's name where known. */
const char *conn_host(const struct conn *);
/* Numeric address and port; "" and 0 while the link is lost. */
const char *conn_address(const struct conn *);
int conn_port(const struct conn *);
/* What the node itself said last, else what the topology says of it. */
enum role conn_role(const struct conn *);
/* Borrowed for as long as the connection is open; NULL: none is followed. */
struct cluster *conn_cluster(const struct conn *);
/* The last failover; times in microseconds. */
struct conn_move {
    char from[256];      /* host */
    int64_t at_us;       /* when the loss was seen, by the wall clock; 0: there was none yet */
    int64_t silent_us;   /* from the request, or the last answer, until then */
    int64_t found_us;    /* from then until the new host was known */
    int64_t dialled_us;  /* to connect to it; next to nothing if that was done ahead */
    int64_t restored_us; /* to make the session again */
    int64_t total_us;    /* from the loss being seen until the call's end */
};
const struct conn_move *conn_moved(const struct conn *);
/* No round trip. False of one that its next use will move to the writer without an error. */
bool conn_dead(const struct conn *);
/* Warnings that belong to the application (server notices, missing grants), oldest first. */
bool conn_notice(struct conn *, struct fault *out);
bool conn_has_notice(const struct conn *);

/* ---- any thread ---- */

/* Asks the server to stop what is under way; true also when nothing is. Also ends the wait of a
 * failover under way (the call returns HY008). */
bool conn_cancel(struct conn *);

#endif
