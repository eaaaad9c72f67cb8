/* The native contract: what the driver asks of a client library, in the domain's words. One
 * `struct native` is one session with one server. Two families implement it (pg_*.c on libpq,
 * my_*.c on a MySQL client); test/fake scripts a third.
 *
 * Rules that hold for every verb:
 *  - A verb marked W takes an absolute monotonic deadline and answers NAT_READY (done, outputs
 *    valid), NAT_WAIT (not done when the deadline passed; call the same verb again with the same
 *    arguments to go on) or NAT_FAULT (f says why; when f->link_lost the native is of no more use
 *    than close()). DEADLINE_NOW never blocks: an outer loop polls poll_fd() and calls again.
 *  - One thread at a time calls a native, but interrupt() and cancel(), which any thread may call
 *    under a lock that the owner takes before it closes it: `conn.live`, guests.lock, health.lock
 *    (the last two: interrupt() only).
 *  - Strings and cells handed out are borrowed: valid until the next verb on this native that is
 *    not cell(), columns(), params(), status() or parameter().
 *  - Requests of one send() are executed in order; outcomes come in the same order.
 *  - Nothing read from the wire is used as a length, count or index unchecked. */
#ifndef HOLDFAST_NATIVE_NATIVE_H
#define HOLDFAST_NATIVE_NATIVE_H

#include "base/clock.h"
#include "base/fault.h"
#include "base/option.h"
#include "base/resolve.h"

struct spool;

enum nat_answer { NAT_READY, NAT_WAIT, NAT_FAULT };

/* ---- where and as whom ---- */

struct nat_target {
    const char *host; /* name: what TLS verifies, what the library shows; a folder: Unix socket */
    const char *address; /* numeric address to dial; NULL or "": the library resolves host */
    int port;            /* 0: the library's default */
};

struct nat_login {
    const struct options *options; /* borrowed during create() only */
    const char *application_name;  /* NULL: as options say */
    const char *database;          /* NULL: as options say */
    bool probe;                    /* the monitor's: read only, empty search_path, no GSS, no
                                      CONNSETTINGS */
};

/* ---- types, in the domain's words; core/type.def says what ODBC calls each ---- */

enum nat_kind {
    NAT_BOOL,
    NAT_INT1,
    NAT_INT2,
    NAT_INT4,
    NAT_INT8,
    NAT_FLOAT4,
    NAT_FLOAT8,
    NAT_NUMERIC,
    NAT_CHAR,    /* blank-padded, declared length */
    NAT_VARCHAR, /* declared length, or none */
    NAT_TEXT,    /* unbounded */
    NAT_BINARY,  /* bytes, declared length */
    NAT_VARBINARY,
    NAT_BLOB, /* bytes, unbounded */
    NAT_DATE,
    NAT_TIME,
    NAT_TIMESTAMP,
    NAT_TIMESTAMPTZ, /* shown in the session's zone */
    NAT_INTERVAL,
    NAT_UUID,
    NAT_JSON,
    NAT_OTHER, /* anything else: text */
    NAT_KINDS
};

/* How a cell's bytes are to be read; each native says it per column. */
enum nat_wire {
    WIRE_PG_TEXT,   /* PostgreSQL's text format */
    WIRE_MY_TEXT,   /* MySQL's text protocol: numbers, dates and texts as text, bytes as they are */
    WIRE_MY_BINARY, /* by kind:
                       INT1 INT2 INT4 INT8  8 bytes: int64_t, uint64_t when is_unsigned
                       FLOAT4 FLOAT8        float, double
                       DATE TIME TIMESTAMP  struct nat_moment
                       any other            as in WIRE_MY_TEXT (NUMERIC is decimal text)
                       Of both MySQL forms: BOOL (a bit(1)) is one byte 0 or 1; BINARY with the
                       name "bit" is its bits, the first byte the highest. A cell may stand at any
                       address: copy it out. */
};

/* A date, a time or both, of WIRE_MY_BINARY. Of a TIME hour may be up to 838 and `negative` counts;
 * of a date each part may be 0 (a zero date). */
