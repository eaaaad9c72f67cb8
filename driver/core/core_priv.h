/* The core room's own structures. Who owns what stands at each field. */
#ifndef HOLDFAST_CORE_CORE_PRIV_H
#define HOLDFAST_CORE_CORE_PRIV_H

#include <odbcinst.h>
#include <pthread.h>

#include "base/arena.h"
#include "base/list.h"
#include "base/option.h"
#include "convert/convert.h"
#include "core/core.h"
#include "pipeline/conn.h"

/* ---- diagnostics ---- */

struct diag_rec {
    char sqlstate[6];
    SQLINTEGER native;
    char *text; /* owned; NULL: out of memory */
    SQLLEN row;
    SQLINTEGER column;
};

/* A row of dynamic.def. */
struct dynamic {
    const char *verb, *object, *name;
    SQLINTEGER code;
};
/* Never NULL. */
const struct dynamic *dynamic_of(const struct scan_rules *, struct text sql);

/* Written under the owner's call lock and `lock`, a leaf: so the owner's writer reads without it,
 * and another thread reads while a call is under way. */
struct diag {
    pthread_mutex_t lock;
    struct diag_rec *recs; /* owned; ordered: goes_before() */
    size_t n, cap;
    struct diag_rec reserve; /* for one that no memory can be had for: no text */
    bool reserve_used;
    SQLRETURN ret;
    SQLLEN row_count;
    SQLLEN cursor_rows;
    const struct dynamic *function; /* what the last statement is; NULL: none */
    SQLSMALLINT of;                 /* kind of handle, and its ODBC version: while entered */
    int version;
    const struct dbc *dbc; /* for the message prefix and SQL_DIAG_SERVER_NAME; may be NULL */
};

void diag_init(struct diag *, const struct dbc *);
void diag_fini(struct diag *);
void diag_clear(struct diag *);
/* The records of the one behind those of the other. */
void diag_move(struct diag *from, struct diag *to);
/* The header's fields: the return code, the rows of the last statement, what it is. */
void diag_returned(struct diag *, SQLRETURN);
void diag_counted(struct diag *, SQLLEN rows);
void diag_function(struct diag *, const struct dynamic *);
/* Both return SQL_ERROR and SQL_SUCCESS_WITH_INFO for `return diag_push(...)`. text NULL: the
 * state's own. */
