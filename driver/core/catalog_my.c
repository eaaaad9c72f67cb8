/* MySQL's catalog as questions to information_schema: a database is ODBC's catalog, there are no
 * schemas, unless NO_CATALOG says otherwise (enum naming). In a template
 *   %D(x)  becomes the cells of catalog and schema, of which x is the one
 *   %T     the conditions on a table's place and name; the columns are TABLE_SCHEMA, TABLE_NAME
 *   %R %S  the same of a procedure: ROUTINE_SCHEMA, ROUTINE_NAME; SPECIFIC_SCHEMA, SPECIFIC_NAME
 *   %P %F  the same of the sides of a foreign key: REFERENCED_TABLE_SCHEMA, k.TABLE_SCHEMA ...
 *   %C %A  the condition on COLUMN_NAME, PARAMETER_NAME
 *   %X     the query's own condition (table types, unique indexes)
 *   %O     the order of foreign keys
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

#define UNSIGNED   "COLUMN_TYPE LIKE '%% unsigned%%'"
#define P_UNSIGNED "DTD_IDENTIFIER LIKE '%% unsigned%%'" /* of a procedure's parameter */

/* What catalog_type() reads: name, unsigned, length, precision, scale, fraction, auto-increment. */
#define SIZES                                                                                      \
    ", IFNULL(CHARACTER_MAXIMUM_LENGTH, -1), IFNULL(NUMERIC_PRECISION, -1),"                       \
    " IFNULL(NUMERIC_SCALE, -1), IFNULL(DATETIME_PRECISION, -1), "
#define TYPE        "CONCAT_WS(' ', DATA_TYPE, " UNSIGNED SIZES "EXTRA LIKE '%%auto_increment%%')"
#define P_TYPE      "CONCAT_WS(' ', DATA_TYPE, " P_UNSIGNED SIZES "0)"
#define TYPE_NAME   "IF(" UNSIGNED ", CONCAT(DATA_TYPE, ' unsigned'), DATA_TYPE)"
#define P_TYPE_NAME "IF(" P_UNSIGNED ", CONCAT(DATA_TYPE, ' unsigned'), DATA_TYPE)"

/* MariaDB shows an expression, MySQL the bare value unless it is one. */
#define DEFAULT                                                                                    \
    "IF(VERSION() LIKE '%%MariaDB%%' OR EXTRA LIKE '%%DEFAULT_GENERATED%%'"                        \
    " OR NUMERIC_PRECISION IS NOT NULL, COLUMN_DEFAULT,"                                           \
    " IF(COLUMN_DEFAULT IS NULL, NULL, QUOTE(COLUMN_DEFAULT)))"

/* InnoDB checks at once whatever the word: RESTRICT is NO ACTION to ODBC 3. */
#define RULE        " WHEN 'CASCADE' THEN 0 WHEN 'SET NULL' THEN 2 WHEN 'SET DEFAULT' THEN 4 ELSE 3 END"
#define UPDATE_RULE "CASE UPDATE_RULE" RULE
#define DELETE_RULE "CASE DELETE_RULE" RULE

