/* ODBC, "Obtaining information about the data source's system tables". */
#include "api/api_priv.h"

/* The names of one call. */
static bool take_all(struct stmt *s, const struct arg *in, struct text *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!stmt_take(s, in[i], &out[i]))
            return false;
    return true;
}

typedef SQLRETURN four_names(struct stmt *, struct text, struct text, struct text, struct text);

static SQLRETURN call_four(SQLHSTMT h, four_names *fn, const struct arg in[4])
{
    struct stmt *s = stmt_enter(h);
    struct text t[4];
    if (!s)
        return SQL_INVALID_HANDLE;
    return stmt_leave(s, take_all(s, in, t, 4) ? fn(s, t[0], t[1], t[2], t[3]) : SQL_ERROR);
}

SQLRETURN SQL_API SQLTables(SQLHSTMT h, SQLCHAR *catalog, SQLSMALLINT n1, SQLCHAR *schema,
                            SQLSMALLINT n2, SQLCHAR *table, SQLSMALLINT n3, SQLCHAR *types,
                            SQLSMALLINT n4)
{
    return call_four(
        h, stmt_tables,
        (struct arg[]){arg_a(catalog, n1), arg_a(schema, n2), arg_a(table, n3), arg_a(types, n4)});
}

SQLRETURN SQL_API SQLTablesW(SQLHSTMT h, SQLWCHAR *catalog, SQLSMALLINT n1, SQLWCHAR *schema,
                             SQLSMALLINT n2, SQLWCHAR *table, SQLSMALLINT n3, SQLWCHAR *types,
                             SQLSMALLINT n4)
{
    return call_four(
        h, stmt_tables,
        (struct arg[]){arg_w(catalog, n1), arg_w(schema, n2), arg_w(table, n3), arg_w(types, n4)});
}

SQLRETURN SQL_API SQLColumns(SQLHSTMT h, SQLCHAR *catalog, SQLSMALLINT n1, SQLCHAR *schema,
                             SQLSMALLINT n2, SQLCHAR *table, SQLSMALLINT n3, SQLCHAR *column,
                             SQLSMALLINT n4)
{
    return call_four(
        h, stmt_columns,
        (struct arg[]){arg_a(catalog, n1), arg_a(schema, n2), arg_a(table, n3), arg_a(column, n4)});
}

SQLRETURN SQL_API SQLColumnsW(SQLHSTMT h, SQLWCHAR *catalog, SQLSMALLINT n1, SQLWCHAR *schema,
                              SQLSMALLINT n2, SQLWCHAR *table, SQLSMALLINT n3, SQLWCHAR *column,
                              SQLSMALLINT n4)
{
    return call_four(
        h, stmt_columns,
        (struct arg[]){arg_w(catalog, n1), arg_w(schema, n2), arg_w(table, n3), arg_w(column, n4)});
}

typedef SQLRETURN three_names(struct stmt *, struct text, struct text, struct text);

static SQLRETURN call_three(SQLHSTMT h, three_names *fn, const struct arg in[3])
{
    struct stmt *s = stmt_enter(h);
    struct text t[3];
    if (!s)
        return SQL_INVALID_HANDLE;
    return stmt_leave(s, take_all(s, in, t, 3) ? fn(s, t[0], t[1], t[2]) : SQL_ERROR);
}

SQLRETURN SQL_API SQLPrimaryKeys(SQLHSTMT h, SQLCHAR *catalog, SQLSMALLINT n1, SQLCHAR *schema,
                                 SQLSMALLINT n2, SQLCHAR *table, SQLSMALLINT n3)
{
    return call_three(h, stmt_primary_keys,
                      (struct arg[]){arg_a(catalog, n1), arg_a(schema, n2), arg_a(table, n3)});
}

SQLRETURN SQL_API SQLPrimaryKeysW(SQLHSTMT h, SQLWCHAR *catalog, SQLSMALLINT n1, SQLWCHAR *schema,
                                  SQLSMALLINT n2, SQLWCHAR *table, SQLSMALLINT n3)
{
    return call_three(h, stmt_primary_keys,
                      (struct arg[]){arg_w(catalog, n1), arg_w(schema, n2), arg_w(table, n3)});
}

/* The first three are those of the primary key's table. */
static SQLRETURN do_foreign_keys(SQLHSTMT h, const struct arg in[6])
{
    struct stmt *s = stmt_enter(h);
    struct text t[6];
    if (!s)
        return SQL_INVALID_HANDLE;
    return stmt_leave(s, take_all(s, in, t, 6) ? stmt_foreign_keys(s, t, t + 3) : SQL_ERROR);
}

