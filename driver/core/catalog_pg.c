/* PostgreSQL's catalog as questions. In a template
 *   %T  becomes the conditions on catalog, schema and table: n is pg_namespace, c is pg_class
 *   %C  the condition on the column: a is pg_attribute
 *   %R  those on a procedure's: n is pg_namespace, p is pg_proc
 *   %P  those on the sides of a foreign key: pn, pc and n, c; %O their order
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

/* Of a foreign key. What the server calls RESTRICT is NO ACTION to ODBC 3. */
#define RULES     " WHEN 'c' THEN 0 WHEN 'n' THEN 2 WHEN 'd' THEN 4 ELSE 3 END"
#define ON_UPDATE "CASE f.confupdtype" RULES
#define ON_DELETE "CASE f.confdeltype" RULES

/* Of g, a row of aclexplode(). What an owner has comes from _SYSTEM (ODBC's word), and he may pass
 * it on. */
#define GRANTED                                                                                    \
    "CASE g.grantee WHEN c.relowner THEN '_SYSTEM' ELSE pg_catalog.pg_get_userbyid(g.grantor) "    \
    "END,"                                                                                         \
    " CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(g.grantee) END,"         \
    " g.privilege_type, CASE WHEN g.is_grantable OR g.grantee = c.relowner THEN 'YES' ELSE 'NO' "  \
    "END"

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

    /* Laid out as MySQL's SHOW KEYS. A parent's keys are not its children's, whose rows it shows.
     */
    [QUERY_ROW_KEYS] =
        "SELECT NULL, 0, i.indexrelid, NULL, a.attname, NULL, NULL, NULL, NULL,"
        " CASE WHEN a.attnotnull THEN '' ELSE 'YES' END" RELATIONS
        " JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisunique AND i.indisvalid"
        " AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL"
        " CROSS JOIN LATERAL pg_catalog.generate_series(0, i.indnkeyatts - 1) AS s(at)"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[s.at]"
        " WHERE NOT (c.relkind = 'r' AND c.relhassubclass)%T"
        " ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid, s.at",

    /* Laid out as MySQL's SHOW COLUMNS. (attgenerated is younger than some servers.) */
    [QUERY_ROW_COLUMNS] =
        "SELECT a.attname, NULL, NULL, NULL, NULL, CASE WHEN a.attidentity = 'a'"
        " OR pg_catalog.to_jsonb(a) ->> 'attgenerated' <> '' THEN 'ALWAYS GENERATED' END" RELATIONS
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
        " AND NOT a.attisdropped WHERE c.relkind IN ('r', 'p')%T",

    [QUERY_ROWVER] = "SELECT NULL, 'xmin', '28 -1', 'xid', 2, 0" RELATIONS
                     " WHERE c.relkind IN ('r', 'm')" OURS "%T ORDER BY n.nspname LIMIT 1",

    /* A key to a partitioned table has a copy for each partition: those are left out. Keys to other
     * than a primary key are told too, as psqlodbc tells them. */
    [QUERY_FOREIGN_KEYS] =
        "SELECT " DATABASE ", pn.nspname, pc.relname, pa.attname, " DATABASE ", n.nspname,"
        " c.relname, a.attname, k.position, " ON_UPDATE ", " ON_DELETE ","
        " f.conname, x.relname,"
        " CASE WHEN NOT f.condeferrable THEN 7 WHEN f.condeferred THEN 5 ELSE 6 END" RELATIONS
        " JOIN pg_catalog.pg_constraint f ON f.conrelid = c.oid AND f.contype = 'f'"
        " JOIN pg_catalog.pg_class pc ON pc.oid = f.confrelid"
        " JOIN pg_catalog.pg_namespace pn ON pn.oid = pc.relnamespace"
        " LEFT JOIN pg_catalog.pg_class x ON x.oid = f.conindid"
        " CROSS JOIN LATERAL pg_catalog.unnest(f.conkey) WITH ORDINALITY AS k(attnum, position)"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum"
        " JOIN pg_catalog.pg_attribute pa ON pa.attrelid = pc.oid AND pa.attnum = "
        "f.confkey[k.position]"
        " WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o"
        " WHERE o.oid = f.conparentid AND o.conrelid = f.conrelid)" OURS "%P ORDER BY %O",

    /* A function that returns void and a procedure have no return value. */
    [QUERY_PROCEDURES] =
        "SELECT " DATABASE ", n.nspname, p.proname, NULL, NULL, NULL, d.description,"
        " CASE p.prokind WHEN 'p' THEN 1 ELSE 2 END FROM pg_catalog.pg_proc p"
        " JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
        " LEFT JOIN pg_catalog.pg_description d ON d.objoid = p.oid AND d.objsubid = 0"
        " AND d.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass"
        " WHERE p.prokind IN ('f', 'p', 'w')%R ORDER BY n.nspname, p.proname, p.oid",

    /* Kind 5 is SQL_RETURN_VALUE, 1, 2, 4 SQL_PARAM_INPUT, _INPUT_OUTPUT, _OUTPUT, 3
     * SQL_RESULT_COL: what RETURNS TABLE has, OUT parameters of a set, the parts of a composite. */
    [QUERY_PROCEDURE_COLUMNS] =
        "SELECT " DATABASE ", n.nspname, p.proname, a.attname, a.kind, " BASE_TYPE ", " TYPE_NAME
        ", NULL, a.position FROM pg_catalog.pg_proc p"
        " JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
        " CROSS JOIN LATERAL (SELECT '' AS attname, 5 AS kind, p.prorettype AS atttypid,"
        " -1 AS atttypmod, 0 AS position, 0 AS place WHERE p.prokind <> 'p'"
        " AND p.proargmodes IS NULL AND p.prorettype <> 'pg_catalog.void'::pg_catalog.regtype"
        " AND NOT EXISTS (SELECT FROM pg_catalog.pg_type y"
        " WHERE y.oid = p.prorettype AND y.typtype = 'c')"
        " UNION ALL SELECT r.attname::pg_catalog.text, 3, r.atttypid, r.atttypmod,"
        " pg_catalog.row_number() OVER (ORDER BY r.attnum), 10000 + r.attnum"
        " FROM pg_catalog.pg_type y JOIN pg_catalog.pg_attribute r ON r.attrelid = y.typrelid"
        " AND r.attnum > 0 AND NOT r.attisdropped WHERE y.oid = p.prorettype AND y.typtype = 'c'"
        " AND p.prokind <> 'p' AND p.proargmodes IS NULL"
        " UNION ALL SELECT COALESCE(p.proargnames[u.position], ''),"
        " CASE p.proargmodes[u.position] WHEN 'o' THEN CASE WHEN p.proretset THEN 3 ELSE 4 END"
        " WHEN 'b' THEN 2 WHEN 't' THEN 3 ELSE 1 END,"
        " u.typ, -1, u.position, u.position FROM pg_catalog.unnest(COALESCE(p.proallargtypes,"
        " p.proargtypes::pg_catalog.oid[])) WITH ORDINALITY AS u(typ, position)) a"
        " JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
        " WHERE p.prokind IN ('f', 'p', 'w')%R%C ORDER BY n.nspname, p.proname, p.oid, a.place",

    [QUERY_TABLE_PRIVILEGES] =
        "SELECT " DATABASE ", n.nspname, c.relname, " GRANTED RELATIONS
        " CROSS JOIN LATERAL pg_catalog.aclexplode(COALESCE(c.relacl,"
        " pg_catalog.acldefault('r', c.relowner))) g"
        " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')" OURS "%T ORDER BY 2, 3, 6, 5",

    /* What is granted on the whole table is granted on its columns. */
    [QUERY_COLUMN_PRIVILEGES] =
        "SELECT DISTINCT " DATABASE ", n.nspname, c.relname, a.attname, " GRANTED RELATIONS
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
        " AND NOT a.attisdropped CROSS JOIN LATERAL (SELECT * FROM pg_catalog.aclexplode(a.attacl)"
        " UNION ALL SELECT * FROM pg_catalog.aclexplode(COALESCE(c.relacl,"
        " pg_catalog.acldefault('r', c.relowner))) WHERE privilege_type"
        " IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')) g"
        " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')" OURS "%T%C ORDER BY 2, 3, 4, 7, 6",

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
#define VISIBLE(c)                                                                                 \
    " AND (pg_catalog.pg_table_is_visible(" c                                                      \
    ".oid) OR NOT EXISTS (SELECT FROM pg_catalog.pg_class v"                                       \
    " WHERE v.relname = " c ".relname AND pg_catalog.pg_table_is_visible(v.oid)))"

