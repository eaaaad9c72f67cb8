/* What the catalog functions and SQLGetTypeInfo share: results that the driver makes itself, and
 * the questions to the server's catalog. A question is one round trip in a cursor of its own; its
 * rows go into a spool, which becomes the statement's result. */
#ifndef HOLDFAST_CORE_CATALOG_PRIV_H
#define HOLDFAST_CORE_CATALOG_PRIV_H

#include "core/core_priv.h"

/* ---- results made here (core/catalog_result.c) ---- */

#define LOCAL_COLUMNS 20
#define LOCAL_NAME    -2 /* what an identifier may have */

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

/* SQLColumns, SQLSpecialColumns: TYPE_NAME is the caller's. SQL NULL where ODBC wants it. */
void local_digits(struct local_result *, const struct nat_type *);
void local_radix(struct local_result *, const struct nat_type *);
/* Sizes: 0 while unknown, as SQLDescribeCol has it. */
void local_size(struct local_result *, const struct nat_type *);
void local_octets(struct local_result *, const struct nat_type *);

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

struct catalog_args {
    struct catalog_arg catalog, schema, table, column;
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
    QUERY_ORIGINS /* of columns of a result (core/origin.c) */
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
