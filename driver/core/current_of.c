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
        snprintf(s->cursor_name, sizeof(s->cursor_name), "SQL_CUR%p", (void *)s);
    s->dbc->cursors_named = true;
    *name = text_of(s->cursor_name);
    return SQL_SUCCESS;
}

/* ---- the clause ---- */

static struct text unquoted(const struct token *t)
{
    bool is_quoted = t->kind == TOKEN_QUOTED_NAME || t->kind == TOKEN_STRING;
    return is_quoted && t->text.n >= 2 ? text_sub(t->text, 1, t->text.n - 2) : t->text;
}

/* The name behind a text's last words, WHERE CURRENT OF, which begin at *where; else TEXT_NONE. */
static struct text name_at_end(const struct scan_rules *rules, struct text sql, size_t *where)
{
    static const char *const words[] = {"WHERE", "CURRENT", "OF"};
    enum { N = sizeof(words) / sizeof(words[0]) };
    struct token last[N + 1] = {{0}}, t;
    struct scanner scanner;
    scan_start(&scanner, rules, sql);
    while (scan_next(&scanner, &t)) {
        if (t.kind == TOKEN_SPACE || t.kind == TOKEN_SEMICOLON)
            continue;
        memmove(last, last + 1, N * sizeof(last[0]));
        last[N] = t;
    }
    for (size_t i = 0; i < N; i++)
        if (last[i].kind != TOKEN_WORD || !text_eq_ci(last[i].text, text_of(words[i])))
            return TEXT_NONE;
    *where = (size_t)(last[0].text.s - sql.s);
    return unquoted(&last[N]);
}

/* Nobody has asked for a name or given one: then there is none to be meant. */
static struct text cursor_meant(const struct stmt *s, size_t *where)
{
    const struct scan_info *scan = s->is_prepared ? &s->prep.scan : &s->scan;
    bool may = s->dbc->cursors_named && scan->statements == 1 &&
               (text_eq_ci(scan->verb, TEXT("UPDATE")) || text_eq_ci(scan->verb, TEXT("DELETE")));
    return may ? name_at_end(conn_rules(s->dbc->conn), buf_view(&s->sql), where) : TEXT_NONE;
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
    if (!cursor->on_row || cursor->cur.lost)
        return false;
    if (!cursor->rowset_multi)
        return true;
    return stmt_scrolls(cursor) && scroll_load(cursor, cursor->scroll.at);
}

SQLRETURN current_of_begin(struct stmt *s, struct current_of *c)
{
    size_t where = 0;
    struct text name = cursor_meant(s, &where);
    *c = (struct current_of){.cursor = NULL};
    if (!name.n)
        return SQL_SUCCESS;
    struct stmt *cursor = cursor_named(s, name);
    if (!cursor && backend.names_cursors) /* one of the server's own */
        return SQL_SUCCESS;
    if (!cursor || cursor->state != STMT_CURSOR)
        return diag_fmt(&s->diag, "34000", "no cursor \"%.*s\" is open on this connection",
                        TEXT_ARG(name));
    if (!position_allowed(cursor, &s->diag))
        return SQL_ERROR;
    if (!stands_on_a_row(cursor))
        return diag_push(&s->diag, "24000",
                         "the cursor is not on a row: fetch one row first, or SQLSetPos to one");
    if (cursor->positions &&
        changed_status(cursor->positions, cursor->row_number) == SQL_ROW_DELETED)
        return diag_push(&s->diag, "24000", "the cursor's row has been deleted");
    if (!position_know(cursor, &s->diag))
        return SQL_ERROR;
    if (s->apd->array_size > 1)
        return diag_push(&s->diag, "HYC00", "arrays of parameters are not for WHERE CURRENT OF");
    c->cursor = cursor;
    c->where = where;
    c->is_delete = text_eq_ci(text_of(s->verb), TEXT("DELETE"));
    return SQL_SUCCESS;
}

/* ---- the statement that the server gets ---- */

static bool copy_params(struct position_text *t, const struct conn_work *work)
{
    t->params = arena_alloc(t->arena, (work->nparams + 1) * sizeof(*t->params));
    if (!t->params)
        return false;
    if (work->nparams)
        memcpy(t->params, work->params, work->nparams * sizeof(*t->params));
    t->n = t->cap = work->nparams;
    return true;
}

bool current_of_work(struct stmt *s, struct current_of *c, struct conn_work *work)
{
    struct position_text *t = &c->text;
    *t = (struct position_text){.diag = &s->diag, .arena = &s->arena, .row = SQL_NO_ROW_NUMBER};
    buf_init(&t->sql);
    buf_text(&t->sql, text_sub(buf_view(&s->sql), 0, c->where));
    bool enough = copy_params(t, work);
    if (enough && !position_where(c->cursor, t)) {
        buf_fini(&t->sql);
        return false;
    }
    if (!enough || !buf_ok(&t->sql)) {
        buf_fini(&t->sql);
        return diag_push(&s->diag, "HY001", NULL), false;
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
    bool is_odbc2 = s->dbc->env->odbc_version == SQL_OV_ODBC2;
    if (ret == SQL_NO_DATA || (is_odbc2 && SQL_SUCCEEDED(ret) && s->row_count == 0))
        ret = diag_warn(&s->diag, "01001", "the row has been changed or deleted since it was read");
    else if (SQL_SUCCEEDED(ret) && position_done(c->cursor, &c->text, c->is_delete) != SQL_SUCCESS)
        ret = SQL_SUCCESS_WITH_INFO;
    buf_fini(&c->text.sql);
    return ret;
}
