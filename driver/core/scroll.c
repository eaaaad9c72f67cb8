/* A static cursor: SQLFetchScroll and SQLExtendedFetch in all directions. The whole result was set
 * aside when the statement was executed (conn_work.whole), so that nobody else's change is seen, a
 * failover takes nothing away, and memory stays bounded (native/spool.h). */
#include "core/core_priv.h"

#define ROWS_MAX INT64_C(0x3fffffffffffffff) /* no row is, and sums of two do not overflow */

void scroll_begin(struct stmt *s, int64_t rows)
{
    SQLULEN max = s->attrs.max_rows;
    s->scroll.rows = rows > 0 ? (SQLULEN)rows : 0;
    if (max && max < s->scroll.rows)
        s->scroll.rows = max;
    s->scroll.at = s->scroll.size = 0;
    s->scroll.elsewhere = s->scroll.jumped = s->scroll.extended = false;
    s->scroll.status = NULL;
}

/* ---- where a rowset begins (ODBC reference, SQLFetchScroll, "Cursor positioning rules") ---- */

struct place {
    int64_t at;   /* the current rowset's first row; 0 before the first, last + 1 after the last */
    int64_t last; /* row of the result set */
    int64_t was;  /* size of the current rowset */
    int64_t size; /* of the one to be fetched */
};

/* `first` lies before the first row by less than a rowset: 01S06, the first rowset. */
static int64_t begin_early(int64_t first, int64_t asked, const struct place *p, bool *early)
{
    if (first >= 1)
        return first;
    if (asked > p->size)
        return 0;
    *early = true;
    return 1;
}

static int64_t prior(const struct place *p, bool *early)
{
    if (p->at <= 1)
        return 0;
    return begin_early(p->at - p->size, p->size, p, early);
}

static int64_t absolute(const struct place *p, int64_t row, bool *early)
{
    if (row >= 0)
        return row;
    return begin_early(p->last + row + 1, -row, p, early);
}

static int64_t relative(const struct place *p, int64_t rows, bool *early)
{
    bool before = p->at == 0, after = p->at > p->last;
    if ((before && rows > 0) || (after && rows < 0))
        return absolute(p, rows, early);
    if (before || (p->at == 1 && rows < 0))
        return 0;
    return after ? p->at : begin_early(p->at + rows, -rows, p, early);
}

/* The first row of the rowset asked for; 0 or less, or beyond the last, when there is none. */
static int64_t begin_at(const struct place *p, SQLSMALLINT orientation, int64_t offset, bool *early)
{
    switch (orientation) {
    case SQL_FETCH_NEXT:
        return p->at == 0 ? 1 : p->at + p->was;
    case SQL_FETCH_PRIOR:
        return prior(p, early);
    case SQL_FETCH_RELATIVE:
        return relative(p, offset, early);
    case SQL_FETCH_ABSOLUTE:
        return absolute(p, offset, early);
    case SQL_FETCH_BOOKMARK:
        return offset;
    case SQL_FETCH_LAST:
        return p->last > p->size ? p->last - p->size + 1 : 1;
    default:
        return 1;
    }
}

/* ---- the door ---- */

static int64_t bounded(SQLLEN n)
{
    return n > ROWS_MAX ? ROWS_MAX : n < -ROWS_MAX ? -ROWS_MAX : n;
}

/* The cursor's next row is this one, from 1. */
static bool move_to(struct stmt *s, SQLULEN row)
{
    struct fault f;
    fault_clear(&f);
    s->block = s->block_at = 0;
    s->set_ended = false;
    s->fetched = row - 1;
    if (cursor_seek(&s->cur, row - 1, &f))
        return true;
    diag_fault(&s->diag, &f);
    return false;
}

/* *offset becomes the row to begin at. SQLExtendedFetch has the bookmark itself there. */
static SQLRETURN seek_bookmark(struct stmt *s, const struct rowset *rs, SQLLEN *offset)
{
    if (s->attrs.use_bookmarks == SQL_UB_OFF)
        return diag_push(&s->diag, "HY106", "SQL_ATTR_USE_BOOKMARKS is off");
    SQLULEN row = rs->extended ? (SQLULEN)*offset : bookmark_row(s);
    if (row < 1 || row > s->scroll.rows)
        return diag_push(&s->diag, "HY111", NULL);
    *offset = bounded(rs->extended ? 0 : *offset) + bounded((SQLLEN)row);
    return SQL_SUCCESS;
}

SQLRETURN scroll_fetch(struct stmt *s, SQLSMALLINT orientation, SQLLEN offset,
                       const struct rowset *rs)
{
    struct place p = {.at = bounded((SQLLEN)s->scroll.at),
                      .last = bounded((SQLLEN)s->scroll.rows),
                      .was = (int64_t)s->scroll.size,
                      .size = (int64_t)rs->size};
    bool early = false;
    if (orientation == SQL_FETCH_BOOKMARK) {
        SQLRETURN ret = seek_bookmark(s, rs, &offset);
        if (!SQL_SUCCEEDED(ret))
            return ret;
    } else if (orientation < SQL_FETCH_NEXT || orientation > SQL_FETCH_RELATIVE) {
        return diag_push(&s->diag, "HY106", NULL);
    }
    int64_t at = begin_at(&p, orientation, bounded(offset), &early);
    bool outside = at < 1 || at > p.last;
    s->scroll.at = at < 1 ? 0 : outside ? (SQLULEN)p.last + 1 : (SQLULEN)at;
    s->scroll.size = rs->size;
    s->scroll.extended = rs->extended;
    s->scroll.status = rs->extended ? rs->status : NULL;
    if (outside)
        return stmt_no_rowset(s, rs);
    s->scroll.jumped = s->scroll.elsewhere || s->fetched + 1 != s->scroll.at;
    if (s->scroll.jumped && !move_to(s, s->scroll.at))
        return SQL_ERROR;
    s->scroll.elsewhere = false;
    SQLRETURN ret = stmt_next_rowset(s, rs);
    return early && SQL_SUCCEEDED(ret) ? diag_warn(&s->diag, "01S06", NULL) : ret;
}

static bool load_row(struct stmt *s, SQLULEN number, size_t *got)
{
    struct fault f;
    fault_clear(&f);
    if (!move_to(s, number))
        return false;
    s->scroll.elsewhere = true;
    if (cursor_next(&s->cur, 1, got, stmt_deadline(s), &f))
        return true;
    diag_fault(&s->diag, &f);
    return false;
}

bool scroll_load(struct stmt *s, SQLULEN number)
{
    size_t got = 0;
    if (!scroll_is_added(s, number) && !load_row(s, number, &got))
        return false;
    s->scroll.elsewhere = true;
    s->block = s->block_at = got;
    s->row = 0;
    s->row_number = number;
    s->rowset_multi = false;
    s->get_column = 0;
    return true;
}
