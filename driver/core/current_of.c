/* SQLSetCursorName, SQLGetCursorName, and what cursors have names for: UPDATE and DELETE ... WHERE
 * CURRENT OF (ODBC reference, "Positioned Update and Delete Statements"). The server does not know
 * the cursor: the clause becomes one that names the row that it stands on, each time the statement
 * is executed. */
#include <stdio.h>
#include <string.h>

#include "core/backend.h"
#include "core/position.h"

static bool cursor_name_taken(const struct stmt *s, struct text name)
{
    LIST_EACH(it, &s->dbc->stmts) {
        const struct stmt *other = LIST_ENTRY(it, struct stmt, node);
        if (other != s && text_eq_ci(text_of(other->cursor_name), name))
            return true;
    }
    return false;
}

SQLRETURN stmt_set_cursor_name(struct stmt *s, struct text name)
{
    if (s->state == STMT_CURSOR || s->state == STMT_EXECUTED)
        return diag_push(&s->diag, "24000", NULL);
    if (!name.s)
        return diag_push(&s->diag, "HY009", NULL);
    if (!name.n || name.n >= sizeof(s->cursor_name) || text_starts_ci(name, TEXT("SQL_CUR")) ||
        text_starts_ci(name, TEXT("SQLCUR")))
        return diag_push(&s->diag, "34000", NULL);
    if (cursor_name_taken(s, name))
        return diag_push(&s->diag, "3C000", NULL);
    memcpy(s->cursor_name, name.s, name.n);
    s->cursor_name[name.n] = 0;
    s->dbc->cursors_named = true;
    return SQL_SUCCESS;
}

SQLRETURN stmt_get_cursor_name(struct stmt *s, struct text *name)
{
    if (!s->cursor_name[0])
        snprintf(s->cursor_name, sizeof(s->cursor_name), "SQL_CUR%u", s->dbc->cursors++);
    s->dbc->cursors_named = true;
    *name = text_of(s->cursor_name);
    return SQL_SUCCESS;
}

/* ---- the statement: UPDATE or DELETE FROM one table, ... WHERE CURRENT OF name ---- */

struct clause {
    struct token schema, table;        /* TOKEN_END: absent */
    struct text cursor;                /* without quotes */
    size_t table_at, table_end, where; /* in the text */
    bool is_simple;                    /* one table, and nothing unknown around it */
};

/* Words that may stand between the verb and the table's name. */
static bool is_modifier(struct text word)
{
    static const char *const words[] = {"only", "from", "low_priority", "quick", "ignore"};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (text_eq_ci(word, text_of(words[i])))
            return true;
    return false;
}

static bool next_token(struct scanner *scanner, struct token *t)
{
    do {
        if (!scan_next(scanner, t))
            return false;
    } while (t->kind == TOKEN_SPACE);
    return true;
}

static bool is_name(const struct token *t)
{
    return t->kind == TOKEN_WORD || t->kind == TOKEN_QUOTED_NAME;
}

/* The table's name, maybe behind a schema's or database's, and an alias; SET or WHERE follows. */
static void read_table(const struct scan_rules *rules, struct text sql, struct clause *c)
{
    struct scanner scanner;
    struct token t;
    scan_start(&scanner, rules, sql);
    next_token(&scanner, &t); /* the verb */
    bool more = next_token(&scanner, &t);
    while (more && t.kind == TOKEN_WORD && is_modifier(t.text))
        more = next_token(&scanner, &t);
    if (!more || !is_name(&t))
        return;
    c->table_at = (size_t)(t.text.s - sql.s);
    c->table = t;
    c->table_end = c->table_at + t.text.n;
    more = next_token(&scanner, &t);
    if (more && t.kind == TOKEN_OPERATOR && text_eq(t.text, TEXT("."))) {
        c->schema = c->table;
        more = next_token(&scanner, &t) && is_name(&t);
        if (!more)
            return;
        c->table = t;
        c->table_end = (size_t)(t.text.s - sql.s) + t.text.n;
        more = next_token(&scanner, &t);
    }
    if (more && t.kind == TOKEN_WORD && text_eq_ci(t.text, TEXT("as")))
        more = next_token(&scanner, &t);
    bool ends = more && t.kind == TOKEN_WORD &&
                (text_eq_ci(t.text, TEXT("set")) || text_eq_ci(t.text, TEXT("where")));
    if (more && !ends && is_name(&t)) /* an alias */
        ends = next_token(&scanner, &t) && t.kind == TOKEN_WORD &&
               (text_eq_ci(t.text, TEXT("set")) || text_eq_ci(t.text, TEXT("where")));
    c->is_simple = ends;
}

