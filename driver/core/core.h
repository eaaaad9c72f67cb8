/* ODBC semantics: environments, connections, statements, descriptors. The api room's only door.
 * Text is UTF-8 everywhere; the api room turns handles, lengths and UTF-16 into objects and back.
 *
 * Locks: every function that takes a dbc, stmt or desc expects `dbc.call` to be held, which
 * *_enter() takes and *_leave() gives back. stmt_cancel() takes none. An environment's list of
 * connections is guarded by env.lock.
 * Results are SQLRETURNs; what went wrong stands in the object's diag. */
#ifndef HOLDFAST_CORE_CORE_H
#define HOLDFAST_CORE_CORE_H

#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>

#include "base/buf.h"
#include "base/fault.h"

struct env;
struct dbc;
struct stmt;
struct desc;
struct diag;

/* ---- handles (core/handle.c) ---- */

/* NULL or something that is not (any more) a handle of that kind gives NULL. Enter takes the call
 * lock and clears the diagnostics; leave records the return code and gives the lock back. */
struct env *env_enter(SQLHANDLE h);
SQLRETURN env_leave(struct env *, SQLRETURN);
struct dbc *dbc_enter(SQLHANDLE h);
SQLRETURN dbc_leave(struct dbc *, SQLRETURN);
struct stmt *stmt_enter(SQLHANDLE h);
SQLRETURN stmt_leave(struct stmt *, SQLRETURN);
struct desc *desc_enter(SQLHANDLE h);
SQLRETURN desc_leave(struct desc *, SQLRETURN);

SQLRETURN env_alloc(SQLHANDLE *out);
SQLRETURN dbc_alloc(struct env *, SQLHANDLE *out);
SQLRETURN stmt_alloc(struct dbc *, SQLHANDLE *out);
SQLRETURN desc_alloc(struct dbc *, SQLHANDLE *out);
/* These take the raw handle: they end the object that the lock belongs to. */
SQLRETURN env_free(SQLHANDLE h);
SQLRETURN dbc_free(SQLHANDLE h);
SQLRETURN stmt_free(SQLHANDLE h);
SQLRETURN desc_free(SQLHANDLE h);

/* ---- text of this call ---- */

/* The statement's or connection's arena dies at leave; owned by the object. NULL: out of memory. */
struct arena *dbc_arena(struct dbc *);
struct arena *stmt_arena(struct stmt *);
struct arena *env_arena(struct env *);
struct arena *desc_arena(struct desc *);
/* The application's narrow codeset for this connection, NULL for UTF-8. */
const struct charset *dbc_charset(const struct dbc *);
struct dbc *stmt_dbc(struct stmt *);
struct dbc *desc_dbc(struct desc *);
void dbc_set_wide(struct dbc *, bool connected_by_w);
/* For the api room's own failures (HY090, HY009, HY001): pushes and returns SQL_ERROR. */
SQLRETURN dbc_fail(struct dbc *, const char *sqlstate, const char *text);
SQLRETURN stmt_fail(struct stmt *, const char *sqlstate, const char *text);
SQLRETURN env_fail(struct env *, const char *sqlstate, const char *text);
SQLRETURN desc_fail(struct desc *, const char *sqlstate, const char *text);
/* Adds 01004 and turns SUCCESS into SUCCESS_WITH_INFO. */
SQLRETURN dbc_truncated(struct dbc *, SQLRETURN);
SQLRETURN stmt_truncated(struct stmt *, SQLRETURN);
SQLRETURN desc_truncated(struct desc *, SQLRETURN);

/* ---- diagnostics (core/diag.c) ---- */

/* Reading does not clear, and does not wait for a call that is under way on the handle or its
 * connection: enter takes the diagnostics' own lock, under which text views are valid; leave gives
 * it back and returns its second argument. NULL: not such a handle. */
struct diag *diag_enter(SQLSMALLINT type, SQLHANDLE h);
SQLRETURN diag_leave(struct diag *, SQLRETURN);
/* SQL_SUCCESS, SQL_NO_DATA, SQL_ERROR (number below 1). */
struct diag_view {
    char sqlstate[6];
    SQLINTEGER native;
    struct text message;
};
SQLRETURN diag_get_rec(struct diag *, SQLSMALLINT number, struct diag_view *out);
/* What a field is: text (then *text), or a number in *number (SQL_DIAG_NUMBER and friends). */
struct diag_field {
    bool is_text;
    struct text text;
    bool is_len; /* SQLLEN field, else SQLINTEGER (or SQLRETURN for SQL_DIAG_RETURNCODE) */
    SQLLEN number;
    size_t size; /* bytes to store for a number */
};
SQLRETURN diag_get_field(struct diag *, SQLSMALLINT number, SQLSMALLINT id, struct diag_field *out);

