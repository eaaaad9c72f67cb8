/* What ODBC says of the domain's types: the rows of type.def and the few rules that a row names. */
#include "core/backend.h"

/* numeric without a declared precision: see type.def. */
#define NUMERIC_SIZE   1000
#define NUMERIC_DIGITS 6

#define BOOL_TEXT_SIZE 5 /* "false" */
#define CHAR_OCTETS    4 /* a character: four bytes of UTF-8, or two units of UTF-16 */

enum type_rule {
    RULE_FIXED,   /* the row's numbers */
    RULE_INTEGER, /* the digits of a type that has its own, else of the row; and a sign to show */
    RULE_NUMERIC, /* declared precision and scale */
    RULE_CHARS,   /* declared length in characters */
    RULE_BYTES,   /* declared length in bytes */
    RULE_TIME     /* the row's size, and a point with the fraction's digits */
};

static const struct type_row {
    SQLSMALLINT sql[4]; /* [wide + 2 * no length] */
    enum type_rule rule;
    SQLULEN size;
    SQLSMALLINT digits;
    SQLLEN octets, display;
    const char *prefix, *suffix;
    SQLSMALLINT searchable;
    SQLINTEGER radix;
    bool case_sensitive;
} type_table[NAT_KINDS] = {
#define TYPE(kind, narrow, wide, long_narrow, long_wide, ...)                                      \
    [kind] = {{narrow, wide, long_narrow, long_wide}, __VA_ARGS__},
#include "core/type.def"
#undef TYPE
};

static const struct type_row *type_row(const struct nat_type *t)
{
    return &type_table[(unsigned)t->kind < NAT_KINDS ? t->kind : NAT_OTHER];
}

/* NO_BIGINT: a bigint is an integer, in its sizes too. */
static bool is_narrowed(const struct dbc *d, const struct nat_type *t)
{
    return d->no_bigint && t->kind == NAT_INT8;
}

static const struct type_row *told_row(const struct dbc *d, const struct nat_type *t)
{
    return is_narrowed(d, t) ? &type_table[NAT_INT4] : type_row(t);
}

/* Characters or bytes; 0 while unknown. */
static SQLULEN length(const struct dbc *d, const struct nat_type *t)
{
    if (t->length >= 0)
        return d->sizes_32 && t->length > INT32_MAX ? INT32_MAX : (SQLULEN)t->length;
    return type_row(t)->rule == RULE_CHARS ? d->text_size : 0;
}

/* ---- facts ---- */

SQLSMALLINT type_sql(const struct dbc *d, const struct nat_type *t)
{
    size_t w = d->wide;
    if (d->bool_as_char && t->kind == NAT_BOOL)
        return w ? SQL_WVARCHAR : SQL_VARCHAR;
    const struct type_row *row = told_row(d, t);
    if (row->rule == RULE_NUMERIC)
        return backend.decimal;
    bool sized = row->rule == RULE_CHARS || row->rule == RULE_BYTES;
    return row->sql[w + (sized && !length(d, t) ? 2 : 0)];
}

/* Digits before and after the point. A negative scale means that many zeros more before it, and a
 * scale beyond the precision zeros behind it. */
static void numeric_digits(const struct nat_type *t, int *size, int *scale)
{
    if (t->precision <= 0) {
        *size = NUMERIC_SIZE;
        *scale = NUMERIC_DIGITS;
        return;
    }
    *scale = t->scale > 0 ? t->scale : 0;
    *size = t->scale < 0 ? t->precision - t->scale : t->precision;
    if (*size < *scale)
        *size = *scale;
}

static int fraction(const struct nat_type *t)
{
    if (t->precision >= 0)
        return t->precision;
    return t->wire == WIRE_PG_TEXT ? 6 : 0;
}

SQLULEN type_size(const struct dbc *d, const struct nat_type *t)
{
    if (d->bool_as_char && t->kind == NAT_BOOL)
        return BOOL_TEXT_SIZE;
    const struct type_row *row = told_row(d, t);
    int size, scale;
    switch (row->rule) {
    case RULE_INTEGER:
        if (is_narrowed(d, t))
            return row->size;
        if (t->precision > 0)
            return (SQLULEN)t->precision;
        return row->size + (t->kind == NAT_INT8 && t->is_unsigned ? 1 : 0);
    case RULE_NUMERIC:
        numeric_digits(t, &size, &scale);
        return (SQLULEN)size;
    case RULE_CHARS:
    case RULE_BYTES:
        return length(d, t);
    case RULE_TIME:
        return row->size + (fraction(t) ? 1 + (SQLULEN)fraction(t) : 0);
    case RULE_FIXED:
        break;
    }
    return row->size;
}

SQLSMALLINT type_digits(const struct nat_type *t)
{
    const struct type_row *row = type_row(t);
    int size, scale;
    if (row->rule == RULE_NUMERIC) {
        numeric_digits(t, &size, &scale);
        return (SQLSMALLINT)scale;
    }
    return row->rule == RULE_TIME ? (SQLSMALLINT)fraction(t) : row->digits;
}

