/* A row of a result found again in its table, and changed there. */
#include <string.h>

#include "core/backend.h"
#include "core/position.h"

/* ---- values ---- */

static bool add_param(struct position_text *t, const struct nat_param *value)
{
    if (t->n == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 16;
        struct nat_param *more = arena_alloc(t->arena, cap * sizeof(*more));
        if (!more)
            return diag_push(t->diag, "HY001", NULL), false;
        if (t->n)
            memcpy(more, t->params, t->n * sizeof(*more));
        t->params = more;
        t->cap = cap;
    }
    struct nat_param *to = &t->params[t->n];
    *to = *value;
    if (value->p && !(to->p = arena_text(t->arena, (struct text){value->p, value->n}).s))
        return diag_push(t->diag, "HY001", NULL), false;
    t->n++;
    return backend.wire == WIRE_PG_TEXT ? buf_fmt(&t->sql, "$%zu", t->n) : buf_char(&t->sql, '?');
}

static bool is_bits(const struct nat_type *t)
{
    return t->kind == NAT_BOOL || (t->kind == NAT_BINARY && t->name && !strcmp(t->name, "bit"));
}

static bool is_bytes(const struct nat_type *t)
{
    return t->kind == NAT_BINARY || t->kind == NAT_VARBINARY || t->kind == NAT_BLOB;
}

static uint32_t my_param_type(const struct nat_type *t)
{
    if (t->kind >= NAT_INT1 && t->kind <= NAT_INT8)
        return t->is_unsigned ? MY_PARAM_UNSIGNED : MY_PARAM_INT;
    return t->kind == NAT_FLOAT8 ? MY_PARAM_DOUBLE : t->kind == NAT_NUMERIC ? MY_PARAM_DECIMAL : 0;
}

/* A value of MySQL's as it is sent back. Of PostgreSQL's it is the text that has come. */
static bool value_of_cell(const struct nat_type *t, struct nat_cell cell, struct buf *scratch,
                          struct nat_param *out)
{
    *out = (struct nat_param){.p = cell.p, .n = cell.n};
    if (t->wire == WIRE_PG_TEXT)
        return true;
    if (is_bits(t)) {
        uint64_t bits = 0;
        for (size_t i = 0; i < cell.n && i < sizeof(bits); i++)
            bits = bits << 8 | (unsigned char)cell.p[i];
        buf_add(scratch, &bits, sizeof(bits));
        out->type_id = MY_PARAM_UNSIGNED;
        out->binary = true;
    } else if (is_bytes(t)) {
        out->type_id = MY_PARAM_BYTES;
        out->binary = true;
        return true;
    } else {
        bool in_binary = t->wire == WIRE_MY_BINARY && t->kind != NAT_NUMERIC;
        bool number_or_time = (t->kind >= NAT_INT1 && t->kind <= NAT_FLOAT8) ||
                              (t->kind >= NAT_DATE && t->kind <= NAT_TIMESTAMPTZ);
        out->type_id = my_param_type(t);
        if (!in_binary || !number_or_time)
            return true;
        char text[128];
        SQLLEN n = 0;
        struct conv_target to = {
            .ctype = SQL_C_CHAR, .buf = text, .cap = sizeof(text), .octets = &n, .indicator = &n};
        conv_fn *fn = conv_pick(t, SQL_C_CHAR);
        if (!fn || fn(t, cell, &to) != CONV_OK)
            return false;
        buf_add(scratch, text, (size_t)n);
    }
    out->p = buf_z(scratch);
    out->n = scratch->n;
    return buf_ok(scratch);
}

/* " = ?" or " IS NULL". */
static bool add_equals(struct position_text *t, const struct position_column *c,
                       const struct nat_param *value)
{
    buf_fmt(&t->sql, "%s%.*s%s", c->before, TEXT_ARG(c->name), c->after);
    if (!value->p)
        return buf_str(&t->sql, " IS NULL");
    return buf_str(&t->sql, " = ") && add_param(t, value);
}

