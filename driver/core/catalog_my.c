/* MySQL's catalog as questions to information_schema: a database is ODBC's catalog, there are no
 * schemas. In a template
 *   %T  becomes the conditions on catalog, schema and table
 *   %C  the condition on the column
 *   %X  the query's own condition (table types, unique indexes)
 * A catalog that is not given means the current database, where there is one, as in the other MySQL
 * drivers. MySQL from 8.0 and MariaDB from 10.6 on.
 *
 * Everything goes in the text, as hexadecimal literals, which no sql_mode reads otherwise: a
 * question with parameters would be two round trips. */
#include <stdio.h>
#include <string.h>

#include "core/catalog_priv.h"

#define TABLE_TYPE                                                                                 \
    "CASE TABLE_TYPE WHEN 'BASE TABLE' THEN 'TABLE' WHEN 'SYSTEM VERSIONED' THEN 'TABLE'"          \
    " WHEN 'SYSTEM VIEW' THEN 'SYSTEM TABLE' ELSE TABLE_TYPE END"

#define UNSIGNED "COLUMN_TYPE LIKE '%% unsigned%%'"

/* What catalog_type() reads: name, unsigned, length, precision, scale, fraction, auto-increment. */
#define TYPE                                                                                       \
    "CONCAT_WS(' ', DATA_TYPE, " UNSIGNED ", IFNULL(CHARACTER_MAXIMUM_LENGTH, -1),"                \
    " IFNULL(NUMERIC_PRECISION, -1), IFNULL(NUMERIC_SCALE, -1), IFNULL(DATETIME_PRECISION, -1),"   \
    " EXTRA LIKE '%%auto_increment%%')"
#define TYPE_NAME "IF(" UNSIGNED ", CONCAT(DATA_TYPE, ' unsigned'), DATA_TYPE)"

/* MariaDB shows an expression, MySQL the bare value unless it is one. */
#define DEFAULT                                                                                    \
    "IF(VERSION() LIKE '%%MariaDB%%' OR EXTRA LIKE '%%DEFAULT_GENERATED%%'"                        \
    " OR NUMERIC_PRECISION IS NOT NULL, COLUMN_DEFAULT,"                                           \
    " IF(COLUMN_DEFAULT IS NULL, NULL, QUOTE(COLUMN_DEFAULT)))"

