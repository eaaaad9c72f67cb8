/* PostgreSQL's catalog as questions. In a template
 *   %T  becomes the conditions on catalog, schema and table: n is pg_namespace, c is pg_class
 *   %C  the condition on the column: a is pg_attribute
 *   %X  the query's own condition (table types, unique indexes, numbers of tables)
 * Names are qualified, so that the application's search_path changes nothing. Servers from 11 on.
 *
 * A type goes as "oid modifier"; for a domain those of the type beneath, as in a result's own
 * description. */
#include <stdio.h>
#include <string.h>

#include "core/catalog_priv.h"

/* The native's reading of a type number and modifier (native/pg_type.c). */
void pg_type_fill(struct nat_type *t, unsigned oid, int modifier);

#define DATABASE "pg_catalog.current_database()"

#define RELATIONS                                                                                  \
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"

/* Other sessions' temporary tables are nobody's business. */
#define OURS " AND NOT pg_catalog.pg_is_other_temp_schema(n.oid)"

#define TABLE_TYPE                                                                                 \
    "CASE WHEN n.nspname IN ('pg_catalog', 'information_schema') THEN 'SYSTEM TABLE'"              \
    " WHEN c.relkind = 'v' THEN 'VIEW' WHEN c.relkind = 'm' THEN 'MATERIALIZED VIEW'"              \
    " WHEN c.relkind = 'f' THEN 'FOREIGN TABLE' WHEN c.relpersistence = 't' THEN 'LOCAL "          \
    "TEMPORARY'"                                                                                   \
    " ELSE 'TABLE' END"

/* Of attribute a with type t. */
#define BASE_TYPE                                                                                  \
    "CASE t.typtype WHEN 'd' THEN (WITH RECURSIVE b(typ, mod) AS ("                                \
    "SELECT t.typbasetype, t.typtypmod UNION ALL"                                                  \
    " SELECT d.typbasetype, d.typtypmod FROM b JOIN pg_catalog.pg_type d"                          \
    " ON d.oid = b.typ AND d.typtype = 'd')"                                                       \
    " SELECT b.typ::pg_catalog.text || ' ' || b.mod::pg_catalog.text FROM b"                       \
    " JOIN pg_catalog.pg_type f ON f.oid = b.typ AND f.typtype <> 'd')"                            \
    " ELSE a.atttypid::pg_catalog.text || ' ' || a.atttypmod::pg_catalog.text END"

/* As SQLGetTypeInfo has it. */
#define TYPE_NAME "CASE t.oid WHEN 1042 THEN 'char' ELSE t.typname END"

