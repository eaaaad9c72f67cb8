/* What a result looks like: SQLNumResultCols, SQLDescribeCol. (SQLColAttribute stands with the
 * descriptors in desc.c.) Before the execution the server is asked to describe. */
#include <stdlib.h>
#include <string.h>

#include "core/core_priv.h"

/* The IRD says what the result will be or is. */
static SQLRETURN described(struct stmt *s)
{
    if (s->state == STMT_ALLOCATED || s->state == STMT_NEED_DATA)
        return diag_push(&s->diag, "HY010", NULL);
    if (s->state != STMT_PREPARED)
        return SQL_SUCCESS;
    if (s->prep.scan.returns_value) /* its value is for a parameter */
        return SQL_SUCCESS;
    if (!param_hint(s))
        return SQL_ERROR;
    /* Generation 0: its parameters' types have changed. (Several statements have none.) */
    if (s->described && (s->prep.generation || s->prep.scan.statements > 1))
        return SQL_SUCCESS;
    const struct nat_type *params;
    const struct nat_column *columns;
    size_t nparams, ncolumns;
    struct fault f;
    fault_clear(&f);
    if (!conn_describe(s->dbc->conn, &s->prep, &params, &nparams, &columns, &ncolumns,
                       stmt_deadline(s), &f))
        return stmt_notices(s, diag_fault(&s->diag, &f));
    if (!ird_fill(s, columns, ncolumns))
        return diag_push(&s->diag, "HY001", NULL);
    s->ncols = ncolumns;
    s->described = true;
    return stmt_notices(s, SQL_SUCCESS);
}

SQLRETURN stmt_num_result_cols(struct stmt *s, SQLSMALLINT *count)
{
    SQLRETURN ret = described(s);
    if (SQL_SUCCEEDED(ret) && count)
        *count = (SQLSMALLINT)s->ncols;
    return ret;
}

SQLRETURN stmt_describe_col(struct stmt *s, SQLUSMALLINT number, struct column_view *out)
{
    SQLRETURN ret = described(s);
    if (!SQL_SUCCEEDED(ret))
        return ret;
    if (!s->ncols)
        return diag_push(&s->diag, "07005", NULL);
    if (number == 0 && s->attrs.use_bookmarks != SQL_UB_OFF) {
        *out = bookmark_view(s);
        return ret;
    }
    const struct desc_rec *r = desc_rec_at(&s->ird, number);
    if (!r)
        return diag_push(&s->diag, "07009", NULL);
    const struct nat_type *t = &r->column.type;
    *out = (struct column_view){.name = r->column.name,
                                .sql_type = r->sql_type,
                                .size = type_size(s->dbc, t),
                                .digits = type_digits(t),
                                .nullable = origin_nullable(s, &r->column)};
    return ret;
}
