/* Diagnostic records: SQLGetDiagRec, SQLGetDiagField (ODBC, "Diagnostics"). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* asprintf */
#endif
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf.h"
#include "core/core_priv.h"

struct state_row {
    const char *v3, *v2, *text;
};
static const struct state_row state_table[] = {
#define STATE(v3, v2, text) {v3, v2, text},
#include "core/state.def"
#undef STATE
};

static const struct state_row *state_find(const char *v3)
{
    for (size_t i = 0; i < sizeof(state_table) / sizeof(state_table[0]); i++)
        if (!strcmp(state_table[i].v3, v3))
            return &state_table[i];
    return NULL;
}

void diag_init(struct diag *g, const struct dbc *dbc)
{
    *g = (struct diag){.dbc = dbc, .row_count = -1};
    pthread_mutex_init(&g->lock, NULL);
}

void diag_clear(struct diag *g)
{
    if (g->n == 0 && !g->reserve_used)
        return;
    pthread_mutex_lock(&g->lock);
    for (size_t i = 0; i < g->n; i++)
        free(g->recs[i].text);
    g->n = 0;
    g->reserve_used = false;
    pthread_mutex_unlock(&g->lock);
}

void diag_returned(struct diag *g, SQLRETURN ret)
{
    if (g->ret == ret)
        return;
    pthread_mutex_lock(&g->lock);
    g->ret = ret;
    pthread_mutex_unlock(&g->lock);
}

void diag_counted(struct diag *g, SQLLEN rows)
{
    if (g->row_count == rows)
        return;
    pthread_mutex_lock(&g->lock);
    g->row_count = rows;
    pthread_mutex_unlock(&g->lock);
}

void diag_function(struct diag *g, const struct dynamic *function)
{
    if (g->function == function)
        return;
    pthread_mutex_lock(&g->lock);
    g->function = function;
    pthread_mutex_unlock(&g->lock);
}

void diag_fini(struct diag *g)
{
    diag_clear(g);
    free(g->recs);
    g->recs = NULL;
    g->cap = 0;
    pthread_mutex_destroy(&g->lock);
}

/* "[Holdfast][PostgreSQL 15.18] text", or "[Holdfast] text" where no server is known. */
static char *message(const struct diag *g, const char *text)
{
    const struct conn *c = g->dbc ? g->dbc->conn : NULL;
    const char *version = c ? conn_server_version(c) : "";
    char *out = NULL;
    int n;
    if (*version)
        n = asprintf(&out, "[Holdfast][%s %s] %s", dbc_dbms(g->dbc), version, text);
    else
        n = asprintf(&out, "[Holdfast] %s", text);
    return n < 0 ? NULL : out;
}

static bool is_warning(const char *sqlstate)
{
    return sqlstate[0] == '0' && sqlstate[1] == '1';
}

/* ODBC puts warnings of no row first, and those of a row in its place; but a notice of the server
 * before the error would be all that most programs show. */
static bool goes_last(const char *sqlstate, SQLLEN row)
{
    return is_warning(sqlstate) && (row < 1 || strcmp(sqlstate, "01000") == 0);
}

/* Does a record come before one that is there already? By rows, errors of no row first; of one row
 * errors before warnings; else in order of arrival. */
static bool goes_before(const char *sqlstate, SQLLEN row, const struct diag_rec *r)
{
    bool warning = is_warning(sqlstate), other = is_warning(r->sqlstate);
    bool last = goes_last(sqlstate, row), other_last = goes_last(r->sqlstate, r->row);
    if (last != other_last)
        return other_last;
    if (row != r->row)
        return row < r->row;
    return !warning && other;
}

/* A free record at its place. */
static struct diag_rec *slot(struct diag *g, const char *sqlstate, SQLLEN row)
{
    if (g->n == g->cap) {
        size_t cap = g->cap ? g->cap * 2 : 4;
        struct diag_rec *p = realloc(g->recs, cap * sizeof(*p));
        if (!p)
            return NULL;
        g->recs = p;
        g->cap = cap;
    }
    size_t at = g->n;
    while (at > 0 && goes_before(sqlstate, row, &g->recs[at - 1]))
        at--;
    memmove(&g->recs[at + 1], &g->recs[at], (g->n - at) * sizeof(*g->recs));
    g->n++;
    return &g->recs[at];
}

/* Without memory for a record its SQLSTATE is kept all the same: that a transaction's outcome is
 * unknown must not turn into HY001. An error is worth more than a warning. */
static void add(struct diag *g, struct diag_rec rec)
{
    pthread_mutex_lock(&g->lock);
    struct diag_rec *r = slot(g, rec.sqlstate, rec.row);
    if (r) {
        *r = rec;
    } else {
        free(rec.text);
        rec.text = NULL;
        if (!g->reserve_used || (is_warning(g->reserve.sqlstate) && !is_warning(rec.sqlstate)))
            g->reserve = rec;
        g->reserve_used = true;
    }
    pthread_mutex_unlock(&g->lock);
}

