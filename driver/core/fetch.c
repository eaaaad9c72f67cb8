/* SQLBindCol, SQLFetch, SQLFetchScroll, SQLExtendedFetch, SQLGetData: rows from the cursor's block
 * into the application's buffers. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/backend.h"
#include "core/position.h"

#define BLOCK_ROWS 64 /* rows asked from the cursor at a time */

SQLRETURN stmt_bind_col(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT ctype, SQLPOINTER value,
                        SQLLEN cap, SQLLEN *ind)
{
    if (number < 1)
        return bookmark_bind(s, ctype, value, cap, ind);
    if (cap < 0)
        return diag_push(&s->diag, "HY090", NULL);
    if (ctype != SQL_C_DEFAULT && !conv_ctype_known(ctype))
        return diag_push(&s->diag, "HY003", NULL);
    if (s->state == STMT_CURSOR && number > s->ncols)
        return diag_push(&s->diag, "07009", NULL);
    desc_touched(s->ard);
    if (!value && !ind) { /* unbind */
        struct desc_rec *old = desc_rec_at(s->ard, number);
        if (old)
            *old = (struct desc_rec){.ctype = SQL_C_DEFAULT, .name = old->name};
        while (s->ard->count && !s->ard->recs[s->ard->count - 1].data &&
               !s->ard->recs[s->ard->count - 1].indicator_ptr)
            desc_trim(s->ard, s->ard->count - 1);
        return SQL_SUCCESS;
    }
    struct desc_rec *r = desc_rec(s->ard, number);
    if (!r)
        return diag_push(&s->diag, "HY001", NULL);
    r->ctype = ctype;
    r->data = value;
    r->octet_length = cap;
    r->octet_length_ptr = r->indicator_ptr = ind;
    r->precision = ctype == SQL_C_NUMERIC ? NUMERIC_PRECISION : 6;
    r->scale = 0;
    r->scale_given = false;
    r->datetime_precision = 2;
    return SQL_SUCCESS;
}

/* ---- conversions of the bound columns, chosen once per result and binding ---- */

static SQLSMALLINT concrete(const struct stmt *s, size_t column, SQLSMALLINT ctype)
{
    const struct desc_rec *r = &s->ird.recs[column];
    return ctype == SQL_C_DEFAULT ? conv_default_ctype(r->sql_type, r->column.type.is_unsigned)
                                  : ctype;
}

static bool is_bound(const struct desc_rec *r)
{
    return r && (r->data || r->indicator_ptr || r->octet_length_ptr);
}

static struct bound bound_column(const struct stmt *s, size_t column, const struct desc_rec *a)
{
    SQLSMALLINT ctype = concrete(s, column, a->ctype);
    SQLLEN fixed = conv_ctype_size(ctype);
    const struct nat_type *type = &s->ird.recs[column].column.type;
    return (struct bound){.column = column,
                          .fn = conv_pick(type, ctype),
                          .type = type,
                          .data = a->data,
                          .octets = (char *)a->octet_length_ptr,
                          .indicator = (char *)a->indicator_ptr,
                          .element = fixed ? (size_t)fixed : (size_t)a->octet_length,
                          .to = {.ctype = ctype,
                                 .zero_null = s->dbc->zero_null,
                                 .cap = a->octet_length,
                                 .precision = a->precision,
                                 .scale = a->scale,
                                 .own_scale = backend.own_scale && !a->scale_given,
                                 .leading = a->datetime_precision}};
}

static bool choose(struct stmt *s)
{
    if (s->conv_stamp == s->bind_stamp)
        return true;
    size_t n = s->ard->count < s->ncols ? s->ard->count : s->ncols;
    if (s->bound_cap < n) {
        struct bound *p = realloc(s->bound, n * sizeof(*p));
        if (!p)
            return false;
        s->bound = p;
        s->bound_cap = n;
    }
    s->nbound = 0;
    s->bound_text = s->aimed.still = false;
    for (size_t i = 0; i < n; i++) {
        if (!is_bound(&s->ard->recs[i]))
            continue;
        struct bound *b = &s->bound[s->nbound++];
        *b = bound_column(s, i, &s->ard->recs[i]);
        s->bound_text = s->bound_text || b->to.ctype == SQL_C_CHAR;
    }
    s->conv_stamp = s->bind_stamp;
    return true;
}

