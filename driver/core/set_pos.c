/* SQLSetPos and SQLBulkOperations: rows of a rowset positioned on, refreshed, changed, added, or
 * named by their bookmarks. Each row is a statement of its own (core/position_row.c). */
#include <string.h>

#include "core/backend.h"
#include "core/position.h"

/* A call, and what became of its rows so far. */
struct run {
    struct position_text text;
    size_t errors, infos, rows, untried;
    int64_t changed;
};

static void set_status(struct stmt *s, size_t at, SQLUSMALLINT status)
{
    SQLUSMALLINT *to =
        s->set_pos.is_bulk || s->ird.array_status_ptr ? s->ird.array_status_ptr : s->scroll.status;
    if (to && (to != s->scroll.status || at < s->scroll.size))
        to[at] = status;
}

static void count(struct stmt *s, struct run *r, size_t at, SQLRETURN ret, SQLUSMALLINT done)
{
    set_status(s, at,
               ret == SQL_ERROR     ? SQL_ROW_ERROR
               : ret == SQL_SUCCESS ? done
                                    : SQL_ROW_SUCCESS_WITH_INFO);
    r->rows++;
    r->errors += ret == SQL_ERROR;
    r->infos += ret == SQL_SUCCESS_WITH_INFO;
}

static SQLRETURN result(struct stmt *s, const struct run *r)
{
    bool is_error = r->untried || (r->errors && (r->errors == r->rows || r->text.over));
    if (s->ird.rows_processed_ptr && (s->set_pos.is_bulk || s->set_pos.row == 0))
        *s->ird.rows_processed_ptr = r->rows - r->errors;
    if (r->untried && !r->errors) /* the row was changed, and then something went wrong */
        diag_fault(&s->diag, &r->text.fault);
    if (r->errors && !is_error)
        diag_warn(&s->diag, "01S01", NULL);
    return stmt_notices(s, is_error                ? SQL_ERROR
                           : r->errors || r->infos ? SQL_SUCCESS_WITH_INFO
                                                   : SQL_SUCCESS);
}

/* Behind what has ended the call. */
static void leave_out(struct stmt *s, struct run *r, size_t at)
{
    set_status(s, at, SQL_ROW_ERROR);
    r->untried++;
}

/* ---- one row: `at`, from 0, of the rowset, which is `number`, from 1, of the result ---- */

/* A forward-only cursor's row is there already, as long as the result is. */
static SQLRETURN load(struct stmt *s, SQLULEN number)
{
    s->get_column = 0;
    if (!stmt_scrolls(s))
        return stmt_is_lost(s) ? SQL_ERROR : SQL_SUCCESS;
    bool is_here = s->row_number == number && s->scroll.elsewhere && !s->rowset_multi;
    return is_here || scroll_load(s, number) ? SQL_SUCCESS : SQL_ERROR;
}

static SQLRETURN complain(struct stmt *s, struct run *r, const char *state, const char *text)
{
    diag_push_at(&s->diag, state, text, r->text.row, SQL_NO_COLUMN_NUMBER);
    return strncmp(state, "01", 2) == 0 ? SQL_SUCCESS_WITH_INFO : SQL_ERROR;
}

static SQLRETURN may_change(struct stmt *s, struct run *r, SQLULEN number)
{
    if (changed_status(s->positions, number) == SQL_ROW_DELETED)
        return complain(s, r, "HY109", "the row has been deleted");
    if (!changed_known(s->positions, number))
        return complain(s, r, "HY109",
                        s->positions->whole
                            ? "the row's values are not known any more, and its table has no key: "
                              "execute the query again"
                            : "the row's values are not known any more: refresh it (SQL_REFRESH)");
    return SQL_SUCCESS;
}

static void change(struct stmt *s, struct run *r, bool is_update, size_t at, SQLULEN number)
{
    int64_t rows = 0;
    r->text.row = (SQLLEN)at + 1;
    r->text.is_afterwards = false;
    SQLRETURN ret = load(s, number);
    if (ret == SQL_SUCCESS)
        ret = may_change(s, r, number);
    if (ret == SQL_SUCCESS)
        ret = is_update ? position_update(s, &r->text, at, &rows)
                        : position_delete(s, &r->text, &rows);
    if (ret == SQL_SUCCESS && rows < 1)
        ret = complain(s, r, "01001",
                       "the row has been changed or deleted since it was read: nothing was done");
    if (ret == SQL_SUCCESS && rows > 1)
        ret = complain(s, r, "01001", "more than one row was changed");
    r->changed += rows;
    count(s, r, at, ret, is_update ? SQL_ROW_UPDATED : SQL_ROW_DELETED);
}

