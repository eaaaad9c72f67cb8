/* Where a result's columns come from. The wire names table and column by number; their names, and
 * whether the column may be NULL or numbers itself, are asked for when the application wants to
 * know, and kept with the connection until it does something that may change them. */
#include <stdlib.h>
#include <string.h>

#include "core/catalog_priv.h"

#define TABLES_KEPT 256 /* more are forgotten before the next question */

void origins_init(struct origins *o)
{
    *o = (struct origins){0};
    arena_init(&o->arena);
}

void origins_fini(struct origins *o)
{
    arena_fini(&o->arena);
    free(o->tables);
    free(o->columns);
    origins_init(o);
}

void origins_forget(struct origins *o)
{
    if (o->ntables)
        arena_reset(&o->arena);
    o->ntables = o->ncolumns = 0;
}

/* Everything but reads and INSERT, UPDATE, DELETE, MERGE may be a change of tables. */
void origins_before(struct origins *o, const struct scan_info *scan)
{
    static const char *const rows_only[] = {"insert", "update", "delete", "merge"};
    bool keep = scan->plain_read;
    for (size_t i = 0; scan->statements == 1 && i < sizeof(rows_only) / sizeof(*rows_only); i++)
        keep = keep || text_eq_ci(scan->verb, text_of(rows_only[i]));
    if (!keep)
        origins_forget(o);
}

/* ---- what is known ---- */

static int by_number(const void *a, const void *b)
{
    const struct origin *x = a, *y = b;
    if (x->table_id != y->table_id)
        return x->table_id < y->table_id ? -1 : 1;
    return (x->attribute > y->attribute) - (x->attribute < y->attribute);
}

const struct origin *origin_of(const struct dbc *d, const struct nat_column *c)
{
    const struct origins *o = &d->origins;
    struct origin key = {.table_id = c->table_id, .attribute = c->attribute};
    if (!o->ncolumns || !c->table_id || o->generation != conn_generation(d->conn))
        return NULL;
    return bsearch(&key, o->columns, o->ncolumns, sizeof(key), by_number);
}

/* Words of a statement that may make NULL of a column that has none in its table: outer joins,
 * grouping sets, the row that an INSERT did not find. */
static bool adds_nulls(const struct stmt *s)
{
    static const char *const words[] = {"left", "right",    "full", "rollup",
                                        "cube", "grouping", "old",  "merge"};
    struct scanner scanner;
    struct token t;
    scan_start(&scanner, conn_rules(s->dbc->conn), buf_view(&s->sql));
    while (scan_next(&scanner, &t))
        for (size_t i = 0; t.kind == TOKEN_WORD && i < sizeof(words) / sizeof(*words); i++)
            if (text_eq_ci(t.text, text_of(words[i])))
                return true;
    return false;
}

SQLSMALLINT origin_nullable(struct stmt *s, const struct nat_column *c)
{
    if (c->type.nullable >= 0)
        return c->type.nullable ? SQL_NULLABLE : SQL_NO_NULLS;
    const struct origin *from = origin_of(s->dbc, c);
    if (!from)
        return SQL_NULLABLE_UNKNOWN;
    if (!from->not_null)
        return SQL_NULLABLE;
    if (s->adds_nulls < 0)
        s->adds_nulls = adds_nulls(s);
    return s->adds_nulls ? SQL_NULLABLE_UNKNOWN : SQL_NO_NULLS;
}

/* ---- asking ---- */

static bool grow(void **p, size_t *cap, size_t n, size_t size)
{
    if (n <= *cap)
        return true;
    size_t more = *cap ? *cap * 2 : 32;
    void *q = realloc(*p, more * size);
    if (!q)
        return false;
    *p = q;
    *cap = more;
    return true;
}

static bool asked(const struct origins *o, uint32_t table)
{
    for (size_t i = 0; i < o->ntables; i++)
        if (o->tables[i] == table)
            return true;
    return false;
}

/* Adds the result's tables that have not been asked for; *first is the first of them. */
static bool new_tables(struct stmt *s, size_t *first)
{
    struct origins *o = &s->dbc->origins;
    if (o->ntables >= TABLES_KEPT || o->generation != conn_generation(s->dbc->conn))
        origins_forget(o);
    o->generation = conn_generation(s->dbc->conn);
    *first = o->ntables;
    for (size_t i = 0; i < s->ird.count; i++) {
        uint32_t table = s->ird.recs[i].column.table_id;
        if (!table || asked(o, table))
            continue;
        if (!grow((void **)&o->tables, &o->tables_cap, o->ntables + 1, sizeof(*o->tables)))
            return false;
        o->tables[o->ntables++] = table;
    }
    return true;
}

/* Columns of QUERY_ORIGINS. */
enum { O_TABLE_ID, O_ATTRIBUTE, O_SCHEMA, O_TABLE, O_COLUMN, O_NOT_NULL, O_AUTO };

static struct text kept(struct origins *o, const struct cursor *c, size_t row, size_t column)
{
    return arena_text(&o->arena, catalog_cell(c, row, column));
}

static void put_origin(void *to, const struct cursor *c, size_t row, struct fault *f)
{
    struct origins *o = to;
    int64_t table = 0, attribute = 0;
    text_to_i64(catalog_cell(c, row, O_TABLE_ID), &table);
    text_to_i64(catalog_cell(c, row, O_ATTRIBUTE), &attribute);
    struct origin from = {.table_id = (uint32_t)table,
                          .attribute = (int32_t)attribute,
                          .schema = kept(o, c, row, O_SCHEMA),
                          .table = kept(o, c, row, O_TABLE),
                          .column = kept(o, c, row, O_COLUMN),
                          .not_null = text_eq(catalog_cell(c, row, O_NOT_NULL), TEXT("t")),
                          .auto_unique = text_eq(catalog_cell(c, row, O_AUTO), TEXT("t"))};
    if (!from.schema.s || !from.table.s || !from.column.s ||
        !grow((void **)&o->columns, &o->columns_cap, o->ncolumns + 1, sizeof(*o->columns)))
        fault_oom(f);
    else
        o->columns[o->ncolumns++] = from;
}

static bool ask(struct stmt *s, size_t first, struct fault *f)
{
    struct origins *o = &s->dbc->origins;
    struct catalog_args args = {.tables = o->tables + first, .ntables = o->ntables - first};
    struct catalog_question q;
    catalog_ask(&q, QUERY_ORIGINS, &args);
    bool ok = catalog_rows(s, &q, put_origin, o, f);
    buf_fini(&q.sql);
    if (o->ncolumns)
        qsort(o->columns, o->ncolumns, sizeof(*o->columns), by_number);
    return ok;
}

/* Without an answer the fields stay empty, which ODBC allows. Only what the question did to the
 * application's work is an error: the connection lost, or the transaction failed. */
SQLRETURN origin_ask(struct stmt *s, struct diag *diag)
{
    struct fault f;
    size_t first;
    fault_clear(&f);
    if (conn_transaction_failed(s->dbc->conn))
        return SQL_SUCCESS;
    if (!new_tables(s, &first))
        return diag_push(diag, "HY001", NULL);
    if (first == s->dbc->origins.ntables || ask(s, first, &f))
        return SQL_SUCCESS;
    bool harm = strncmp(f.sqlstate, "08", 2) == 0 || conn_transaction_failed(s->dbc->conn);
    return harm ? diag_fault(diag, &f) : SQL_SUCCESS;
}