static const char *const templates[] = {
    [QUERY_CATALOGS] = "SELECT SCHEMA_NAME, NULL, NULL, NULL, NULL FROM information_schema.SCHEMATA"
                       " ORDER BY SCHEMA_NAME",

    [QUERY_SCHEMAS] = "SELECT NULL, NULL, NULL, NULL, NULL FROM DUAL WHERE FALSE",

    /* A view's comment is the word VIEW. */
    [QUERY_TABLES] = "SELECT TABLE_SCHEMA, NULL, TABLE_NAME, " TABLE_TYPE " AS type,"
                     " IF(TABLE_TYPE = 'VIEW', '', TABLE_COMMENT) FROM information_schema.TABLES"
                     " WHERE TRUE%T%X ORDER BY type, TABLE_SCHEMA, TABLE_NAME",

    [QUERY_COLUMNS] = "SELECT TABLE_SCHEMA, NULL, TABLE_NAME, COLUMN_NAME, " TYPE ", " TYPE_NAME ","
                      " IF(IS_NULLABLE = 'NO', 't', 'f'), COLUMN_COMMENT, " DEFAULT ","
                      " ORDINAL_POSITION FROM information_schema.COLUMNS WHERE TRUE%T%C"
                      " ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION",

    [QUERY_PRIMARY_KEYS] =
        "SELECT TABLE_SCHEMA, NULL, TABLE_NAME, COLUMN_NAME, SEQ_IN_INDEX, INDEX_NAME"
        " FROM information_schema.STATISTICS WHERE INDEX_NAME = 'PRIMARY'%T"
        " ORDER BY TABLE_SCHEMA, TABLE_NAME, SEQ_IN_INDEX",

    /* Type 0 is SQL_TABLE_STAT, 2 hashed, 3 other. */
    [QUERY_STATISTICS] =
        "SELECT TABLE_SCHEMA, NULL, TABLE_NAME, NULL AS non_uniq, NULL, NULL AS name, 0 AS type,"
        " NULL AS seq, NULL, NULL, LEAST(TABLE_ROWS, 2147483647), NULL, NULL"
        " FROM information_schema.TABLES WHERE TABLE_TYPE NOT LIKE '%%VIEW'%T"
        " UNION ALL SELECT TABLE_SCHEMA, NULL, TABLE_NAME, NON_UNIQUE, NULL, INDEX_NAME,"
        " IF(INDEX_TYPE = 'HASH', 2, 3), SEQ_IN_INDEX, COLUMN_NAME, COLLATION,"
        " LEAST(CARDINALITY, 2147483647), NULL, NULL"
        " FROM information_schema.STATISTICS WHERE TRUE%T%X ORDER BY non_uniq, type, name, seq",

    /* The primary key, else the smallest unique index that has no NULL. */
    [QUERY_BEST_ROWID] =
        "SELECT 2, COLUMN_NAME, " TYPE ", " TYPE_NAME ", 1"
        " FROM (SELECT TABLE_SCHEMA AS d, TABLE_NAME AS t, INDEX_NAME AS i"
        " FROM information_schema.STATISTICS WHERE NON_UNIQUE = 0%T"
        " GROUP BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME"
        " HAVING SUM(NULLABLE = 'YES' OR COLUMN_NAME IS NULL) = 0"
        " ORDER BY INDEX_NAME = 'PRIMARY' DESC, COUNT(*), INDEX_NAME LIMIT 1) best"
        " JOIN (SELECT TABLE_SCHEMA AS d, TABLE_NAME AS t, INDEX_NAME AS i, COLUMN_NAME AS c,"
        " SEQ_IN_INDEX AS seq FROM information_schema.STATISTICS WHERE TRUE%T) part"
        " USING (d, t, i)"
        " JOIN information_schema.COLUMNS ON TABLE_SCHEMA = d AND TABLE_NAME = t"
        " AND COLUMN_NAME = c WHERE TRUE%T ORDER BY seq",

    /* The wire tells a column's origin: no table has a number to ask with. */
    [QUERY_ORIGINS] = "SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM DUAL WHERE FALSE",

    [QUERY_ROWVER] = "SELECT NULL, COLUMN_NAME, " TYPE ", " TYPE_NAME ", 1"
                     " FROM information_schema.COLUMNS"
                     " WHERE EXTRA LIKE '%%on update current_timestamp%%'%T"
                     " ORDER BY ORDINAL_POSITION",
};

const char *const catalog_table_types[] = {"SEQUENCE", "SYSTEM TABLE", "TABLE", "VIEW", NULL};

/* ---- conditions ---- */

static void add_hex(struct buf *b, struct text t)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < t.n; i++) {
        buf_char(b, digits[(unsigned char)t.s[i] >> 4]);
        buf_char(b, digits[t.s[i] & 15]);
    }
}

#define LITERAL "_utf8mb4 x'"

/* ODBC's pattern, whose escape is the backslash, as one whose escape is the bar: what a backslash
 * means to LIKE depends on a setting of the server. */
static void add_pattern(struct buf *b, struct text t)
{
    for (size_t i = 0; i < t.n; i++) {
        struct text c = text_sub(t, i, 1);
        bool escaped = c.s[0] == '\\' && i + 1 < t.n;
        if (escaped)
            c = text_sub(t, ++i, 1);
        if (c.s[0] == '|' || (escaped && (c.s[0] == '%' || c.s[0] == '_')))
            add_hex(b, TEXT("|"));
        add_hex(b, c);
    }
}

static void add_condition(struct buf *b, const char *what, const struct catalog_arg *arg)
{
    if (arg->match == MATCH_ANY)
        return;
    bool like = arg->match == MATCH_LIKE;
    buf_fmt(b, " AND %s %s " LITERAL, what, like ? "LIKE" : "=");
    if (like)
        add_pattern(b, arg->value);
    else
        add_hex(b, arg->value);
    buf_str(b, like ? "' ESCAPE '|'" : "'");
}

static void add_table(struct buf *b, const struct catalog_args *args)
{
    if (args->catalog.match == MATCH_ANY && !args->catalog.value.s && args->database.n)
        buf_str(b, " AND TABLE_SCHEMA = DATABASE()");
    add_condition(b, "TABLE_SCHEMA", &args->catalog);
    add_condition(b, "''", &args->schema);
    add_condition(b, "TABLE_NAME", &args->table);
}