SQLLEN type_display(const struct dbc *d, const struct nat_type *t)
{
    if (d->bool_as_char && t->kind == NAT_BOOL)
        return BOOL_TEXT_SIZE;
    const struct type_row *row = type_row(t);
    int size, scale;
    switch (row->rule) {
    case RULE_INTEGER:
        return (SQLLEN)type_size(d, t) + (t->is_unsigned ? 0 : 1);
    case RULE_NUMERIC: /* sign and point; "0." where no digit stands before the point */
        numeric_digits(t, &size, &scale);
        return size + 2 + (size == scale ? 1 : 0);
    case RULE_CHARS:
        return length(d, t) ? (SQLLEN)length(d, t) : SQL_NO_TOTAL;
    case RULE_BYTES: /* two hexadecimal digits a byte */
        return length(d, t) ? (SQLLEN)length(d, t) * 2 : SQL_NO_TOTAL;
    case RULE_TIME:
        return (SQLLEN)type_size(d, t);
    case RULE_FIXED:
        break;
    }
    return row->display;
}

SQLLEN type_octets(const struct dbc *d, const struct nat_type *t)
{
    if (d->bool_as_char && t->kind == NAT_BOOL)
        return BOOL_TEXT_SIZE * CHAR_OCTETS;
    const struct type_row *row = told_row(d, t);
    switch (row->rule) {
    case RULE_NUMERIC:
        return type_display(d, t);
    case RULE_CHARS:
        if (length(d, t) > INT32_MAX / CHAR_OCTETS)
            return INT32_MAX;
        return length(d, t) ? (SQLLEN)length(d, t) * CHAR_OCTETS : SQL_NO_TOTAL;
    case RULE_BYTES:
        return length(d, t) ? (SQLLEN)length(d, t) : SQL_NO_TOTAL;
    case RULE_FIXED:
    case RULE_INTEGER:
    case RULE_TIME:
        break;
    }
    return row->octets;
}

const char *type_literal_prefix(const struct nat_type *t)
{
    return type_row(t)->rule == RULE_BYTES ? backend.byte_literal[0] : type_row(t)->prefix;
}

const char *type_literal_suffix(const struct nat_type *t)
{
    return type_row(t)->rule == RULE_BYTES ? backend.byte_literal[1] : type_row(t)->suffix;
}

SQLSMALLINT type_searchable(const struct nat_type *t)
{
    return type_row(t)->searchable;
}

SQLINTEGER type_radix(const struct nat_type *t)
{
    return type_row(t)->radix;
}

bool type_case_sensitive(const struct nat_type *t)
{
    return type_row(t)->case_sensitive;
}

/* ---- SQL type codes ---- */

#define INTERVAL_BASE 100 /* SQL_INTERVAL_YEAR is 100 + SQL_CODE_YEAR */

static bool is_interval(SQLSMALLINT concise)
{
    return concise >= SQL_INTERVAL_YEAR && concise <= SQL_INTERVAL_MINUTE_TO_SECOND;
}

static bool is_datetime(SQLSMALLINT concise)
{
    return concise >= SQL_TYPE_DATE && concise <= SQL_TYPE_TIMESTAMP;
}

SQLSMALLINT type_verbose(SQLSMALLINT concise)
{
    if (is_datetime(concise))
        return SQL_DATETIME;
    return is_interval(concise) ? SQL_INTERVAL : concise;
}

SQLSMALLINT type_subcode(SQLSMALLINT concise)
{
    if (is_datetime(concise))
        return (SQLSMALLINT)(concise - SQL_TYPE_DATE + SQL_CODE_DATE);
    return is_interval(concise) ? (SQLSMALLINT)(concise - INTERVAL_BASE) : 0;
}

SQLSMALLINT type_concise(SQLSMALLINT verbose, SQLSMALLINT subcode)
{
    SQLSMALLINT concise = verbose;
    if (verbose == SQL_DATETIME)
        concise = (SQLSMALLINT)(SQL_TYPE_DATE + subcode - SQL_CODE_DATE);
    else if (verbose == SQL_INTERVAL)
        concise = (SQLSMALLINT)(INTERVAL_BASE + subcode);
    return type_verbose(concise) == verbose ? concise : verbose;
}

bool type_is_character(SQLSMALLINT sql_type)
{
    switch (sql_type) {
    case SQL_CHAR:
    case SQL_VARCHAR:
    case SQL_LONGVARCHAR:
    case SQL_WCHAR:
    case SQL_WVARCHAR:
    case SQL_WLONGVARCHAR:
        return true;
    default:
        return false;
    }
}

bool type_is_binary(SQLSMALLINT sql_type)
{
    return sql_type == SQL_BINARY || sql_type == SQL_VARBINARY || sql_type == SQL_LONGVARBINARY;
}

bool type_is_number(SQLSMALLINT sql_type)
{
    return (sql_type >= SQL_NUMERIC && sql_type <= SQL_DOUBLE) || sql_type == SQL_TINYINT ||
           sql_type == SQL_BIGINT;
}

bool type_known(SQLSMALLINT sql_type)
{
    if (type_is_character(sql_type) || type_is_binary(sql_type) || is_datetime(sql_type) ||
        is_interval(sql_type))
        return true;
    switch (sql_type) {
    case SQL_BIT:
    case SQL_TINYINT:
    case SQL_SMALLINT:
    case SQL_INTEGER:
    case SQL_BIGINT:
    case SQL_REAL:
    case SQL_FLOAT:
    case SQL_DOUBLE:
    case SQL_NUMERIC:
    case SQL_DECIMAL:
    case SQL_GUID:
    case SQL_DATE: /* ODBC 2's codes; SQL_DATE is SQL_DATETIME and SQL_TIME is SQL_INTERVAL too */
    case SQL_TIME:
    case SQL_TIMESTAMP:
        return true;
    default:
        return false;
    }
}