static void add_name(struct catalog_question *q, const char *schema, const char *name,
                     const char *names, const struct catalog_name *arg)
{
    add_condition(q, DATABASE "::pg_catalog.text", NULL, &arg->catalog);
    add_condition(q, schema, "pg_namespace v WHERE v.nspname", &arg->schema);
    add_condition(q, name, names, &arg->name);
}

static void add_table(struct catalog_question *q, const struct catalog_args *args)
{
    add_name(q, "n.nspname", "c.relname", "pg_class v WHERE v.relname", &args->table);
    if (args->ordinary && args->table.schema.match == MATCH_ANY)
        buf_str(&q->sql, VISIBLE("c"));
}

static void add_keys(struct catalog_question *q, const struct catalog_args *args)
{
    const struct catalog_name *pk = &args->table, *fk = &args->foreign;
    if (pk->given)
        add_name(q, "pn.nspname", "pc.relname", NULL, pk);
    if (pk->given && args->ordinary && pk->schema.match == MATCH_ANY)
        buf_str(&q->sql, VISIBLE("pc"));
    if (fk->given)
        add_name(q, "n.nspname", "c.relname", NULL, fk);
    if (fk->given && args->ordinary && fk->schema.match == MATCH_ANY)
        buf_str(&q->sql, VISIBLE("c"));
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

#define BY_FOREIGN "n.nspname, c.relname, k.position, f.conname"
#define BY_PRIMARY "pn.nspname, pc.relname, k.position, n.nspname, c.relname, f.conname"

static void add_part(struct catalog_question *q, enum catalog_query query,
                     const struct catalog_args *args, char letter)
{
    switch (letter) {
    case 'T':
        add_table(q, args);
        break;
    case 'R':
        add_name(q, "n.nspname", "p.proname", "pg_proc v WHERE v.proname", &args->table);
        break;
    case 'P':
        add_keys(q, args);
        break;
    case 'O':
        buf_str(&q->sql, args->table.given ? BY_FOREIGN : BY_PRIMARY);
        break;
    case 'C':
        add_condition(q, "a.attname",
                      query == QUERY_PROCEDURE_COLUMNS
                          ? NULL
                          : "pg_attribute v WHERE v.attrelid = a.attrelid AND v.attname",
                      &args->column);
        break;
    default:
        add_own(q, query, args);
    }
}

void catalog_ask(struct catalog_question *q, enum catalog_query query,
                 const struct catalog_args *args)
{
    *q = (struct catalog_question){0};
    buf_init(&q->sql);
    for (const char *p = templates[query]; *p; p++) {
        if (*p == '%')
            add_part(q, query, args, *++p);
        else
            buf_char(&q->sql, *p);
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
