/* Data at execution: SQLParamData and SQLPutData, for parameters of a statement and for bound
 * columns of SQLSetPos and SQLBulkOperations. */
#include <stdlib.h>
#include <string.h>

#include "base/utf.h"
#include "core/core_priv.h"

/* ---- what is to come ---- */

bool dae_wanted(SQLLEN length)
{
    return length == SQL_DATA_AT_EXEC || length <= SQL_LEN_DATA_AT_EXEC_OFFSET;
}

void dae_clear(struct stmt *s)
{
    for (size_t i = 0; i < s->dae.n; i++)
        buf_fini(&s->dae.values[i].bytes);
    s->dae.n = 0;
    s->dae.current = SIZE_MAX;
}

bool dae_add(struct stmt *s, size_t set, size_t number, SQLPOINTER token)
{
    if (s->dae.n == s->dae.cap) {
        size_t cap = s->dae.cap ? s->dae.cap * 2 : 4;
        struct stmt_dae_value *p = realloc(s->dae.values, cap * sizeof(*p));
        if (!p)
            return false;
        s->dae.values = p;
        s->dae.cap = cap;
    }
    struct stmt_dae_value *v = &s->dae.values[s->dae.n++];
    *v = (struct stmt_dae_value){.set = set, .number = number, .token = token};
    buf_init(&v->bytes);
    return true;
}

/* They stand in order. An array may have a hundred thousand: they are not gone through for each. */
static struct stmt_dae_value *dae_find(struct stmt *s, size_t set, size_t number)
{
    size_t low = 0, high = s->dae.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct stmt_dae_value *v = &s->dae.values[middle];
        if (v->set == set && v->number == number)
            return v;
        if (v->set < set || (v->set == set && v->number < number))
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool dae_take(struct stmt *s, struct param_source *from)
{
    struct stmt_dae_value *v = s->dae.n ? dae_find(s, from->row, from->number) : NULL;
    if (!v)
        return true;
    from->length = v->is_null ? SQL_NULL_DATA : (SQLLEN)v->bytes.n;
    from->data = buf_z(&v->bytes);
    return buf_ok(&v->bytes);
}

/* ---- as it comes ---- */

SQLRETURN stmt_param_data(struct stmt *s, SQLPOINTER *token)
{
    if (s->state != STMT_NEED_DATA)
        return diag_push(&s->diag, "HY010", NULL);
    struct stmt_dae *d = &s->dae;
    if (d->current != SIZE_MAX && !d->values[d->current].seen)
        return diag_push(&s->diag, "HY010", "SQLPutData was not called for this parameter");
    d->current = d->current == SIZE_MAX ? 0 : d->current + 1;
    if (d->current < d->n) {
        if (token)
            *token = d->values[d->current].token;
        /* The one way to learn which set's value is wanted, where all have the same token. */
        if (s->ipd.rows_processed_ptr)
            *s->ipd.rows_processed_ptr = d->values[d->current].set + 1;
        return SQL_NEED_DATA;
    }
    s->state = s->is_prepared ? STMT_PREPARED : STMT_ALLOCATED;
    SQLRETURN ret = d->of_columns ? set_pos_resume(s) : stmt_run(s, d->direct);
    dae_clear(s);
    return ret;
}

/* Bytes of one SQLPutData piece; -1 when the length is invalid. */
static SQLLEN piece_size(SQLSMALLINT ctype, const void *data, SQLLEN length)
{
    SQLLEN fixed = conv_ctype_size(ctype);
    if (fixed)
        return fixed;
    if (length >= 0)
        return length;
    if (length != SQL_NTS || !data)
        return -1;
    if (ctype == SQL_C_WCHAR)
        return (SQLLEN)(utf_len16(data) * sizeof(SQLWCHAR));
    return ctype == SQL_C_CHAR || ctype == SQL_C_BINARY ? (SQLLEN)strlen(data) : -1;
}

static SQLRETURN put_piece(struct stmt *s, SQLPOINTER data, SQLLEN length)
{
    struct stmt_dae_value *v = &s->dae.values[s->dae.current];
    bool of_columns = s->dae.of_columns;
    const struct desc_rec *a = desc_rec_at(of_columns ? s->ard : s->apd, v->number);
    const struct desc_rec *p = desc_rec_at(of_columns ? &s->ird : &s->ipd, v->number);
    if (!a || !p)
        return diag_push(&s->diag, "07009", NULL);
    SQLSMALLINT ctype = param_ctype(a, p);
    if (length == SQL_NULL_DATA) {
        if (v->seen)
            return diag_push(&s->diag, "HY020", NULL);
        v->seen = v->is_null = true;
        return SQL_SUCCESS;
    }
    if (v->is_null)
        return diag_push(&s->diag, "HY020", NULL);
    if (v->seen && conv_ctype_size(ctype))
        return diag_push(&s->diag, "HY019", NULL);
    SQLLEN n = piece_size(ctype, data, length);
    if (n < 0)
        return diag_push(&s->diag, "HY090", NULL);
    if (!data && n > 0)
        return diag_push(&s->diag, "HY009", NULL);
    v->seen = true;
    if (n && !buf_add(&v->bytes, data, (size_t)n))
        return diag_push(&s->diag, "HY001", NULL);
    return SQL_SUCCESS;
}

/* A piece that is refused ends the execution (ODBC's state table: S9, S10 to S1 or S2). */
SQLRETURN stmt_put_data(struct stmt *s, SQLPOINTER data, SQLLEN length)
{
    if (s->state != STMT_NEED_DATA || s->dae.current >= s->dae.n)
        return diag_push(&s->diag, "HY010", NULL);
    SQLRETURN ret = put_piece(s, data, length);
    if (ret == SQL_ERROR)
        stmt_give_up_data(s);
    return ret;
}

void stmt_give_up_data(struct stmt *s)
{
    if (s->state != STMT_NEED_DATA)
        return;
    dae_clear(s);
    s->state = s->dae.of_columns ? STMT_CURSOR : s->is_prepared ? STMT_PREPARED : STMT_ALLOCATED;
}