/* False: the text does not end in such a clause. */
static bool read_clause(const struct scan_rules *rules, struct text sql, struct clause *c)
{
    static const char *const words[] = {"WHERE", "CURRENT", "OF"};
    enum { N = sizeof(words) / sizeof(words[0]) };
    struct token last[N + 1] = {{0}}, t;
    struct scanner scanner;
    *c = (struct clause){.is_simple = false};
    scan_start(&scanner, rules, sql);
    while (scan_next(&scanner, &t)) {
        if (t.kind == TOKEN_SPACE || t.kind == TOKEN_SEMICOLON)
            continue;
        memmove(last, last + 1, N * sizeof(last[0]));
        last[N] = t;
    }
    for (size_t i = 0; i < N; i++)
        if (last[i].kind != TOKEN_WORD || !text_eq_ci(last[i].text, text_of(words[i])))
            return false;
    c->where = (size_t)(last[0].text.s - sql.s);
    c->cursor = token_name(&last[N]);
    read_table(rules, sql, c);
    return true;
}

/* Nobody has asked for a cursor's name or given one: then there is none to be meant. */
static bool may_have_clause(const struct stmt *s)
{
    const struct scan_info *scan = s->is_prepared ? &s->prep.scan : &s->scan;
    return s->dbc->cursors_named && scan->statements == 1 &&
           (text_eq_ci(scan->verb, TEXT("UPDATE")) || text_eq_ci(scan->verb, TEXT("DELETE")));
}

/* ---- the cursor ---- */

static struct stmt *cursor_named(const struct stmt *s, struct text name)
{
    LIST_EACH(it, &s->dbc->stmts) {
        struct stmt *other = LIST_ENTRY(it, struct stmt, node);
        if (other->cursor_name[0] && text_eq_ci(text_of(other->cursor_name), name))
            return other;
    }
    return NULL;
}

/* The row that it stands on is loaded. */
static bool stands_on_a_row(struct stmt *cursor)
{
    if (!cursor->on_row || (cursor->cur.lost && !cursor->cur.aside))
        return false;
    if (!cursor->rowset_multi)
        return true;
    return stmt_scrolls(cursor) && scroll_load(cursor, cursor->scroll.at);
}

static SQLRETURN row_is_certain(struct stmt *s, struct stmt *cursor)
{
    if (changed_status(cursor->positions, cursor->row_number) == SQL_ROW_DELETED)
        return diag_push(&s->diag, "24000", "the cursor's row has been deleted");
    if (!changed_known(cursor->positions, cursor->row_number))
        return diag_push(&s->diag, "24000",
                         cursor->positions->whole
                             ? "the values of the cursor's row are not known any more, and its "
                               "table has no key: execute its query again"
                             : "the values of the cursor's row are not known any more: refresh it "
                               "(SQLSetPos, SQL_REFRESH)");
    return SQL_SUCCESS;
}

/* The statement's table is the cursor's: by its name, and its schema's where that is written. */
static SQLRETURN same_table(struct stmt *s, const struct clause *c, const struct positions *p)
{
    if (!c->is_simple)
        return diag_push(&s->diag, "42000",
                         "WHERE CURRENT OF is for UPDATE and DELETE of one table");
    bool has_schema = c->schema.kind != TOKEN_END;
    if (token_is(&c->table, p->table) && (!has_schema || token_is(&c->schema, p->schema)))
        return SQL_SUCCESS;
    return diag_fmt(&s->diag, "42000", "the cursor is on the table %.*s", TEXT_ARG(p->name));
}

