/* SQLPrepare, SQLExecute, SQLExecDirect, SQLMoreResults, SQLRowCount: a statement's way from text
 * to an outcome. */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "core/backend.h"
#include "core/position.h"

int64_t stmt_deadline(const struct stmt *s)
{
    return deadline_in_seconds(s->attrs.query_timeout);
}

/* The row of the application's arrays that a warning is about. */
static SQLLEN warned_row(struct stmt *s, const struct fault *f)
{
    if (s->nsets < 2 || f->set == 0 || f->set > s->nsets)
        return SQL_NO_ROW_NUMBER;
    SQLULEN row = s->set_of[f->set - 1];
    SQLUSMALLINT *status = s->ipd.array_status_ptr;
    if (status && status[row] == SQL_PARAM_SUCCESS)
        status[row] = SQL_PARAM_SUCCESS_WITH_INFO;
    return (SQLLEN)row + 1;
}

SQLRETURN stmt_notices(struct stmt *s, SQLRETURN ret)
{
    struct fault f;
    while (s->dbc->conn && conn_notice(s->dbc->conn, &f)) {
        diag_fault_warn(&s->diag, &f, warned_row(s, &f));
        if (ret == SQL_SUCCESS)
            ret = SQL_SUCCESS_WITH_INFO;
    }
    return ret;
}

/* ---- leaving a result ---- */

/* What hangs on the current result set, not on the statement. */
static void forget_result(struct stmt *s)
{
    desc_trim(&s->ird, 0);
    s->ncols = 0;
    s->fetched = 0;
    s->block = s->block_at = 0;
    s->on_row = s->set_ended = s->rowset_multi = false;
    s->get_column = 0;
    scroll_begin(s, 0);
    positions_free(s->positions);
    s->positions = NULL;
    s->conv_stamp = s->bind_stamp - 1;
}

void stmt_count_rows(struct stmt *s, int64_t n)
{
    s->row_count = n;
    diag_counted(&s->diag, n);
}

static bool reset(struct stmt *s, struct fault *f)
{
    bool ok = true;
    fault_clear(f);
    if (cursor_open(&s->cur)) {
        ok = cursor_close(&s->cur, stmt_deadline(s), f);
        if (!ok)
            diag_fault(&s->diag, f);
    }
    forget_result(s);
    stmt_count_rows(s, -1);
    s->nsets = s->sets_seen = s->sets_failed = 0;
    s->state = s->is_prepared ? STMT_PREPARED : STMT_ALLOCATED;
    s->described = false;
    return ok;
}

bool stmt_reset(struct stmt *s)
{
    struct fault f;
    return reset(s, &f);
}

SQLRETURN stmt_close_cursor(struct stmt *s, bool must_be_open)
{
    struct fault f;
    if (s->state == STMT_NEED_DATA)
        return diag_push(&s->diag, "HY010", NULL);
    if (must_be_open && s->state != STMT_CURSOR && !s->was_open)
        return diag_push(&s->diag, "24000", NULL);
    s->was_open = false;
    if (reset(s, &f))
        return stmt_notices(s, SQL_SUCCESS);
    if (strncmp(f.sqlstate, "08", 2) != 0)
        return stmt_notices(s, SQL_ERROR);
    /* The cursor is closed all the same; after SQL_ERROR the driver manager would take it for open
     * and refuse the next statement. A transaction that is gone is told again by that one. */
    conn_untold(s->dbc->conn);
    return stmt_notices(s, SQL_SUCCESS_WITH_INFO);
}

/* ---- arriving at an outcome ---- */

static void set_status(struct stmt *s, size_t row, SQLUSMALLINT status)
{
    if (s->ipd.array_status_ptr && s->set_of && row < s->nsets)
        s->ipd.array_status_ptr[s->set_of[row]] = status;
}