/* ---- attributes (core/attr.c, attr.def; core/own.c, own.def) ---- */

/* A value that is a string (is_text) or a number / pointer in `number`. */
struct attr_value {
    bool is_text;
    bool is_own;  /* text of an attribute of holdfast.h: UTF-8, whoever asks */
    bool is_wide; /* the same as UTF-16 */
    struct text text;
    SQLULEN number;
    size_t size; /* bytes of a number: sizeof(SQLULEN), SQLUINTEGER, pointer */
};
bool attr_is_text(SQLSMALLINT handle_type, SQLINTEGER attribute);
SQLRETURN env_set_attr(struct env *, SQLINTEGER attribute, SQLULEN value);
SQLRETURN env_get_attr(struct env *, SQLINTEGER attribute, struct attr_value *out);
SQLRETURN dbc_set_attr(struct dbc *, SQLINTEGER attribute, const struct attr_value *);
SQLRETURN dbc_get_attr(struct dbc *, SQLINTEGER attribute, struct attr_value *out);
/* Those of holdfast.h (core/own.c): is it one, and its value. */
bool own_attr(SQLINTEGER attribute);
SQLRETURN own_get_attr(struct dbc *, SQLINTEGER attribute, struct attr_value *out);
SQLRETURN stmt_set_attr(struct stmt *, SQLINTEGER attribute, const struct attr_value *);
SQLRETURN stmt_get_attr(struct stmt *, SQLINTEGER attribute, struct attr_value *out);

/* ---- connecting (core/connect.c) ---- */

SQLRETURN dbc_connect(struct dbc *, struct text dsn, struct text uid, struct text pwd);
/* *out: the completed connection string, in the call's arena. */
SQLRETURN dbc_driver_connect(struct dbc *, struct text in, SQLUSMALLINT completion,
                             struct text *out);
SQLRETURN dbc_disconnect(struct dbc *);
SQLRETURN dbc_end_tran(struct dbc *, SQLSMALLINT completion);
SQLRETURN env_end_tran(struct env *, SQLSMALLINT completion);
/* SQLNativeSql: in the call's arena. */
SQLRETURN dbc_native_sql(struct dbc *, struct text sql, struct text *out);

/* ---- facts (core/info.c, info.def, function.def) ---- */

/* Text in the call's arena, or a number of `size` bytes (2 or 4, SQLULEN for handles). */
SQLRETURN dbc_get_info(struct dbc *, SQLUSMALLINT type, struct attr_value *out);
SQLRETURN dbc_get_functions(struct dbc *, SQLUSMALLINT id, SQLUSMALLINT *supported);

/* ---- statements: running (core/execute.c, core/param.c) ---- */

SQLRETURN stmt_prepare(struct stmt *, struct text sql);
SQLRETURN stmt_execute(struct stmt *);
SQLRETURN stmt_exec_direct(struct stmt *, struct text sql);
SQLRETURN stmt_bind_parameter(struct stmt *, SQLUSMALLINT number, SQLSMALLINT io, SQLSMALLINT ctype,
                              SQLSMALLINT sql_type, SQLULEN column_size, SQLSMALLINT digits,
                              SQLPOINTER value, SQLLEN cap, SQLLEN *ind);
SQLRETURN stmt_num_params(struct stmt *, SQLSMALLINT *count);
SQLRETURN stmt_describe_param(struct stmt *, SQLUSMALLINT number, SQLSMALLINT *sql_type,
                              SQLULEN *size, SQLSMALLINT *digits, SQLSMALLINT *nullable);
SQLRETURN stmt_param_data(struct stmt *, SQLPOINTER *token);
SQLRETURN stmt_put_data(struct stmt *, SQLPOINTER data, SQLLEN length);
SQLRETURN stmt_row_count(struct stmt *, SQLLEN *count);
/* The cursor is closed whatever is returned. A link lost over that is a warning (the driver manager
 * takes a statement whose close failed for open); a transaction lost with it is told by the next
 * call too. */
SQLRETURN stmt_close_cursor(struct stmt *, bool must_be_open);
SQLRETURN stmt_free_option(struct stmt *, SQLUSMALLINT option);
SQLRETURN stmt_set_cursor_name(struct stmt *, struct text);
SQLRETURN stmt_get_cursor_name(struct stmt *, struct text *);
/* Any thread, no lock. */
SQLRETURN stmt_cancel(SQLHANDLE h);
/* Any thread, no lock: stops what runs on the connection, whatever the statement. */
SQLRETURN dbc_cancel(SQLHANDLE h);