static const char *const templates[] = {
    [QUERY_CATALOGS] = "SELECT %D(SCHEMA_NAME), NULL, NULL, NULL FROM information_schema.SCHEMATA"
                       "%X ORDER BY SCHEMA_NAME",

    [QUERY_SCHEMAS] = "SELECT %D(SCHEMA_NAME), NULL, NULL, NULL FROM information_schema.SCHEMATA"
                      "%X ORDER BY SCHEMA_NAME",

    /* A view's comment is the word VIEW. */
    [QUERY_TABLES] = "SELECT %D(TABLE_SCHEMA), TABLE_NAME, " TABLE_TYPE " AS type,"
                     " IF(TABLE_TYPE = 'VIEW', '', TABLE_COMMENT) FROM information_schema.TABLES"
                     " WHERE TRUE%T%X ORDER BY type, TABLE_SCHEMA, TABLE_NAME",

    [QUERY_COLUMNS] = "SELECT %D(TABLE_SCHEMA), TABLE_NAME, COLUMN_NAME, " TYPE ", " TYPE_NAME ","
                      " IF(IS_NULLABLE = 'NO', 't', 'f'), COLUMN_COMMENT, " DEFAULT ","
                      " ORDINAL_POSITION FROM information_schema.COLUMNS WHERE TRUE%T%C"
                      " ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION",

    [QUERY_PRIMARY_KEYS] =
        "SELECT %D(TABLE_SCHEMA), TABLE_NAME, COLUMN_NAME, SEQ_IN_INDEX, INDEX_NAME"
        " FROM information_schema.STATISTICS WHERE INDEX_NAME = 'PRIMARY'%T"
        " ORDER BY TABLE_SCHEMA, TABLE_NAME, SEQ_IN_INDEX",

    /* Type 2 is hashed, 3 other. No row of the table itself (SQL_TABLE_STAT), which ODBC leaves to
     * the driver: the other MySQL drivers have none, and applications take each row for an index's.
     */
    [QUERY_STATISTICS] =
        "SELECT %D(TABLE_SCHEMA), TABLE_NAME, NON_UNIQUE AS non_uniq, NULL, INDEX_NAME AS name,"
        " IF(INDEX_TYPE = 'HASH', 2, 3) AS type, SEQ_IN_INDEX AS seq, COLUMN_NAME, COLLATION,"
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

    /* Of temporary tables too, which information_schema has not. */
    [QUERY_ROW_KEYS] = "SHOW KEYS FROM %N",
    [QUERY_ROW_COLUMNS] = "SHOW COLUMNS FROM %N",

    /* The wire tells a column's origin: no table has a number to ask with. */
    [QUERY_ORIGINS] = "SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM DUAL WHERE FALSE",

    [QUERY_ROWVER] = "SELECT NULL, COLUMN_NAME, " TYPE ", " TYPE_NAME ", 1"
                     " FROM information_schema.COLUMNS"
                     " WHERE EXTRA LIKE '%%on update current_timestamp%%'%T"
                     " ORDER BY ORDINAL_POSITION",

    /* No key is checked later than at its statement's end. Those to other than a primary key are
     * left out, as ODBC and MySQL's own driver have it. */
    [QUERY_FOREIGN_KEYS] =
        "SELECT %D(k.REFERENCED_TABLE_SCHEMA), k.REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME,"
        " %D(k.TABLE_SCHEMA), k.TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, " UPDATE_RULE
        ", " DELETE_RULE ", k.CONSTRAINT_NAME, UNIQUE_CONSTRAINT_NAME, 7"
        " FROM information_schema.KEY_COLUMN_USAGE k"
        " JOIN information_schema.REFERENTIAL_CONSTRAINTS r"
        " ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.TABLE_NAME = k.TABLE_NAME"
        " AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME"
        " WHERE k.REFERENCED_TABLE_NAME IS NOT NULL AND UNIQUE_CONSTRAINT_NAME = 'PRIMARY'%P%F"
        " ORDER BY %O",

    [QUERY_PROCEDURES] =
        "SELECT %D(ROUTINE_SCHEMA), ROUTINE_NAME, NULL, NULL, NULL, ROUTINE_COMMENT,"
        " IF(ROUTINE_TYPE = 'FUNCTION', 2, 1) AS type FROM information_schema.ROUTINES"
        " WHERE ROUTINE_TYPE IN ('PROCEDURE', 'FUNCTION')%R"
        " ORDER BY ROUTINE_SCHEMA, ROUTINE_NAME, type",

    /* Kind 5 is SQL_RETURN_VALUE, 1, 2, 4 SQL_PARAM_INPUT, _INPUT_OUTPUT, _OUTPUT. */
    [QUERY_PROCEDURE_COLUMNS] =
        "SELECT %D(SPECIFIC_SCHEMA), SPECIFIC_NAME, IFNULL(PARAMETER_NAME, ''),"
        " CASE IF(ORDINAL_POSITION = 0, '', PARAMETER_MODE) WHEN '' THEN 5 WHEN 'OUT' THEN 4"
        " WHEN 'INOUT' THEN 2 ELSE 1 END, " P_TYPE ", " P_TYPE_NAME ", NULL, ORDINAL_POSITION"
        " FROM information_schema.PARAMETERS WHERE ROUTINE_TYPE IN ('PROCEDURE', 'FUNCTION')%S%A"
        " ORDER BY SPECIFIC_SCHEMA, SPECIFIC_NAME, ROUTINE_TYPE, ORDINAL_POSITION",

    [QUERY_TABLE_PRIVILEGES] =
        "SELECT %D(TABLE_SCHEMA), TABLE_NAME, NULL, GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE"
        " FROM information_schema.TABLE_PRIVILEGES WHERE TRUE%T"
        " ORDER BY TABLE_SCHEMA, TABLE_NAME, PRIVILEGE_TYPE, GRANTEE",

    [QUERY_COLUMN_PRIVILEGES] =
        "SELECT %D(TABLE_SCHEMA), TABLE_NAME, COLUMN_NAME, NULL, GRANTEE, PRIVILEGE_TYPE,"
        " IS_GRANTABLE FROM information_schema.COLUMN_PRIVILEGES WHERE TRUE%T%C"
        " ORDER BY TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, PRIVILEGE_TYPE, GRANTEE",
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
/* A plain '' has the session's collation, which may be another. */
#define NOTHING LITERAL "'"

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
    buf_str(b, like ? "' ESCAPE _utf8mb4 '|'" : "'");
}