/* By the server's tag; where it tells none, by the statement's verb. */
static bool changes_rows(const struct stmt *s, const char *tag)
{
    static const char *const verbs[] = {"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"};
    struct text verb = text_of(*tag ? tag : s->verb);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (text_starts_ci(verb, text_of(verbs[i])))
            return true;
    return false;
}

/* INSERT ... RETURNING and its like have been completed, and counted, before their rows are read.
 */
static void count_returned(struct stmt *s)
{
    int64_t n;
    const char *tag = cursor_ahead(&s->cur, &n);
    if (tag && changes_rows(s, tag))
        stmt_count_rows(s, n);
}

/* What the server tells no number of, CREATE TABLE say, has changed no rows; of a block or a
 * procedure it is not known. */
static int64_t changed_rows(const struct nat_outcome *out)
{
    bool code = text_eq(text_of(out->tag), TEXT("DO")) || text_eq(text_of(out->tag), TEXT("CALL"));
    return out->count < 0 && !code ? 0 : out->count;
}

/* One parameter set's failure, with its row number. */
static void set_failed(struct stmt *s, const struct nat_outcome *out)
{
    diag_fault_at(&s->diag, &out->fault,
                  out->set < s->nsets ? (SQLLEN)s->set_of[out->set] + 1 : SQL_NO_ROW_NUMBER);
}

SQLRETURN stmt_arrive(struct stmt *s, const struct nat_outcome *out)
{
    forget_result(s);
    stmt_count_rows(s, -1);
    switch (out->kind) {
    case NAT_ROWS: {
        size_t n;
        const struct nat_column *columns = cursor_columns(&s->cur, &n);
        if (!ird_fill(s, columns, n))
            return diag_push(&s->diag, "HY001",
                             s->cur.plain_read ? NULL
                                               : "out of memory for its result; the statement had "
                                                 "been sent, and what it did stands");
        s->ncols = n;
        s->state = STMT_CURSOR;
        count_returned(s);
        set_status(s, out->set, SQL_PARAM_SUCCESS);
        if (stmt_first_rows(s))
            return SQL_SUCCESS;
        stmt_reset(s);
        return SQL_ERROR;
    }
    case NAT_DONE:
        s->state = STMT_EXECUTED;
        stmt_count_rows(s, changed_rows(out));
        set_status(s, out->set, SQL_PARAM_SUCCESS);
        s->none_found = out->count == 0 && !out->found && changes_rows(s, out->tag);
        /* ODBC 3: a searched update, insert or delete that changed nothing is SQL_NO_DATA. */
        return s->none_found && s->dbc->env->odbc_version != SQL_OV_ODBC2 ? SQL_NO_DATA
                                                                          : SQL_SUCCESS;
    case NAT_FAILED:
    case NAT_SKIPPED:
        set_status(s, out->set, SQL_PARAM_ERROR);
        s->state = STMT_EXECUTED;
        if (s->nsets > 1) /* the other sets' results follow */
            set_failed(s, out);
        else
            diag_fault(&s->diag, &out->fault);
        /* A failed statement is followed by nothing: the connection is free at once. */
        if (s->nsets <= 1)
            stmt_reset(s);
        return SQL_ERROR;
    default:
        return SQL_NO_DATA;
    }
}

/* ---- output parameters ---- */

static const struct scan_info *running_scan(const struct stmt *s)
{
    return s->is_prepared ? &s->prep.scan : &s->scan;
}

static SQLUSMALLINT set_state(SQLRETURN taken)
{
    return taken == SQL_ERROR     ? SQL_PARAM_ERROR
           : taken == SQL_SUCCESS ? SQL_PARAM_SUCCESS
                                  : SQL_PARAM_SUCCESS_WITH_INFO;
}

/* Into the buffers, and on to what follows. A value of a function that cannot be had is an error of
 * the call, which has been made; of one set among many, where nothing more comes of that set, it is
 * told in its status. */
