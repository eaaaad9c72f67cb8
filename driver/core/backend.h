/* What differs from one backend to the other, as data and a few functions: one definition per
 * module (backend_pg.c, backend_my.c, of which a module has one). Everything is constant. */
#ifndef HOLDFAST_CORE_BACKEND_H
#define HOLDFAST_CORE_BACKEND_H

#include "core/core_priv.h"
#include "native/native.h"
#include "pipeline/scan.h"

/* {fn name(...)}: rows of escape_pg.def and escape_my.def, which say what the fields mean. */
struct escape_fn {
    const char *name;
    size_t nargs;
    size_t key_arg; /* 0: none */
    const char *key;
    const char *words;
};

/* {word 'text'} */
struct escape_literal {
    const char *word, *prefix;
};

/* SQLGetInfo: rows of info.def, info_pg.def and info_my.def. */
struct info_row {
    SQLUSMALLINT type;
    size_t size; /* bytes of a number; 0: text */
    SQLUINTEGER number;
    const char *text;
    struct text (*code)(struct dbc *);
};

const struct info_row *info_find(const struct info_row *, size_t n, SQLUSMALLINT type);

#define TEXT_ROW(type, value)  {type, 0, 0, value, NULL},
#define SHORT_ROW(type, value) {type, sizeof(SQLUSMALLINT), value, NULL, NULL},
#define LONG_ROW(type, value)  {type, sizeof(SQLUINTEGER), value, NULL, NULL},
#define CODE_ROW(type, code)   {type, 0, 0, NULL, code},

/* SQLGetTypeInfo: rows of type_info_pg.def and type_info_my.def. */
struct type_info {
    SQLSMALLINT sql_type;
    const char *name;
    enum nat_kind kind;
    int64_t size;
    const char *params;
    int min_scale, max_scale;
    bool is_unsigned, auto_unique;
};

struct backend {
    const struct native_ops *native;
    const struct scan_rules *rules; /* before the connect; then the connection's own */
    enum option_backend options;    /* whose rows of base/option.def are keywords here */
    /* All of them have been read: older spellings become newer ones. True with a fault: a warning.
     * NULL: nothing to do. */
    bool (*options_read)(struct options *, struct fault *f);
    /* What a database is called on a connection; NULL: the catalog, and it has schemas. */
    enum naming (*naming)(const struct options *);
    const char *file;   /* "libholdfastpg.so", for SQLGetInfo */
    const char *driver; /* name in odbcinst.ini */
    /* The server's name where it is not always caps->dbms; NULL: it is. */
    const char *(*dbms)(const struct conn *);
    enum nat_wire wire; /* of parameters */
    bool own_scale;  /* an SQL_NUMERIC_STRUCT has its value's scale, in both directions, unless the
                        ARD says one; else ODBC's 0 or what is bound */
    bool type_hints; /* what is bound has a say in what the server makes of a statement */

    /* names and types */
    int16_t name_length;         /* what an identifier may have, in characters */
    bool folds_names;            /* unquoted names become lower case */
    bool database_is_user;       /* no DATABASE: the user's name */
    SQLSMALLINT decimal;         /* SQL type of exact numbers */
    const char *byte_literal[2]; /* before and behind the hexadecimal digits */
    const struct type_info *types;
    size_t ntypes;

    /* SQL text */
    const struct escape_fn *fns;
    size_t nfns;
    const struct escape_literal *literals;
    size_t nliterals;
    const char *like_backslash;  /* ESCAPE '\', in a form that no setting of the server changes */
    const char *call_returns[2]; /* around a function that {? = call} names; the return value's
                                    own marker is in one of them, as parameter 1 */
    bool interval_standard;      /* INTERVAL 'x' DAY TO SECOND(p), else INTERVAL 'x' DAY_SECOND */
    /* {call name(...)}, translated to s->sql; in: the application's text. NULL: nothing to do. */
    SQLRETURN (*call)(struct stmt *s, struct text in);

    /* SQL_ATTR_CURRENT_CATALOG on an open connection; NULL: there is no way. */
    bool (*use_database)(struct dbc *, struct text name, struct fault *f);

    bool names_cursors;   /* the server has cursors of its own that a client can name */
    bool updates_unasked; /* rows may be changed through a cursor though nobody has set
                             SQL_ATTR_CONCURRENCY, as the other MySQL drivers have it */
    bool adds_any_row;    /* SQLSetPos(SQL_ADD) of a row beyond the only one that there are buffers
                             for takes that one, as MySQL Connector/ODBC has it */

    /* Connection attributes of the other driver's that make no difference here; 0: none. */
    SQLINTEGER ignored_attrs[4];

    bool call_row; /* what a CALL returns is the row of its OUT and INOUT parameters */

    /* The row that goes before those of the table, NULL: none. The slot may be empty. */
    const struct info_row *(*info_named)(enum naming, SQLUSMALLINT type);
    const struct info_row *info;
    size_t ninfo;
};

extern const struct backend backend;

SQLRETURN pg_call(struct stmt *s, struct text in); /* procedure_pg.c */

#define ROWS(table) (table), sizeof(table) / sizeof((table)[0])

#endif