SQLRETURN SQL_API SQLForeignKeys(SQLHSTMT h, SQLCHAR *pk_catalog, SQLSMALLINT n1,
                                 SQLCHAR *pk_schema, SQLSMALLINT n2, SQLCHAR *pk_table,
                                 SQLSMALLINT n3, SQLCHAR *fk_catalog, SQLSMALLINT n4,
                                 SQLCHAR *fk_schema, SQLSMALLINT n5, SQLCHAR *fk_table,
                                 SQLSMALLINT n6)
{
    return do_foreign_keys(h, (struct arg[]){arg_a(pk_catalog, n1), arg_a(pk_schema, n2),
                                             arg_a(pk_table, n3), arg_a(fk_catalog, n4),
                                             arg_a(fk_schema, n5), arg_a(fk_table, n6)});
}

SQLRETURN SQL_API SQLForeignKeysW(SQLHSTMT h, SQLWCHAR *pk_catalog, SQLSMALLINT n1,
                                  SQLWCHAR *pk_schema, SQLSMALLINT n2, SQLWCHAR *pk_table,
                                  SQLSMALLINT n3, SQLWCHAR *fk_catalog, SQLSMALLINT n4,
                                  SQLWCHAR *fk_schema, SQLSMALLINT n5, SQLWCHAR *fk_table,
                                  SQLSMALLINT n6)
{
    return do_foreign_keys(h, (struct arg[]){arg_w(pk_catalog, n1), arg_w(pk_schema, n2),
                                             arg_w(pk_table, n3), arg_w(fk_catalog, n4),
                                             arg_w(fk_schema, n5), arg_w(fk_table, n6)});
}

static SQLRETURN do_statistics(SQLHSTMT h, const struct arg in[3], SQLUSMALLINT unique,
                               SQLUSMALLINT reserved)
{
    struct stmt *s = stmt_enter(h);
    struct text t[3];
    if (!s)
        return SQL_INVALID_HANDLE;
    return stmt_leave(s, take_all(s, in, t, 3)
                             ? stmt_statistics(s, t[0], t[1], t[2], unique, reserved)
                             : SQL_ERROR);
}

SQLRETURN SQL_API SQLStatistics(SQLHSTMT h, SQLCHAR *catalog, SQLSMALLINT n1, SQLCHAR *schema,
                                SQLSMALLINT n2, SQLCHAR *table, SQLSMALLINT n3, SQLUSMALLINT unique,
                                SQLUSMALLINT reserved)
{
    return do_statistics(h, (struct arg[]){arg_a(catalog, n1), arg_a(schema, n2), arg_a(table, n3)},
                         unique, reserved);
}

SQLRETURN SQL_API SQLStatisticsW(SQLHSTMT h, SQLWCHAR *catalog, SQLSMALLINT n1, SQLWCHAR *schema,
                                 SQLSMALLINT n2, SQLWCHAR *table, SQLSMALLINT n3,
                                 SQLUSMALLINT unique, SQLUSMALLINT reserved)
{
    return do_statistics(h, (struct arg[]){arg_w(catalog, n1), arg_w(schema, n2), arg_w(table, n3)},
                         unique, reserved);
}

static SQLRETURN do_special_columns(SQLHSTMT h, SQLUSMALLINT kind, const struct arg in[3],
                                    SQLUSMALLINT scope, SQLUSMALLINT nullable)
{
    struct stmt *s = stmt_enter(h);
    struct text t[3];
    if (!s)
        return SQL_INVALID_HANDLE;
    return stmt_leave(s, take_all(s, in, t, 3)
                             ? stmt_special_columns(s, kind, t[0], t[1], t[2], scope, nullable)
                             : SQL_ERROR);
}

SQLRETURN SQL_API SQLSpecialColumns(SQLHSTMT h, SQLUSMALLINT kind, SQLCHAR *catalog, SQLSMALLINT n1,
                                    SQLCHAR *schema, SQLSMALLINT n2, SQLCHAR *table, SQLSMALLINT n3,
                                    SQLUSMALLINT scope, SQLUSMALLINT nullable)
{
    return do_special_columns(
        h, kind, (struct arg[]){arg_a(catalog, n1), arg_a(schema, n2), arg_a(table, n3)}, scope,
        nullable);
}

