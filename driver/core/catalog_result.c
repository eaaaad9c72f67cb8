/* Results that the driver makes itself: rows of text cells in a spool. */
#include <inttypes.h>
#include <stdio.h>

#include "core/backend.h"
#include "core/catalog_priv.h"

static const char *const type_names[NAT_KINDS] = {
    [NAT_INT2] = "int2",
    [NAT_INT4] = "int4",
    [NAT_CHAR] = "char",
    [NAT_VARCHAR] = "varchar",
};

static void describe(const struct local_column *c, bool odbc2, struct nat_column *out)
{
    *out = (struct nat_column){
        .name = text_of(odbc2 && c->name2 ? c->name2 : c->name),
        .type = {.kind = c->kind,
                 .wire = WIRE_PG_TEXT,
                 .nullable = c->not_null ? 0 : 1,
                 .length = c->length == LOCAL_NAME ? backend.name_length : c->length,
                 .precision = -1,
                 .name = type_names[c->kind]},
    };
}

static bool is_odbc2(const struct stmt *s)
{
    return s->dbc->env->odbc_version == SQL_OV_ODBC2;
}

void local_begin(struct local_result *r, struct stmt *s, const struct local_column *c, size_t n)
{
    struct nat_column columns[LOCAL_COLUMNS];
    struct nat_outcome out = {.kind = NAT_ROWS, .count = -1};
    *r = (struct local_result){.stmt = s, .ncolumns = n, .spool = spool_new()};
    if (!r->spool) {
        fault_oom(&r->f);
        return;
    }
    for (size_t i = 0; i < n; i++)
        describe(&c[i], is_odbc2(s), &columns[i]);
    spool_add_outcome(r->spool, &out, columns, n, &r->f);
}

void local_text(struct local_result *r, struct text t)
{
    if (r->n < r->ncolumns)
        r->cells[r->n++] = (struct nat_cell){t.s, t.n};
}

void local_number(struct local_result *r, int64_t v)
{
    if (r->n == r->ncolumns)
        return;
    snprintf(r->numbers[r->n], sizeof(r->numbers[0]), "%" PRId64, v);
    local_text(r, text_of(r->numbers[r->n]));
}

void local_null(struct local_result *r)
{
    local_text(r, TEXT_NONE);
}

void local_sql_type(struct local_result *r, SQLSMALLINT concise)
{
    bool datetime = type_verbose(concise) == SQL_DATETIME;
    local_number(r, datetime && is_odbc2(r->stmt) ? concise - SQL_TYPE_DATE + SQL_DATE : concise);
}

void local_row(struct local_result *r)
{
    if (!fault_is(&r->f) && r->n != r->ncolumns)
        fault_set(&r->f, "HY000", "a row of %zu columns has %zu", r->ncolumns, r->n);
    if (!fault_is(&r->f))
        spool_add_row(r->spool, r->cells, r->n, &r->f);
    r->n = 0;
    r->rows++;
}

SQLRETURN local_end(struct local_result *r)
{
    struct nat_outcome done = {.kind = NAT_DONE, .count = r->rows, .tag = "SELECT"};
    struct nat_outcome end = {.kind = NAT_END, .count = -1};
    if (!fault_is(&r->f) && spool_add_outcome(r->spool, &done, NULL, 0, &r->f))
        spool_add_outcome(r->spool, &end, NULL, 0, &r->f);
    if (fault_is(&r->f)) {
        spool_free(r->spool);
        return diag_fault(&r->stmt->diag, &r->f);
    }
    return stmt_run_spool(r->stmt, r->spool);
}

/* ---- what SQLColumns and SQLSpecialColumns say of a type ---- */

static bool has_digits(const struct nat_type *t)
{
    return t->kind == NAT_BOOL || t->kind == NAT_TIME || t->kind == NAT_TIMESTAMP ||
           t->kind == NAT_TIMESTAMPTZ ||
           (type_radix(t) && t->kind != NAT_FLOAT4 && t->kind != NAT_FLOAT8);
}

void local_digits(struct local_result *r, const struct nat_type *t)
{
    if (has_digits(t) && !type_is_character(type_sql(r->stmt->dbc, t)))
        local_number(r, type_digits(t));
    else
        local_null(r);
}

void local_radix(struct local_result *r, const struct nat_type *t)
{
    if (type_radix(t))
        local_number(r, type_radix(t));
    else
        local_null(r);
}

/* The columns are SQL_INTEGER. A size that nobody knows is SQL_NO_TOTAL for bytes, as ODBC has it;
 * for text it stays 0, since applications that would make room for so many characters take 0 as
 * well. */
static int64_t fits(const struct local_result *r, const struct nat_type *t, int64_t n)
{
    if (n <= 0)
        return type_sql(r->stmt->dbc, t) == SQL_LONGVARBINARY ? SQL_NO_TOTAL : 0;
    return n > INT32_MAX ? INT32_MAX : n;
}

void local_size(struct local_result *r, const struct nat_type *t)
{
    local_number(r, fits(r, t, (int64_t)type_size(r->stmt->dbc, t)));
}

void local_octets(struct local_result *r, const struct nat_type *t)
{
    local_number(r, fits(r, t, type_octets(r->stmt->dbc, t)));
}

void local_described(struct local_result *r, struct text type, struct text name, bool not_null,
                     struct text remarks, struct text preset, struct text position)
{
    struct nat_type t;
    catalog_type(type, &t);
    SQLSMALLINT sql_type = type_sql(r->stmt->dbc, &t);
    local_sql_type(r, sql_type);
    local_text(r, name);
    local_size(r, &t);
    local_octets(r, &t);
    local_digits(r, &t);
    local_radix(r, &t);
    local_number(r, not_null ? SQL_NO_NULLS : SQL_NULLABLE);
    local_text(r, remarks);
    local_text(r, preset);
    local_number(r, type_verbose(sql_type));
    if (type_subcode(sql_type))
        local_number(r, type_subcode(sql_type));
    else
        local_null(r);
    if (type_is_character(sql_type) || type_is_binary(sql_type))
        local_octets(r, &t);
    else
        local_null(r);
    local_text(r, position);
    local_text(r, not_null ? TEXT("NO") : TEXT("YES"));
}