/* The bookmark of a new row, number 0: there is none, says what stands in the bound column 0 then.
 */
static SQLRETURN give_mark(struct stmt *s, struct run *r, SQLULEN number, size_t at)
{
    enum conv_result is = bookmark_deliver(s, number, at);
    return is == CONV_OK ? SQL_SUCCESS
                         : complain(s, r, is >= CONV_ERROR ? "01000" : conv_sqlstate(is),
                                    "the new row's bookmark does not fit what is bound to it");
}

static void add(struct stmt *s, struct run *r, size_t at)
{
    int64_t rows = 0;
    struct positions *p = s->positions;
    bool marks = s->set_pos.is_bulk && s->attrs.use_bookmarks != SQL_UB_OFF && bookmark_is_bound(s);
    SQLULEN number = marks && stmt_scrolls(s) ? s->scroll.rows + p->added + 1 : 0;
    r->text.row = (SQLLEN)at + 1;
    SQLRETURN ret = position_add(s, &r->text, at, number, &rows);
    bool noted = number && rows == 1 && changed_has(p, number);
    p->added += noted;
    if (marks && ret == SQL_SUCCESS)
        ret = give_mark(s, r, noted ? number : 0, at);
    r->changed += rows;
    count(s, r, at, ret, SQL_ROW_ADDED);
}

/* Where the rows of a result cannot be asked for again, the row is as it was read. */
static void fetch_again(struct stmt *s, struct run *r, size_t at, SQLULEN number, bool ask)
{
    bool found = true;
    SQLUSMALLINT status = SQL_ROW_SUCCESS;
    r->text.row = (SQLLEN)at + 1;
    SQLRETURN ret = load(s, number);
    if (ret == SQL_SUCCESS && ask)
        ret = position_refresh(s, &r->text, &found);
    if (ret == SQL_SUCCESS && (!stmt_deliver(s, at, &status) || status == SQL_ROW_ERROR))
        ret = SQL_ERROR;
    if (ret == SQL_SUCCESS && status == SQL_ROW_SUCCESS_WITH_INFO)
        ret = SQL_SUCCESS_WITH_INFO;
    count(s, r, at, ret, found ? status : SQL_ROW_DELETED);
}

/* ---- SQLSetPos ---- */

/* A row may be added from any of the buffers, also before the first fetch. Who has never set ODBC
 * 2's size of a rowset has as many as SQL_ATTR_ROW_ARRAY_SIZE says, though SQLExtendedFetch, which
 * found nothing, asked for one row. */