SQLRETURN current_of_begin(struct stmt *s, struct current_of *of)
{
    struct clause c;
    of->cursor = NULL;
    if (!may_have_clause(s) || !read_clause(conn_rules(s->dbc->conn), buf_view(&s->sql), &c))
        return SQL_SUCCESS;
    struct stmt *cursor = cursor_named(s, c.cursor);
    if (!cursor && backend.names_cursors) /* one of the server's own */
        return SQL_SUCCESS;
    if (!cursor || cursor->state != STMT_CURSOR)
        return diag_fmt(&s->diag, "34000", "no cursor \"%.*s\" is open on this connection",
                        TEXT_ARG(c.cursor));
    if (!position_allowed(cursor, &s->diag))
        return SQL_ERROR;
    if (!stands_on_a_row(cursor))
        return diag_push(&s->diag, "24000",
                         "the cursor is not on a row: fetch one row first, or SQLSetPos to one");
    if (s->apd->array_size > 1)
        return diag_push(&s->diag, "HYC00", "arrays of parameters are not for WHERE CURRENT OF");
    if (!position_know(cursor, &s->diag))
        return SQL_ERROR;
    SQLRETURN ret = row_is_certain(s, cursor);
    if (SQL_SUCCEEDED(ret))
        ret = same_table(s, &c, cursor->positions);
    *of = (struct current_of){.cursor = SQL_SUCCEEDED(ret) ? cursor : NULL,
                              .table = c.table_at,
                              .table_end = c.table_end,
                              .where = c.where,
                              .is_delete = text_eq_ci(text_of(s->verb), TEXT("DELETE"))};
    return ret;
}

/* ---- the statement that the server gets ---- */

static bool copy_params(struct position_text *t, const struct conn_work *work)
{
    t->params = arena_alloc(&t->arena, (work->nparams + 1) * sizeof(*t->params));
    if (!t->params)
        return diag_push(t->diag, "HY001", NULL), false;
    if (work->nparams)
        memcpy(t->params, work->params, work->nparams * sizeof(*t->params));
    t->n = t->cap = work->nparams;
    return true;
}

bool current_of_work(struct stmt *s, struct current_of *c, struct conn_work *work)
{
    struct position_text *t = &c->text;
    struct text sql = buf_view(&s->sql);
    position_begin(t, s, stmt_deadline(s));
    buf_text(&t->sql, text_sub(sql, 0, c->table));
    buf_text(&t->sql, c->cursor->positions->name);
    buf_text(&t->sql, text_sub(sql, c->table_end, c->where - c->table_end));
    bool ok = copy_params(t, work) && position_where(c->cursor, t);
    if (ok && !buf_ok(&t->sql))
        ok = SQL_SUCCEEDED(diag_push(&s->diag, "HY001", NULL));
    if (!ok) {
        position_end(t);
        return false;
    }
    scan_classify(conn_rules(s->dbc->conn), buf_view(&t->sql), &c->scan);
    c->scan.params = t->n;
    *work = (struct conn_work){.sql = buf_view(&t->sql),
                               .scan = &c->scan,
                               .params = t->params,
                               .nparams = t->n,
                               .nsets = work->nsets};
    return true;
}

SQLRETURN current_of_end(struct stmt *s, struct current_of *c, SQLRETURN ret)
{
    bool done = SQL_SUCCEEDED(ret) || ret == SQL_NO_DATA;
    if (done && s->none_found)
        ret = diag_warn(&s->diag, "01001",
                        "the row has been changed or deleted since it was read: nothing was done");
    else if (done && position_done(c->cursor, &c->text, c->is_delete) != SQL_SUCCESS)
        ret = SQL_SUCCESS_WITH_INFO;
    position_end(&c->text);
    return ret;
}