struct nat_moment {
    int32_t year, month, day, hour, minute, second;
    int32_t microsecond;
    bool negative;
};

struct nat_type {
    enum nat_kind kind;
    enum nat_wire wire;
    bool is_unsigned;
    bool auto_unique; /* auto-increment, where the server tells */
    int8_t nullable;  /* 1 yes, 0 no, -1 not told */
    int64_t length;   /* declared characters or bytes; -1 none */
    /* numeric: digits, -1 not declared; integers: digits, -1 as the kind has; times: fractional
     * digits */
    int32_t precision;
    int32_t scale;      /* numeric: may be negative */
    uint32_t server_id; /* the server's own type number (OID), for binding parameters */
    const char *name;   /* the server's name of the type; static or as long as the native */
};

struct nat_column {
    struct text name;
    struct nat_type type;
    uint32_t table_id; /* base table (pg_class OID), 0: an expression */
    int32_t attribute; /* its column number there */
    /* Where the wire tells (MySQL), else TEXT_NONE: database and table of the column, and what the
     * statement calls the table. */
    struct text database, table, alias;
    struct text base_name; /* column name in the base table, where the wire tells */
};

/* ---- requests ---- */

enum nat_request_kind {
    NAT_QUERY,    /* sql, maybe several statements; with params: exactly one, `$n` placeholders */
    NAT_PREPARE,  /* sql under `name`, param_types as hints */
    NAT_DESCRIBE, /* of `name`: outcome NAT_DESCRIBED, then params() and columns() */
    NAT_EXECUTE,  /* `name` with nsets x nparams parameters */
    NAT_BEGIN,    /* sql may hold the whole text ("BEGIN READ ONLY"); empty: plain */
    NAT_COMMIT,
    NAT_ROLLBACK,
    NAT_FORGET, /* deallocate `name` */
};

struct nat_param {
    const char *p;    /* borrowed until send() answers READY; NULL: SQL NULL */
    size_t n;         /* bytes */
    bool binary;      /* p is the value's bytes themselves, not its text form */
    uint32_t type_id; /* server's type number, 0: the server infers it */
};

/* Of MySQL type_id says as what a parameter is sent (any other: as a character string):
 *   MY_PARAM_INT, MY_PARAM_UNSIGNED  text: decimal digits; binary: an int64_t or uint64_t
 *   MY_PARAM_DOUBLE                  text: as strtod() of the C locale reads it; binary: a double
 *   MY_PARAM_DECIMAL                 text
 *   MY_PARAM_BYTES                   binary: a string of bytes (also of type_id 0)
 * A text that is no number of its type is sent as a character string. */
enum {
    MY_PARAM_DOUBLE = 5,
    MY_PARAM_INT = 8,
    MY_PARAM_UNSIGNED = 8 | 0x8000,
    MY_PARAM_DECIMAL = 246,
    MY_PARAM_BYTES = 252
};

/* The driver's own server_state of the fault of a NAT_EXECUTE that MySQL has refused because it
 * does not know the statement any more, of whose PREPARE it has said that it is done: it has
 * forgotten the session. */
#define MY_FORGOTTEN "MY260"

struct nat_request {
    enum nat_request_kind kind;
    struct text sql;                /* UTF-8, no NUL inside (checked by core) */
    const char *name;               /* prepared statement's name */
    const struct nat_param *params; /* nsets rows of nparams */
    size_t nparams;
    size_t nsets; /* 0 counts as 1 */
    size_t set;   /* from 1 on: the one of many that it is, for its warnings; 0: none */
    bool alike;   /* many sets may be executed as one statement: scan_alike() */
    bool apart;   /* its failure must not skip the requests behind it (own sync point) */
};

/* ---- outcomes ---- */

enum nat_outcome_kind {
    NAT_ROWS,      /* a result set begins: columns(), then next() until it gives 0 rows */
    NAT_DONE,      /* a statement completed: count and tag. After NAT_ROWS: its rows have ended */
    NAT_FAILED,    /* a request failed, `fault` says why; the link lives */
    NAT_SKIPPED,   /* not executed, because an earlier request of the send failed */
    NAT_DESCRIBED, /* params() and columns() are valid; n columns may be 0 */
    NAT_END        /* nothing more under way: send() may be called */
};

