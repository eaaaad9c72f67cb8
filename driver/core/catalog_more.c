/* SQLProcedures, SQLProcedureColumns, SQLTablePrivileges, SQLColumnPrivileges: the rest of the
 * catalog functions (core/catalog.c). */
#include "core/catalog_priv.h"

#define NAME LOCAL_NAME
#define LONG LOCAL_LONG
#define ANY  LOCAL_ANY

/* ---- columns of the results ---- */

static const struct local_column procedures_columns[] = {
    {"PROCEDURE_CAT", "PROCEDURE_QUALIFIER", NAT_VARCHAR, NAME, false},
    {"PROCEDURE_SCHEM", "PROCEDURE_OWNER", NAT_VARCHAR, NAME, false},
    {"PROCEDURE_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"NUM_INPUT_PARAMS", NULL, NAT_INT4, ANY, false},
    {"NUM_OUTPUT_PARAMS", NULL, NAT_INT4, ANY, false},
    {"NUM_RESULT_SETS", NULL, NAT_INT4, ANY, false},
    {"REMARKS", NULL, NAT_VARCHAR, LONG, false},
    {"PROCEDURE_TYPE", NULL, NAT_INT2, ANY, false},
};

static const struct local_column procedure_columns_columns[] = {
    {"PROCEDURE_CAT", "PROCEDURE_QUALIFIER", NAT_VARCHAR, NAME, false},
    {"PROCEDURE_SCHEM", "PROCEDURE_OWNER", NAT_VARCHAR, NAME, false},
    {"PROCEDURE_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"COLUMN_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"COLUMN_TYPE", NULL, NAT_INT2, ANY, true},
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

static const struct local_column table_privileges_columns[] = {
    {"TABLE_CAT", "TABLE_QUALIFIER", NAT_VARCHAR, NAME, false},
    {"TABLE_SCHEM", "TABLE_OWNER", NAT_VARCHAR, NAME, false},
    {"TABLE_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"GRANTOR", NULL, NAT_VARCHAR, LONG, false},
    {"GRANTEE", NULL, NAT_VARCHAR, LONG, true},
    {"PRIVILEGE", NULL, NAT_VARCHAR, NAME, true},
    {"IS_GRANTABLE", NULL, NAT_VARCHAR, 3, false},
};

static const struct local_column column_privileges_columns[] = {
    {"TABLE_CAT", "TABLE_QUALIFIER", NAT_VARCHAR, NAME, false},
    {"TABLE_SCHEM", "TABLE_OWNER", NAT_VARCHAR, NAME, false},
    {"TABLE_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"COLUMN_NAME", NULL, NAT_VARCHAR, NAME, true},
    {"GRANTOR", NULL, NAT_VARCHAR, LONG, false},
    {"GRANTEE", NULL, NAT_VARCHAR, LONG, true},
    {"PRIVILEGE", NULL, NAT_VARCHAR, NAME, true},
    {"IS_GRANTABLE", NULL, NAT_VARCHAR, 3, false},
};

#define COLUMNS LOCAL_COLUMNS_OF

/* ---- procedures ---- */

SQLRETURN stmt_procedures(struct stmt *s, struct text catalog, struct text schema, struct text name)
{
    struct catalog_args args = {0};
    if (!catalog_may_run(s) ||
        !catalog_take_name(s, catalog, schema, name, PATTERN_SCHEMA | PATTERN_NAME, &args.table))
        return SQL_ERROR;
    return catalog_answer(s, QUERY_PROCEDURES, &args, COLUMNS(procedures), catalog_put_as_is);
}

/* Columns of QUERY_PROCEDURE_COLUMNS. */
enum { P_CATALOG, P_SCHEMA, P_PROCEDURE, P_COLUMN, P_KIND, P_TYPE, P_NAME, P_DEFAULT, P_AT };

static void put_procedure_column(struct local_result *r, const struct cursor *c, size_t row)
{
    for (size_t i = P_CATALOG; i <= P_KIND; i++)
        local_text(r, catalog_cell(c, row, i));
    local_described(r, catalog_cell(c, row, P_TYPE), catalog_cell(c, row, P_NAME), false, TEXT(""),
                    catalog_cell(c, row, P_DEFAULT), catalog_cell(c, row, P_AT));
}

SQLRETURN stmt_procedure_columns(struct stmt *s, struct text catalog, struct text schema,
                                 struct text name, struct text column)
{
    struct catalog_args args = {0};
    if (!catalog_may_run(s) ||
        !catalog_take_name(s, catalog, schema, name, PATTERN_SCHEMA | PATTERN_NAME, &args.table) ||
        !catalog_take(s, column, true, &args.column))
        return SQL_ERROR;
    return catalog_answer(s, QUERY_PROCEDURE_COLUMNS, &args, COLUMNS(procedure_columns),
                          put_procedure_column);
}

/* ---- privileges ---- */

SQLRETURN stmt_table_privileges(struct stmt *s, struct text catalog, struct text schema,
                                struct text table)
{
    struct catalog_args args = {0};
    if (!catalog_may_run(s) ||
        !catalog_take_name(s, catalog, schema, table, PATTERN_SCHEMA | PATTERN_NAME, &args.table))
        return SQL_ERROR;
    return catalog_answer(s, QUERY_TABLE_PRIVILEGES, &args, COLUMNS(table_privileges),
                          catalog_put_as_is);
}

SQLRETURN stmt_column_privileges(struct stmt *s, struct text catalog, struct text schema,
                                 struct text table, struct text column)
{
    struct catalog_args args = {0};
    if (!catalog_take_table(s, catalog, schema, table, &args) ||
        !catalog_take(s, column, true, &args.column))
        return SQL_ERROR;
    return catalog_answer(s, QUERY_COLUMN_PRIVILEGES, &args, COLUMNS(column_privileges),
                          catalog_put_as_is);
}