SQLRETURN diag_push(struct diag *, const char *sqlstate, const char *text) __attribute__((cold));
SQLRETURN diag_warn(struct diag *, const char *sqlstate, const char *text) __attribute__((cold));
SQLRETURN diag_fmt(struct diag *, const char *sqlstate, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
SQLRETURN diag_fault(struct diag *, const struct fault *) __attribute__((cold));
SQLRETURN diag_fault_warn(struct diag *, const struct fault *, SQLLEN row) __attribute__((cold));
SQLRETURN diag_fault_at(struct diag *, const struct fault *, SQLLEN row) __attribute__((cold));
/* A record that belongs to a row (and column) of a rowset or parameter set. */
void diag_push_at(struct diag *, const char *sqlstate, const char *text, SQLLEN row,
                  SQLINTEGER column);

/* ---- handles ---- */

enum handle_magic { MAGIC_ENV = 0x48464531, MAGIC_DBC, MAGIC_STMT, MAGIC_DESC };

struct env {
    uint32_t magic;
    pthread_mutex_t lock; /* env.lock: `connections` */
    struct diag diag;
    struct arena arena;
    struct list connections; /* of struct dbc */
    SQLINTEGER odbc_version;
    SQLINTEGER output_nts;
};

/* Defaults that a connection hands to its new statements (SQLSetConnectAttr with a statement
 * attribute is ODBC 2; also kept for statements' own defaults). */
struct stmt_attrs {
    SQLULEN query_timeout; /* seconds, 0: none */
    SQLULEN max_rows;      /* 0: all */
    SQLULEN max_length;    /* 0: all */
    SQLULEN noscan;
    SQLULEN retrieve_data;
    SQLULEN cursor_type;
    SQLULEN concurrency;
    bool concurrency_set;
    SQLULEN cursor_scrollable;
    SQLULEN cursor_sensitivity;
    SQLULEN use_bookmarks;
    SQLULEN metadata_id;
    SQLULEN keyset_size;
    SQLULEN simulate_cursor;
    SQLULEN auto_ipd;
    SQLULEN async_enable;
    SQLULEN rowset_size; /* ODBC 2's SQL_ROWSET_SIZE, for SQLExtendedFetch; 0: never set */
};

/* Where columns of results come from, as far as it was asked for (core/origin.c). */
struct origins {
    struct arena arena;  /* the names */
    unsigned generation; /* of the connection that was asked */
    uint32_t *tables;    /* owned: the tables asked for */
    size_t ntables, tables_cap;
    struct origin *columns; /* owned: their columns, by number */
    size_t ncolumns, columns_cap;
};

/* What ODBC calls a database of the server. */
enum naming {
    DATABASE_HAS_SCHEMAS, /* the catalog, and schemas are in it */
    DATABASE_IS_CATALOG,  /* the catalog, and there are no schemas */
    DATABASE_IS_SCHEMA,   /* a schema, and there are no catalogs */
    DATABASE_HAS_NO_NAME  /* neither */
};

struct dbc {
    uint32_t magic;
    pthread_mutex_t call; /* dbc.call: everything below, its statements and descriptors */
    struct diag diag;
    struct arena arena;
    struct env *env;   /* borrowed: outlives its connections */
    struct list node;  /* in env.connections */
    struct list stmts; /* of struct stmt */
    struct list descs; /* application descriptors */
    struct conn *conn; /* owned; NULL while not connected */
    bool connected_by_w;
    bool wide;          /* text columns are SQL_WCHAR ... (WIDECHARTYPES) */
    bool bool_as_char;  /* BOOLSASCHAR */
    bool no_bigint;     /* NO_BIGINT */
    bool sizes_32;      /* COLUMN_SIZE_S32 */
    bool zero_null;     /* ZERODATE=null */
    bool has_positions; /* rows of a result were changed through it: changed_settle() matters */
    bool cursors_named; /* SQLSetCursorName or SQLGetCursorName was called */
    unsigned cursors;   /* that were given a name by the driver */
    enum naming naming;
    SQLULEN text_size; /* MAXVARCHARSIZE */
    struct origins origins;
    char *dsn;             /* owned: SQL_DATA_SOURCE_NAME */
    char *database;        /* owned: of the open connection */
    char *catalog;         /* owned: SQL_ATTR_CURRENT_CATALOG as set before the connect */
    SQLULEN login_timeout; /* seconds; SIZE_MAX: not set */
    SQLULEN connection_timeout;
    bool autocommit; /* as set before the connect */
    int isolation;   /* enum isolation, -1: not set */
    int read_only;   /* -1 not set, 0, 1 */
    SQLULEN quiet_mode, packet_size, trace, async;
    struct stmt_attrs defaults;
    struct stmt *running; /* atomic: whom SQLCancel may stop */
};

/* ---- descriptors ---- */

enum desc_kind { DESC_ARD, DESC_APD, DESC_IRD, DESC_IPD };

struct desc_rec {
    /* application side (ARD, APD) */
    SQLSMALLINT ctype; /* concise */
    SQLPOINTER data;
    SQLLEN octet_length;
    SQLLEN *octet_length_ptr;
    SQLLEN *indicator_ptr;
    /* implementation side (IRD, IPD) */
    SQLSMALLINT sql_type; /* concise */
    SQLULEN length;       /* column size in characters or bytes */
    SQLSMALLINT precision, scale;
    bool scale_given;              /* ARD: by SQL_DESC_SCALE itself */
    SQLINTEGER datetime_precision; /* leading precision of intervals */
    SQLINTEGER radix;
    SQLSMALLINT nullable;
    SQLSMALLINT parameter_type; /* SQL_PARAM_INPUT ... */
    struct nat_column column;   /* IRD: borrowed from the cursor */
    char *name;                 /* IPD/IRD name, owned, NULL: column.name */
    bool described;             /* IPD: by the application (bind) */
};

struct desc {
    uint32_t magic;
    enum desc_kind kind;
    bool is_auto; /* SQL_DESC_ALLOC_AUTO */
    struct diag diag;
    struct arena arena;
    struct dbc *dbc;   /* borrowed */
    struct stmt *stmt; /* of an automatic one, else NULL */
    struct list node;  /* in dbc.descs, application descriptors only */
    SQLULEN array_size;
    SQLUSMALLINT *array_status_ptr;
    SQLLEN *bind_offset_ptr;
    SQLULEN bind_type; /* SQL_BIND_BY_COLUMN or a row's size */
    SQLULEN *rows_processed_ptr;
    size_t count;          /* highest record in use */
    struct desc_rec *recs; /* owned, cap; recs[i] is record i + 1 */
    size_t cap;
    struct desc_rec bookmark; /* record 0 */
    bool has_cut; /* ARD: a fetch has cut off a value, and its buffers may still say so */
};

/* Of a connected one (core/info.c): the server's name; the database in use, "" for none. */
const char *dbc_dbms(const struct dbc *);
const char *dbc_database(const struct dbc *);

void desc_init(struct desc *, enum desc_kind, struct dbc *, struct stmt *);
void desc_fini(struct desc *);
/* Record `number` (1..), made when need be; NULL: out of memory. */
struct desc_rec *desc_rec(struct desc *, size_t number);
struct desc_rec *desc_rec_at(const struct desc *, size_t number); /* NULL: none */
void desc_trim(struct desc *, size_t count);                      /* drops records above count */
/* Where the value, length or indicator of a row (from 0) of an array lies: p as bound, `element`
 * bytes each when bound by column. NULL for NULL. */
char *desc_shifted(const struct desc *, void *p, size_t row, size_t element);
/* SQL_NULL_DATA, SQL_COLUMN_IGNORE, a length ...; without pointers SQL_NTS. */
SQLLEN desc_length_at(const struct desc *, const struct desc_rec *, size_t row);
/* An IRD says nothing before its statement has been prepared or executed; false: why is in *g. */
bool desc_ready(struct desc *, struct diag *g);
SQLRETURN desc_set_type(struct desc *, struct desc_rec *, SQLSMALLINT field, SQLSMALLINT n);
/* The check that setting SQL_DESC_DATA_PTR asks for. */
bool desc_consistent(const struct desc *, const struct desc_rec *);
/* A binding changed: the statements choose their conversions again. */
void desc_touched(struct desc *);

/* ---- statements ---- */

enum stmt_state {
    STMT_ALLOCATED,
    STMT_PREPARED,
    STMT_EXECUTED, /* ran, no result set open */
    STMT_CURSOR,   /* a result set is open */
    STMT_NEED_DATA /* between SQL_NEED_DATA and the execution's end */
};

/* Data at execution: which statement part waits, for which parameter. */
struct stmt_dae {
    bool direct;     /* SQLExecDirect (else SQLExecute) */
    bool of_columns; /* SQLSetPos, SQLBulkOperations: of rows of the rowset, and bound columns */
    size_t current;  /* index in values of the parameter that takes data now; SIZE_MAX: none yet */
    size_t n, cap;
    struct stmt_dae_value {
        size_t set, number; /* parameter set (row) 0.., parameter (column) 1.. */
        SQLPOINTER token;   /* what SQLParamData gives the application */
        bool seen;          /* SQLPutData came at least once */
        bool is_null;
        struct buf bytes; /* owned: as the application gave them */
    } * values;           /* owned */
};

/* What an SQLSetPos or SQLBulkOperations that waits for data was called with. */
struct set_pos {
    bool is_bulk;
    SQLUSMALLINT operation;
    SQLULEN row;
};

/* A bound column. */
struct bound {
    size_t column;                   /* from 0 */
    conv_fn *fn;                     /* NULL: ODBC does not allow the pair of types */
    const struct nat_type *type;     /* borrowed, of the IRD */
    char *data, *octets, *indicator; /* the application's, as bound; or NULL */
    size_t element;                  /* bytes of a row's data, when bound by column */
    struct conv_target to;           /* its places move from row to row of a rowset by */
    size_t step, length_step;        /* bytes */
};

struct stmt {
    uint32_t magic;
    struct dbc *dbc;  /* borrowed */
    struct list node; /* in dbc.stmts */
    struct diag diag;
    struct arena arena;
    enum stmt_state state;
    bool is_prepared;
    struct desc *ard, *apd; /* borrowed: own_ard/own_apd or an application descriptor */
    struct desc own_ard, own_apd, ird, ipd;
    struct stmt_attrs attrs;
    struct prepared prep;          /* SQLPrepare's statement */
    bool described;                /* ird (before execute) and ipd are from the server */
    struct scan_info scan;         /* of the statement that runs */
    char verb[32];                 /* scan.verb */
    const struct dynamic *dynamic; /* of the text last taken */
    struct buf sql;                /* direct text with the server's placeholders */
    bool taken;                    /* it is the application's own text, scanned by taken_rules */
    struct scan_rules taken_rules;
    char cursor_name[32];
    bool cursor_named;

    struct cursor cur;
    struct buf names;  /* what the IRD's columns point into */
    int8_t adds_nulls; /* may the text make NULL of a column that has none? -1: not looked */
    bool was_open;     /* SQLMoreResults left a cursor: SQLCloseCursor is allowed */
    bool cancel_asked; /* atomic: SQLCancel came while another statement had the lock */
    size_t ncols;      /* of the current result set, 0 none */
    SQLLEN row_count;
    bool none_found; /* the last statement could change rows, and there were none to change */
    SQLULEN fetched; /* rows of the current set so far (max_rows, SQL_ATTR_ROW_NUMBER) */
    size_t block, block_at; /* rows in the native's block, the next to hand out */
    size_t row;             /* SQLGetData's row in the block */
    bool on_row;            /* a row is current */
    size_t rowset_rows;     /* rows of the last rowset */
    bool set_ended;         /* the current set has no more rows */
    bool rowset_multi;      /* last fetch got several rows (SQLGetData needs SQLSetPos) */
    SQLULEN row_number;     /* of the current row, from 1 */
    void *bookmark_ptr;     /* SQL_ATTR_FETCH_BOOKMARK_PTR, the application's */
    bool marks;             /* column 0 is bound */
    struct {                /* a static cursor's place: */
        SQLULEN rows;       /* of the result set */
        SQLULEN at;     /* the rowset's first; 0 before the first row, rows + 1 after the last */
        SQLULEN size;   /* of the rowset fetched last */
        bool elsewhere; /* SQLSetPos has moved the cursor's block */
        bool extended;  /* SQLExtendedFetch was the last fetch */
        SQLUSMALLINT *status; /* its array, of `size`; or NULL */
        bool jumped;          /* the last fetch did not go on where the one before had ended */
    } scroll;

    struct positions
        *positions; /* owned; core/position.h. NULL: no row of the result was changed */

    struct bound *bound; /* the bound columns of the current result; owned */
    size_t nbound, bound_cap;
    bool bound_text; /* one of them is SQL_C_CHAR */
    struct {         /* what their places were last set for */
        bool still;  /* and they have not moved since */
        const struct charset *ansi;
        SQLLEN offset;
        size_t by_row;
    } aimed;
    unsigned bind_stamp; /* grows when a binding changes */
    unsigned conv_stamp; /* the stamp bound was made for */

    size_t get_column; /* SQLGetData in pieces: which column, C type and place */
    SQLSMALLINT get_ctype;
    size_t get_at;

    struct buf values;        /* parameters' wire bytes of one execution */
    struct nat_param *params; /* owned, nparams_cap */
    size_t nparams_cap;
    size_t *set_of; /* owned: parameter set of each row of params */
    size_t nsets;   /* of the running execution */
    size_t sets_seen, sets_failed;
    struct stmt_dae dae;
    struct set_pos set_pos;
};

/* SQLCancel of a statement that waits for data. */
void stmt_give_up_data(struct stmt *);
/* Leaves an open result and forgets what hangs on it. False: diag has the fault. */
bool stmt_reset(struct stmt *);
int64_t stmt_deadline(const struct stmt *);
/* Notices that the connection collected become 01000 records; the return code may turn to
 * SUCCESS_WITH_INFO. */
SQLRETURN stmt_notices(struct stmt *, SQLRETURN);
SQLRETURN dbc_notices(struct dbc *, SQLRETURN);
/* Attributes as of a new handle. */
void dbc_attrs_default(struct dbc *);
/* SQL_ATTR_RESET_CONNECTION: the driver manager puts the connection into its pool. Results are
 * closed, attributes are those of a new handle, and see conn_reset(). */
SQLRETURN dbc_reset(struct dbc *);
/* Runs a driver-made query as the statement's result (catalog functions). */
SQLRETURN stmt_run_internal(struct stmt *, struct text sql);
/* Hands a locally made result to the statement (type info). Takes the spool. */
SQLRETURN stmt_run_spool(struct stmt *, struct spool *);
/* Sets up ncols, IRD, state for the outcome the cursor stands at. */
SQLRETURN stmt_arrive(struct stmt *, const struct nat_outcome *);
/* The rows of a short result have come with its first: they are taken, and counted if they are all
 * (core/fetch.c). False: a record was pushed. */
bool stmt_first_rows(struct stmt *);
/* For SQLRowCount and SQL_DIAG_ROW_COUNT, which tell the same. */
void stmt_count_rows(struct stmt *, int64_t n);

/* ---- rowsets (core/fetch.c, core/scroll.c) ---- */

struct rowset {
    SQLULEN size;
    SQLULEN *fetched;
    SQLUSMALLINT *status;
    bool extended; /* SQLExtendedFetch: 01S01 stands for failed rows */
};

/* The rows from where the cursor stands on. */
SQLRETURN stmt_next_rowset(struct stmt *, const struct rowset *);
/* SQL_NO_DATA. */
SQLRETURN stmt_no_rowset(struct stmt *, const struct rowset *);
/* Is the cursor static: are its rows kept, to be read in any order? */
static inline bool stmt_scrolls(const struct stmt *s)
{
    return s->attrs.cursor_type == SQL_CURSOR_STATIC;
}
/* The current result set's rows have been kept and counted; SQL_ATTR_MAX_ROWS of this moment holds
 * for all of it. */
void scroll_begin(struct stmt *, int64_t rows);
SQLRETURN scroll_fetch(struct stmt *, SQLSMALLINT orientation, SQLLEN offset,
                       const struct rowset *);
/* Was it added through the cursor, which has its values, but not among its rows? */
static inline bool scroll_is_added(const struct stmt *s, SQLULEN number)
{
    return stmt_scrolls(s) && number > s->scroll.rows;
}
/* SQLGetData may read this row of the result, from 1. False: diag says why. */
bool scroll_load(struct stmt *, SQLULEN number);
/* The rows that are left went with their connection: the reason is in the diag. */
bool stmt_is_lost(struct stmt *);
/* The value of the row that is loaded, and its type. */
const struct nat_type *stmt_cell(const struct stmt *, size_t column, struct nat_cell *out);
/* That row into the bound buffers of the rowset's row `at`, from 0; its status. False: no memory.
 */
bool stmt_deliver(struct stmt *, size_t at, SQLUSMALLINT *status);

/* Bookmarks (core/bookmark.c). */
SQLRETURN bookmark_bind(struct stmt *, SQLSMALLINT ctype, SQLPOINTER, SQLLEN cap, SQLLEN *ind);
bool bookmark_is_bound(const struct stmt *);
/* Into the bound buffer: the result's row `number`, from 1, which is the rowset's `at`, from 0. */
enum conv_result bookmark_deliver(const struct stmt *, SQLULEN number, size_t at);
SQLRETURN bookmark_get_data(struct stmt *, SQLSMALLINT ctype, SQLPOINTER, SQLLEN cap, SQLLEN *ind);
struct column_view bookmark_view(const struct stmt *);
/* The row that SQL_ATTR_FETCH_BOOKMARK_PTR points to; 0: none. */
SQLULEN bookmark_row(const struct stmt *);
/* The row whose bookmark the application has put into the bound column 0, at the rowset's row `at`,
 * from 0; 0: none. */
SQLULEN bookmark_given(const struct stmt *, size_t at);

/* Parameters (core/param.c). param_plan() looks at the bindings: SQL_SUCCESS, SQL_NEED_DATA (some
 * are data at execution: s->dae lists them), or an error. param_collect() then fills s->params with
 * nsets rows of nparams; s->set_of maps a row to its parameter set (ignored ones are left out). */
SQLRETURN param_plan(struct stmt *, size_t nparams);
SQLRETURN param_collect(struct stmt *, size_t nparams, size_t *nsets);
/* One value of the application's in wire form, appended to `to`; out->p is its offset there + 1. */
struct param_source {
    const struct desc_rec *a, *p; /* application's and implementation's record */
    const void *data;
    SQLLEN length;      /* SQL_NULL_DATA, SQL_NTS or a length */
    size_t row, number; /* for the diagnostic: from 0, from 1 */
};
SQLRETURN param_value(struct stmt *, const struct param_source *, struct buf *to,
                      struct nat_param *out);
/* The C type that a parameter or column is bound as. */
SQLSMALLINT param_ctype(const struct desc_rec *a, const struct desc_rec *p);
bool param_is_output(const struct stmt *, size_t number);
/* What comes is no result but the row of the output parameters that the application has bound, or
 * of a function's value. */
bool param_arrive(const struct stmt *, const struct scan_info *, const struct nat_outcome *);
/* The cursor stands at the row of a CALL's OUT and INOUT parameters, or of a function's value (then
 * nparams is 1): it goes to the buffers of that parameter set. */
SQLRETURN param_take_outputs(struct stmt *, size_t nparams, size_t set);
/* The prepared statement is seen by the server with the types bound now. False: diag says why. */
bool param_hint(struct stmt *);
/* Is this set left out (SQL_PARAM_IGNORE)? */
bool param_ignored(const struct stmt *, size_t set);
/* Data at execution (core/dae.c). */
void dae_clear(struct stmt *);
bool dae_wanted(SQLLEN length);
/* SQLParamData will ask for it with this token. In order: by set, then by number. False: out of
 * memory. */
bool dae_add(struct stmt *, size_t set, size_t number, SQLPOINTER token);
/* Puts what has come for source->row and number in place of its length and data, if anything has.
 * False: out of memory. */
bool dae_take(struct stmt *, struct param_source *);
/* SQLSetPos or SQLBulkOperations goes on when its data are there (core/set_pos.c). */
SQLRETURN set_pos_resume(struct stmt *);
/* The statement again, after its parameters are all there. */
SQLRETURN stmt_run(struct stmt *, bool direct);

/* IRD from the cursor's columns, IPD and IRD from a description (core/desc.c). */
bool ird_fill(struct stmt *, const struct nat_column *, size_t n);

/* ---- where a result's columns come from (core/origin.c) ---- */

struct origin {
    uint32_t table_id;
    int32_t attribute;
    struct text schema, table, column;
    bool not_null;
    bool auto_unique;
};

void origins_init(struct origins *);
void origins_fini(struct origins *);
void origins_forget(struct origins *);
/* A statement is about to run: what it may change is forgotten. */
void origins_before(struct origins *, const struct scan_info *);
/* NULL: an expression, or not asked for. Until the next statement on the connection. */
const struct origin *origin_of(const struct dbc *, const struct nat_column *);
/* Asks the server for all columns of the statement's result, one question. */
SQLRETURN origin_ask(struct stmt *, struct diag *);
/* SQL_NO_NULLS ... as far as is known; asks nothing. */
SQLSMALLINT origin_nullable(struct stmt *, const struct nat_column *);

/* ---- types (core/type.c, type.def) ---- */

struct type_info;
/* What ODBC says of a column or parameter of this type on this connection. */
SQLSMALLINT type_sql(const struct dbc *, const struct nat_type *); /* concise SQL type */
SQLULEN type_size(const struct dbc *, const struct nat_type *);    /* column size, 0 unknown */
SQLSMALLINT type_digits(const struct nat_type *);                  /* decimal digits */
SQLLEN type_display(const struct dbc *, const struct nat_type *);  /* display size */
SQLLEN type_octets(const struct dbc *, const struct nat_type *);   /* octet length */
SQLSMALLINT type_verbose(SQLSMALLINT concise); /* SQL_DATETIME, SQL_INTERVAL or itself */
SQLSMALLINT type_subcode(SQLSMALLINT concise);
SQLSMALLINT type_concise(SQLSMALLINT verbose, SQLSMALLINT subcode);
bool type_known(SQLSMALLINT sql_type); /* an SQL type an application may name */
bool type_is_character(SQLSMALLINT sql_type);
bool type_is_binary(SQLSMALLINT sql_type);
bool type_is_number(SQLSMALLINT sql_type);
const char *type_literal_prefix(const struct nat_type *);
const char *type_literal_suffix(const struct nat_type *);
SQLSMALLINT type_searchable(const struct nat_type *);
SQLINTEGER type_radix(const struct nat_type *); /* SQL_DESC_NUM_PREC_RADIX */
bool type_case_sensitive(const struct nat_type *);

/* ---- SQL text (core/sql_text.c) ---- */

bool sql_is_plain(struct text in); /* nothing in it is ODBC's: it is translated as it stands */
/* A word, or what stands between the quotes of a quoted name or string. */
struct text token_name(const struct token *);
/* Does it name this, as the server reads it? Where names fold, one without quotes is in lower case
 * and one in quotes as it stands; elsewhere the case does not count. */
bool token_is(const struct token *, struct text name);
/* The name as an identifier, in quotes. */
void sql_add_name(struct buf *, struct text name);
/* ODBC's text to the server's: `?` to placeholders, `??` to `?`, escape clauses
 * ({d} {t} {ts} {fn} {oj} {escape} {call} {?= call} {guid} {interval}) translated unless noscan.
 * False: f (42000 for a malformed escape, HYC00 for a function the server lacks). */
bool sql_translate(const struct dbc *, struct text in, bool noscan, struct buf *out,
                   struct scan_info *scan, struct fault *f);

#endif