SQLRETURN SQL_API SQLSpecialColumnsW(SQLHSTMT h, SQLUSMALLINT kind, SQLWCHAR *catalog,
                                     SQLSMALLINT n1, SQLWCHAR *schema, SQLSMALLINT n2,
                                     SQLWCHAR *table, SQLSMALLINT n3, SQLUSMALLINT scope,
                                     SQLUSMALLINT nullable)
{
    return do_special_columns(
        h, kind, (struct arg[]){arg_w(catalog, n1), arg_w(schema, n2), arg_w(table, n3)}, scope,
        nullable);
}

SQLRETURN SQL_API SQLProcedures(SQLHSTMT h, SQLCHAR *catalog, SQLSMALLINT n1, SQLCHAR *schema,
                                SQLSMALLINT n2, SQLCHAR *name, SQLSMALLINT n3)
{
    return call_three(h, stmt_procedures,
                      (struct arg[]){arg_a(catalog, n1), arg_a(schema, n2), arg_a(name, n3)});
}

SQLRETURN SQL_API SQLProceduresW(SQLHSTMT h, SQLWCHAR *catalog, SQLSMALLINT n1, SQLWCHAR *schema,
                                 SQLSMALLINT n2, SQLWCHAR *name, SQLSMALLINT n3)
{
    return call_three(h, stmt_procedures,
                      (struct arg[]){arg_w(catalog, n1), arg_w(schema, n2), arg_w(name, n3)});
}

SQLRETURN SQL_API SQLProcedureColumns(SQLHSTMT h, SQLCHAR *catalog, SQLSMALLINT n1, SQLCHAR *schema,
                                      SQLSMALLINT n2, SQLCHAR *name, SQLSMALLINT n3,
                                      SQLCHAR *column, SQLSMALLINT n4)
{
    return call_four(
        h, stmt_procedure_columns,
        (struct arg[]){arg_a(catalog, n1), arg_a(schema, n2), arg_a(name, n3), arg_a(column, n4)});
}

SQLRETURN SQL_API SQLProcedureColumnsW(SQLHSTMT h, SQLWCHAR *catalog, SQLSMALLINT n1,
                                       SQLWCHAR *schema, SQLSMALLINT n2, SQLWCHAR *name,
                                       SQLSMALLINT n3, SQLWCHAR *column, SQLSMALLINT n4)
{
    return call_four(
        h, stmt_procedure_columns,
        (struct arg[]){arg_w(catalog, n1), arg_w(schema, n2), arg_w(name, n3), arg_w(column, n4)});
}

SQLRETURN SQL_API SQLTablePrivileges(SQLHSTMT h, SQLCHAR *catalog, SQLSMALLINT n1, SQLCHAR *schema,
                                     SQLSMALLINT n2, SQLCHAR *table, SQLSMALLINT n3)
{
    return call_three(h, stmt_table_privileges,
                      (struct arg[]){arg_a(catalog, n1), arg_a(schema, n2), arg_a(table, n3)});
}

SQLRETURN SQL_API SQLTablePrivilegesW(SQLHSTMT h, SQLWCHAR *catalog, SQLSMALLINT n1,
                                      SQLWCHAR *schema, SQLSMALLINT n2, SQLWCHAR *table,
                                      SQLSMALLINT n3)
{
    return call_three(h, stmt_table_privileges,
                      (struct arg[]){arg_w(catalog, n1), arg_w(schema, n2), arg_w(table, n3)});
}

SQLRETURN SQL_API SQLColumnPrivileges(SQLHSTMT h, SQLCHAR *catalog, SQLSMALLINT n1, SQLCHAR *schema,
                                      SQLSMALLINT n2, SQLCHAR *table, SQLSMALLINT n3,
                                      SQLCHAR *column, SQLSMALLINT n4)
{
    return call_four(
        h, stmt_column_privileges,
        (struct arg[]){arg_a(catalog, n1), arg_a(schema, n2), arg_a(table, n3), arg_a(column, n4)});
}

SQLRETURN SQL_API SQLColumnPrivilegesW(SQLHSTMT h, SQLWCHAR *catalog, SQLSMALLINT n1,
                                       SQLWCHAR *schema, SQLSMALLINT n2, SQLWCHAR *table,
                                       SQLSMALLINT n3, SQLWCHAR *column, SQLSMALLINT n4)
{
    return call_four(
        h, stmt_column_privileges,
        (struct arg[]){arg_w(catalog, n1), arg_w(schema, n2), arg_w(table, n3), arg_w(column, n4)});
}