static SQLULEN buffers(const struct stmt *s)
{
    if (s->scroll.extended && !s->attrs.rowset_size && !s->on_row)
        return s->ard->array_size ? s->ard->array_size : 1;
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

/* Which rows the call is for. */
static bool takes_part(const struct stmt *s, SQLULEN row, size_t at)
{
    const SQLUSMALLINT *operations = s->ard->array_status_ptr;
    return row ? at == row - 1 : !operations || operations[at] != SQL_ROW_IGNORE;
}

/* *ask: the rows can be asked for. False: it went wrong to find out. */
static bool can_refresh(struct stmt *s, bool *ask)
{
    *ask = false;
    if (!position_allowed(s, &s->diag)) {
        diag_clear(&s->diag);
        return true;
    }
    *ask = position_know(s, &s->diag);
    if (*ask)
        return true;
    if (!s->diag.n || strcmp(s->diag.recs[0].sqlstate, "HYC00") != 0)
        return false;
    diag_clear(&s->diag);
    return true;
}

static SQLRETURN set_pos(struct stmt *s, SQLULEN row, SQLUSMALLINT operation)
{
    struct run r = {.rows = 0};
    bool ask = false;
    SQLULEN first = stmt_scrolls(s) ? s->scroll.at : s->row_number;
    SQLULEN n = operation == SQL_ADD ? buffers(s) : s->rowset_rows;
    if (operation == SQL_REFRESH && !can_refresh(s, &ask))
        return SQL_ERROR;
    position_begin(&r.text, s, stmt_deadline(s));
    for (size_t at = 0; at < n; at++) {
        if (!takes_part(s, row, at))
            continue;
        if (r.text.over)
            leave_out(s, &r, at);
        else if (operation == SQL_ADD)
            add(s, &r, at);
        else if (operation == SQL_REFRESH)
            fetch_again(s, &r, at, first + at, ask);
        else
            change(s, &r, operation == SQL_UPDATE, at, first + at);
    }
    position_end(&r.text);
    if (operation != SQL_REFRESH)
        stmt_count_rows(s, r.changed);
    bool moved = row == 0 && operation != SQL_ADD && stmt_scrolls(s);
    return moved && !scroll_load(s, first) ? SQL_ERROR : result(s, &r);
}

/* ---- SQLBulkOperations ---- */

static void by_bookmark(struct stmt *s, struct run *r, SQLUSMALLINT operation, size_t at)
{
    SQLULEN number = bookmark_given(s, at);
    r->text.row = (SQLLEN)at + 1;
    bool is_added = s->positions && number <= s->scroll.rows + s->positions->added &&
                    changed_has(s->positions, number);
    if (number < 1 || (number > s->scroll.rows && !is_added))
        count(s, r, at, complain(s, r, "HY111", "it is no bookmark of this result"), SQL_ROW_ERROR);
    else if (operation == SQL_FETCH_BY_BOOKMARK)
        fetch_again(s, r, at, number, false);
    else
        change(s, r, operation == SQL_UPDATE_BY_BOOKMARK, at, number);
}

static SQLULEN rows_of_buffers(const struct stmt *s)
{
    return s->ard->array_size ? s->ard->array_size : 1;
}

static SQLRETURN bulk(struct stmt *s, SQLUSMALLINT operation)
{
    struct run r = {.rows = 0};
    position_begin(&r.text, s, stmt_deadline(s));
    for (size_t at = 0; at < rows_of_buffers(s); at++) {
        if (r.text.over)
            leave_out(s, &r, at);
        else if (operation == SQL_ADD)
            add(s, &r, at);
        else
            by_bookmark(s, &r, operation, at);
    }
    position_end(&r.text);
    if (operation != SQL_FETCH_BY_BOOKMARK)
        stmt_count_rows(s, r.changed);
    bool moved = operation != SQL_ADD && s->on_row; /* it stands where it stood */
    return moved && !scroll_load(s, s->scroll.at) ? SQL_ERROR : result(s, &r);
}

/* A new row need not be told from others. */
static bool know(struct stmt *s, SQLUSMALLINT operation)
{
    return operation == SQL_ADD ? position_know_table(s, &s->diag) : position_know(s, &s->diag);
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
        !(position_allowed(s, &s->diag) && know(s, operation)))
        return SQL_ERROR;
    if (operation == SQL_ADD)
        return SQL_SUCCESS;
    if (s->attrs.use_bookmarks == SQL_UB_OFF)
        return diag_push(&s->diag, "HY092", "SQL_ATTR_USE_BOOKMARKS is off");
    return bookmark_is_bound(s)
               ? SQL_SUCCESS
               : diag_push(&s->diag, "HY111", "column 0 is not bound to bookmarks");
}

/* ---- data at execution ---- */

SQLRETURN set_pos_resume(struct stmt *s)
{
    const struct set_pos *p = &s->set_pos;
    s->state = STMT_CURSOR;
    for (size_t i = 0; i < s->dae.n; i++)
        if (!position_wants(s, s->dae.values[i].number, s->dae.values[i].set))
            return diag_push(&s->diag, "07002",
                             "a binding was removed while data at execution was being sent");
    return p->is_bulk ? bulk(s, p->operation) : set_pos(s, p->row, p->operation);
}

static bool writes_values(const struct set_pos *p)
{
    return p->operation == SQL_ADD ||
           p->operation == (p->is_bulk ? SQL_UPDATE_BY_BOOKMARK : SQL_UPDATE);
}

static SQLRETURN begin(struct stmt *s, struct set_pos p)
{
    SQLRETURN ret = SQL_SUCCESS;
    SQLULEN n = p.is_bulk                ? rows_of_buffers(s)
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
    if (operation == SQL_ADD && row > 1 && buffers(s) == 1 && backend.adds_any_row)
        row = 1;
    if ((writes && !position_allowed(s, &s->diag)) || !may_position(s, row, operation) ||
        (writes && !know(s, operation)))
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