/* ---- statements: results (core/result.c, core/fetch.c, core/set_pos.c) ---- */

struct column_view {
    struct text name;
    SQLSMALLINT sql_type;
    SQLULEN size;
    SQLSMALLINT digits;
    SQLSMALLINT nullable;
};
SQLRETURN stmt_num_result_cols(struct stmt *, SQLSMALLINT *count);
SQLRETURN stmt_describe_col(struct stmt *, SQLUSMALLINT number, struct column_view *out);
SQLRETURN stmt_col_attribute(struct stmt *, SQLUSMALLINT number, SQLUSMALLINT field,
                             struct attr_value *out);
SQLRETURN stmt_bind_col(struct stmt *, SQLUSMALLINT number, SQLSMALLINT ctype, SQLPOINTER value,
                        SQLLEN cap, SQLLEN *ind);
SQLRETURN stmt_fetch(struct stmt *);
SQLRETURN stmt_fetch_scroll(struct stmt *, SQLSMALLINT orientation, SQLLEN offset);
SQLRETURN stmt_set_pos(struct stmt *, SQLSETPOSIROW row, SQLUSMALLINT operation, SQLUSMALLINT lock);
SQLRETURN stmt_bulk_operations(struct stmt *, SQLUSMALLINT operation);
/* SQLExtendedFetch: its own row count and status array. */
SQLRETURN stmt_extended_fetch(struct stmt *, SQLUSMALLINT orientation, SQLLEN offset, SQLULEN *rows,
                              SQLUSMALLINT *status);
SQLRETURN stmt_get_data(struct stmt *, SQLUSMALLINT number, SQLSMALLINT ctype, SQLPOINTER value,
                        SQLLEN cap, SQLLEN *ind);
SQLRETURN stmt_more_results(struct stmt *);

/* ---- descriptors (core/desc.c, core/desc_type.c, desc_field.def) ---- */

/* Is the field a string that may be set on this descriptor? */
bool desc_takes_text(const struct desc *, SQLSMALLINT field);
SQLRETURN desc_get_field(struct desc *, SQLSMALLINT record, SQLSMALLINT field,
                         struct attr_value *out);
SQLRETURN desc_set_field(struct desc *, SQLSMALLINT record, SQLSMALLINT field,
                         const struct attr_value *);
SQLRETURN desc_copy(struct desc *from, struct desc *to);
/* The same for two connections: takes the raw handles, and each lock in turn. */
SQLRETURN desc_copy_between(SQLHANDLE source, SQLHANDLE target);
/* The handle as a descriptor of the same connection (whose lock is held), or NULL. */
struct desc *desc_peer(struct desc *, SQLHANDLE h);
bool desc_has_names(const struct desc *);   /* implementation descriptors */
bool desc_has_buffers(const struct desc *); /* application descriptors */

/* ---- catalog (core/catalog.c, core/catalog_more.c) ---- */

/* An argument of a catalog function: .s NULL means "not given". */
SQLRETURN stmt_tables(struct stmt *, struct text catalog, struct text schema, struct text table,
                      struct text types);
SQLRETURN stmt_columns(struct stmt *, struct text catalog, struct text schema, struct text table,
                       struct text column);
SQLRETURN stmt_primary_keys(struct stmt *, struct text catalog, struct text schema,
                            struct text table);
SQLRETURN stmt_statistics(struct stmt *, struct text catalog, struct text schema, struct text table,
                          SQLUSMALLINT unique, SQLUSMALLINT reserved);
SQLRETURN stmt_special_columns(struct stmt *, SQLUSMALLINT kind, struct text catalog,
                               struct text schema, struct text table, SQLUSMALLINT scope,
                               SQLUSMALLINT nullable);
/* pk, fk: catalog, schema, table of the one side; the table of at least one is given. */
SQLRETURN stmt_foreign_keys(struct stmt *, const struct text pk[3], const struct text fk[3]);
SQLRETURN stmt_procedures(struct stmt *, struct text catalog, struct text schema, struct text name);
SQLRETURN stmt_procedure_columns(struct stmt *, struct text catalog, struct text schema,
                                 struct text name, struct text column);
SQLRETURN stmt_table_privileges(struct stmt *, struct text catalog, struct text schema,
                                struct text table);
SQLRETURN stmt_column_privileges(struct stmt *, struct text catalog, struct text schema,
                                 struct text table, struct text column);
SQLRETURN stmt_type_info(struct stmt *, SQLSMALLINT sql_type);

#endif
