/* SQLGetInfo and SQLGetFunctions: rows of info.def and function.def, and the few answers that
 * depend on the connection. */
#include <stdio.h>
#include <string.h>

#include "core/backend.h"

/* ---- what depends on the connection: text in the call's arena or borrowed ---- */

static struct text data_source_name(struct dbc *d)
{
    return text_of(d->dsn ? d->dsn : "");
}

const char *dbc_database(const struct dbc *d)
{
    const char *told = d->conn ? conn_parameter(d->conn, "schema") : NULL;
    return told ? told : d->database ? d->database : "";
}

static struct text database_name(struct dbc *d)
{
    return text_of(dbc_database(d));
}

static struct text driver_name(struct dbc *d)
{
    (void)d;
    return text_of(backend.file);
}

/* "1.2.3" as ODBC writes versions: 01.02.0003. What is behind the third number is left out. */
static struct text odbc_version(struct dbc *d, const char *version)
{
    unsigned major = 0, minor = 0, release = 0;
    sscanf(version, "%4u.%4u.%4u", &major, &minor, &release);
    return text_of(arena_fmt(&d->arena, "%02u.%02u.%04u", major, minor, release));
}

static struct text driver_version(struct dbc *d)
{
    return odbc_version(d, HOLDFAST_VERSION);
}

static struct text server_name(struct dbc *d)
{
    return text_of(conn_host(d->conn));
}

const char *dbc_dbms(const struct dbc *d)
{
    return backend.dbms ? backend.dbms(d->conn) : conn_caps(d->conn)->dbms;
}

static struct text dbms_name(struct dbc *d)
{
    return text_of(dbc_dbms(d));
}

static struct text dbms_version(struct dbc *d)
{
    return odbc_version(d, conn_server_version(d->conn));
}

static struct text read_only(struct dbc *d)
{
    return conn_read_only(d->conn) ? TEXT("Y") : TEXT("N");
}

static struct text user_name(struct dbc *d)
{
    const char *name = conn_parameter(d->conn, "session_authorization");
    return text_of(name ? name : option_str(conn_options(d->conn), OPT_UID));
}

static struct text quote_char(struct dbc *d)
{
    return (struct text){&conn_caps(d->conn)->quote, 1};
}

/* ---- the table ---- */

static const struct info_row info_table[] = {
#include "core/info.def"
};

const struct info_row *info_find(const struct info_row *rows, size_t n, SQLUSMALLINT type)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].type == type)
            return &rows[i];
    return NULL;
}

SQLRETURN dbc_get_info(struct dbc *d, SQLUSMALLINT type, struct attr_value *out)
{
    if (!d->conn)
        return diag_push(&d->diag, "08003", NULL);
    const struct info_row *row = backend.info_named ? backend.info_named(d->naming, type) : NULL;
    if (!row)
        row = info_find(ROWS(info_table), type);
    if (!row)
        row = info_find(backend.info, backend.ninfo, type);
    if (row) {
        *out = (struct attr_value){.is_text = row->size == 0,
                                   .text = row->code ? row->code(d) : text_of(row->text),
                                   .number = row->number,
                                   .size = row->size};
        return out->is_text && !out->text.s ? diag_push(&d->diag, "HY001", NULL) : SQL_SUCCESS;
    }
    return diag_push(&d->diag, "HY096", NULL);
}

/* ---- SQLGetFunctions ---- */

static const SQLUSMALLINT function_table[] = {
#define FUNCTION(id) id,
#include "core/function.def"
#undef FUNCTION
};
#define NFUNCTIONS (sizeof(function_table) / sizeof(function_table[0]))

#define ODBC2_FUNCTIONS 100 /* SQL_API_ALL_FUNCTIONS: elements of the array */

SQLRETURN dbc_get_functions(struct dbc *d, SQLUSMALLINT id, SQLUSMALLINT *supported)
{
    if (!supported)
        return diag_push(&d->diag, "HY009", NULL);
    size_t n = id == SQL_API_ODBC3_ALL_FUNCTIONS ? SQL_API_ODBC3_ALL_FUNCTIONS_SIZE
               : id == SQL_API_ALL_FUNCTIONS     ? ODBC2_FUNCTIONS
                                                 : 1;
    memset(supported, 0, n * sizeof(*supported));
    for (size_t i = 0; i < NFUNCTIONS; i++) {
        SQLUSMALLINT f = function_table[i];
        if (id == SQL_API_ODBC3_ALL_FUNCTIONS)
            supported[f >> 4] |= (SQLUSMALLINT)(1 << (f & 15));
        else if (id == SQL_API_ALL_FUNCTIONS && f < ODBC2_FUNCTIONS)
            supported[f] = SQL_TRUE;
        else if (id == f)
            *supported = SQL_TRUE;
    }
    return SQL_SUCCESS;
}
