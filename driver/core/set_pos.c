/* SQLSetPos and SQLBulkOperations: rows of a rowset positioned on, refreshed, changed, added, or
 * named by their bookmarks. Each row is a statement of its own (core/position.c). */
#include <string.h>

#include "core/position.h"

/* What became of the rows so far. */
struct tally {
    size_t errors, infos, rows;
    int64_t changed;
    bool link_lost; /* the rows that are left are not tried */
};

static void set_status(struct stmt *s, size_t at, SQLUSMALLINT status)
{
    SQLUSMALLINT *to = s->ird.array_status_ptr ? s->ird.array_status_ptr : s->scroll.status;
    if (to)
        to[at] = status;
}

static bool link_lost(const struct stmt *s)
{
    return s->diag.n && strncmp(s->diag.recs[0].sqlstate, "08", 2) == 0;
}

static void count(struct stmt *s, struct tally *t, size_t at, SQLRETURN ret, SQLUSMALLINT done)
{
    set_status(s, at,
               ret == SQL_ERROR     ? SQL_ROW_ERROR
               : ret == SQL_SUCCESS ? done
                                    : SQL_ROW_SUCCESS_WITH_INFO);
    t->rows++;
    t->errors += ret == SQL_ERROR;
    t->infos += ret == SQL_SUCCESS_WITH_INFO;
    t->link_lost = ret == SQL_ERROR && link_lost(s);
}

static SQLRETURN result(struct stmt *s, const struct tally *t)
{
    SQLRETURN ret = t->errors || t->infos ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
    stmt_count_rows(s, t->changed);
    if (t->errors == t->rows || t->link_lost)
        ret = t->errors ? SQL_ERROR : ret;
    else if (t->errors)
        diag_warn(&s->diag, "01S01", NULL);
    return stmt_notices(s, ret);
}

/* ---- one row: `at`, from 0, of the rowset, which is `number`, from 1, of the result ---- */

/* A forward-only cursor's row is there already, as long as the result is. */
static SQLRETURN load(struct stmt *s, SQLULEN number)
{
    if (!stmt_scrolls(s))
        return stmt_is_lost(s) ? SQL_ERROR : SQL_SUCCESS;
    return s->row_number == number && s->scroll.elsewhere && !s->rowset_multi ? SQL_SUCCESS
           : scroll_load(s, number)                                           ? SQL_SUCCESS
                                                                              : SQL_ERROR;
}

static SQLRETURN conflict(struct stmt *s, int64_t rows)
{
    return rows == 1
               ? SQL_SUCCESS
               : diag_warn(
                     &s->diag, "01001",
                     "the row has been changed or deleted since it was read: nothing was done");
}

static void change(struct stmt *s, struct tally *t, SQLUSMALLINT operation, size_t at,
                   SQLULEN number)
{
    int64_t rows = 0;
    bool is_update = operation == SQL_UPDATE;
    SQLRETURN ret = load(s, number);
    if (SQL_SUCCEEDED(ret) && changed_status(s->positions, number) == SQL_ROW_DELETED)
        ret = diag_push(&s->diag, "HY109", "the row has been deleted");
    if (SQL_SUCCEEDED(ret))
        ret = is_update ? position_update(s, at, &rows) : position_delete(s, at, &rows);
    if (ret == SQL_SUCCESS)
        ret = conflict(s, rows);
    t->changed += rows;
    count(s, t, at, ret, is_update ? SQL_ROW_UPDATED : SQL_ROW_DELETED);
}

static void add(struct stmt *s, struct tally *t, size_t at)
{
    int64_t rows = 0;
    SQLRETURN ret = position_add(s, at, &rows);
    t->changed += rows;
    count(s, t, at, ret, SQL_ROW_ADDED);
}

/* Where the rows of a result cannot be asked for again, the row is as it was read. */
static void fetch_again(struct stmt *s, struct tally *t, size_t at, SQLULEN number, bool ask)
{
    bool found = true;
    SQLUSMALLINT status = SQL_ROW_SUCCESS;
    SQLRETURN ret = load(s, number);
    if (SQL_SUCCEEDED(ret) && ask)
        ret = position_refresh(s, at, &found);
    if (SQL_SUCCEEDED(ret) && !stmt_deliver(s, at, &status))
        ret = SQL_ERROR;
    if (SQL_SUCCEEDED(ret) && status == SQL_ROW_ERROR)
        ret = SQL_ERROR;
    if (ret == SQL_SUCCESS && status == SQL_ROW_SUCCESS_WITH_INFO)
        ret = SQL_SUCCESS_WITH_INFO;
    t->changed++;
    count(s, t, at, ret, found ? status : SQL_ROW_DELETED);
}

