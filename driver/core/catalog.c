/* SQLTables, SQLColumns, SQLPrimaryKeys, SQLForeignKeys, SQLStatistics, SQLSpecialColumns:
 * arguments as ODBC reads them ("Arguments in Catalog Functions"), one question to the server, its
 * rows as a result. The others are in catalog_more.c. */
#include <string.h>

#include "core/backend.h"
#include "core/catalog_priv.h"

#define NAME LOCAL_NAME
#define LONG LOCAL_LONG
#define ANY  LOCAL_ANY

/* ---- columns of the results ---- */

static const struct local_column tables_columns[] = {
    {"TABLE_CAT", "TABLE_QUALIFIER", NAT_VARCHAR, NAME, false},
    {"TABLE_SCHEM", "TABLE_OWNER", NAT_VARCHAR, NAME, false},
    {"TABLE_NAME", NULL, NAT_VARCHAR, NAME, false},
    {"TABLE_TYPE", NULL, NAT_VARCHAR, NAME, false},
    {"REMARKS", NULL, NAT_VARCHAR, LONG, false},
};

static const struct local_column columns_columns[] = {
    {"TABLE_CAT", "TABLE_QUALIFIER", NAT_VARCHAR, NAME, false},
    {"TABLE_SCHEM", "TABLE_OWNER", NAT_VARCHAR, NAME, false},
    {"TABLE_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"COLUMN_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"DATA_TYPE", NULL, NAT_INT2, ANY, true},
    {"TYPE_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"COLUMN_SIZE", "PRECISION", NAT_INT4, ANY, false},
    {"BUFFER_LENGTH", "LENGTH", NAT_INT4, ANY, false},
    {"DECIMAL_DIGITS", "SCALE", NAT_INT2, ANY, false},
    {"NUM_PREC_RADIX", "RADIX", NAT_INT2, ANY, false},
    {"NULLABLE", NULL, NAT_INT2, ANY, true},
    {"REMARKS", NULL, NAT_VARCHAR, LONG, false},
    {"COLUMN_DEF", NULL, NAT_VARCHAR, LONG, false},
    {"SQL_DATA_TYPE", NULL, NAT_INT2, ANY, true},
    {"SQL_DATETIME_SUB", NULL, NAT_INT2, ANY, false},
    {"CHAR_OCTET_LENGTH", NULL, NAT_INT4, ANY, false},
    {"ORDINAL_POSITION", NULL, NAT_INT4, ANY, true},
    {"IS_NULLABLE", NULL, NAT_VARCHAR, 3, false},
};

static const struct local_column primary_keys_columns[] = {
    {"TABLE_CAT", "TABLE_QUALIFIER", NAT_VARCHAR, NAME, false},
    {"TABLE_SCHEM", "TABLE_OWNER", NAT_VARCHAR, NAME, false},
    {"TABLE_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"COLUMN_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"KEY_SEQ", NULL, NAT_INT2, ANY, true},
    {"PK_NAME", NULL, NAT_VARCHAR, NAME, false},
};

static const struct local_column statistics_columns[] = {
    {"TABLE_CAT", "TABLE_QUALIFIER", NAT_VARCHAR, NAME, false},
    {"TABLE_SCHEM", "TABLE_OWNER", NAT_VARCHAR, NAME, false},
    {"TABLE_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"NON_UNIQUE", NULL, NAT_INT2, ANY, false},
    {"INDEX_QUALIFIER", NULL, NAT_VARCHAR, NAME, false},
    {"INDEX_NAME", NULL, NAT_VARCHAR, NAME, false},
    {"TYPE", NULL, NAT_INT2, ANY, true},
    {"ORDINAL_POSITION", "SEQ_IN_INDEX", NAT_INT2, ANY, false},
    {"COLUMN_NAME", NULL, NAT_VARCHAR, LONG, false}, /* or an expression */
    {"ASC_OR_DESC", "COLLATION", NAT_CHAR, 1, false},
    {"CARDINALITY", NULL, NAT_INT4, ANY, false},
    {"PAGES", NULL, NAT_INT4, ANY, false},
    {"FILTER_CONDITION", NULL, NAT_VARCHAR, LONG, false},
};

static const struct local_column special_columns_columns[] = {
    {"SCOPE", NULL, NAT_INT2, ANY, false},
    {"COLUMN_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"DATA_TYPE", NULL, NAT_INT2, ANY, true},
    {"TYPE_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"COLUMN_SIZE", "PRECISION", NAT_INT4, ANY, false},
    {"BUFFER_LENGTH", "LENGTH", NAT_INT4, ANY, false},
    {"DECIMAL_DIGITS", "SCALE", NAT_INT2, ANY, false},
    {"PSEUDO_COLUMN", NULL, NAT_INT2, ANY, false},
};

static const struct local_column foreign_keys_columns[] = {
    {"PKTABLE_CAT", "PKTABLE_QUALIFIER", NAT_VARCHAR, NAME, false},
    {"PKTABLE_SCHEM", "PKTABLE_OWNER", NAT_VARCHAR, NAME, false},
    {"PKTABLE_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"PKCOLUMN_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"FKTABLE_CAT", "FKTABLE_QUALIFIER", NAT_VARCHAR, NAME, false},
    {"FKTABLE_SCHEM", "FKTABLE_OWNER", NAT_VARCHAR, NAME, false},
    {"FKTABLE_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"FKCOLUMN_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"KEY_SEQ", NULL, NAT_INT2, ANY, true},
    {"UPDATE_RULE", NULL, NAT_INT2, ANY, false},
    {"DELETE_RULE", NULL, NAT_INT2, ANY, false},
    {"FK_NAME", NULL, NAT_VARCHAR, NAME, false},
    {"PK_NAME", NULL, NAT_VARCHAR, NAME, false},
    {"DEFERRABILITY", NULL, NAT_INT2, ANY, false},
};

#define COLUMNS LOCAL_COLUMNS_OF

/* ---- arguments ---- */

/* SQL_ATTR_METADATA_ID: an identifier, quoted or folded as the server folds it. In the call's
 * arena; .s NULL: out of memory. */
static struct text identifier(struct stmt *s, struct text t)
{
    while (t.n && t.s[t.n - 1] == ' ')
        t.n--;
    char quote = conn_caps(s->dbc->conn)->quote;
    struct text inner = text_trim(t);
    bool quoted = inner.n >= 2 && inner.s[0] == quote && inner.s[inner.n - 1] == quote;
    bool fold = !quoted && backend.folds_names;
    if (quoted)
        t = text_sub(inner, 1, inner.n - 2);
    char *p = arena_alloc(&s->arena, t.n + 1);
    if (!p)
        return TEXT_NONE;
    size_t n = 0;
    for (size_t i = 0; i < t.n; i++) {
        bool upper = t.s[i] >= 'A' && t.s[i] <= 'Z';
        p[n++] = (char)(fold && upper ? t.s[i] | 0x20 : t.s[i]);
        if (quoted && t.s[i] == quote && i + 1 < t.n && t.s[i + 1] == quote)
            i++;
    }
    return (struct text){p, n};
}

static bool has_wildcard(struct text t)
{
    for (size_t i = 0; i < t.n; i++)
        if (t.s[i] == '%' || t.s[i] == '_' || t.s[i] == '\\')
            return true;
    return false;
}

/* Applications look for a table under the name they created it with, unquoted: T for t. Mixed case
 * is taken as it stands, as is the case of an argument that is no pattern ("is significant"). */
static bool all_upper(struct text t)
{
    bool upper = false;
    for (size_t i = 0; i < t.n; i++) {
        if (t.s[i] >= 'a' && t.s[i] <= 'z')
            return false;
        upper = upper || (t.s[i] >= 'A' && t.s[i] <= 'Z');
    }
    return upper;
}

/* False: a record was pushed. */
bool catalog_take(struct stmt *s, struct text t, bool pattern, struct catalog_arg *out)
{
    enum { CHARACTER = 4 }; /* bytes; no escaped wildcard has as many */
    bool like = pattern && !s->attrs.metadata_id && has_wildcard(t); /* may be longer than a name */
    if (!like && t.n > (size_t)backend.name_length * CHARACTER)
        return diag_push(&s->diag, "HY090", "no name is that long"), false;
    *out = (struct catalog_arg){.value = t};
    if (s->attrs.metadata_id) {
        if (!t.s)
            return diag_push(&s->diag, "HY009", "SQL_ATTR_METADATA_ID wants every name"), false;
        out->value = identifier(s, t);
        out->match = MATCH_EXACT;
        return out->value.s || (diag_push(&s->diag, "HY001", NULL), false);
    }
    if (!t.s || (pattern && text_eq(t, TEXT("%"))))
        out->match = MATCH_ANY;
    else
        out->match = like ? MATCH_LIKE : MATCH_EXACT;
    out->fold = pattern && all_upper(t);
    return true;
}

/* An empty catalog or schema means tables that have none. Where a database is a catalog there are
 * none such; where every table has the same catalog, and a schema, applications that pass "" mean
 * that, or any. One of the two that there is none of need not be given with SQL_ATTR_METADATA_ID.
 */
bool catalog_take_name(struct stmt *s, struct text catalog, struct text schema, struct text name,
                       unsigned patterns, struct catalog_name *out)
{
    enum naming naming = s->dbc->naming;
    bool catalogs = naming == DATABASE_HAS_SCHEMAS || naming == DATABASE_IS_CATALOG;
    bool schemas = naming == DATABASE_HAS_SCHEMAS || naming == DATABASE_IS_SCHEMA;
    bool no_catalog = !catalog.n && naming != DATABASE_IS_CATALOG;
    bool any_catalog = no_catalog && (catalog.s || !catalogs);
    bool no_schema = !schema.n && naming == DATABASE_HAS_SCHEMAS && !s->attrs.metadata_id;
    bool any_schema = schema.s ? no_schema : !schemas;
    *out = (struct catalog_name){.given = true};
    return (any_catalog || catalog_take(s, catalog, patterns & PATTERN_CATALOG, &out->catalog)) &&
           (any_schema || catalog_take(s, schema, patterns & PATTERN_SCHEMA, &out->schema)) &&
           catalog_take(s, name, patterns & PATTERN_NAME, &out->name);
}

bool catalog_may_run(struct stmt *s)
{
    if (s->state == STMT_NEED_DATA)
        return diag_push(&s->diag, "HY010", NULL), false;
    if (s->state == STMT_CURSOR)
        return diag_push(&s->diag, "24000", NULL), false;
    return true;
}

/* ---- asking ---- */

/* One entry of a list of table types: blanks and quotes around it do not count. */
static struct text next_type(struct text *list)
{
    size_t comma = text_find(*list, ',', 0);
    struct text t = text_trim(text_sub(*list, 0, comma));
    *list = comma == SIZE_MAX ? TEXT("") : text_sub(*list, comma + 1, SIZE_MAX);
    if (t.n >= 2 && t.s[0] == '\'' && t.s[t.n - 1] == '\'')
        t = text_trim(text_sub(t, 1, t.n - 2));
    if (text_eq_ci(t, TEXT("BASE TABLE"))) /* information_schema's word */
        return TEXT("TABLE");
    return text_eq_ci(t, TEXT("MATVIEW")) ? TEXT("MATERIALIZED VIEW") : t; /* psqlodbc's */
}

void catalog_add_types(struct buf *b, const char *what, struct text list)
{
    if (!list.s || !text_trim(list).n)
        return;
    buf_fmt(b, "%s IN (''", what);
    while (list.n) {
        struct text t = next_type(&list);
        for (size_t i = 0; catalog_table_types[i]; i++)
            if (text_eq_ci(t, text_of(catalog_table_types[i])) || text_eq(t, TEXT("%")))
                buf_fmt(b, ", '%s'", catalog_table_types[i]);
    }
    buf_char(b, ')');
}

#define BLOCK 64 /* rows at a time */

struct text catalog_cell(const struct cursor *c, size_t row, size_t column)
{
    struct nat_cell v = cursor_cell(c, row, column);
    return (struct text){v.p, v.n};
}

static bool read_rows(struct cursor *c, catalog_put *put, void *to, int64_t deadline,
                      struct fault *f)
{
    size_t n;
    do {
        if (!cursor_next(c, BLOCK, &n, deadline, f))
            return false;
        for (size_t i = 0; i < n && !fault_is(f); i++)
            put(to, c, i, f);
    } while (n && !fault_is(f));
    return !fault_is(f);
}

bool catalog_rows(struct stmt *s, const struct catalog_question *q, catalog_put *put, void *to,
                  struct fault *f)
{
    struct scan_info scan = {
        .statements = 1, .plain_read = true, .returns_rows_maybe = true, .verb = TEXT("SELECT")};
    struct conn_work work = {.sql = buf_view(&q->sql),
                             .scan = &scan,
                             .params = q->params,
                             .nparams = q->nparams,
                             .internal = true};
    struct cursor c;
    struct nat_outcome out;
    struct fault ignored;
    int64_t deadline = stmt_deadline(s);
    cursor_init(&c);
    if (!buf_ok(&q->sql))
        return fault_oom(f);
    if (!conn_execute(s->dbc->conn, &c, &work, &out, deadline, f))
        return false;
    if (out.kind == NAT_FAILED)
        *f = out.fault;
    else if (out.kind == NAT_ROWS)
        read_rows(&c, put, to, deadline, f);
    cursor_close(&c, deadline, fault_is(f) ? &ignored : f);
    return !fault_is(f);
}

/* A question's rows as the statement's result. */
struct filling {
    struct local_result r;
    catalog_row *put;
};

static void put_filling(void *to, const struct cursor *c, size_t row, struct fault *f)
{
    struct filling *x = to;
    x->put(&x->r, c, row);
    local_row(&x->r);
    if (fault_is(&x->r.f))
        *f = x->r.f;
}

void catalog_put_as_is(struct local_result *r, const struct cursor *c, size_t row)
{
    for (size_t i = 0; i < r->ncolumns; i++)
        local_text(r, catalog_cell(c, row, i));
}

SQLRETURN catalog_answer(struct stmt *s, enum catalog_query query, struct catalog_args *args,
                         const struct local_column *columns, size_t n, catalog_row *put)
{
    struct catalog_question q;
    struct filling x = {.put = put};
    struct fault f;
    fault_clear(&f);
    args->database = text_of(dbc_database(s->dbc));
    args->naming = s->dbc->naming;
    catalog_ask(&q, query, args);
    local_begin(&x.r, s, columns, n);
    if (!fault_is(&x.r.f) && !catalog_rows(s, &q, put_filling, &x, &f))
        x.r.f = f;
    buf_fini(&q.sql);
    return local_end(&x.r);
}

/* ---- SQLTables ---- */

static bool is_empty(struct text t)
{
    return t.s && !t.n;
}

static bool is_all(struct text t)
{
    return text_eq(t, TEXT("%"));
}

static SQLRETURN table_types(struct stmt *s)
{
    struct local_result r;
    local_begin(&r, s, COLUMNS(tables));
    for (size_t i = 0; catalog_table_types[i]; i++) {
        local_null(&r);
        local_null(&r);
        local_null(&r);
        local_text(&r, text_of(catalog_table_types[i]));
        local_null(&r);
        local_row(&r);
    }
    return local_end(&r);
}

SQLRETURN stmt_tables(struct stmt *s, struct text catalog, struct text schema, struct text table,
                      struct text types)
{
    struct catalog_args args = {.types = types};
    if (!catalog_may_run(s))
        return SQL_ERROR;
    if (is_all(catalog) && is_empty(schema) && is_empty(table))
        return catalog_answer(s, QUERY_CATALOGS, &args, COLUMNS(tables), catalog_put_as_is);
    if (is_all(schema) && is_empty(catalog) && is_empty(table))
        return catalog_answer(s, QUERY_SCHEMAS, &args, COLUMNS(tables), catalog_put_as_is);
    if (is_all(types) && is_empty(catalog) && is_empty(schema) && is_empty(table))
        return table_types(s);
    if (!catalog_take_name(s, catalog, schema, table, PATTERN_ALL, &args.table))
        return SQL_ERROR;
    return catalog_answer(s, QUERY_TABLES, &args, COLUMNS(tables), catalog_put_as_is);
}

/* ---- SQLColumns ---- */

/* Columns of QUERY_COLUMNS. */
enum {
    Q_CATALOG,
    Q_SCHEMA,
    Q_TABLE,
    Q_COLUMN,
    Q_TYPE,
    Q_NAME,
    Q_NOT_NULL,
    Q_REMARKS,
    Q_DEFAULT,
    Q_AT
};

static void put_column(struct local_result *r, const struct cursor *c, size_t row)
{
    for (size_t i = Q_CATALOG; i <= Q_COLUMN; i++)
        local_text(r, catalog_cell(c, row, i));
    local_described(r, catalog_cell(c, row, Q_TYPE), catalog_cell(c, row, Q_NAME),
                    text_eq(catalog_cell(c, row, Q_NOT_NULL), TEXT("t")),
                    catalog_cell(c, row, Q_REMARKS), catalog_cell(c, row, Q_DEFAULT),
                    catalog_cell(c, row, Q_AT));
}

SQLRETURN stmt_columns(struct stmt *s, struct text catalog, struct text schema, struct text table,
                       struct text column)
{
    struct catalog_args args = {0};
    if (!catalog_may_run(s) ||
        !catalog_take_name(s, catalog, schema, table, PATTERN_SCHEMA | PATTERN_NAME, &args.table) ||
        !catalog_take(s, column, true, &args.column))
        return SQL_ERROR;
    return catalog_answer(s, QUERY_COLUMNS, &args, COLUMNS(columns), put_column);
}

/* ---- keys, indexes, row identity: names, not patterns ---- */

bool catalog_take_table(struct stmt *s, struct text catalog, struct text schema, struct text table,
                        struct catalog_args *args)
{
    args->ordinary = true;
    if (!catalog_may_run(s))
        return false;
    if (!table.s)
        return diag_push(&s->diag, "HY009", "a table's name is wanted"), false;
    return catalog_take_name(s, catalog, schema, table, 0, &args->table);
}

SQLRETURN stmt_primary_keys(struct stmt *s, struct text catalog, struct text schema,
                            struct text table)
{
    struct catalog_args args = {0};
    if (!catalog_take_table(s, catalog, schema, table, &args))
        return SQL_ERROR;
    return catalog_answer(s, QUERY_PRIMARY_KEYS, &args, COLUMNS(primary_keys), catalog_put_as_is);
}

/* One of the tables may be left out; what belongs to it is not looked at then. */
static bool take_one(struct stmt *s, const struct text name[3], struct catalog_name *out)
{
    return !name[2].s || catalog_take_name(s, name[0], name[1], name[2], 0, out);
}

static void put_foreign_key(struct local_result *r, const struct cursor *c, size_t row)
{
    enum { UPDATE = 9, DELETE = 10 };
    bool odbc2 = r->stmt->dbc->env->odbc_version == SQL_OV_ODBC2;
    for (size_t i = 0; i < r->ncolumns; i++) {
        struct text cell = catalog_cell(c, row, i);
        /* What ODBC 3 calls NO ACTION is ODBC 2's RESTRICT. */
        if (odbc2 && (i == UPDATE || i == DELETE) && text_eq(cell, TEXT("3")))
            cell = TEXT("1");
        local_text(r, cell);
    }
}

SQLRETURN stmt_foreign_keys(struct stmt *s, const struct text pk[3], const struct text fk[3])
{
    struct catalog_args args = {.ordinary = true};
    if (!catalog_may_run(s))
        return SQL_ERROR;
    if (!pk[2].s && !fk[2].s)
        return diag_push(&s->diag, "HY009", "the name of one table is wanted");
    if (!take_one(s, pk, &args.table) || !take_one(s, fk, &args.foreign))
        return SQL_ERROR;
    return catalog_answer(s, QUERY_FOREIGN_KEYS, &args, COLUMNS(foreign_keys), put_foreign_key);
}

SQLRETURN stmt_statistics(struct stmt *s, struct text catalog, struct text schema,
                          struct text table, SQLUSMALLINT unique, SQLUSMALLINT reserved)
{
    struct catalog_args args = {.unique_only = unique == SQL_INDEX_UNIQUE};
    if (unique != SQL_INDEX_UNIQUE && unique != SQL_INDEX_ALL)
        return diag_push(&s->diag, "HY100", NULL);
    if (reserved != SQL_QUICK && reserved != SQL_ENSURE)
        return diag_push(&s->diag, "HY101", NULL);
    if (!catalog_take_table(s, catalog, schema, table, &args))
        return SQL_ERROR;
    return catalog_answer(s, QUERY_STATISTICS, &args, COLUMNS(statistics), catalog_put_as_is);
}

/* Columns of QUERY_BEST_ROWID and QUERY_ROWVER. */
enum { S_SCOPE, S_COLUMN, S_TYPE, S_NAME, S_PSEUDO };

static void put_special(struct local_result *r, const struct cursor *c, size_t row)
{
    struct nat_type t;
    catalog_type(catalog_cell(c, row, S_TYPE), &t);
    local_text(r, catalog_cell(c, row, S_SCOPE));
    local_text(r, catalog_cell(c, row, S_COLUMN));
    local_sql_type(r, type_sql(r->stmt->dbc, &t));
    local_text(r, catalog_cell(c, row, S_NAME));
    local_size(r, &t);
    local_octets(r, &t);
    local_digits(r, &t);
    local_text(r, catalog_cell(c, row, S_PSEUDO));
}

SQLRETURN stmt_special_columns(struct stmt *s, SQLUSMALLINT kind, struct text catalog,
                               struct text schema, struct text table, SQLUSMALLINT scope,
                               SQLUSMALLINT nullable)
{
    struct catalog_args args = {.scope = scope};
    if (kind != SQL_BEST_ROWID && kind != SQL_ROWVER)
        return diag_push(&s->diag, "HY097", NULL);
    if (scope > SQL_SCOPE_SESSION)
        return diag_push(&s->diag, "HY098", NULL);
    if (nullable > SQL_NULLABLE)
        return diag_push(&s->diag, "HY099", NULL);
    if (!catalog_take_table(s, catalog, schema, table, &args))
        return SQL_ERROR;
    return catalog_answer(s, kind == SQL_BEST_ROWID ? QUERY_BEST_ROWID : QUERY_ROWVER, &args,
                          COLUMNS(special_columns), put_special);
}