/* ---- one row ---- */

/* At the first row of a rowset: what may have changed since the last fetch without a binding
 * being touched. The codeset is the process's. */
static void aim(struct stmt *s)
{
    const struct desc *d = s->ard;
    s->marks = s->attrs.use_bookmarks != SQL_UB_OFF && bookmark_is_bound(s);
    const struct charset *ansi = s->bound_text ? dbc_charset(s->dbc) : NULL;
    SQLLEN offset = d->bind_offset_ptr ? *d->bind_offset_ptr : 0;
    size_t by_row = d->bind_type == SQL_BIND_BY_COLUMN ? 0 : d->bind_type;
    if (s->aimed.still && s->aimed.ansi == ansi && s->aimed.offset == offset &&
        s->aimed.by_row == by_row)
        return;
    s->aimed.still = true;
    s->aimed.ansi = ansi;
    s->aimed.offset = offset;
    s->aimed.by_row = by_row;
    for (size_t i = 0; i < s->nbound; i++) {
        struct bound *b = &s->bound[i];
        b->to.ansi = ansi;
        b->to.buf = b->data ? b->data + offset : NULL;
        b->to.octets = b->octets ? (SQLLEN *)(void *)(b->octets + offset) : NULL;
        b->to.indicator = b->indicator ? (SQLLEN *)(void *)(b->indicator + offset) : NULL;
        b->step = by_row ? by_row : b->element;
        b->length_step = by_row ? by_row : sizeof(SQLLEN);
    }
}

/* So many rows of the rowset further. */
static void move_on(struct stmt *s, size_t rows)
{
    s->aimed.still = false;
    for (struct bound *b = s->bound, *end = b + s->nbound; b < end; b++) {
        struct conv_target *t = &b->to;
        if (t->buf)
            t->buf = (char *)t->buf + rows * b->step;
        if (t->octets)
            t->octets = (SQLLEN *)(void *)((char *)t->octets + rows * b->length_step);
        if (t->indicator)
            t->indicator = (SQLLEN *)(void *)((char *)t->indicator + rows * b->length_step);
    }
}

static SQLUSMALLINT complain(struct stmt *s, enum conv_result r, size_t row, size_t column)
{
    s->ard->has_cut = s->ard->has_cut || r == CONV_TRUNCATED;
    diag_push_at(&s->diag, conv_sqlstate(r), conv_message(r), (SQLLEN)row + 1,
                 (SQLINTEGER)column + 1);
    return r >= CONV_ERROR ? SQL_ROW_ERROR : SQL_ROW_SUCCESS_WITH_INFO;
}

/* Row `row` of the rowset from row `at` of the block; the row's status. */
static SQLUSMALLINT deliver(struct stmt *s, size_t at, size_t row)
{
    SQLUSMALLINT status = SQL_ROW_SUCCESS;
    const struct nat_cell *cells = cursor_row(&s->cur, at);
    for (struct bound *b = s->bound, *end = b + s->nbound; b < end; b++) {
        struct nat_cell cell = cells ? cells[b->column] : cursor_cell(&s->cur, at, b->column);
        enum conv_result r = b->fn ? b->fn(b->type, cell, &b->to) : CONV_TYPE;
        if (r != CONV_OK) {
            SQLUSMALLINT is = complain(s, r, row, b->column);
            if (is == SQL_ROW_ERROR || status == SQL_ROW_SUCCESS)
                status = is;
        }
    }
    return status;
}

const struct nat_type *stmt_cell(const struct stmt *s, size_t column, struct nat_cell *out)
{
    const struct nat_type *now =
        s->positions ? changed_cell(s->positions, s->row_number, column, out) : NULL;
    if (now)
        return now;
    *out = scroll_is_added(s, s->row_number) ? (struct nat_cell){.p = NULL}
                                             : cursor_cell(&s->cur, s->row, column);
    return &s->ird.recs[column].column.type;
}