static void add_own(struct buf *b, enum catalog_query query, const struct catalog_args *args)
{
    if (query == QUERY_STATISTICS && args->unique_only)
        buf_str(b, " AND NON_UNIQUE = 0");
    if (query == QUERY_TABLES)
        catalog_add_types(b, " AND " TABLE_TYPE, args->types);
}

void catalog_ask(struct catalog_question *q, enum catalog_query query,
                 const struct catalog_args *args)
{
    *q = (struct catalog_question){0};
    buf_init(&q->sql);
    for (const char *p = templates[query]; *p; p++) {
        if (*p != '%' || *++p == '%')
            buf_char(&q->sql, *p);
        else if (*p == 'T')
            add_table(&q->sql, args);
        else if (*p == 'C')
            add_condition(&q->sql, "COLUMN_NAME", &args->column);
        else
            add_own(&q->sql, query, args);
    }
}

/* ---- types ---- */

static const struct {
    const char *name;
    enum nat_kind kind;
} kinds[] = {
    {"tinyint", NAT_INT1},
    {"smallint", NAT_INT2},
    {"year", NAT_INT2},
    {"mediumint", NAT_INT4},
    {"int", NAT_INT4},
    {"bigint", NAT_INT8},
    {"decimal", NAT_NUMERIC},
    {"float", NAT_FLOAT4},
    {"double", NAT_FLOAT8},
    {"bit", NAT_BINARY},
    {"char", NAT_CHAR},
    {"varchar", NAT_VARCHAR},
    {"enum", NAT_VARCHAR},
    {"set", NAT_VARCHAR},
    {"tinytext", NAT_TEXT},
    {"text", NAT_TEXT},
    {"mediumtext", NAT_TEXT},
    {"longtext", NAT_TEXT},
    {"json", NAT_JSON},
    {"binary", NAT_BINARY},
    {"varbinary", NAT_VARBINARY},
    {"tinyblob", NAT_BLOB},
    {"blob", NAT_BLOB},
    {"mediumblob", NAT_BLOB},
    {"longblob", NAT_BLOB},
    {"date", NAT_DATE},
    {"time", NAT_TIME},
    {"datetime", NAT_TIMESTAMP},
    {"timestamp", NAT_TIMESTAMP},
    {"uuid", NAT_UUID},
    {"geometry", NAT_BLOB},
    {"point", NAT_BLOB},
    {"linestring", NAT_BLOB},
    {"polygon", NAT_BLOB},
    {"multipoint", NAT_BLOB},
    {"multilinestring", NAT_BLOB},
    {"multipolygon", NAT_BLOB},
    {"geometrycollection", NAT_BLOB},
    {"geomcollection", NAT_BLOB},
};

static struct text next_word(struct text *t)
{
    size_t blank = text_find(*t, ' ', 0);
    struct text word = text_sub(*t, 0, blank);
    *t = blank == SIZE_MAX ? TEXT("") : text_sub(*t, blank + 1, SIZE_MAX);
    return word;
}

void catalog_type(struct text type, struct nat_type *out)
{
    enum { UNSIGNED_, LENGTH, PRECISION, SCALE, FRACTION, AUTO, FIELDS };
    int64_t field[FIELDS] = {0, -1, -1, -1, -1, 0};
    struct text name = next_word(&type);
    for (size_t i = 0; i < FIELDS; i++)
        text_to_i64(next_word(&type), &field[i]);
    *out = (struct nat_type){.kind = NAT_OTHER,
                             .wire = WIRE_MY_TEXT,
                             .is_unsigned = field[UNSIGNED_] == 1,
                             .auto_unique = field[AUTO] == 1,
                             .length = field[LENGTH],
                             .precision = (int32_t)field[PRECISION],
                             .scale = (int32_t)field[SCALE],
                             .name = ""};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (text_eq(name, text_of(kinds[i].name))) {
            out->kind = kinds[i].kind;
            out->name = kinds[i].name;
        }
    if (field[FRACTION] >= 0)
        out->precision = (int32_t)field[FRACTION];
    if (text_eq(name, TEXT("bit"))) {
        out->kind = field[PRECISION] == 1 ? NAT_BOOL : NAT_BINARY;
        out->length = (field[PRECISION] + 7) / 8;
    }
}