void diag_move(struct diag *from, struct diag *to)
{
    for (size_t i = 0; i < from->n; i++) {
        add(to, from->recs[i]);
        from->recs[i].text = NULL;
    }
    diag_clear(from);
}

static void push(struct diag *g, const char *sqlstate, SQLINTEGER native, const char *text,
                 SQLLEN row, SQLINTEGER column)
{
    const struct state_row *row_of_state = state_find(sqlstate);
    if (!text)
        text = row_of_state ? row_of_state->text : "General error";
    struct diag_rec rec = {.native = native, .row = row, .column = column};
    rec.text = message(g, text);
    snprintf(rec.sqlstate, sizeof(rec.sqlstate), "%s", sqlstate);

    add(g, rec);
}

void diag_push_at(struct diag *g, const char *sqlstate, const char *text, SQLLEN row,
                  SQLINTEGER column)
{
    push(g, sqlstate, 0, text, row, column);
}

SQLRETURN diag_push(struct diag *g, const char *sqlstate, const char *text)
{
    push(g, sqlstate, 0, text, SQL_NO_ROW_NUMBER, SQL_NO_COLUMN_NUMBER);
    return SQL_ERROR;
}

SQLRETURN diag_warn(struct diag *g, const char *sqlstate, const char *text)
{
    diag_push(g, sqlstate, text);
    return SQL_SUCCESS_WITH_INFO;
}

SQLRETURN diag_fmt(struct diag *g, const char *sqlstate, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    text[utf_cut(text_of(text), strlen(text))] = 0;
    return diag_push(g, sqlstate, text);
}

SQLRETURN diag_fault_at(struct diag *g, const struct fault *f, SQLLEN row)
{
    push(g, f->sqlstate[0] ? f->sqlstate : "HY000", f->native, f->text, row, SQL_NO_COLUMN_NUMBER);
    return SQL_ERROR;
}

SQLRETURN diag_fault(struct diag *g, const struct fault *f)
{
    return diag_fault_at(g, f, SQL_NO_ROW_NUMBER);
}

SQLRETURN diag_fault_warn(struct diag *g, const struct fault *f, SQLLEN row)
{
    push(g, is_warning(f->sqlstate) ? f->sqlstate : "01000", f->native, f->text, row,
         SQL_NO_COLUMN_NUMBER);
    return SQL_SUCCESS_WITH_INFO;
}

/* ---- reading ---- */

static int odbc_version(const struct diag *g, SQLSMALLINT type, SQLHANDLE h)
{
    if (type == SQL_HANDLE_ENV)
        return ((struct env *)h)->odbc_version;
    return g->dbc ? g->dbc->env->odbc_version : (int)SQL_OV_ODBC3;
}

static struct diag *diag_of(SQLSMALLINT type, SQLHANDLE h)
{
    switch (h ? type : 0) {
    case SQL_HANDLE_ENV:
        return ((struct env *)h)->magic == MAGIC_ENV ? &((struct env *)h)->diag : NULL;
    case SQL_HANDLE_DBC:
        return ((struct dbc *)h)->magic == MAGIC_DBC ? &((struct dbc *)h)->diag : NULL;
    case SQL_HANDLE_STMT:
        return ((struct stmt *)h)->magic == MAGIC_STMT ? &((struct stmt *)h)->diag : NULL;
    case SQL_HANDLE_DESC:
        return ((struct desc *)h)->magic == MAGIC_DESC ? &((struct desc *)h)->diag : NULL;
    default:
        return NULL;
    }
}

struct diag *diag_enter(SQLSMALLINT type, SQLHANDLE h)
{
    struct diag *g = diag_of(type, h);
    if (g) {
        pthread_mutex_lock(&g->lock);
        g->of = type;
        g->version = odbc_version(g, type, h);
    }
    return g;
}

SQLRETURN diag_leave(struct diag *g, SQLRETURN ret)
{
    pthread_mutex_unlock(&g->lock);
    return ret;
}

static const struct diag_rec *rec_at(const struct diag *g, SQLSMALLINT number)
{
    if ((size_t)number <= g->n)
        return &g->recs[number - 1];
    if (g->reserve_used && (size_t)number == g->n + 1)
        return &g->reserve;
    return NULL;
}

static const char *state_shown(const struct diag_rec *r, int version)
{
    const struct state_row *row = state_find(r->sqlstate);
    return version == SQL_OV_ODBC2 && row ? row->v2 : r->sqlstate;
}

static struct text rec_text(const struct diag_rec *r)
{
    return r->text ? text_of(r->text)
                   : TEXT("[Holdfast] out of memory for the text of this record");
}

SQLRETURN diag_get_rec(struct diag *g, SQLSMALLINT number, struct diag_view *out)
{
    if (number < 1)
        return SQL_ERROR;
    const struct diag_rec *r = rec_at(g, number);
    if (!r)
        return SQL_NO_DATA;
    snprintf(out->sqlstate, sizeof(out->sqlstate), "%s", state_shown(r, g->version));
    out->native = r->native;
    out->message = rec_text(r);
    return SQL_SUCCESS;
}