/* The same for the result's row `number`, which may have been changed through the cursor. */
static SQLUSMALLINT deliver_changed(struct stmt *s, size_t at, size_t row, SQLULEN number)
{
    SQLUSMALLINT is = changed_status(s->positions, number), status = SQL_ROW_SUCCESS;
    struct nat_cell cell;
    for (struct bound *b = s->bound, *end = b + s->nbound; b < end; b++) {
        const struct nat_type *now = changed_cell(s->positions, number, b->column, &cell);
        conv_fn *fn = now ? conv_pick(now, b->to.ctype) : b->fn;
        if (!now)
            cell = scroll_is_added(s, number) ? (struct nat_cell){.p = NULL}
                                              : cursor_cell(&s->cur, at, b->column);
        enum conv_result r = fn ? fn(now ? now : b->type, cell, &b->to) : CONV_TYPE;
        if (r != CONV_OK && status != SQL_ROW_ERROR)
            status = complain(s, r, row, b->column);
        else if (r != CONV_OK)
            complain(s, r, row, b->column);
    }
    return status == SQL_ROW_SUCCESS && is == SQL_ROW_DELETED ? is : status;
}

/* Column 0 of the same row, the result's row `number`. */
static SQLUSMALLINT deliver_mark(struct stmt *s, SQLULEN number, size_t row, SQLUSMALLINT status)
{
    enum conv_result r = bookmark_deliver(s, number, row);
    if (r == CONV_OK)
        return status;
    SQLUSMALLINT is = complain(s, r, row, SIZE_MAX);
    return status == SQL_ROW_ERROR ? status : is;
}

/* ---- the rowset ---- */

bool stmt_is_lost(struct stmt *s)
{
    if (!s->cur.lost || s->cur.aside)
        return false;
    if (s->cur.why)
        diag_fault(&s->diag, s->cur.why);
    else
        diag_push(&s->diag, "HY001", NULL);
    return true;
}

/* Rows of the current set that the application may have. */
static SQLULEN row_limit(const struct stmt *s)
{
    if (stmt_scrolls(s))
        return s->scroll.rows;
    return s->attrs.max_rows ? s->attrs.max_rows : SIZE_MAX;
}

/* Makes a row available at block_at; false with *ended, or with a fault in the diag. */
static bool have_row(struct stmt *s, size_t want, bool *ended)
{
    *ended = false;
    if (stmt_is_lost(s)) {
        s->block = s->block_at = 0;
        return false;
    }
    if (s->block_at < s->block)
        return true;
    if (s->set_ended || s->fetched >= row_limit(s)) {
        *ended = true;
        return false;
    }
    struct fault f;
    fault_clear(&f);
    size_t got = 0;
    if (!cursor_next(&s->cur, want, &got, stmt_deadline(s), &f)) {
        diag_fault(&s->diag, &f);
        return false;
    }
    s->block = got;
    s->block_at = 0;
    s->set_ended = *ended = got == 0;
    return got > 0;
}

static void count_selected(struct stmt *s, int64_t n)
{
    bool cut = s->attrs.max_rows && n > 0 && (SQLULEN)n > s->attrs.max_rows;
    stmt_count_rows(s, cut ? (int64_t)s->attrs.max_rows : n);
}

bool stmt_first_rows(struct stmt *s)
{
    bool ended;
    if (s->cur.aside) { /* what changed rows has counted those */
        int64_t rows = cursor_rows(&s->cur);
        if (s->row_count < 0)
            count_selected(s, rows);
        scroll_begin(s, rows);
        return true;
    }
    if (!s->cur.live)
        return true;
    if (!have_row(s, BLOCK_ROWS, &ended) && !ended)
        return false;
    if (ended || cursor_last(&s->cur))
        count_selected(s, (int64_t)s->block);
    return true;
}

/* Of the rows of a rowset. */
struct tally {
    size_t errors, infos;
};