/* ---- SQLSetPos ---- */

/* A row may be added from any of the buffers, also before the first fetch. */
static SQLULEN buffers(const struct stmt *s)
{
    return s->scroll.size ? s->scroll.size : s->ard->array_size ? s->ard->array_size : 1;
}

static bool may_position(struct stmt *s, SQLULEN row, SQLUSMALLINT operation)
{
    SQLULEN rows = operation == SQL_ADD ? buffers(s) : s->rowset_rows;
    if (!s->on_row && operation != SQL_ADD)
        diag_push(&s->diag, "24000", "the cursor is not on a row: fetch first");
    else if (!stmt_scrolls(s) && operation != SQL_ADD && s->rowset_multi)
        diag_push(&s->diag, "HY109",
                  "in a rowset of several rows a forward-only cursor cannot be positioned: set "
                  "SQL_ATTR_CURSOR_TYPE to SQL_CURSOR_STATIC before it is opened");
    else if (row == 0 && operation == SQL_POSITION)
        diag_push(&s->diag, "HY109", NULL);
    else if (row > rows)
        diag_push(&s->diag, "HY107", NULL);
    else
        return true;
    return false;
}

static bool is_left_out(const struct stmt *s, size_t at)
{
    const SQLUSMALLINT *operations = s->ard->array_status_ptr;
    return operations && operations[at] == SQL_ROW_IGNORE;
}

static bool can_refresh(struct stmt *s)
{
    return s->attrs.concurrency != SQL_CONCUR_READ_ONLY && position_know(s, &s->diag);
}

/* Which rows the call is for. */
static bool takes_part(const struct stmt *s, SQLULEN row, size_t at)
{
    return row ? at == row - 1 : !is_left_out(s, at);
}

static SQLRETURN set_pos(struct stmt *s, SQLULEN row, SQLUSMALLINT operation)
{
    struct tally t = {0};
    SQLULEN first = stmt_scrolls(s) ? s->scroll.at : s->row_number;
    bool ask = operation == SQL_REFRESH && can_refresh(s);
    SQLULEN n = operation == SQL_ADD ? buffers(s) : s->rowset_rows;
    if (operation == SQL_REFRESH)
        diag_clear(&s->diag);
    for (size_t at = 0; at < n && !t.link_lost; at++) {
        if (!takes_part(s, row, at))
            continue;
        if (operation == SQL_ADD)
            add(s, &t, at);
        else if (operation == SQL_REFRESH)
            fetch_again(s, &t, at, first + at, ask);
        else
            change(s, &t, operation, at, first + at);
    }
    if (row == 0 && operation != SQL_ADD && !t.link_lost && stmt_scrolls(s) &&
        !scroll_load(s, first))
        return SQL_ERROR;
    return result(s, &t);
}

/* ---- SQLBulkOperations ---- */

static SQLRETURN by_bookmark(struct stmt *s, SQLUSMALLINT operation, size_t at, struct tally *t)
{
    SQLULEN number = bookmark_given(s, at);
    if (number < 1 || number > s->scroll.rows)
        return diag_push(&s->diag, "HY111", NULL);
    if (operation == SQL_FETCH_BY_BOOKMARK)
        fetch_again(s, t, at, number, false);
    else
        change(s, t, operation == SQL_UPDATE_BY_BOOKMARK ? SQL_UPDATE : SQL_DELETE, at, number);
    return SQL_SUCCESS;
}

