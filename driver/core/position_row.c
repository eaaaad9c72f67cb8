/* A row of a result found again in its table, and changed there. */
#include <string.h>

#include "core/backend.h"
#include "core/position.h"

void position_begin(struct position_text *t, struct stmt *caller, int64_t deadline)
{
    *t = (struct position_text){
        .diag = &caller->diag, .deadline = deadline, .row = SQL_NO_ROW_NUMBER};
    buf_init(&t->sql);
    arena_init(&t->arena);
}

void position_end(struct position_text *t)
{
    buf_fini(&t->sql);
    arena_fini(&t->arena);
}

/* Another statement in the same place. */
static void begin_again(struct position_text *t)
{
    buf_reset(&t->sql);
    arena_reset(&t->arena);
    t->params = NULL;
    t->n = t->cap = 0;
}

/* ---- values ---- */

static bool no_memory(struct position_text *t)
{
    return diag_push(t->diag, "HY001", NULL), false;
}

static bool add_param(struct position_text *t, const struct nat_param *value)
{
    if (t->n == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 16;
        struct nat_param *more = arena_alloc(&t->arena, cap * sizeof(*more));
        if (!more)
            return no_memory(t);
        if (t->n)
            memcpy(more, t->params, t->n * sizeof(*more));
        t->params = more;
        t->cap = cap;
    }
    struct nat_param *to = &t->params[t->n];
    *to = *value;
    if (value->p && !(to->p = arena_text(&t->arena, (struct text){value->p, value->n}).s))
        return no_memory(t);
    t->n++;
    if (backend.wire == WIRE_PG_TEXT)
        buf_fmt(&t->sql, "$%zu", t->n);
    else
        buf_char(&t->sql, '?');
    return true;
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

/* The text of a number or time that came in binary. */
static bool text_of_cell(const struct nat_type *t, struct nat_cell cell, struct buf *to)
{
    char text[128];
    SQLLEN n = 0;
    struct conv_target target = {
        .ctype = SQL_C_CHAR, .buf = text, .cap = sizeof(text), .octets = &n, .indicator = &n};
    conv_fn *fn = conv_pick(t, SQL_C_CHAR);
    return fn && fn(t, cell, &target) == CONV_OK && buf_add(to, text, (size_t)n);
}

/* A value of MySQL's as it is sent back. Of PostgreSQL's it is the text that has come. */
static bool value_of_cell(const struct nat_type *t, struct nat_cell cell, struct buf *scratch,
                          struct nat_param *out)
{
    bool is_pg = t->wire == WIRE_PG_TEXT;
    bool number_or_time = (t->kind >= NAT_INT1 && t->kind <= NAT_FLOAT8) ||
                          (t->kind >= NAT_DATE && t->kind <= NAT_TIMESTAMPTZ);
    *out = (struct nat_param){.p = cell.p, .n = cell.n};
    if (!is_pg && is_bytes(t) && !is_bits(t)) {
        out->type_id = MY_PARAM_BYTES;
        out->binary = true;
    } else if (!is_pg && is_bits(t)) {
        uint64_t bits = 0;
        for (size_t i = 0; i < cell.n && i < sizeof(bits); i++)
            bits = bits << 8 | (unsigned char)cell.p[i];
        out->type_id = MY_PARAM_UNSIGNED;
        out->binary = true;
        buf_add(scratch, &bits, sizeof(bits));
    } else if (!is_pg) {
        out->type_id = my_param_type(t);
        if (t->wire == WIRE_MY_BINARY && number_or_time && !text_of_cell(t, cell, scratch))
            return false;
    }
    if (scratch->n) {
        out->p = buf_z(scratch);
        out->n = scratch->n;
    }
    return buf_ok(scratch);
}

/* ---- comparisons ---- */

static bool add_bytes(struct position_text *t, const char *before, struct text name,
                      const char *after, const struct nat_param *value)
{
    struct nat_param bytes = {
        .p = value->p, .n = value->n, .binary = true, .type_id = MY_PARAM_BYTES};
    buf_fmt(&t->sql, "CAST(%s%.*s%s AS BINARY) = ", before, TEXT_ARG(name), after);
    return add_param(t, &bytes);
}

/* A key's own = finds the row, whatever it takes for equal; of MySQL's the bytes are looked at too.
 */
static bool add_equals(struct position_text *t, const struct position_column *c,
                       const struct nat_param *value)
{
    enum comparison how = c->comparison;
    if (!value->p) {
        buf_fmt(&t->sql, "%.*s IS NULL", TEXT_ARG(c->name));
        return true;
    }
    if (how == COMPARE_BYTES && !c->is_key)
        return add_bytes(t, "CONVERT(", c->name, " USING utf8mb4)", value);
    if (how == COMPARE_JSON)
        return add_bytes(t, "CAST(", c->name, " AS CHAR)", value);
    if (how == COMPARE_OUTPUT && !c->is_key)
        buf_fmt(&t->sql, "pg_catalog.format('%%s', %.*s) = ", TEXT_ARG(c->name));
    else
        buf_fmt(&t->sql, "%.*s = ", TEXT_ARG(c->name));
    if (!add_param(t, value))
        return false;
    if (how == COMPARE_EXACT && !c->is_key)
        buf_str(&t->sql, " COLLATE \"C\"");
    if (how != COMPARE_BYTES)
        return true;
    buf_str(&t->sql, " AND ");
    return add_bytes(t, "CONVERT(", c->name, " USING utf8mb4)", value);
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

static bool is_bound(const struct stmt *s, size_t column)
{
    const struct position_column *c = &s->positions->columns[column];
    const struct desc_rec *a = desc_rec_at(s->ard, column + 1);
    return c->name.s && !c->twice && a && (a->data || a->indicator_ptr || a->octet_length_ptr);
}

/* The column's new value at this row of the rowset, if there is one. What can only be read is left
 * out (ODBC reference, SQLSetPos, 21S02). */
static bool is_given(const struct stmt *s, size_t column, size_t at)
{
    if (!is_bound(s, column) || s->positions->columns[column].read_only)
        return false;
    const struct desc_rec *a = desc_rec_at(s->ard, column + 1);
    SQLLEN length = desc_length_at(s->ard, a, at);
    return length != SQL_COLUMN_IGNORE && (a->data || length == SQL_NULL_DATA);
}

bool position_wants(const struct stmt *s, size_t number, size_t at)
{
    return number <= s->positions->n && is_given(s, number - 1, at);
}

static SQLSMALLINT given_type(const struct stmt *s, size_t column, const struct desc_rec *a)
{
    const struct desc_rec *r = &s->ird.recs[column];
    return a->ctype == SQL_C_DEFAULT ? conv_default_ctype(r->sql_type, r->column.type.is_unsigned)
                                     : a->ctype;
}

static size_t element_of(const struct stmt *s, size_t column, const struct desc_rec *a)
{
    SQLLEN fixed = conv_ctype_size(given_type(s, column, a));
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

static bool ends_in_nul(SQLSMALLINT ctype, const struct param_source *from)
{
    const char *end = (const char *)from->data + from->length;
    if (ctype == SQL_C_CHAR && from->length > 0)
        return !end[-1];
    return ctype == SQL_C_WCHAR && from->length > 1 && !end[-1] && !end[-2];
}

/* In a bound buffer there is no more than it has room for: a length beyond it (or of all of it,
 * with a NUL in its last place) is that of a value which was cut off when it was fetched, and a
 * text without a length ends with the buffer. Where nothing was ever cut off the length is the
 * application's own word, which counts as it does for a parameter, up to what the column holds. */
static bool bounded(const struct desc *ard, SQLSMALLINT ctype, struct param_source *from)
{
    SQLLEN room = from->a->octet_length;
    SQLULEN holds = type_size(ard->dbc, &from->p->column.type);
    bool own_word = from->a->octet_length_ptr && !ard->has_cut;
    if (conv_ctype_size(ctype) || from->length == SQL_NULL_DATA ||
        (own_word &&
         (from->length == SQL_NTS || (holds < INT32_MAX && (SQLULEN)from->length <= holds * 4))))
        return true;
    if (from->length == SQL_NTS && ctype == SQL_C_WCHAR) {
        const SQLWCHAR *w = from->data;
        SQLLEN n = 0;
        while (n < room / (SQLLEN)sizeof(*w) && w[n])
            n++;
        from->length = n * (SQLLEN)sizeof(*w);
    } else if (from->length == SQL_NTS) {
        from->length = (SQLLEN)strnlen(from->data, (size_t)room);
    }
    return from->length < room || (from->length == room && !ends_in_nul(ctype, from));
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
    bool in_buffer = !dae_wanted(from.length);
    p.length = 0;
    if (!dae_take(s, &from))
        return diag_push(&s->diag, "HY001", NULL), false;
    if (in_buffer && !bounded(s->ard, given_type(s, column, a), &from)) {
        diag_push_at(&s->diag, "22001",
                     "the length of the value is beyond its buffer (a fetch that truncated it says "
                     "so): give the value, or SQL_COLUMN_IGNORE",
                     (SQLLEN)at + 1, (SQLINTEGER)column + 1);
        return false;
    }
    if (!SQL_SUCCEEDED(param_value(s, &from, to, out)))
        return false;
    if (out->p)
        out->p = to->p + ((uintptr_t)out->p - 1);
    return true;
}

/* As a new value, or (the row has got its new values) to be compared with. */
static bool add_given(struct stmt *s, struct position_text *t, size_t column, size_t at,
                      bool compared)
{
    struct buf bytes;
    struct nat_param value;
    buf_init(&bytes);
    bool ok = take_given(s, column, at, &bytes, &value);
    if (ok && compared && backend.wire == WIRE_PG_TEXT && !value.binary)
        value.type_id = 0; /* the column's own */
    ok = ok &&
         (compared ? add_equals(t, &s->positions->columns[column], &value) : add_param(t, &value));
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
        if (!c->name.s || c->twice || c->comparison == COMPARE_NOT ||
            (keys_only && !c->is_key && !p->whole))
            continue;
        buf_str(&t->sql, word);
        word = " AND ";
        if (at != OLD && is_given(s, i, at) ? !add_given(s, t, i, at, true)
                                            : !add_cell_equals(s, t, i))
            return false;
    }
    return true;
}

/* The name still means the table that the result was of (PostgreSQL). */
static bool add_table_check(struct position_text *t, const struct positions *p)
{
    struct nat_param name = {.p = p->name.s, .n = p->name.n};
    if (!p->table_id)
        return true;
    buf_str(&t->sql, " AND CAST(");
    if (!add_param(t, &name))
        return false;
    buf_fmt(&t->sql, " AS pg_catalog.regclass) = CAST(%u AS pg_catalog.oid)",
            (unsigned)p->table_id);
    return true;
}

/* Without a key there may be several such rows: one of them. */
static bool add_where(struct stmt *s, struct position_text *t, bool keys_only, size_t at)
{
    const struct positions *p = s->positions;
    bool by_place = p->whole && backend.wire == WIRE_PG_TEXT;
    if (by_place)
        buf_fmt(&t->sql, " WHERE (tableoid, ctid) = (SELECT tableoid, ctid FROM %.*s",
                TEXT_ARG(p->name));
    if (!add_comparisons(s, t, keys_only, at) || !add_table_check(t, p))
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
static void keep_row(struct stmt *s, struct position_text *t, const struct cursor *c)
{
    const struct positions *p = s->positions;
    size_t n, at = 0;
    const struct nat_column *told = cursor_columns(c, &n);
    struct nat_column *columns = arena_zalloc(&t->arena, (p->n + 1) * sizeof(*columns));
    struct nat_cell *cells = arena_zalloc(&t->arena, (p->n + 1) * sizeof(*cells));
    for (size_t i = 0; columns && cells && i < p->n; i++) {
        if (!p->columns[i].name.s || at >= n)
            continue;
        columns[i] = told[at];
        cells[i] = cursor_cell(c, 0, at++);
    }
    changed_note(s->positions, s->row_number, columns ? cells : NULL, columns);
}

/* was_open: there was a transaction before. */
static SQLRETURN fail(struct stmt *s, struct position_text *t, const struct fault *f, bool was_open)
{
    t->over =
        strncmp(f->sqlstate, "08", 2) == 0 || strcmp(f->sqlstate, "HY008") == 0 ||
        strncmp(f->sqlstate, "HYT", 3) == 0 ||
        (was_open && (!conn_in_transaction(s->dbc->conn) || conn_transaction_failed(s->dbc->conn)));
    t->fault = *f;
    if (!t->is_afterwards)
        return diag_fault_at(t->diag, f, t->row);
    conn_untold(s->dbc->conn);
    return diag_fault_warn(t->diag, f, SQL_NO_ROW_NUMBER);
}

/* *rows: how many were changed, or read: then the row is kept. */
static SQLRETURN run(struct stmt *s, struct position_text *t, int64_t *rows)
{
    struct scan_info scan;
    struct cursor c;
    struct nat_outcome out;
    struct fault f, ignored;
    size_t got = 0;
    bool was_open = conn_in_transaction(s->dbc->conn);
    fault_clear(&f);
    cursor_init(&c);
    *rows = 0;
    if (!buf_ok(&t->sql))
        return diag_push(t->diag, "HY001", NULL);
    scan_classify(conn_rules(s->dbc->conn), buf_view(&t->sql), &scan);
    scan.params = t->n;
    struct conn_work work = {
        .sql = buf_view(&t->sql), .scan = &scan, .params = t->params, .nparams = t->n};
    if (!conn_execute(s->dbc->conn, &c, &work, &out, t->deadline, &f))
        return fail(s, t, &f, was_open);
    if (out.kind == NAT_FAILED)
        f = out.fault;
    else if (out.kind == NAT_ROWS && cursor_next(&c, 1, &got, t->deadline, &f) && got)
        keep_row(s, t, &c);
    *rows = out.kind == NAT_ROWS ? (int64_t)got : out.count > 0 ? out.count : out.found;
    cursor_close(&c, t->deadline, fault_is(&f) ? &ignored : &f);
    changed_settle(s->dbc);
    return fault_is(&f) ? fail(s, t, &f, was_open) : SQL_SUCCESS;
}

/* What keep_row() takes. */
static void add_columns(struct position_text *t, const struct positions *p, const char *before)
{
    for (size_t i = 0; i < p->n; i++) {
        if (!p->columns[i].name.s)
            continue;
        buf_fmt(&t->sql, "%s%.*s", before, TEXT_ARG(p->columns[i].name));
        before = ", ";
    }
}

/* The loaded row as its table has it; at: it was just given the values of that row of the rowset.
 */
static SQLRETURN read_again(struct stmt *s, struct position_text *t, size_t at, int64_t *rows)
{
    const struct positions *p = s->positions;
    begin_again(t);
    add_columns(t, p, "SELECT ");
    buf_fmt(&t->sql, " FROM %.*s", TEXT_ARG(p->name));
    return add_where(s, t, true, at) ? run(s, t, rows) : SQL_ERROR;
}

/* What has been done is done, whether the cursor can show it or not. The row's values are known if
 * it could be read again. */
static SQLRETURN show_change(struct stmt *s, struct position_text *t, size_t at)
{
    int64_t seen = 0;
    t->is_afterwards = true;
    SQLRETURN ret = read_again(s, t, at, &seen);
    changed_mark(s->positions, s->row_number, SQL_ROW_UPDATED, seen > 0);
    return ret == SQL_SUCCESS ? SQL_SUCCESS : SQL_SUCCESS_WITH_INFO;
}

SQLRETURN position_update(struct stmt *s, struct position_text *t, size_t at, int64_t *rows)
{
    const struct positions *p = s->positions;
    const char *before = "";
    begin_again(t);
    buf_fmt(&t->sql, "UPDATE %.*s SET ", TEXT_ARG(p->name));
    for (size_t i = 0; i < p->n; i++) {
        if (!is_given(s, i, at))
            continue;
        buf_fmt(&t->sql, "%s%.*s = ", before, TEXT_ARG(p->columns[i].name));
        if (!add_given(s, t, i, at, false))
            return SQL_ERROR;
        before = ", ";
    }
    if (!*before) {
        diag_push_at(t->diag, "21S02", "no column has a new value", t->row, SQL_NO_COLUMN_NUMBER);
        return SQL_ERROR;
    }
    SQLRETURN ret = add_where(s, t, false, OLD) ? run(s, t, rows) : SQL_ERROR;
    return SQL_SUCCEEDED(ret) && *rows == 1 ? show_change(s, t, at) : ret;
}

SQLRETURN position_delete(struct stmt *s, struct position_text *t, int64_t *rows)
{
    begin_again(t);
    buf_fmt(&t->sql, "DELETE FROM %.*s", TEXT_ARG(s->positions->name));
    SQLRETURN ret = add_where(s, t, false, OLD) ? run(s, t, rows) : SQL_ERROR;
    if (SQL_SUCCEEDED(ret) && *rows == 1)
        changed_mark(s->positions, s->row_number, SQL_ROW_DELETED, true);
    return ret;
}

SQLRETURN position_refresh(struct stmt *s, struct position_text *t, bool *found)
{
    int64_t rows = 0;
    if (s->positions->whole && !changed_known(s->positions, s->row_number)) {
        diag_push_at(t->diag, "HY109",
                     "the row's values are not known any more, and its table has no key: execute "
                     "the query again",
                     t->row, SQL_NO_COLUMN_NUMBER);
        return SQL_ERROR;
    }
    SQLRETURN ret = read_again(s, t, OLD, &rows);
    *found = rows > 0;
    if (ret != SQL_SUCCESS || !*found || changed_known(s->positions, s->row_number))
        return ret;
    diag_push_at(t->diag, "HY000", "the types of its columns have changed: execute the query again",
                 t->row, SQL_NO_COLUMN_NUMBER);
    return SQL_ERROR;
}

/* Its values are others now; where they are the only thing that it is known by, it is not known any
 * more. Its key may have become another: then it is shown as it was read. */
SQLRETURN position_done(struct stmt *s, struct position_text *t, bool is_delete)
{
    if (!is_delete && !s->positions->whole)
        return show_change(s, t, OLD);
    changed_mark(s->positions, s->row_number, is_delete ? SQL_ROW_DELETED : SQL_ROW_UPDATED,
                 is_delete);
    return SQL_SUCCESS;
}

/* Not every MySQL server can tell what has become of a new row. */
static SQLRETURN run_add(struct stmt *s, struct position_text *t, SQLULEN number, int64_t *rows)
{
    SQLULEN was = s->row_number;
    if (number && backend.wire == WIRE_PG_TEXT)
        add_columns(t, s->positions, " RETURNING ");
    s->row_number = number;
    SQLRETURN ret = run(s, t, rows);
    s->row_number = was;
    return ret;
}

/* Every column is left out: each has its default. */
static SQLRETURN add_defaults(struct stmt *s, struct position_text *t, SQLULEN number,
                              int64_t *rows)
{
    size_t n = 0;
    for (size_t i = 0; i < s->positions->n; i++)
        n += is_bound(s, i);
    if (!n) {
        diag_push_at(t->diag, "21S02", "no column is bound", t->row, SQL_NO_COLUMN_NUMBER);
        return SQL_ERROR;
    }
    buf_str(&t->sql, backend.wire == WIRE_PG_TEXT ? " DEFAULT VALUES" : " () VALUES ()");
    return run_add(s, t, number, rows);
}

SQLRETURN position_add(struct stmt *s, struct position_text *t, size_t at, SQLULEN number,
                       int64_t *rows)
{
    const struct positions *p = s->positions;
    const char *before = " (";
    begin_again(t);
    buf_fmt(&t->sql, "INSERT INTO %.*s", TEXT_ARG(p->name));
    for (size_t i = 0; i < p->n; i++) {
        if (!is_given(s, i, at))
            continue;
        buf_fmt(&t->sql, "%s%.*s", before, TEXT_ARG(p->columns[i].name));
        before = ", ";
    }
    if (*before == ' ')
        return add_defaults(s, t, number, rows);
    before = ") VALUES (";
    for (size_t i = 0; i < p->n; i++) {
        if (!is_given(s, i, at))
            continue;
        buf_str(&t->sql, before);
        if (!add_given(s, t, i, at, false))
            return SQL_ERROR;
        before = ", ";
    }
    buf_char(&t->sql, ')');
    return run_add(s, t, number, rows);
}