static bool add_cell_equals(struct stmt *s, struct position_text *t, size_t column)
{
    struct nat_cell cell;
    struct nat_param value = {.p = NULL};
    struct buf scratch;
    const struct nat_type *type = stmt_cell(s, column, &cell);
    buf_init(&scratch);
    bool ok = !cell.p || value_of_cell(type, cell, &scratch, &value);
    if (!ok)
        diag_fmt(t->diag, "HY000", "the row's value of column %zu cannot be compared", column + 1);
    ok = ok && add_equals(t, &s->positions->columns[column], &value);
    buf_fini(&scratch);
    return ok;
}

/* ---- the application's values ---- */

/* The column's new value at this row of the rowset, if there is one. */
static bool is_given(const struct stmt *s, size_t column, size_t at)
{
    const struct position_column *c = &s->positions->columns[column];
    const struct desc_rec *a = desc_rec_at(s->ard, column + 1);
    if (!c->name.s || c->twice || !a || (!a->data && !a->indicator_ptr && !a->octet_length_ptr))
        return false;
    SQLLEN length = desc_length_at(s->ard, a, at);
    return length != SQL_COLUMN_IGNORE && (a->data || length == SQL_NULL_DATA);
}

static size_t element_of(const struct stmt *s, size_t column, const struct desc_rec *a)
{
    const struct desc_rec *r = &s->ird.recs[column];
    SQLSMALLINT ctype = a->ctype == SQL_C_DEFAULT
                            ? conv_default_ctype(r->sql_type, r->column.type.is_unsigned)
                            : a->ctype;
    SQLLEN fixed = conv_ctype_size(ctype);
    return fixed ? (size_t)fixed : (size_t)a->octet_length;
}

SQLRETURN position_plan(struct stmt *s, size_t at)
{
    for (size_t i = 0; i < s->positions->n; i++) {
        const struct desc_rec *a = desc_rec_at(s->ard, i + 1);
        if (!is_given(s, i, at) || !dae_wanted(desc_length_at(s->ard, a, at)))
            continue;
        if (!dae_add(s, at, i + 1, desc_shifted(s->ard, a->data, at, element_of(s, i, a))))
            return diag_push(&s->diag, "HY001", NULL);
    }
    return s->dae.n ? SQL_NEED_DATA : SQL_SUCCESS;
}

/* The column's type is the server's to check, so sizes are not. */
static bool take_given(struct stmt *s, size_t column, size_t at, struct buf *to,
                       struct nat_param *out)
{
    const struct desc_rec *a = desc_rec_at(s->ard, column + 1);
    struct desc_rec p = s->ird.recs[column];
    struct param_source from = {.a = a,
                                .p = &p,
                                .data = desc_shifted(s->ard, a->data, at, element_of(s, column, a)),
                                .length = desc_length_at(s->ard, a, at),
                                .row = at,
                                .number = column + 1};
    p.length = 0;
    if (!dae_take(s, &from))
        return diag_push(&s->diag, "HY001", NULL), false;
    if (!SQL_SUCCEEDED(param_value(s, &from, to, out)))
        return false;
    if (out->p)
        out->p = to->p + ((uintptr_t)out->p - 1);
    return true;
}

static bool add_given(struct stmt *s, struct position_text *t, size_t column, size_t at)
{
    struct buf bytes;
    struct nat_param value;
    buf_init(&bytes);
    bool ok = take_given(s, column, at, &bytes, &value) && add_param(t, &value);
    buf_fini(&bytes);
    return ok;
}

/* The row has got its new values: those are compared. */
static bool add_given_equals(struct stmt *s, struct position_text *t, size_t column, size_t at)
{
    struct buf bytes;
    struct nat_param value;
    buf_init(&bytes);
    bool ok = take_given(s, column, at, &bytes, &value);
    if (backend.wire == WIRE_PG_TEXT && !value.binary)
        value.type_id = 0; /* the column's own */
    ok = ok && add_equals(t, &s->positions->columns[column], &value);
    buf_fini(&bytes);
    return ok;
}

/* ---- WHERE ---- */

#define OLD SIZE_MAX /* no row of the rowset: the values are those that were read */

static bool add_comparisons(struct stmt *s, struct position_text *t, bool keys_only, size_t at)
{
    const struct positions *p = s->positions;
    const char *word = " WHERE ";
    for (size_t i = 0; i < p->n; i++) {
        const struct position_column *c = &p->columns[i];
        if (!c->name.s || !c->before || c->twice || (keys_only && !c->is_key && !p->whole))
            continue;
        buf_str(&t->sql, word);
        word = " AND ";
        if (at != OLD && is_given(s, i, at) ? !add_given_equals(s, t, i, at)
                                            : !add_cell_equals(s, t, i))
            return false;
    }
    return true;
}