static void field_text(struct diag_field *out, struct text t)
{
    out->is_text = true;
    out->text = t;
}

static void field_number(struct diag_field *out, SQLLEN n, size_t size)
{
    out->is_text = false;
    out->number = n;
    out->size = size;
}

static SQLRETURN header_field(struct diag *g, SQLSMALLINT id, struct diag_field *out)
{
    switch (id) {
    case SQL_DIAG_NUMBER:
        field_number(out, (SQLLEN)g->n + (g->reserve_used ? 1 : 0), sizeof(SQLINTEGER));
        return SQL_SUCCESS;
    case SQL_DIAG_RETURNCODE:
        field_number(out, g->ret, sizeof(SQLRETURN));
        return SQL_SUCCESS;
    case SQL_DIAG_ROW_COUNT:
    case SQL_DIAG_CURSOR_ROW_COUNT:
        if (g->of != SQL_HANDLE_STMT)
            return SQL_ERROR;
        field_number(out, id == SQL_DIAG_ROW_COUNT ? g->row_count : g->cursor_rows, sizeof(SQLLEN));
        return SQL_SUCCESS;
    case SQL_DIAG_DYNAMIC_FUNCTION:
        if (g->of != SQL_HANDLE_STMT)
            return SQL_ERROR;
        field_text(out, text_of(g->function ? g->function->name : ""));
        return SQL_SUCCESS;
    case SQL_DIAG_DYNAMIC_FUNCTION_CODE:
        if (g->of != SQL_HANDLE_STMT)
            return SQL_ERROR;
        field_number(out, g->function ? g->function->code : SQL_DIAG_UNKNOWN_STATEMENT,
                     sizeof(SQLINTEGER));
        return SQL_SUCCESS;
    default:
        return SQL_ERROR;
    }
}

static bool is_header(SQLSMALLINT id)
{
    return id == SQL_DIAG_NUMBER || id == SQL_DIAG_RETURNCODE || id == SQL_DIAG_ROW_COUNT ||
           id == SQL_DIAG_CURSOR_ROW_COUNT || id == SQL_DIAG_DYNAMIC_FUNCTION ||
           id == SQL_DIAG_DYNAMIC_FUNCTION_CODE;
}

/* ODBC's own subclasses of ISO classes (SQL_DIAG_SUBCLASS_ORIGIN). */
static bool subclass_is_odbc(const char *s)
{
    static const char *const list[] = {
        "01S00", "01S01", "01S02", "01S06", "01S07", "07S01", "08S01", "21S01",
        "21S02", "25S01", "25S02", "25S03", "42S01", "42S02", "42S11", "42S12",
        "42S21", "42S22", "HY095", "HY097", "HY098", "HY099", "HY100", "HY101",
        "HY105", "HY107", "HY109", "HY110", "HY111", "HYT00", "HYT01", "IM001"};
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        if (!strcmp(list[i], s))
            return true;
    return !strncmp(s, "IM", 2);
}

static SQLRETURN record_field(struct diag *g, const struct diag_rec *r, SQLSMALLINT id,
                              struct diag_field *out)
{
    const struct dbc *d = g->dbc;
    switch (id) {
    case SQL_DIAG_SQLSTATE:
        field_text(out, text_of(state_shown(r, g->version)));
        return SQL_SUCCESS;
    case SQL_DIAG_NATIVE:
        field_number(out, r->native, sizeof(SQLINTEGER));
        return SQL_SUCCESS;
    case SQL_DIAG_MESSAGE_TEXT:
        field_text(out, rec_text(r));
        return SQL_SUCCESS;
    case SQL_DIAG_CLASS_ORIGIN:
        field_text(out, !strncmp(r->sqlstate, "IM", 2) ? TEXT("ODBC 3.0") : TEXT("ISO 9075"));
        return SQL_SUCCESS;
    case SQL_DIAG_SUBCLASS_ORIGIN:
        field_text(out, subclass_is_odbc(r->sqlstate) ? TEXT("ODBC 3.0") : TEXT("ISO 9075"));
        return SQL_SUCCESS;
    case SQL_DIAG_CONNECTION_NAME:
        field_text(out, TEXT(""));
        return SQL_SUCCESS;
    case SQL_DIAG_SERVER_NAME:
        field_text(out, d && d->dsn ? text_of(d->dsn) : TEXT(""));
        return SQL_SUCCESS;
    case SQL_DIAG_ROW_NUMBER:
        field_number(out, r->row, sizeof(SQLLEN));
        return SQL_SUCCESS;
    case SQL_DIAG_COLUMN_NUMBER:
        field_number(out, r->column, sizeof(SQLINTEGER));
        return SQL_SUCCESS;
    default:
        return SQL_ERROR;
    }
}

SQLRETURN diag_get_field(struct diag *g, SQLSMALLINT number, SQLSMALLINT id, struct diag_field *out)
{
    if (is_header(id))
        return header_field(g, id, out);
    if (number < 1)
        return SQL_ERROR;
    const struct diag_rec *r = rec_at(g, number);
    return r ? record_field(g, r, id, out) : SQL_NO_DATA;
}
