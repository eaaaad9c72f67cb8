#include "native/my_priv.h"

#include <string.h>

#define CHARSET_BINARY 63
#define TYPE_VECTOR    242 /* MySQL 9; not in older headers */
#define MICROSECONDS   6
#define YEAR_DIGITS    4

/* Of an unsigned one; a signed one has a digit less, and the sign. */
#define MEDIUMINT_DIGITS 8

/* ---- fields ---- */

/* By the protocol's number. */
#define TYPES 256
static const struct {
    enum nat_kind kind;
    const char *name; /* NULL: no type has this number */
} types[TYPES] = {
    [MYSQL_TYPE_TINY] = {NAT_INT1, "tinyint"},
    [MYSQL_TYPE_SHORT] = {NAT_INT2, "smallint"},
    [MYSQL_TYPE_YEAR] = {NAT_INT2, "year"},
    [MYSQL_TYPE_INT24] = {NAT_INT4, "mediumint"},
    [MYSQL_TYPE_LONG] = {NAT_INT4, "int"},
    [MYSQL_TYPE_LONGLONG] = {NAT_INT8, "bigint"},
    [MYSQL_TYPE_FLOAT] = {NAT_FLOAT4, "float"},
    [MYSQL_TYPE_DOUBLE] = {NAT_FLOAT8, "double"},
    [MYSQL_TYPE_DECIMAL] = {NAT_NUMERIC, "decimal"},
    [MYSQL_TYPE_NEWDECIMAL] = {NAT_NUMERIC, "decimal"},
    [MYSQL_TYPE_DATE] = {NAT_DATE, "date"},
    [MYSQL_TYPE_NEWDATE] = {NAT_DATE, "date"},
    [MYSQL_TYPE_TIME] = {NAT_TIME, "time"},
    [MYSQL_TYPE_DATETIME] = {NAT_TIMESTAMP, "datetime"},
    [MYSQL_TYPE_TIMESTAMP] = {NAT_TIMESTAMP, "timestamp"},
    [MYSQL_TYPE_JSON] = {NAT_JSON, "json"},
    [MYSQL_TYPE_BIT] = {NAT_BINARY, "bit"},
    [MYSQL_TYPE_ENUM] = {NAT_VARCHAR, "enum"},
    [MYSQL_TYPE_SET] = {NAT_VARCHAR, "set"},
    [MYSQL_TYPE_STRING] = {NAT_CHAR, "char"},
    [MYSQL_TYPE_VAR_STRING] = {NAT_VARCHAR, "varchar"},
    [MYSQL_TYPE_VARCHAR] = {NAT_VARCHAR, "varchar"},
    [MYSQL_TYPE_TINY_BLOB] = {NAT_TEXT, "text"},
    [MYSQL_TYPE_BLOB] = {NAT_TEXT, "text"},
    [MYSQL_TYPE_MEDIUM_BLOB] = {NAT_TEXT, "text"},
    [MYSQL_TYPE_LONG_BLOB] = {NAT_TEXT, "text"},
    [MYSQL_TYPE_GEOMETRY] = {NAT_BLOB, "geometry"},
    [TYPE_VECTOR] = {NAT_VARBINARY, "vector"},
    [MYSQL_TYPE_NULL] = {NAT_VARCHAR, "null"},
};

/* Types of MariaDB that have no number of their own, by what the server calls them. */
static const struct {
    struct text name;
    enum nat_kind kind;
    const char *type;
    int length; /* 0: as any */
} named[] = {
    {{"uuid", 4}, NAT_UUID, "uuid", 36},
    {{"inet6", 5}, NAT_VARCHAR, "inet6", 39},
    {{"inet4", 5}, NAT_VARCHAR, "inet4", 15},
    {{"json", 4}, NAT_JSON, "json", 0},
    {{"point", 5}, NAT_BLOB, "point", 0},
    {{"linestring", 10}, NAT_BLOB, "linestring", 0},
    {{"polygon", 7}, NAT_BLOB, "polygon", 0},
    {{"multipoint", 10}, NAT_BLOB, "multipoint", 0},
    {{"multilinestring", 15}, NAT_BLOB, "multilinestring", 0},
    {{"multipolygon", 12}, NAT_BLOB, "multipolygon", 0},
    {{"geometrycollection", 18}, NAT_BLOB, "geometrycollection", 0},
};

/* The families are told apart by the length only, which counts the bytes of the characters. */
static void long_type(struct nat_type *t, bool bytes)
{
    static const struct {
        int64_t most;
        const char *text, *blob;
    } sizes[] = {{255, "tinytext", "tinyblob"},
                 {65535, "text", "blob"},
                 {16777215, "mediumtext", "mediumblob"},
                 {INT64_MAX, "longtext", "longblob"}};
    size_t i = 0;

    while (t->length > sizes[i].most)
        i++;
    t->kind = bytes ? NAT_BLOB : NAT_TEXT;
    t->name = bytes ? sizes[i].blob : sizes[i].text;
}