/* Without a key there may be several such rows: one of them. */
static bool add_where(struct stmt *s, struct position_text *t, bool keys_only, size_t at)
{
    const struct positions *p = s->positions;
    bool by_place = p->whole && backend.wire == WIRE_PG_TEXT;
    if (by_place)
        buf_fmt(&t->sql, " WHERE (tableoid, ctid) = (SELECT tableoid, ctid FROM %.*s",
                TEXT_ARG(p->table));
    if (!add_comparisons(s, t, keys_only, at))
        return false;
    if (p->whole)
        buf_str(&t->sql, by_place ? " LIMIT 1)" : " LIMIT 1");
    return true;
}

bool position_where(struct stmt *s, struct position_text *t)
{
    return add_where(s, t, false, OLD);
}

/* ---- running ---- */

/* One cell a column of the result, of the row that was read. */
static void keep_row(struct stmt *s, const struct position_text *t, const struct cursor *c)
{
    const struct positions *p = s->positions;
    size_t n, at = 0;
    const struct nat_column *told = cursor_columns(c, &n);
    struct nat_column *columns = arena_zalloc(t->arena, (p->n + 1) * sizeof(*columns));
    struct nat_cell *cells = arena_zalloc(t->arena, (p->n + 1) * sizeof(*cells));
    for (size_t i = 0; columns && cells && i < p->n; i++) {
        if (!p->columns[i].name.s || at >= n)
            continue;
        columns[i] = told[at];
        cells[i] = cursor_cell(c, 0, at++);
    }
    changed_note(s->positions, s->row_number, SQL_ROW_SUCCESS, columns ? cells : NULL, columns);
}

static SQLRETURN fail(struct stmt *s, const struct position_text *t, const struct fault *f)
{
    if (!t->is_afterwards)
        return diag_fault_at(t->diag, f, t->row);
    conn_untold(s->dbc->conn);
    return diag_fault_warn(t->diag, f);
}

/* *rows: how many were changed, or read: then the row is kept. */
static SQLRETURN run(struct stmt *s, struct position_text *t, int64_t *rows)
{
    struct scan_info scan;
    struct cursor c;
    struct nat_outcome out;
    struct fault f;
    size_t got = 0;
    fault_clear(&f);
    cursor_init(&c);
    *rows = 0;
    if (!buf_ok(&t->sql))
        return diag_push(t->diag, "HY001", NULL);
    scan_classify(conn_rules(s->dbc->conn), buf_view(&t->sql), &scan);
    scan.params = t->n;
    struct conn_work work = {
        .sql = buf_view(&t->sql), .scan = &scan, .params = t->params, .nparams = t->n};
    if (!conn_execute(s->dbc->conn, &c, &work, &out, stmt_deadline(s), &f))
        return fail(s, t, &f);
    if (out.kind == NAT_FAILED)
        f = out.fault;
    else if (out.kind == NAT_ROWS && cursor_next(&c, 1, &got, stmt_deadline(s), &f) && got)
        keep_row(s, t, &c);
    *rows = out.kind == NAT_ROWS ? (int64_t)got : out.count > 0 ? out.count : out.found;
    struct fault ignored;
    cursor_close(&c, stmt_deadline(s), fault_is(&f) ? &ignored : &f);
    return fault_is(&f) ? fail(s, t, &f) : SQL_SUCCESS;
}

/* The loaded row as its table has it; at: it was just given the values of that row of the rowset.
 */
static SQLRETURN read_again(struct stmt *s, struct position_text *t, size_t at, int64_t *rows)
{
    const struct positions *p = s->positions;
    const char *before = "SELECT ";
    t->n = 0;
    buf_reset(&t->sql);
    for (size_t i = 0; i < p->n; i++) {
        if (!p->columns[i].name.s)
            continue;
        buf_fmt(&t->sql, "%s%.*s", before, TEXT_ARG(p->columns[i].name));
        before = ", ";
    }
    buf_fmt(&t->sql, " FROM %.*s", TEXT_ARG(p->table));
    return add_where(s, t, true, at) ? run(s, t, rows) : SQL_ERROR;
}

