/* What the catalog functions and SQLGetTypeInfo share: results that the driver makes itself, and
 * the questions to the server's catalog. A question is one round trip in a cursor of its own; its
 * rows go into a spool, which becomes the statement's result. */
#ifndef HOLDFAST_CORE_CATALOG_PRIV_H
#define HOLDFAST_CORE_CATALOG_PRIV_H

#include "core/core_priv.h"

/* ---- results made here (core/catalog_result.c) ---- */

#define LOCAL_COLUMNS 20
#define LOCAL_NAME    -2 /* what an identifier may have */
#define LOCAL_ANY     -1
/* Comments and expressions: SQL_VARCHAR as ODBC has it; longer ones are not cut. */
#define LOCAL_LONG 1024

struct local_column {
    const char *name, *name2; /* ODBC 3's; ODBC 2's, NULL: the same */
    enum nat_kind kind;       /* NAT_INT2, NAT_INT4, NAT_CHAR, NAT_VARCHAR */
    int16_t length;           /* in characters; -1: any, and for numbers; LOCAL_NAME */
    bool not_null;
};

struct local_result {
    struct stmt *stmt;
    struct spool *spool; /* owned until local_end() */
    struct fault f;      /* the first thing that went wrong */
    size_t ncolumns, n;  /* n: cells of the row under way */
    int64_t rows;
    struct nat_cell cells[LOCAL_COLUMNS];
    char numbers[LOCAL_COLUMNS][24];
};

/* Ends in local_end() whatever happens; in between nothing needs a test. */
void local_begin(struct local_result *, struct stmt *, const struct local_column *, size_t n);
/* The row's next cell. Texts are borrowed until local_row(). */
void local_text(struct local_result *, struct text); /* TEXT_NONE: SQL NULL */
void local_number(struct local_result *, int64_t);
void local_null(struct local_result *);
/* An SQL type code; dates and times in ODBC 2's form for an ODBC 2 application. */
void local_sql_type(struct local_result *, SQLSMALLINT concise);
void local_row(struct local_result *);
SQLRETURN local_end(struct local_result *);
#define LOCAL_COLUMNS_OF(name) name##_columns, sizeof(name##_columns) / sizeof(name##_columns[0])

/* SQLColumns, SQLSpecialColumns: TYPE_NAME is the caller's. SQL NULL where ODBC wants it. */
void local_digits(struct local_result *, const struct nat_type *);
void local_radix(struct local_result *, const struct nat_type *);
/* Sizes: 0 while unknown, as SQLDescribeCol has it. */
void local_size(struct local_result *, const struct nat_type *);
void local_octets(struct local_result *, const struct nat_type *);
/* SQLColumns, SQLProcedureColumns: the cells from DATA_TYPE to IS_NULLABLE. type as for
 * catalog_type(); position: ORDINAL_POSITION. */
void local_described(struct local_result *, struct text type, struct text name, bool not_null,
                     struct text remarks, struct text preset, struct text position);

/* ---- questions: the backend's (core/catalog_pg.c, core/catalog_my.c) ---- */

enum match {
    MATCH_ANY,   /* not given: every object */
    MATCH_EXACT, /* the name itself */
    MATCH_LIKE   /* a pattern: % _ \ */
};

struct catalog_arg {
    struct text value;
    enum match match;
    bool fold; /* where nothing has that name: the name as the server folds it */
};

struct catalog_name {
    struct catalog_arg catalog, schema, name;
    bool given;
};

struct catalog_args {
    struct catalog_name table;   /* or procedure; of SQLForeignKeys the one with the primary key */
    struct catalog_name foreign; /* of SQLForeignKeys the one with the foreign key */
    struct catalog_arg column;
    enum naming naming;     /* the connection's */
    struct text types;      /* SQLTables: the list as given, .s NULL: all */
    bool ordinary;          /* an unqualified table name means what it means to the server */
    bool unique_only;       /* SQLStatistics */
    SQLUSMALLINT scope;     /* SQLSpecialColumns */
    struct text database;   /* the connection's; empty: none */
    const uint32_t *tables; /* QUERY_ORIGINS */
    size_t ntables;
};

enum catalog_query {
    QUERY_CATALOGS,
    QUERY_SCHEMAS,
    QUERY_TABLES,
    QUERY_COLUMNS,
    QUERY_PRIMARY_KEYS,
    QUERY_STATISTICS,
    QUERY_BEST_ROWID,
    QUERY_ROWVER,
    QUERY_FOREIGN_KEYS,
    QUERY_PROCEDURES,
    QUERY_PROCEDURE_COLUMNS,
    QUERY_TABLE_PRIVILEGES,
    QUERY_COLUMN_PRIVILEGES,
    QUERY_ORIGINS, /* of columns of a result (core/origin.c) */
    /* Of one table, whose schema (else catalog) and name are given (core/position.c): */
    QUERY_ROW_KEYS,   /* -, 1 for an index that is not unique, key, -, column, -, -, number of
                         characters when not all of the column count, -, "YES" when it may be NULL;
                         the primary key first */
    QUERY_ROW_COLUMNS /* name, -, -, -, -, "... GENERATED" when nobody but the server gives it
                         values; of PostgreSQL's views and foreign tables none, for their rows have
                         no place of their own */
};

/* What an argument of QUERY_* is compared with goes as parameters, never as text. */
#define CATALOG_PARAMS 8
struct catalog_question {
    struct buf sql;
    struct nat_param params[CATALOG_PARAMS];
    size_t nparams;
};
/* The caller frees sql (buf_fini). */
void catalog_ask(struct catalog_question *, enum catalog_query, const struct catalog_args *);
/* "WHAT IN (...)" of the table types in an application's list; nothing for an empty list. */
void catalog_add_types(struct buf *, const char *what, struct text list);

/* ---- what the catalog functions share (core/catalog.c) ----
 * False: a record was pushed. */

enum { PATTERN_CATALOG = 1, PATTERN_SCHEMA = 2, PATTERN_NAME = 4, PATTERN_ALL = 7 };

bool catalog_may_run(struct stmt *);
bool catalog_take(struct stmt *, struct text, bool pattern, struct catalog_arg *out);
/* patterns: which of them are, where SQL_ATTR_METADATA_ID does not say otherwise. */
bool catalog_take_name(struct stmt *, struct text catalog, struct text schema, struct text name,
                       unsigned patterns, struct catalog_name *out);
/* One table, which must be given: no pattern. Asks catalog_may_run() too. */
bool catalog_take_table(struct stmt *, struct text catalog, struct text schema, struct text table,
                        struct catalog_args *);

/* A question's rows as the statement's result; `put` makes a row of it. */
typedef void catalog_row(struct local_result *, const struct cursor *, size_t row);
void catalog_put_as_is(struct local_result *, const struct cursor *, size_t row);
SQLRETURN catalog_answer(struct stmt *, enum catalog_query, struct catalog_args *,
                         const struct local_column *, size_t n, catalog_row *put);

/* Runs the question, beside the statement's own result: each row is given to `put`, whose fault
 * ends it. */
typedef void catalog_put(void *to, const struct cursor *, size_t row, struct fault *);
bool catalog_rows(struct stmt *, const struct catalog_question *, catalog_put *, void *to,
                  struct fault *);
struct text catalog_cell(const struct cursor *, size_t row, size_t column);

/* The type a row of QUERY_COLUMNS or QUERY_BEST_ROWID names. */
void catalog_type(struct text type, struct nat_type *out);

/* The server's table types, in order; NULL at the end. */
extern const char *const catalog_table_types[];

#endif