static const char *const templates[] = {
    [QUERY_CATALOGS] = "SELECT " DATABASE ", NULL, NULL, NULL, NULL",

    [QUERY_SCHEMAS] = "SELECT NULL, n.nspname, NULL, NULL, NULL FROM pg_catalog.pg_namespace n"
                      " WHERE n.nspname !~ '^pg_(toast|temp_|toast_temp_)'"
                      " OR n.oid = pg_catalog.pg_my_temp_schema() ORDER BY n.nspname",

    [QUERY_TABLES] =
        "SELECT " DATABASE ", n.nspname, c.relname, " TABLE_TYPE " AS type, d.description" RELATIONS
        " LEFT JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0"
        " AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')" OURS "%T%X"
        " ORDER BY type, n.nspname, c.relname",

    [QUERY_COLUMNS] =
        "SELECT " DATABASE ", n.nspname, c.relname, a.attname, " BASE_TYPE ", " TYPE_NAME ","
        " a.attnotnull OR (t.typtype = 'd' AND t.typnotnull), d.description,"
        " pg_catalog.pg_get_expr(e.adbin, e.adrelid), a.position"
        " FROM (SELECT a.*, pg_catalog.row_number()"
        " OVER (PARTITION BY a.attrelid ORDER BY a.attnum) AS position"
        " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f')" OURS
        "%T) a"
        " JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
        " LEFT JOIN pg_catalog.pg_attrdef e ON e.adrelid = a.attrelid AND e.adnum = a.attnum"
        " LEFT JOIN pg_catalog.pg_description d ON d.objoid = a.attrelid AND d.objsubid = a.attnum"
        " AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " WHERE true%C ORDER BY n.nspname, c.relname, a.attrelid, a.position",

    /* conkey holds the key's columns only, not those of INCLUDE. */
    [QUERY_PRIMARY_KEYS] =
        "SELECT " DATABASE ", n.nspname, c.relname, a.attname, k.position, p.conname" RELATIONS
        " JOIN pg_catalog.pg_constraint p ON p.conrelid = c.oid AND p.contype = 'p'"
        " CROSS JOIN LATERAL pg_catalog.unnest(p.conkey) WITH ORDINALITY AS k(attnum, position)"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum"
        " WHERE true" OURS "%T ORDER BY n.nspname, c.relname, k.position",

    /* Type 0 is SQL_TABLE_STAT, 1 clustered, 2 hashed, 3 other. Only btree has an order. */
    [QUERY_STATISTICS] =
        "WITH r AS (SELECT c.oid, n.nspname, c.relname, c.reltuples, c.relpages" RELATIONS
        " WHERE c.relkind IN ('r', 'p', 'm', 'f')" OURS "%T)"
        " SELECT " DATABASE ", r.nspname, r.relname, NULL AS non_unique, NULL AS qualifier,"
        " NULL AS index, 0 AS type, NULL AS position, NULL, NULL,"
        " CASE WHEN r.reltuples >= 0 THEN LEAST(r.reltuples, 2147483647)::pg_catalog.int8 END,"
        " r.relpages, NULL FROM r"
        " UNION ALL SELECT " DATABASE ", r.nspname, r.relname,"
        " CASE WHEN i.indisunique THEN 0 ELSE 1 END, n.nspname, x.relname,"
        " CASE WHEN i.indisclustered THEN 1 WHEN m.amname = 'hash' THEN 2 ELSE 3 END, k.position,"
        " COALESCE(a.attname, pg_catalog.pg_get_indexdef(x.oid, k.position, true)),"
        " CASE WHEN m.amname = 'btree' THEN"
        " CASE i.indoption[k.position - 1] & 1 WHEN 0 THEN 'A' ELSE 'D' END END,"
        " CASE WHEN x.reltuples >= 0 THEN LEAST(x.reltuples, 2147483647)::pg_catalog.int8 END,"
        " x.relpages, pg_catalog.pg_get_expr(i.indpred, i.indrelid, true)"
        " FROM r JOIN pg_catalog.pg_index i ON i.indrelid = r.oid AND i.indisvalid AND i.indislive"
        " JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace"
        " JOIN pg_catalog.pg_am m ON m.oid = x.relam"
        " CROSS JOIN LATERAL pg_catalog.generate_series(1, i.indnkeyatts) AS k(position)"
        " LEFT JOIN pg_catalog.pg_attribute a"
        " ON a.attrelid = r.oid AND a.attnum = i.indkey[k.position - 1] AND a.attnum <> 0"
        " WHERE true%X ORDER BY non_unique NULLS FIRST, type, qualifier, index, position",

    /* The primary key, else the smallest unique index that has no NULL; else the row's place in
     * the table, which holds only as long as the row is the current one. */
    [QUERY_BEST_ROWID] =
        "WITH r AS (SELECT c.oid, c.relkind" RELATIONS
        " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')" OURS "%T ORDER BY n.nspname LIMIT 1),"
        " k AS (SELECT i.indrelid, i.indkey, i.indnkeyatts FROM r"
        " JOIN pg_catalog.pg_index i ON i.indrelid = r.oid WHERE i.indisunique AND i.indisvalid"
        " AND i.indpred IS NULL AND i.indexprs IS NULL AND NOT EXISTS (SELECT"
        " FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) AS s(at)"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[s.at]"
        " WHERE NOT a.attnotnull)"
        " ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1)"
        " SELECT 2, a.attname, " BASE_TYPE ", " TYPE_NAME ", 1, s.at FROM k"
        " CROSS JOIN LATERAL pg_catalog.generate_series(0, k.indnkeyatts - 1) AS s(at)"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = k.indrelid AND a.attnum = k.indkey[s.at]"
        " JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
        " UNION ALL SELECT 0, 'ctid', '27 -1', 'tid', 2, 0 FROM r"
        " WHERE r.relkind IN ('r', 'm') AND NOT EXISTS (SELECT FROM k)%X ORDER BY 6",

    [QUERY_ROWVER] = "SELECT NULL, 'xmin', '28 -1', 'xid', 2, 0" RELATIONS
                     " WHERE c.relkind IN ('r', 'm')" OURS "%T ORDER BY n.nspname LIMIT 1",

    /* Asked amid the application's work: nothing in it fails, or waits for a lock on the table. */
    [QUERY_ORIGINS] =
        "SELECT a.attrelid, a.attnum, n.nspname, c.relname, a.attname,"
        " a.attnotnull OR (t.typtype = 'd' AND t.typnotnull), a.attidentity <> ''"
        " OR EXISTS (SELECT FROM pg_catalog.pg_attrdef e JOIN pg_catalog.pg_depend d"
        " ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = e.oid"
        " AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " JOIN pg_catalog.pg_class q ON q.oid = d.refobjid AND q.relkind = 'S'"
        " WHERE e.adrelid = a.attrelid AND e.adnum = a.attnum)" RELATIONS
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid"
        " JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
        " WHERE NOT a.attisdropped AND c.oid IN (0%X)",
};