/* Lengths come in bytes of the character set that results have. */
static void text_type(struct nat_type *t, const MYSQL_FIELD *field)
{
    bool bytes = field->charsetnr == CHARSET_BINARY;

    t->length = (int64_t)field->length;
    /* A longtext's is not multiplied. */
    if (!bytes && !(t->kind == NAT_TEXT && field->length == UINT32_MAX))
        t->length /= my_compat_charset_bytes(field->charsetnr);
    switch (t->kind) {
    case NAT_CHAR:
        if (field->flags & (ENUM_FLAG | SET_FLAG)) {
            t->kind = NAT_VARCHAR;
            t->name = field->flags & ENUM_FLAG ? "enum" : "set";
        } else if (bytes) {
            t->kind = NAT_BINARY;
            t->name = "binary";
        }
        break;
    case NAT_VARCHAR:
        if (bytes && t->name[0] == 'v') {
            t->kind = NAT_VARBINARY;
            t->name = "varbinary";
        }
        break;
    case NAT_TEXT:
        long_type(t, bytes);
        break;
    default:
        break;
    }
}

static void number_type(struct nat_type *t, const MYSQL_FIELD *field)
{
    long digits = (long)field->length;

    switch (t->kind) {
    case NAT_NUMERIC:
        /* The width counts the point and the sign. */
        digits -= (field->decimals > 0) + !t->is_unsigned;
        t->precision = digits > 0 && digits <= 65 ? (int32_t)digits : 65;
        t->scale = (int32_t)field->decimals;
        break;
    case NAT_DATE:
        t->precision = 0;
        break;
    case NAT_TIME:
    case NAT_TIMESTAMP:
        t->precision = field->decimals <= MICROSECONDS ? (int32_t)field->decimals : MICROSECONDS;
        break;
    case NAT_INT1:
        if (field->length == 1)
            t->length = 1; /* tinyint(1), which bool is another word for */
        break;
    case NAT_INT2:
        if (field->type == MYSQL_TYPE_YEAR) {
            t->is_unsigned = true;
            t->precision = YEAR_DIGITS;
        }
        break;
    case NAT_INT4:
        if (field->type == MYSQL_TYPE_INT24)
            t->precision = MEDIUMINT_DIGITS;
        break;
    case NAT_BINARY: /* bit */
        t->kind = field->length == 1 ? NAT_BOOL : NAT_BINARY;
        t->length = ((int64_t)field->length + 7) / 8;
        break;
    case NAT_JSON:
        t->length = -1;
        break;
    default:
        break;
    }
}

static void named_type(struct nat_type *t, const MYSQL_FIELD *field)
{
    struct text name = my_compat_type_name(field, false);

    if (name.n == 0)
        name = my_compat_type_name(field, true);
    for (size_t i = 0; name.n > 0 && i < sizeof named / sizeof named[0]; i++) {
        if (!text_eq(named[i].name, name))
            continue;
        t->kind = named[i].kind;
        t->name = named[i].type;
        t->length = named[i].length > 0 ? named[i].length : -1;
    }
}

void my_column_fill(struct nat_column *c, const MYSQL_FIELD *field, enum nat_wire wire)
{
    struct nat_type *t = &c->type;

    *c = (struct nat_column){.name = {field->name, field->name_length},
                             .database = {field->db, field->db_length},
                             .table = {field->org_table, field->org_table_length},
                             .alias = {field->table, field->table_length},
                             .base_name = {field->org_name, field->org_name_length}};
    *t = (struct nat_type){.kind = NAT_OTHER,
                           .wire = wire,
                           .is_unsigned = (field->flags & UNSIGNED_FLAG) != 0,
                           .auto_unique = (field->flags & AUTO_INCREMENT_FLAG) != 0,
                           .nullable = (field->flags & NOT_NULL_FLAG) == 0,
                           .length = -1,
                           .precision = -1,
                           .server_id = (uint32_t)field->type,
                           .name = "unknown"};
    if ((unsigned)field->type < TYPES && types[field->type].name) {
        t->kind = types[field->type].kind;
        t->name = types[field->type].name;
    }
    if (field->type == MYSQL_TYPE_BIT || (t->kind != NAT_BINARY && t->kind < NAT_CHAR) ||
        (t->kind >= NAT_DATE && t->kind <= NAT_JSON))
        number_type(t, field);
    else
        text_type(t, field);
    named_type(t, field);
    t->is_unsigned = t->is_unsigned && t->kind >= NAT_INT1 && t->kind <= NAT_NUMERIC;
}

/* The server tells nothing of a parameter but that it is one. No length: clients that make room for
 * arrays by the size described would take all memory for a large one, and cut at a small one. */
void my_param_fill(struct nat_type *t)
{
    *t = (struct nat_type){.kind = NAT_VARCHAR,
                           .wire = WIRE_MY_TEXT,
                           .nullable = 1,
                           .length = -1,
                           .precision = -1,
                           .server_id = MYSQL_TYPE_VAR_STRING,
                           .name = "varchar"};
}