/* The database that is meant, and the part of a name that there is none of. */
static void add_name(struct buf *b, const struct catalog_args *args,
                     const struct catalog_name *name, const char *database, const char *table)
{
    bool is_schema = args->naming == DATABASE_IS_SCHEMA;
    bool nameless = args->naming == DATABASE_HAS_NO_NAME;
    const struct catalog_arg *where = is_schema ? &name->schema : &name->catalog;
    if (nameless || (where->match == MATCH_ANY && !where->value.s && args->database.n))
        buf_fmt(b, " AND %s = DATABASE()", database);
    add_condition(b, nameless ? NOTHING : database, where);
    add_condition(b, NOTHING, is_schema ? &name->catalog : &name->schema);
    add_condition(b, table, &name->name);
}

static void add_own(struct buf *b, enum catalog_query query, const struct catalog_args *args)
{
    if (query == QUERY_STATISTICS && args->unique_only)
        buf_str(b, " AND NON_UNIQUE = 0");
    if (query == QUERY_TABLES)
        catalog_add_types(b, " AND " TABLE_TYPE, args->types);
    if ((query == QUERY_CATALOGS && args->naming != DATABASE_IS_CATALOG) ||
        (query == QUERY_SCHEMAS && args->naming != DATABASE_IS_SCHEMA))
        buf_str(b, " WHERE FALSE");
}

/* "%D(column)": *p stands at the D, and then at the closing parenthesis. */
static void add_database(struct buf *b, enum naming naming, const char **p)
{
    const char *from = *p + 2;
    *p = strchr(from, ')');
    struct text column = {from, (size_t)(*p - from)};
    if (naming == DATABASE_IS_CATALOG)
        buf_fmt(b, "%.*s, NULL", TEXT_ARG(column));
    else if (naming == DATABASE_IS_SCHEMA)
        buf_fmt(b, "NULL, %.*s", TEXT_ARG(column));
    else
        buf_str(b, "NULL, NULL");
}

#define BY_FOREIGN "k.TABLE_SCHEMA, k.TABLE_NAME, ORDINAL_POSITION, k.CONSTRAINT_NAME"
#define BY_PRIMARY                                                                                 \
    "k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, ORDINAL_POSITION, k.CONSTRAINT_NAME"

static void add_part(struct buf *b, enum catalog_query query, const struct catalog_args *args,
                     const char **p)
{
    switch (**p) {
    case 'D':
        add_database(b, args->naming, p);
        break;
    case 'T':
        add_name(b, args, &args->table, "TABLE_SCHEMA", "TABLE_NAME");
        break;
    case 'R':
        add_name(b, args, &args->table, "ROUTINE_SCHEMA", "ROUTINE_NAME");
        break;
    case 'S':
        add_name(b, args, &args->table, "SPECIFIC_SCHEMA", "SPECIFIC_NAME");
        break;
    case 'P':
        if (args->table.given)
            add_name(b, args, &args->table, "k.REFERENCED_TABLE_SCHEMA", "k.REFERENCED_TABLE_NAME");
        break;
    case 'F':
        if (args->foreign.given)
            add_name(b, args, &args->foreign, "k.TABLE_SCHEMA", "k.TABLE_NAME");
        break;
    case 'N':
        sql_add_name(b, args->table.catalog.value);
        buf_char(b, '.');
        sql_add_name(b, args->table.name.value);
        break;
    case 'O':
        buf_str(b, args->table.given ? BY_FOREIGN : BY_PRIMARY);
        break;
    case 'C':
        add_condition(b, "COLUMN_NAME", &args->column);
        break;
    case 'A':
        add_condition(b, "IFNULL(PARAMETER_NAME, '')", &args->column);
        break;
    default:
        add_own(b, query, args);
    }
}

void catalog_ask(struct catalog_question *q, enum catalog_query query,
                 const struct catalog_args *args)
{
    *q = (struct catalog_question){0};
    buf_init(&q->sql);
    for (const char *p = templates[query]; *p; p++) {
        if (*p != '%' || *++p == '%')
            buf_char(&q->sql, *p);
        else
            add_part(&q->sql, query, args, &p);
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
    {"inet6", NAT_VARCHAR},
    {"inet4", NAT_VARCHAR},
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
    if (text_eq(name, TEXT("year")) || text_eq(name, TEXT("mediumint")))
        out->precision = out->kind == NAT_INT2 ? 4 : 8; /* as the wire's (native/my_type.c) */
    if (text_starts_ci(name, TEXT("inet")))             /* their longest forms */
        out->length = text_eq(name, TEXT("inet4")) ? 15 : 39;
    if (text_eq(name, TEXT("bit"))) {
        out->kind = field[PRECISION] == 1 ? NAT_BOOL : NAT_BINARY;
        out->length = (field[PRECISION] + 7) / 8;
    }
}