struct nat_outcome {
    enum nat_outcome_kind kind;
    size_t request; /* index in the send */
    size_t set;     /* parameter set */
    int64_t count;  /* rows changed or selected, -1 not told */
    char tag[32];   /* the server's command tag: "INSERT", "SELECT", "CREATE TABLE"; MySQL: "" */
    bool found;     /* NAT_DONE that changed nothing: rows were found, as they are wanted (MySQL) */
    bool out_params; /* NAT_ROWS: its one row holds a CALL's OUT and INOUT parameters, in order */
    struct fault fault; /* NAT_FAILED's */
};

/* One that tells its kind only. */
static inline void nat_outcome_set(struct nat_outcome *o, enum nat_outcome_kind kind)
{
    o->kind = kind;
    o->request = o->set = 0;
    o->count = -1;
    o->tag[0] = '\0';
    o->found = o->out_params = false;
    fault_clear(&o->fault);
}

struct nat_cell {
    const char *p; /* NULL: SQL NULL */
    size_t n;
};

/* ---- state ---- */

enum nat_txn { NAT_TXN_IDLE, NAT_TXN_OPEN, NAT_TXN_FAILED, NAT_TXN_UNKNOWN };

enum role { ROLE_UNKNOWN, ROLE_WRITER, ROLE_READER };

struct nat_status {
    bool alive;       /* the library still holds its socket */
    bool busy;        /* outcomes are still to be read */
    enum nat_txn txn; /* from the protocol */
    enum role hint;   /* what the server told unasked (in_hot_standby), else ROLE_UNKNOWN */
};

/* Whose SQL the server speaks: what upper rooms know of it are tables with one row a family. */
enum nat_family { NAT_FAMILY_PG, NAT_FAMILY_MY, NAT_FAMILIES };

struct nat_caps {
    enum nat_family family;
    const char *dbms;        /* "PostgreSQL" */
    const char *parameters;  /* how placeholders are numbered: "$" or "?" */
    const char *lib_version; /* client library, for SQLGetInfo and the log */
    char quote;              /* identifier quote */
    bool backslash_escapes;  /* in ordinary string literals */
    bool open_blocks;        /* open() may outlast its deadline, until interrupt() */
    bool blocks;             /* a verb without a deadline waits where only interrupt() ends it */
};

enum nat_close {
    NAT_POLITE, /* tell the server */
    NAT_ABANDON /* send nothing, never block: dead link, forked child */
};
enum nat_finish {
    NAT_DRAIN, /* read what is left */
    NAT_CANCEL /* ask the server to stop, then read what is left */
};

struct native_ops {
    /* No I/O. NULL: f says why (out of memory, a bad PQOPT). Strings are copied. */
    struct native *(*create)(const struct nat_target *, const struct nat_login *, struct fault *f);
    /* W. Dial and authenticate. Never resolves a name when target.address was given. After READY
     * the session speaks UTF-8 and ISO dates, and status() and server_version() are valid. Faults:
     * 08001 (cannot reach, link_lost), 28000 (login refused), 08004 (rejected: 53300, 57P03). */
    enum nat_answer (*open)(struct native *, int64_t deadline, struct fault *f);
    /* W. The session as open() gave it: what it has set, prepared, locked and made for itself is
     * gone, an open transaction is rolled back, open()'s settings are made again. Nothing else is
     * under way. A fault, link_lost or not, leaves a session that is good for close() only. The
     * slot may be empty: it cannot be done. */
    enum nat_answer (*reset)(struct native *, int64_t deadline, struct fault *f);
    /* Frees everything; n is invalid afterwards. NAT_ABANDON never blocks. */
    void (*close)(struct native *, enum nat_close how);
    /* What an outer loop polls between two calls that answered NAT_WAIT; -1: none yet. */
    int (*poll_fd)(const struct native *, short *events);
    /* Any thread: make a blocked or later verb answer NAT_FAULT with link_lost, at once. */
    void (*interrupt)(struct native *);
    /* Any thread: ask the server to stop what is under way; returns before it is done (a helper
     * thread does the work within its own deadline). False: nothing could be started. */
    bool (*cancel)(struct native *);
    /* No I/O. */
    void (*status)(const struct native *, struct nat_status *out);

