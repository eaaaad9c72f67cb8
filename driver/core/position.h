/* Rows changed through the result that they are in: SQLSetPos, SQLBulkOperations and WHERE CURRENT
 * OF (ODBC reference, "Updating Data with SQLSetPos", "Positioned Update and Delete Statements").
 *
 * A row is found again in its table by the values that the result has of it: those of a key, and,
 * as SQL_CONCUR_VALUES wants it, of every other column that can be compared. So nobody else's
 * change is overwritten: 01001 tells of it. Where the result has no key it must have all columns of
 * the table, and one of the rows that have these values is changed. What was changed so is shown by
 * the cursor afterwards (core/changed.c). Under the connection's call lock. */
#ifndef HOLDFAST_CORE_POSITION_H
#define HOLDFAST_CORE_POSITION_H

#include "core/core_priv.h"

/* How a column is compared with a value of its own. */
enum comparison {
    COMPARE_NOT,    /* it cannot be */
    COMPARE_EQUAL,  /* = */
    COMPARE_EXACT,  /* PostgreSQL: = in the collation "C" */
    COMPARE_OUTPUT, /* PostgreSQL: the text that the server sends for it */
    COMPARE_BYTES,  /* MySQL: text, byte by byte whatever its collation is */
    COMPARE_JSON    /* MySQL: the text of it, likewise */
};

struct position_column {
    struct text name; /* in the table, quoted; TEXT_NONE: it comes from no table */
    bool twice;       /* an earlier column of the result is the same one */
    bool read_only;   /* the server gives its values: generated, or an identity that always is */
    bool is_key;
    size_t candidate; /* number of the key that it was found in last; 0: none */
    enum comparison comparison;
};

/* What is known of one result set, and the changes of it. */
struct positions {
    struct arena arena;
    const struct conn *conn;         /* borrowed */
    struct text schema, table, name; /* as the server has them; both, quoted */
    uint32_t table_id;               /* 0: the server has none (MySQL) */
    struct position_column *columns;
    size_t n;               /* of the result */
    bool joined;            /* the query has other tables beside */
    bool has_all;           /* the result has all columns of the table, which is no view */
    bool is_keyed;          /* what tells one row from the others is known */
    bool whole;             /* no key: all columns are compared */
    struct nat_type *types; /* of the values of changed rows; NULL: there are none */
    struct change *changes; /* owned; by row */
    size_t nchanges, changes_cap;
    size_t added;   /* rows that are numbered behind the result's, for their bookmarks */
    bool is_broken; /* there was no memory for a change: no row is known for certain any more */
};
void positions_free(struct positions *);

/* May rows be changed through this statement's cursor? False: HY092 was pushed. */
bool position_allowed(const struct stmt *, struct diag *);
/* Makes s->positions: the table, and its columns. False: a record says why there is no such table:
 * HYC00 if it is the result, else what went wrong over asking. */
bool position_know_table(struct stmt *, struct diag *);
/* And what tells its rows apart: so that they can be found, and changed. */
bool position_know(struct stmt *, struct diag *);

/* ---- a statement under way, and its values; core/position_row.c ---- */

struct position_text {
    struct buf sql;
    struct nat_param *params; /* in the arena, with what they point to */
    size_t n, cap;
    struct arena arena;
    struct diag *diag; /* of the call */
    int64_t deadline;
    SQLLEN row;         /* of the rowset, for the diagnostic */
    bool is_afterwards; /* the change itself has been made: a fault is a warning */
    struct fault fault; /* out: the last one */
    bool over;          /* out: the link or the transaction was lost or has failed, the call was
                           cancelled or its time is out: no other row is to be tried */
};
void position_begin(struct position_text *, struct stmt *caller, int64_t deadline);
void position_end(struct position_text *);

/* ---- of the row that is loaded (s->row, s->row_number) ---- */

/* Adds to s->dae what the bound columns of the rowset's row `at` want as data at execution:
 * SQL_NEED_DATA if there is anything. */
SQLRETURN position_plan(struct stmt *, size_t at);
/* Is the column (from 1) still bound, at that row? */
bool position_wants(const struct stmt *, size_t number, size_t at);
/* The values that it is to have come from the application's buffers at row `at`, from 0, of the
 * rowset. *rows: how many were changed. */
SQLRETURN position_update(struct stmt *, struct position_text *, size_t at, int64_t *rows);
SQLRETURN position_delete(struct stmt *, struct position_text *, int64_t *rows);
/* As the table has it now; *found: it is still there. */
SQLRETURN position_refresh(struct stmt *, struct position_text *, bool *found);
/* A new one. As row `number`, unless it is 0, it is noted (core/changed.c) if the server tells its
 * values. */
SQLRETURN position_add(struct stmt *, struct position_text *, size_t at, SQLULEN number,
                       int64_t *rows);
/* " WHERE ..." for it. False: a record was pushed. */
bool position_where(struct stmt *, struct position_text *);
/* Another statement has changed it: the cursor shows it so. The text is used again. */
SQLRETURN position_done(struct stmt *, struct position_text *, bool is_delete);

/* ---- WHERE CURRENT OF (core/current_of.c) ---- */

struct current_of {
    struct stmt *cursor;            /* whose row is meant; NULL: the statement is none of these */
    size_t table, table_end, where; /* in the text: its table's name, and the clause */
    bool is_delete;
    struct position_text text; /* from current_of_work() to current_of_end() */
    struct scan_info scan;
};
/* A text is about to be executed. SQL_ERROR: 34000, 24000, HY092, HYC00, 42000. */
SQLRETURN current_of_begin(struct stmt *, struct current_of *);
/* Makes of the work what the server understands. False: a record was pushed. */
bool current_of_work(struct stmt *, struct current_of *, struct conn_work *);
/* ret: how it went. */
SQLRETURN current_of_end(struct stmt *, struct current_of *, SQLRETURN ret);

/* ---- what was changed through the cursor (core/changed.c) ---- */

/* SQL_ROW_UPDATED or SQL_ROW_DELETED; SQL_ROW_SUCCESS: the row is as it was read. */
SQLUSMALLINT changed_status(struct positions *, SQLULEN row);
/* Are the row's values in its table known, as far as nobody else has changed it? */
bool changed_known(struct positions *, SQLULEN row);
/* Are there values of it here, which are known? */
bool changed_has(struct positions *, SQLULEN row);
/* The row has been read again: one cell a column, `columns` their types; NULL: no memory. */
void changed_note(struct positions *, SQLULEN row, const struct nat_cell *,
                  const struct nat_column *columns);
/* The row has been changed. is_known: and what is noted of it, if anything is, is how it is. */
void changed_mark(struct positions *, SQLULEN row, SQLUSMALLINT status, bool is_known);
/* A transaction may have ended: what is pending in it is settled. (Later it could not be told which
 * of several did what.) Whoever ends transactions calls it. */
void changed_settle(struct dbc *);
/* The column's value now, and its type; NULL: as it was read. */
const struct nat_type *changed_cell(struct positions *, SQLULEN row, size_t column,
                                    struct nat_cell *out);

#endif
