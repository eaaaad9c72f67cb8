/* SQLGetTypeInfo: the backend's types, the rest from the type functions. */
#include <limits.h>

#include "core/backend.h"
#include "core/catalog_priv.h"

static const struct local_column type_info_columns[] = {
    {"TYPE_NAME", NULL, NAT_VARCHAR, LOCAL_NAME, true},
    {"DATA_TYPE", NULL, NAT_INT2, -1, true},
    {"COLUMN_SIZE", "PRECISION", NAT_INT4, -1, false},
    {"LITERAL_PREFIX", NULL, NAT_VARCHAR, 16, false},
    {"LITERAL_SUFFIX", NULL, NAT_VARCHAR, 16, false},
    {"CREATE_PARAMS", NULL, NAT_VARCHAR, LOCAL_NAME, false},
    {"NULLABLE", NULL, NAT_INT2, -1, true},
    {"CASE_SENSITIVE", NULL, NAT_INT2, -1, true},
    {"SEARCHABLE", NULL, NAT_INT2, -1, true},
    {"UNSIGNED_ATTRIBUTE", NULL, NAT_INT2, -1, false},
    {"FIXED_PREC_SCALE", "MONEY", NAT_INT2, -1, true},
    {"AUTO_UNIQUE_VALUE", "AUTO_INCREMENT", NAT_INT2, -1, false},
    {"LOCAL_TYPE_NAME", NULL, NAT_VARCHAR, LOCAL_NAME, false},
    {"MINIMUM_SCALE", NULL, NAT_INT2, -1, false},
    {"MAXIMUM_SCALE", NULL, NAT_INT2, -1, false},
    {"SQL_DATA_TYPE", NULL, NAT_INT2, -1, true},
    {"SQL_DATETIME_SUB", NULL, NAT_INT2, -1, false},
    {"NUM_PREC_RADIX", NULL, NAT_INT4, -1, false},
    {"INTERVAL_PRECISION", NULL, NAT_INT2, -1, false},
};

/* An empty text and a number below 0 are SQL NULL. */
static void text_or_null(struct local_result *r, const char *z)
{
    local_text(r, z && *z ? text_of(z) : TEXT_NONE);
}

static void number_or_null(struct local_result *r, int64_t v)
{
    if (v < 0)
        local_null(r);
    else
        local_number(r, v);
}

static void put_type(struct local_result *r, const struct type_info *i)
{
    struct nat_type t = {.kind = i->kind,
                         .wire = WIRE_PG_TEXT,
                         .is_unsigned = i->is_unsigned,
                         .length = i->size ? i->size : -1,
                         .precision = -1};
    bool number = type_radix(&t) != 0;
    if (number && i->size)
        t.precision = (int32_t)i->size;
    local_text(r, text_of(i->name));
    local_sql_type(r, i->sql_type);
    local_size(r, &t);
    text_or_null(r, type_literal_prefix(&t));
    text_or_null(r, type_literal_suffix(&t));
    text_or_null(r, i->params);
    local_number(r, i->auto_unique ? SQL_NO_NULLS : SQL_NULLABLE);
    local_number(r, type_case_sensitive(&t) ? SQL_TRUE : SQL_FALSE);
    local_number(r, type_searchable(&t));
    number_or_null(r, number ? i->is_unsigned : -1);
    local_number(r, SQL_FALSE);
    number_or_null(r, number ? i->auto_unique : -1);
    local_null(r);
    number_or_null(r, i->min_scale);
    number_or_null(r, i->max_scale);
    local_number(r, type_verbose(i->sql_type));
    number_or_null(r, type_subcode(i->sql_type) ? type_subcode(i->sql_type) : -1);
    number_or_null(r, number ? type_radix(&t) : -1);
    local_null(r);
    local_row(r);
}

/* ODBC 2's codes for dates and times. */
static SQLSMALLINT modern(SQLSMALLINT sql_type)
{
    bool old = sql_type >= SQL_DATE && sql_type <= SQL_TIMESTAMP;
    return old ? (SQLSMALLINT)(sql_type - SQL_DATE + SQL_TYPE_DATE) : sql_type;
}

/* Those asked for, of codes in a range; the table is in DATA_TYPE's order. */
static void put_types(struct local_result *r, SQLSMALLINT asked, SQLSMALLINT first,
                      SQLSMALLINT last)
{
    for (size_t i = 0; i < backend.ntypes; i++) {
        SQLSMALLINT t = backend.types[i].sql_type;
        if (t >= first && t <= last && (asked == SQL_ALL_TYPES || t == modern(asked)))
            put_type(r, &backend.types[i]);
    }
}

SQLRETURN stmt_type_info(struct stmt *s, SQLSMALLINT sql_type)
{
    struct local_result r;
    if (s->state == STMT_NEED_DATA)
        return diag_push(&s->diag, "HY010", NULL);
    if (s->state == STMT_CURSOR)
        return diag_push(&s->diag, "24000", NULL);
    if (sql_type != SQL_ALL_TYPES && !type_known(sql_type))
        return diag_push(&s->diag, "HY004", NULL);
    bool old = s->dbc->env->odbc_version == SQL_OV_ODBC2; /* where dates are 9, 10, 11 */
    local_begin(&r, s, type_info_columns, sizeof(type_info_columns) / sizeof(*type_info_columns));
    put_types(&r, sql_type, SHRT_MIN, old ? SQL_DOUBLE : SHRT_MAX);
    if (old) {
        put_types(&r, sql_type, SQL_TYPE_DATE, SQL_TYPE_TIMESTAMP);
        put_types(&r, sql_type, SQL_VARCHAR, SQL_VARCHAR);
    }
    return local_end(&r);
}