static SQLRETURN take_outputs(struct stmt *s, struct nat_outcome *out)
{
    struct fault f;
    const struct scan_info *scan = running_scan(s);
    size_t wire = out->set, set = s->nsets && wire < s->nsets ? s->set_of[wire] : 0;
    fault_clear(&f);
    SQLRETURN ret = param_take_outputs(s, scan->returns_value ? 1 : scan->params, set);
    if (!cursor_result(&s->cur, out, stmt_deadline(s), &f)) {
        out->kind = NAT_END;
        return diag_fault(&s->diag, &f);
    }
    if (s->nsets < 2 || (out->kind != NAT_END && out->set == wire))
        return ret;
    set_status(s, wire, set_state(ret));
    s->sets_failed += ret == SQL_ERROR;
    return ret == SQL_ERROR ? SQL_SUCCESS : ret;
}

static SQLRETURN pass_outputs(struct stmt *s, struct nat_outcome *out)
{
    SQLRETURN ret = SQL_SUCCESS;
    while (ret != SQL_ERROR && param_arrive(s, running_scan(s), out)) {
        SQLRETURN one = take_outputs(s, out);
        ret = one == SQL_SUCCESS ? ret : one;
    }
    return ret;
}

/* The value of a function was all that came. */
static SQLRETURN no_result(struct stmt *s)
{
    set_status(s, 0, SQL_PARAM_SUCCESS);
    s->state = STMT_EXECUTED;
    stmt_count_rows(s, -1);
    return SQL_SUCCESS;
}

/* ---- arrays of parameters ---- */

/* Sets behind one that has ended or failed their transaction were not executed; the first of them
 * is the end of what is processed. */
static void set_unused(struct stmt *s, size_t set)
{
    SQLULEN *processed = s->ipd.rows_processed_ptr;
    set_status(s, set, SQL_PARAM_UNUSED);
    if (processed && set < s->nsets && s->set_of[set] < *processed)
        *processed = s->set_of[set];
}

/* What happened to one set. */
static void set_outcome(struct stmt *s, const struct nat_outcome *out, SQLRETURN taken)
{
    bool failed = out->kind != NAT_DONE || taken == SQL_ERROR;
    if (out->kind == NAT_SKIPPED) {
        set_unused(s, out->set);
        return;
    }
    set_status(s, out->set, set_state(failed ? SQL_ERROR : taken));
    s->sets_failed += failed;
    if (out->kind != NAT_DONE)
        set_failed(s, out);
}

/* The sets whose results are still to be taken have been executed all the same. */
static void sets_ahead(struct stmt *s)
{
    enum nat_outcome_kind kind;
    size_t set;
    for (size_t i = 0; cursor_peek(&s->cur, i, &kind, &set); i++)
        if (kind == NAT_ROWS || kind == NAT_DONE)
            set_status(s, set, SQL_PARAM_SUCCESS);
        else if (kind == NAT_FAILED)
            set_status(s, set, SQL_PARAM_ERROR);
        else if (kind == NAT_SKIPPED)
            set_unused(s, set);
}

/* Every set has its own outcome and, in autocommit, its own transaction: all are read, the counts
 * add up, each failure is a record with its row number. A set that returns rows stops the walk: the
 * result sets are then taken one by one through SQLMoreResults. */