static void begin(struct stmt *s, struct position_text *t, size_t at)
{
    *t = (struct position_text){.diag = &s->diag, .arena = &s->arena, .row = (SQLLEN)at + 1};
    buf_init(&t->sql);
}

SQLRETURN position_update(struct stmt *s, size_t at, int64_t *rows)
{
    const struct positions *p = s->positions;
    struct position_text t;
    const char *before = "";
    bool ok = true;
    begin(s, &t, at);
    buf_fmt(&t.sql, "UPDATE %.*s SET ", TEXT_ARG(p->table));
    for (size_t i = 0; ok && i < p->n; i++) {
        if (!is_given(s, i, at))
            continue;
        buf_fmt(&t.sql, "%s%.*s = ", before, TEXT_ARG(p->columns[i].name));
        ok = add_given(s, &t, i, at);
        before = ", ";
    }
    if (ok && !*before)
        ok = SQL_SUCCEEDED(diag_push(t.diag, "21S02", "no column has a new value"));
    SQLRETURN ret = ok && add_where(s, &t, false, OLD) ? run(s, &t, rows) : SQL_ERROR;
    if (SQL_SUCCEEDED(ret) && *rows == 1) {
        /* What has been done is done, whether the cursor can show it or not. */
        int64_t seen;
        t.is_afterwards = true;
        ret = read_again(s, &t, at, &seen) == SQL_SUCCESS ? SQL_SUCCESS : SQL_SUCCESS_WITH_INFO;
        changed_note(s->positions, s->row_number, SQL_ROW_UPDATED, NULL, NULL);
    }
    buf_fini(&t.sql);
    return ret;
}

SQLRETURN position_delete(struct stmt *s, size_t at, int64_t *rows)
{
    struct position_text t;
    begin(s, &t, at);
    buf_fmt(&t.sql, "DELETE FROM %.*s", TEXT_ARG(s->positions->table));
    SQLRETURN ret = add_where(s, &t, false, OLD) ? run(s, &t, rows) : SQL_ERROR;
    buf_fini(&t.sql);
    if (SQL_SUCCEEDED(ret) && *rows == 1)
        changed_note(s->positions, s->row_number, SQL_ROW_DELETED, NULL, NULL);
    return ret;
}

SQLRETURN position_refresh(struct stmt *s, size_t at, bool *found)
{
    int64_t rows = 0;
    struct position_text t;
    begin(s, &t, at);
    SQLRETURN ret = read_again(s, &t, OLD, &rows);
    buf_fini(&t.sql);
    *found = rows > 0;
    return ret;
}

/* Its values may be others now, and its key as well: then it is shown as it was read. */
SQLRETURN position_done(struct stmt *s, struct position_text *t, bool is_delete)
{
    int64_t seen;
    if (!stmt_scrolls(s))
        return SQL_SUCCESS;
    changed_note(s->positions, s->row_number, is_delete ? SQL_ROW_DELETED : SQL_ROW_UPDATED, NULL,
                 NULL);
    t->is_afterwards = true;
    return is_delete ? SQL_SUCCESS : read_again(s, t, OLD, &seen);
}

SQLRETURN position_add(struct stmt *s, size_t at, int64_t *rows)
{
    const struct positions *p = s->positions;
    struct position_text t;
    const char *before = " (";
    bool ok = true;
    begin(s, &t, at);
    buf_fmt(&t.sql, "INSERT INTO %.*s", TEXT_ARG(p->table));
    for (size_t i = 0; i < p->n; i++) {
        if (!is_given(s, i, at))
            continue;
        buf_fmt(&t.sql, "%s%.*s", before, TEXT_ARG(p->columns[i].name));
        before = ", ";
    }
    if (*before == ' ')
        ok = SQL_SUCCEEDED(diag_push(t.diag, "21S02", "no column has a value"));
    before = ") VALUES (";
    for (size_t i = 0; ok && i < p->n; i++) {
        if (!is_given(s, i, at))
            continue;
        buf_str(&t.sql, before);
        ok = add_given(s, &t, i, at);
        before = ", ";
    }
    SQLRETURN ret = ok && buf_char(&t.sql, ')') ? run(s, &t, rows) : SQL_ERROR;
    buf_fini(&t.sql);
    return ret;
}