const char *const catalog_table_types[] = {
    "FOREIGN TABLE", "LOCAL TEMPORARY", "MATERIALIZED VIEW", "SYSTEM TABLE", "TABLE", "VIEW", NULL};

/* ---- conditions ---- */

/* A pattern with a lone backslash at its end is an error to the server; it means the character. */
static bool lone_backslash(struct text t)
{
    size_t n = 0;
    while (n < t.n && t.s[t.n - 1 - n] == '\\')
        n++;
    return n % 2 == 1;
}

static void add_match(struct catalog_question *q, const char *what, const char *function,
                      const struct catalog_arg *arg)
{
    bool like = arg->match == MATCH_LIKE;
    buf_fmt(&q->sql, "%s OPERATOR(pg_catalog.%s) %s(CAST($%zu AS pg_catalog.text)%s)", what,
            like ? "~~" : "=", function, q->nparams,
            like && lone_backslash(arg->value) ? " || E'\\\\'" : "");
}

/* names: where all names of the kind stand, up to the one that is compared. */
static void add_condition(struct catalog_question *q, const char *what, const char *names,
                          const struct catalog_arg *arg)
{
    if (arg->match == MATCH_ANY)
        return;
    if (q->nparams == CATALOG_PARAMS) {
        q->sql.broken = true;
        return;
    }
    q->params[q->nparams++] = (struct nat_param){.p = arg->value.s, .n = arg->value.n};
    buf_str(&q->sql, " AND (");
    add_match(q, what, "", arg);
    if (arg->fold && names) {
        buf_str(&q->sql, " OR NOT EXISTS (SELECT FROM pg_catalog.");
        add_match(q, names, "", arg);
        buf_str(&q->sql, ") AND ");
        add_match(q, what, "pg_catalog.lower", arg);
    }
    buf_char(&q->sql, ')');
}

/* A name without a schema is what the search path makes of it; where it makes nothing of it, the
 * name in any schema. */
#define VISIBLE                                                                                    \
    " AND (pg_catalog.pg_table_is_visible(c.oid) OR NOT EXISTS (SELECT FROM pg_catalog.pg_class v" \
    " WHERE v.relname = c.relname AND pg_catalog.pg_table_is_visible(v.oid)))"

static void add_table(struct catalog_question *q, const struct catalog_args *args)
{
    add_condition(q, DATABASE "::pg_catalog.text", NULL, &args->catalog);
    add_condition(q, "n.nspname", "pg_namespace v WHERE v.nspname", &args->schema);
    add_condition(q, "c.relname", "pg_class v WHERE v.relname", &args->table);
    if (args->ordinary && args->schema.match == MATCH_ANY)
        buf_str(&q->sql, VISIBLE);
}

static void add_own(struct catalog_question *q, enum catalog_query query,
                    const struct catalog_args *args)
{
    if (query == QUERY_TABLES)
        catalog_add_types(&q->sql, " AND " TABLE_TYPE, args->types);
    if (query == QUERY_STATISTICS && args->unique_only)
        buf_str(&q->sql, " AND i.indisunique");
    if (query == QUERY_BEST_ROWID && args->scope != SQL_SCOPE_CURROW)
        buf_str(&q->sql, " AND false");
    for (size_t i = 0; query == QUERY_ORIGINS && i < args->ntables; i++)
        buf_fmt(&q->sql, ", %u", (unsigned)args->tables[i]);
}

void catalog_ask(struct catalog_question *q, enum catalog_query query,
                 const struct catalog_args *args)
{
    *q = (struct catalog_question){0};
    buf_init(&q->sql);
    for (const char *p = templates[query]; *p; p++) {
        if (*p != '%') {
            buf_char(&q->sql, *p);
        } else if (*++p == 'T') {
            add_table(q, args);
        } else if (*p == 'C') {
            add_condition(q, "a.attname",
                          "pg_attribute v WHERE v.attrelid = a.attrelid AND v.attname",
                          &args->column);
        } else {
            add_own(q, query, args);
        }
    }
}

void catalog_type(struct text type, struct nat_type *out)
{
    int64_t oid = 0, modifier = -1;
    size_t blank = text_find(type, ' ', 0);
    if (blank != SIZE_MAX) {
        text_to_i64(text_sub(type, 0, blank), &oid);
        text_to_i64(text_sub(type, blank + 1, SIZE_MAX), &modifier);
    }
    pg_type_fill(out, (unsigned)oid, (int)modifier);
}