    /* W. One flush. `*sent` (never NULL) turns true with the first byte that may have left the
     * process: on NAT_FAULT with *sent false, certainly nothing was executed. First looks, without
     * waiting, whether the idle link has died. */
    enum nat_answer (*send)(struct native *, const struct nat_request *, size_t n, bool *sent,
                            int64_t deadline, struct fault *f);
    /* W. The next outcome; a result set's unread rows are skipped over (read and dropped). */
    enum nat_answer (*result)(struct native *, struct nat_outcome *out, int64_t deadline,
                              struct fault *f);
    /* Of the current NAT_ROWS or NAT_DESCRIBED. */
    const struct nat_column *(*columns)(const struct native *, size_t *n);
    const struct nat_type *(*params)(const struct native *, size_t *n);
    /* W. Up to max rows (max >= 1), at least one unless the set has ended (*got == 0). Waits only
     * for the first row. */
    enum nat_answer (*next)(struct native *, size_t max, size_t *got, int64_t deadline,
                            struct fault *f);
    struct nat_cell (*cell)(const struct native *, size_t row, size_t column);
    /* All cells of a row of the block, or NULL. The slot may be empty: a shorter way only. */
    const struct nat_cell *(*row)(const struct native *, size_t row);
    /* Never waits: true when the block that next() gave is known to be the set's last. The slot may
     * be empty. */
    bool (*last)(const struct native *);
    /* W. Read the rest of this send's outcomes into the spool (native/spool.h), beginning where
     * the caller stands (inside a result set too). Resumable after NAT_WAIT. */
    enum nat_answer (*detach)(struct native *, struct spool *, int64_t deadline, struct fault *f);
    /* W. Leave what is under way; afterwards send() may be called. */
    enum nat_answer (*finish)(struct native *, enum nat_finish, int64_t deadline, struct fault *f);

    /* The server's messages since the last call, oldest first; false: no more. f->sqlstate is
     * 01000 or the warning's own. */
    bool (*notice)(struct native *, struct fault *f);
    /* What the server reports of its settings (ParameterStatus, session tracking); NULL: not
     * reported. `parameters_changed` counts its changes since open. Of MySQL: each system variable
     * that a SET has touched, and from open() on sql_mode, autocommit and time_zone; "schema" (the
     * database in use), "transaction" (SQL that begins one like the one that is open or is to be),
     * "transaction_is_read_only" ("on": the open one), "server_info" (10.11.4-MariaDB-log). */
    const char *(*parameter)(const struct native *, const char *name);
    unsigned (*parameters_changed)(const struct native *);
    /* The i-th of the system variables that SETs since open() have touched; false: no more. NULL:
     * the native cannot tell. */
    bool (*touched)(const struct native *, size_t i, const char **name, const char **value);
    const char *(*server_version)(const struct native *); /* "15.18" */
    /* Numeric address and port actually dialled; "" for a Unix socket. */
    const char *(*address)(const struct native *);
    int (*port)(const struct native *);
    const struct nat_caps *caps;
};

struct native {
    const struct native_ops *ops;
};

extern const struct native_ops native_pg;
extern const struct native_ops native_my;

/* ---- helpers over the verbs (native/native.c) ---- */

/* Server SQLSTATE (and, where the text is needed, number) to ODBC's. Fills f->sqlstate from
 * f->server_state: PostgreSQL 42P01 -> 42S02, 42703 -> 42S22, 23xxx -> 23000, 57014 -> HY008 ... */
void native_map_sqlstate(struct fault *f);

/* Runs one request to its end and keeps the first row's cells as owned strings (NULL for SQL NULL)
 * in an array of ncells: for driver-internal questions. A missing row gives *rows == 0. */
bool native_ask(struct native *, struct text sql, char **cells, size_t ncells, size_t *rows,
                int64_t deadline, struct fault *f);

#endif