static SQLRETURN may_bulk(struct stmt *s, SQLUSMALLINT operation)
{
    if (s->state != STMT_CURSOR)
        return diag_push(&s->diag, s->state == STMT_EXECUTED ? "24000" : "HY010", NULL);
    if (operation < SQL_ADD || operation > SQL_FETCH_BY_BOOKMARK)
        return diag_push(&s->diag, "HY092", NULL);
    if (!stmt_scrolls(s) && operation != SQL_ADD)
        return diag_push(&s->diag, "HYC00",
                         "bookmarks want a static cursor: set SQL_ATTR_CURSOR_TYPE to "
                         "SQL_CURSOR_STATIC before it is opened");
    if (operation != SQL_FETCH_BY_BOOKMARK &&
        !(position_allowed(s, &s->diag) && position_know(s, &s->diag)))
        return SQL_ERROR;
    if (operation == SQL_ADD)
        return SQL_SUCCESS;
    if (s->attrs.use_bookmarks == SQL_UB_OFF)
        return diag_push(&s->diag, "HY092", "SQL_ATTR_USE_BOOKMARKS is off");
    return bookmark_is_bound(s)
               ? SQL_SUCCESS
               : diag_push(&s->diag, "HY111", "column 0 is not bound to bookmarks");
}

static SQLRETURN bulk(struct stmt *s, SQLUSMALLINT operation)
{
    struct tally t = {0};
    SQLULEN n = s->ard->array_size ? s->ard->array_size : 1;
    for (size_t at = 0; at < n && !t.link_lost; at++) {
        if (operation == SQL_ADD)
            add(s, &t, at);
        else if (by_bookmark(s, operation, at, &t) == SQL_ERROR)
            count(s, &t, at, SQL_ERROR, SQL_ROW_ERROR);
    }
    if (s->ird.rows_processed_ptr)
        *s->ird.rows_processed_ptr = t.rows - t.errors;
    return result(s, &t);
}

/* ---- data at execution ---- */

SQLRETURN set_pos_resume(struct stmt *s)
{
    struct set_pos p = s->set_pos;
    s->state = STMT_CURSOR;
    return p.is_bulk ? bulk(s, p.operation) : set_pos(s, p.row, p.operation);
}

static bool writes_values(const struct set_pos *p)
{
    return p->operation == (p->is_bulk ? SQL_UPDATE_BY_BOOKMARK : SQL_UPDATE) ||
           p->operation == SQL_ADD;
}

static SQLRETURN begin(struct stmt *s, struct set_pos p)
{
    SQLRETURN ret = SQL_SUCCESS;
    SQLULEN n = p.is_bulk                ? (s->ard->array_size ? s->ard->array_size : 1)
                : p.operation == SQL_ADD ? buffers(s)
                                         : s->rowset_rows;
    dae_clear(s);
    for (size_t at = 0; at < n && writes_values(&p) && ret != SQL_ERROR; at++)
        if (p.is_bulk || takes_part(s, p.row, at))
            ret = position_plan(s, at);
    s->set_pos = p;
    s->dae.of_columns = true;
    if (ret == SQL_NEED_DATA)
        s->state = STMT_NEED_DATA;
    return ret == SQL_SUCCESS ? set_pos_resume(s) : ret;
}

/* ---- the doors ---- */

SQLRETURN stmt_set_pos(struct stmt *s, SQLSETPOSIROW row, SQLUSMALLINT operation, SQLUSMALLINT lock)
{
    if (s->state != STMT_CURSOR)
        return diag_push(&s->diag, s->state == STMT_EXECUTED ? "24000" : "HY010", NULL);
    if (operation > SQL_ADD || lock > SQL_LOCK_UNLOCK)
        return diag_push(&s->diag, "HY092", NULL);
    if (lock != SQL_LOCK_NO_CHANGE)
        return diag_push(&s->diag, "HYC00", "rows are not locked: the lock is SQL_LOCK_NO_CHANGE");
    bool writes = operation != SQL_POSITION && operation != SQL_REFRESH;
    if ((writes && !position_allowed(s, &s->diag)) || !may_position(s, row, operation) ||
        (writes && !position_know(s, &s->diag)))
        return SQL_ERROR;
    if (operation != SQL_POSITION)
        return begin(s, (struct set_pos){.row = row, .operation = operation});
    if (!stmt_scrolls(s)) /* there is one row, and it is that */
        return SQL_SUCCESS;
    return scroll_load(s, s->scroll.at + row - 1) ? SQL_SUCCESS : SQL_ERROR;
}

SQLRETURN stmt_bulk_operations(struct stmt *s, SQLUSMALLINT operation)
{
    SQLRETURN ret = may_bulk(s, operation);
    if (!SQL_SUCCEEDED(ret))
        return ret;
    return begin(s, (struct set_pos){.is_bulk = true, .operation = operation});
}