static SQLRETURN run_sets(struct stmt *s, struct nat_outcome *out)
{
    SQLLEN total = 0;
    bool cut = false; /* an output value did not fit */
    struct fault f;
    fault_clear(&f);
    for (;;) {
        SQLRETURN taken = pass_outputs(s, out);
        cut = cut || taken == SQL_SUCCESS_WITH_INFO;
        if (out->kind == NAT_ROWS) {
            SQLRETURN ret = stmt_arrive(s, out);
            sets_ahead(s);
            return ret == SQL_SUCCESS && s->sets_failed ? SQL_SUCCESS_WITH_INFO : ret;
        }
        if (out->kind == NAT_END)
            break;
        set_outcome(s, out, taken);
        if (out->kind == NAT_DONE && out->count > 0)
            total += out->count;
        if (!cursor_result(&s->cur, out, stmt_deadline(s), &f))
            return diag_fault(&s->diag, &f);
    }
    s->state = STMT_EXECUTED;
    stmt_count_rows(s, total);
    return s->sets_failed ? SQL_ERROR : cut ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

/* Of all sets; where one statement without markers runs, of the one there is. */
static void all_status(struct stmt *s, SQLUSMALLINT status)
{
    SQLULEN n = s->apd->array_size ? s->apd->array_size : 1;
    for (SQLULEN i = 0; s->ipd.array_status_ptr && i < n; i++)
        if (!param_ignored(s, i))
            s->ipd.array_status_ptr[i] = status;
}

static void sets_begin(struct stmt *s)
{
    SQLULEN n = s->apd->array_size ? s->apd->array_size : 1;
    if (s->ipd.rows_processed_ptr)
        *s->ipd.rows_processed_ptr = n;
    for (SQLULEN i = 0; s->ipd.array_status_ptr && i < n; i++)
        s->ipd.array_status_ptr[i] = SQL_PARAM_UNUSED;
}

/* ---- running ---- */

static SQLRETURN run_work(struct stmt *s, struct conn_work *work)
{
    struct nat_outcome out;
    struct fault f;
    fault_clear(&f);
    work->whole = stmt_scrolls(s) || s->nsets > 1; /* every set's outcome is told at once */
    origins_before(&s->dbc->origins, work->scan);
    bool ok = conn_execute(s->dbc->conn, &s->cur, work, &out, stmt_deadline(s), &f);
    if (s->dbc->has_positions)
        changed_settle(s->dbc);
    if (!ok) {
        s->state = s->is_prepared ? STMT_PREPARED : STMT_ALLOCATED;
        all_status(s, strcmp(f.sqlstate, "08S02") == 0 ? SQL_PARAM_UNUSED
                      : s->nsets > 1                   ? SQL_PARAM_DIAG_UNAVAILABLE
                                                       : SQL_PARAM_ERROR);
        return stmt_notices(s, diag_fault(&s->diag, &f));
    }
    if (!s->nsets)
        all_status(s, out.kind == NAT_FAILED ? SQL_PARAM_ERROR : SQL_PARAM_SUCCESS);
    SQLRETURN taken = s->nsets > 1 ? SQL_SUCCESS : pass_outputs(s, &out);
    SQLRETURN ret = s->nsets > 1          ? run_sets(s, &out)
                    : out.kind == NAT_END ? no_result(s)
                                          : stmt_arrive(s, &out);
    return stmt_notices(s, taken == SQL_SUCCESS ? ret : taken);
}

/* Parameters are bound or collected by now. */
SQLRETURN stmt_run(struct stmt *s, bool direct)
{
    struct conn_work work = {0};
    struct current_of of;
    size_t n = direct ? s->scan.params : s->prep.scan.params;
    if (!direct && !param_hint(s))
        return SQL_ERROR;
    sets_begin(s);
    SQLRETURN ret = current_of_begin(s, &of);
    if (SQL_SUCCEEDED(ret))
        ret = param_collect(s, n, &work.nsets);
    if (!SQL_SUCCEEDED(ret))
        return ret;
    s->nsets = n ? work.nsets : 0;
    if (n && !work.nsets) { /* every set is SQL_PARAM_IGNORE */
        s->state = STMT_EXECUTED;
        stmt_count_rows(s, 0);
        return SQL_SUCCESS;
    }
    work.params = s->params;
    work.nparams = n;
    if (direct) {
        work.sql = buf_view(&s->sql);
        work.scan = &s->scan;
    } else {
        work.prepared = &s->prep;
        work.scan = &s->prep.scan;
    }
    if (!of.cursor)
        ret = run_work(s, &work);
    else
        ret =
            current_of_work(s, &of, &work) ? current_of_end(s, &of, run_work(s, &work)) : SQL_ERROR;
    buf_reset(&s->values);
    return ret;
}

static SQLRETURN start(struct stmt *s, bool direct)
{
    const struct scan_info *scan = direct ? &s->scan : &s->prep.scan;
    size_t n = scan->params;
    s->was_open = false;
    s->dae.direct = direct;
    if (n && scan->statements > 1 && s->apd->array_size > 1)
        return diag_push(&s->diag, "HYC00", "arrays of parameters are for one statement");
    SQLRETURN ret = param_plan(s, n);
    if (ret == SQL_NEED_DATA) {
        s->state = STMT_NEED_DATA;
        return ret;
    }
    return SQL_SUCCEEDED(ret) ? stmt_run(s, direct) : ret;
}

/* The text the verb was found in does not outlive the call. */
static void keep_verb(struct stmt *s, struct text verb)
{
    size_t n = verb.n < sizeof(s->verb) ? verb.n : sizeof(s->verb) - 1;
    if (n)
        memcpy(s->verb, verb.s, n);
    s->verb[n] = 0;
    s->scan.verb = (struct text){s->verb, n};
}

/* s->sql, s->scan and s->dynamic are those of this text already: the loop of a reporting tool, a
 * pool's validation query. */
static bool is_taken(const struct stmt *s, const struct scan_rules *rules, struct text sql)
{
    return s->taken && text_eq(sql, buf_view(&s->sql)) && scan_rules_same(&s->taken_rules, rules);
}

/* Common to SQLPrepare and SQLExecDirect: the text in the server's language in s->sql. */
static SQLRETURN take_text(struct stmt *s, struct text sql)
{
    const struct scan_rules *rules = conn_rules(s->dbc->conn);
    struct fault f;
    fault_clear(&f);
    if (!sql.s)
        return diag_push(&s->diag, "HY009", NULL);
    while (sql.n && sql.s[sql.n - 1] == 0) /* a length that counts the end, as sizeof does */
        sql.n--;
    if (!stmt_reset(s))
        return SQL_ERROR;
    if (is_taken(s, rules, sql)) {
        diag_function(&s->diag, s->dynamic);
        return SQL_SUCCESS;
    }
    s->taken = false;
    if (!sql_translate(s->dbc, sql, s->attrs.noscan == SQL_NOSCAN_ON, &s->sql, &s->scan, &f))
        return diag_fault(&s->diag, &f);
    keep_verb(s, s->scan.verb);
    s->dynamic = dynamic_of(rules, buf_view(&s->sql));
    s->taken = s->scan.plain_read && sql_is_plain(sql);
    s->taken_rules = *rules;
    diag_function(&s->diag, s->dynamic);
    return backend.call ? backend.call(s, sql) : SQL_SUCCESS;
}

SQLRETURN stmt_prepare(struct stmt *s, struct text sql)
{
    if (s->state == STMT_NEED_DATA)
        return diag_push(&s->diag, "HY010", NULL);
    if (s->state == STMT_CURSOR)
        return diag_push(&s->diag, "24000", "a cursor is open on this statement: close it first");
    struct fault f;
    fault_clear(&f);
    SQLRETURN ret = take_text(s, sql);
    if (!SQL_SUCCEEDED(ret))
        return ret;
    prepared_drop(s->dbc->conn, &s->prep);
    s->is_prepared = false;
    s->state = STMT_ALLOCATED;
    if (!prepared_set(s->dbc->conn, &s->prep, buf_view(&s->sql), &s->scan, &f))
        return diag_fault(&s->diag, &f);
    s->is_prepared = true;
    s->state = STMT_PREPARED;
    return SQL_SUCCESS;
}

SQLRETURN stmt_execute(struct stmt *s)
{
    if (!s->is_prepared || s->state == STMT_NEED_DATA)
        return diag_push(&s->diag, "HY010", NULL);
    if (s->state == STMT_CURSOR)
        return diag_push(&s->diag, "24000", "a cursor is open on this statement: close it first");
    if (!stmt_reset(s))
        return SQL_ERROR;
    diag_function(&s->diag, s->dynamic);
    return start(s, false);
}

SQLRETURN stmt_exec_direct(struct stmt *s, struct text sql)
{
    if (s->state == STMT_NEED_DATA)
        return diag_push(&s->diag, "HY010", NULL);
    if (s->state == STMT_CURSOR)
        return diag_push(&s->diag, "24000", "a cursor is open on this statement: close it first");
    SQLRETURN ret = take_text(s, sql);
    if (!SQL_SUCCEEDED(ret))
        return ret;
    prepared_drop(s->dbc->conn, &s->prep);
    s->is_prepared = false;
    s->state = STMT_ALLOCATED;
    return start(s, true);
}

SQLRETURN stmt_run_internal(struct stmt *s, struct text sql)
{
    struct scan_info scan = {.statements = 1, .plain_read = true, .verb = TEXT("SELECT")};
    struct conn_work work = {.sql = sql, .scan = &scan, .internal = true};
    if (!stmt_reset(s))
        return SQL_ERROR;
    prepared_drop(s->dbc->conn, &s->prep);
    s->is_prepared = false;
    return run_work(s, &work);
}

SQLRETURN stmt_run_spool(struct stmt *s, struct spool *spool)
{
    struct nat_outcome out;
    struct fault f;
    fault_clear(&f);
    if (!stmt_reset(s)) {
        spool_free(spool);
        return SQL_ERROR;
    }
    prepared_drop(s->dbc->conn, &s->prep);
    s->is_prepared = s->taken = false;
    s->scan = (struct scan_info){0};
    cursor_aside(&s->cur, s->dbc->conn, spool);
    if (!cursor_result(&s->cur, &out, DEADLINE_NOW, &f))
        return diag_fault(&s->diag, &f);
    return stmt_notices(s, stmt_arrive(s, &out));
}

/* ---- afterwards ---- */

SQLRETURN stmt_more_results(struct stmt *s)
{
    if (s->state == STMT_NEED_DATA)
        return diag_push(&s->diag, "HY010", NULL);
    if (!cursor_open(&s->cur)) {
        if (!stmt_reset(s))
            return SQL_ERROR;
        return SQL_NO_DATA;
    }
    struct nat_outcome out;
    struct fault f;
    fault_clear(&f);
    /* Whatever comes now, the driver manager still takes a cursor for open. */
    s->was_open = s->was_open || s->state == STMT_CURSOR;
    do { /* a set that was not executed has no result */
        if (!cursor_result(&s->cur, &out, stmt_deadline(s), &f)) {
            diag_fault(&s->diag, &f);
            stmt_reset(s);
            return SQL_ERROR;
        }
    } while (out.kind == NAT_SKIPPED && s->nsets > 1);
    SQLRETURN taken = pass_outputs(s, &out);
    if (out.kind == NAT_END) {
        s->was_open = false;
        stmt_reset(s);
        return stmt_notices(s, taken == SQL_ERROR ? SQL_ERROR : SQL_NO_DATA);
    }
    SQLRETURN ret = stmt_arrive(s, &out);
    if (taken != SQL_SUCCESS)
        return stmt_notices(s, taken);
    /* SQL_NO_DATA would say "no more results"; a count of 0 says enough here. */
    return stmt_notices(s, ret == SQL_NO_DATA ? SQL_SUCCESS : ret);
}

SQLRETURN stmt_row_count(struct stmt *s, SQLLEN *count)
{
    if (s->state != STMT_EXECUTED && s->state != STMT_CURSOR)
        return diag_push(&s->diag, "HY010", NULL);
    if (count)
        *count = s->row_count;
    return SQL_SUCCESS;
}