static SQLRETURN rowset_result(struct stmt *s, const struct rowset *rs, size_t rows,
                               const struct tally *tally)
{
    if (rs->fetched)
        *rs->fetched = rows;
    for (size_t i = rows; rs->status && i < rs->size; i++)
        rs->status[i] = SQL_ROW_NOROW;
    s->rowset_rows = rows;
    s->rowset_multi = rs->size > 1;
    s->row_number = s->fetched - rows + 1;
    s->on_row = rows > 0;
    if (!rows)
        return SQL_NO_DATA;
    if (tally->errors && rs->extended)
        diag_warn(&s->diag, "01S01", NULL);
    if (tally->errors == rows)
        return SQL_ERROR;
    return tally->errors || tally->infos ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

/* As many rows as the block has and the rowset still wants. */
static size_t deliver_rows(struct stmt *s, const struct rowset *rs, size_t first,
                           struct tally *tally)
{
    size_t n = s->block - s->block_at, room = rs->size - first;
    n = n < room ? n : room;
    if (n > row_limit(s) - s->fetched)
        n = row_limit(s) - s->fetched;
    for (size_t i = 0; i < n; i++) {
        if (first + i > 0)
            move_on(s, 1);
        SQLUSMALLINT status =
            s->attrs.retrieve_data == SQL_RD_OFF ? SQL_ROW_SUCCESS
            : s->positions ? deliver_changed(s, s->block_at + i, first + i, s->fetched + i + 1)
                           : deliver(s, s->block_at + i, first + i);
        if (s->marks && s->attrs.retrieve_data != SQL_RD_OFF)
            status = deliver_mark(s, s->fetched + i + 1, first + i, status);
        if (rs->status)
            rs->status[first + i] = status;
        tally->errors += status == SQL_ROW_ERROR;
        tally->infos += status == SQL_ROW_SUCCESS_WITH_INFO;
    }
    s->block_at += n;
    s->row = s->block_at - 1;
    s->fetched += n;
    return n;
}

bool stmt_deliver(struct stmt *s, size_t at, SQLUSMALLINT *status)
{
    if (!choose(s))
        return diag_push(&s->diag, "HY001", NULL), false;
    aim(s);
    move_on(s, at);
    *status = s->positions ? deliver_changed(s, s->row, at, s->row_number) : deliver(s, s->row, at);
    if (s->marks)
        *status = deliver_mark(s, s->row_number, at, *status);
    return true;
}

SQLRETURN stmt_no_rowset(struct stmt *s, const struct rowset *rs)
{
    return rowset_result(s, rs, 0, &(struct tally){0, 0});
}

static SQLRETURN may_fetch(struct stmt *s)
{
    if (s->state != STMT_CURSOR)
        return diag_push(&s->diag, s->state == STMT_EXECUTED ? "24000" : "HY010", NULL);
    return choose(s) ? SQL_SUCCESS : diag_push(&s->diag, "HY001", NULL);
}

SQLRETURN stmt_next_rowset(struct stmt *s, const struct rowset *rs)
{
    struct tally tally = {0, 0};
    /* Who jumps about has no use for the rows behind. */
    size_t rows = 0, want = s->scroll.jumped ? rs->size : BLOCK_ROWS;
    bool ended = false;
    bool is_here =
        s->block - s->block_at >= rs->size; /* nobody is asked, who could tell anything */
    aim(s);
    s->on_row = false;
    s->get_column = 0;
    while (rows < rs->size) {
        if (s->fetched >= row_limit(s))
            break;
        if (!have_row(s, want, &ended)) {
            if (ended)
                break;
            if (rs->fetched)
                *rs->fetched = 0;
            return stmt_notices(s, SQL_ERROR);
        }
        rows += deliver_rows(s, rs, rows, &tally);
    }
    SQLRETURN ret = rowset_result(s, rs, rows, &tally);
    return is_here ? ret : stmt_notices(s, ret);
}

static SQLRETURN fetch(struct stmt *s, SQLSMALLINT orientation, SQLLEN offset,
                       const struct rowset *rs)
{
    SQLRETURN ret = may_fetch(s);
    if (!SQL_SUCCEEDED(ret))
        return ret;
    if (stmt_scrolls(s))
        return scroll_fetch(s, orientation, offset, rs);
    if (orientation != SQL_FETCH_NEXT)
        return diag_push(&s->diag, "HY106",
                         "a forward-only cursor allows SQL_FETCH_NEXT only: set "
                         "SQL_ATTR_CURSOR_TYPE to SQL_CURSOR_STATIC before it is opened");
    return stmt_next_rowset(s, rs);
}

SQLRETURN stmt_fetch_scroll(struct stmt *s, SQLSMALLINT orientation, SQLLEN offset)
{
    struct rowset rs = {s->ard->array_size ? s->ard->array_size : 1, s->ird.rows_processed_ptr,
                        s->ird.array_status_ptr, false};
    return fetch(s, orientation, offset, &rs);
}

SQLRETURN stmt_fetch(struct stmt *s)
{
    return stmt_fetch_scroll(s, SQL_FETCH_NEXT, 0);
}

SQLRETURN stmt_extended_fetch(struct stmt *s, SQLUSMALLINT orientation, SQLLEN offset,
                              SQLULEN *rows, SQLUSMALLINT *status)
{
    struct rowset rs = {s->attrs.rowset_size ? s->attrs.rowset_size : 1, rows, status, true};
    return fetch(s, (SQLSMALLINT)orientation, offset, &rs);
}

/* ---- SQLGetData ---- */

/* The C type, and for SQL_ARD_TYPE the precision and scale, from the ARD. */
static bool get_target(struct stmt *s, size_t column, struct conv_target *t)
{
    const struct desc_rec *a = desc_rec_at(s->ard, column + 1);
    t->precision = a && a->precision           ? a->precision
                   : t->ctype == SQL_C_NUMERIC ? NUMERIC_PRECISION
                                               : 6;
    t->scale = a ? a->scale : 0;
    t->own_scale = backend.own_scale && !(a && a->scale_given);
    t->leading = a ? a->datetime_precision : 0;
    if (t->ctype == SQL_ARD_TYPE) {
        if (!a)
            return false;
        t->ctype = a->ctype;
    }
    t->ctype = concrete(s, column, t->ctype);
    return true;
}

static SQLRETURN get_check(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT ctype, SQLPOINTER value,
                           SQLLEN cap)
{
    if (s->state != STMT_CURSOR)
        return diag_push(&s->diag, s->state == STMT_EXECUTED ? "24000" : "HY010", NULL);
    if (!s->on_row)
        return diag_push(&s->diag, "24000", "the cursor is not on a row: call SQLFetch first");
    if (number > s->ncols || (number < 1 && s->attrs.use_bookmarks == SQL_UB_OFF))
        return diag_push(&s->diag, "07009", NULL);
    if (ctype != SQL_C_DEFAULT && ctype != SQL_ARD_TYPE && !conv_ctype_known(ctype))
        return diag_push(&s->diag, "HY003", NULL);
    if (cap < 0)
        return diag_push(&s->diag, "HY090", NULL);
    if (!value)
        return diag_push(&s->diag, "HY009", NULL);
    if (s->rowset_multi && stmt_scrolls(s))
        return scroll_load(s, s->scroll.at) ? SQL_SUCCESS : SQL_ERROR;
    if (s->rowset_multi)
        return diag_push(&s->diag, "HYC00",
                         "SQLGetData works on rowsets of one row (SQL_ATTR_ROW_ARRAY_SIZE 1)");
    return SQL_SUCCESS;
}

SQLRETURN stmt_get_data(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT ctype, SQLPOINTER value,
                        SQLLEN cap, SQLLEN *ind)
{
    SQLRETURN ret = get_check(s, number, ctype, value, cap);
    if (!SQL_SUCCEEDED(ret))
        return ret;
    if (number == 0)
        return bookmark_get_data(s, ctype, value, cap, ind);
    struct conv_target t = {.ctype = ctype,
                            .zero_null = s->dbc->zero_null,
                            .buf = value,
                            .cap = cap,
                            .octets = ind,
                            .indicator = ind,
                            .pieces = true};
    if (!get_target(s, (size_t)number - 1, &t))
        return diag_push(&s->diag, "07009", NULL);
    if (t.ctype == SQL_C_CHAR)
        t.ansi = dbc_charset(s->dbc);
    if (s->get_column == number && s->get_ctype == t.ctype)
        t.at = s->get_at;
    if (stmt_is_lost(s))
        return SQL_ERROR;
    struct nat_cell cell;
    const struct nat_type *type = stmt_cell(s, (size_t)number - 1, &cell);
    conv_fn *fn = conv_pick(type, t.ctype);
    if (!fn)
        return diag_push(&s->diag, "07006", NULL);
    enum conv_result r = fn(type, cell, &t);
    s->get_column = number;
    s->get_ctype = t.ctype;
    s->get_at = t.at;
    if (r == CONV_OK)
        return SQL_SUCCESS;
    if (r == CONV_NO_DATA)
        return SQL_NO_DATA;
    s->ard->has_cut = s->ard->has_cut || r == CONV_TRUNCATED; /* the buffer may be bound later */
    diag_push_at(&s->diag, conv_sqlstate(r), conv_message(r), 1, number);
    return r >= CONV_ERROR ? SQL_ERROR : SQL_SUCCESS_WITH_INFO;
}
