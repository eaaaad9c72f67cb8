#include "native/pg_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CANCEL_REPEAT MS(100)
#define KEEP_BYTES    ((size_t)1 << 18) /* of scratch between two sends */

/* ---- descriptions ---- */

static bool describe_columns(struct pg *n, const PGresult *res, struct fault *f)
{
    size_t count = (size_t)PQnfields(res);

    n->ncolumns = 0;
    if (!native_room(&n->columns, &n->columns_cap, count, sizeof *n->columns))
        return fault_oom(f);
    for (size_t i = 0; i < count; i++) {
        struct nat_column *c = &n->columns[i];
        int at = (int)i;
        *c = (struct nat_column){.name = text_of(PQfname(res, at)),
                                 .table_id = PQftable(res, at),
                                 .attribute = PQftablecol(res, at)};
        pg_type_fill(&c->type, PQftype(res, at), PQfmod(res, at));
    }
    n->ncolumns = count;
    return true;
}

static bool describe_params(struct pg *n, const PGresult *res, struct fault *f)
{
    size_t count = (size_t)PQnparams(res);

    n->nparams = 0;
    if (!native_room(&n->params, &n->params_cap, count, sizeof *n->params))
        return fault_oom(f);
    for (size_t i = 0; i < count; i++)
        pg_type_fill(&n->params[i], PQparamtype(res, (int)i), -1);
    n->nparams = count;
    return true;
}

const struct nat_column *pg_columns(const struct native *base, size_t *count)
{
    const struct pg *n = pg_of_const(base);

    *count = n->ncolumns;
    return n->columns;
}

const struct nat_type *pg_params(const struct native *base, size_t *count)
{
    const struct pg *n = pg_of_const(base);

    *count = n->nparams;
    return n->params;
}

/* ---- what is held of libpq's results ---- */

static void clear_set(struct pg *n)
{
    pg_rows_clear(n);
    if (n->first != n->desc)
        PQclear(n->first);
    if (n->desc != n->tail)
        PQclear(n->desc);
    n->first = n->desc = NULL;
    n->ncolumns = n->nparams = 0;
    n->in_rows = n->row_set = false;
}

static void clear_tail(struct pg *n)
{
    if (n->tail != n->desc)
        PQclear(n->tail);
    n->tail = NULL;
}

void pg_results_free(struct pg *n)
{
    clear_set(n);
    clear_tail(n);
}

/* ---- outcomes ---- */

static void outcome(const struct pg *n, enum nat_outcome_kind kind, struct nat_outcome *out)
{
    nat_outcome_set(out, kind);
    out->request = n->at < n->nsteps ? n->steps[n->at].request : 0;
    out->set = n->set;
}

/* "INSERT 0 1" is INSERT, 1. */
static void done(const struct pg *n, PGresult *res, struct nat_outcome *out)
{
    const char *tag = PQcmdStatus(res), *count = PQcmdTuples(res);
    size_t len = strlen(tag);

    outcome(n, NAT_DONE, out);
    while (len > 0 && (isdigit((unsigned char)tag[len - 1]) || tag[len - 1] == ' '))
        len--;
    if (len >= sizeof out->tag)
        len = 0;
    memcpy(out->tag, tag, len);
    out->tag[len] = '\0';
    if (count[0])
        out->count = strtoll(count, NULL, 10);
}

/* While outcomes are still to come libpq hides the transaction's state. */
static void follow_txn(struct pg *n, const struct nat_outcome *out)
{
    const struct pg_step *step = &n->steps[n->at];

    if (out->kind == NAT_FAILED && n->txn == NAT_TXN_OPEN)
        n->txn = NAT_TXN_FAILED;
    if (out->kind != NAT_DONE)
        return;
    if (strcmp(out->tag, "BEGIN") == 0 || strcmp(out->tag, "START TRANSACTION") == 0)
        n->txn = NAT_TXN_OPEN;
    else if (strcmp(out->tag, "COMMIT") == 0 || strcmp(out->tag, "ROLLBACK") == 0)
        n->txn = step->plain ? NAT_TXN_IDLE : NAT_TXN_UNKNOWN;
}

static void next_step(struct pg *n)
{
    n->at++;
    n->set = 0;
    n->told = false;
}

/* A parse error of "BEGIN;SELEC 1" is the query's, though nothing has come for BEGIN yet. */
static bool is_of_query(const struct pg *n, const PGresult *res)
{
    const char *position = PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION);
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);

    if (position)
        return strtoul(position, NULL, 10) > n->prefix;
    return state && (strcmp(state, "22021") == 0 || strcmp(state, "42601") == 0 ||
                     strncmp(state, "54", 2) == 0);
}

static bool failed(struct pg *n, struct nat_outcome *out)
{
    if (n->way == PG_SIMPLE && n->at < n->last && is_of_query(n, n->tail)) {
        n->skip_to = n->last;
        return false;
    }
    outcome(n, NAT_FAILED, out);
    pg_fault_result(n->tail, n->prefix, &out->fault);
    follow_txn(n, out);
    clear_tail(n);
    if (n->way == PG_SIMPLE) {
        next_step(n);
        n->skip_to = n->nsteps;
    }
    return true;
}

static void completed(struct pg *n, struct nat_outcome *out)
{
    done(n, n->tail, out);
    follow_txn(n, out);
    clear_tail(n);
    if (n->way == PG_SIMPLE && n->at < n->last)
        next_step(n);
}

static enum nat_answer rows_begin(struct pg *n, struct nat_outcome *out, struct fault *f)
{
    if (!describe_columns(n, n->tail, f))
        return NAT_FAULT;
    outcome(n, NAT_ROWS, out);
    n->row_set = true;
    n->desc = n->tail;
    if (PQresultStatus(n->tail) == PGRES_SINGLE_TUPLE) {
        n->in_rows = true;
        n->first = n->tail;
        n->tail = NULL;
    }
    return NAT_READY;
}

static enum nat_answer described(struct pg *n, struct nat_outcome *out, struct fault *f)
{
    if (!describe_columns(n, n->tail, f) || !describe_params(n, n->tail, f))
        return NAT_FAULT;
    outcome(n, NAT_DESCRIBED, out);
    n->desc = n->tail;
    n->tail = NULL;
    return NAT_READY;
}

static enum nat_answer copy_refused(struct pg *n, struct nat_outcome *out, int64_t deadline,
                                    struct fault *f)
{
    enum nat_answer a = pg_end_copy(n, n->tail, deadline, f);

    if (a != NAT_READY)
        return a;
    outcome(n, NAT_FAILED, out);
    fault_set(&out->fault, "HYC00", "COPY through SQLExecDirect is not supported");
    n->copying = false;
    n->swallow = true;
    clear_tail(n);
    return NAT_READY;
}

static void next_set(struct pg *n)
{
    n->told = false;
    if (++n->set >= n->steps[n->at].nsets)
        next_step(n);
    PQsetSingleRowMode(n->conn);
}

/* libpq's NULL: the current command has no more results. */
static void command_end(struct pg *n)
{
    if (n->way != PG_PIPELINE || n->set >= n->steps[n->at].nsets) {
        n->command_end = true;
        return;
    }
    if (pg_syncs(&n->steps[n->at], n->set))
        return; /* PGRES_PIPELINE_SYNC follows */
    next_set(n);
}

static void sync_reached(struct pg *n)
{
    clear_tail(n);
    n->swallow = false;
    next_set(n);
}

/* Turns `tail` into an outcome. *told false: it was none, go on. */
static enum nat_answer take_tail(struct pg *n, struct nat_outcome *out, bool *told,
                                 int64_t deadline, struct fault *f)
{
    ExecStatusType status = PQresultStatus(n->tail);

    *told = true;
    if (n->swallow && status != PGRES_PIPELINE_SYNC) {
        n->swallow = *told = false;
        clear_tail(n);
        return NAT_READY;
    }
    switch (status) {
    case PGRES_SINGLE_TUPLE:
        return rows_begin(n, out, f);
    case PGRES_TUPLES_OK:
        if (!n->row_set)
            return rows_begin(n, out, f);
        clear_set(n);
        completed(n, out);
        return NAT_READY;
    case PGRES_COMMAND_OK:
        if (n->steps[n->at].kind == NAT_DESCRIBE)
            return described(n, out, f);
        completed(n, out);
        return NAT_READY;
    case PGRES_EMPTY_QUERY:
        completed(n, out);
        return NAT_READY;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        return copy_refused(n, out, deadline, f);
    case PGRES_PIPELINE_ABORTED:
        outcome(n, NAT_SKIPPED, out);
        clear_tail(n);
        return NAT_READY;
    case PGRES_PIPELINE_SYNC:
        *told = false;
        sync_reached(n);
        return NAT_READY;
    default:
        if (pg_result_lost(n, n->tail))
            return pg_lost(n, n->tail, f);
        clear_set(n);
        *told = failed(n, out);
        return NAT_READY;
    }
}

static enum nat_answer end_of_send(struct pg *n, struct nat_outcome *out, int64_t deadline,
                                   struct fault *f)
{
    while (!n->command_end && (n->way == PG_SIMPLE || n->way == PG_EXTENDED)) {
        enum nat_answer a = pg_fetch(n, &n->tail, deadline, f);
        if (a != NAT_READY)
            return a;
        n->command_end = n->tail == NULL;
        clear_tail(n);
    }
    if (n->way == PG_PIPELINE && !PQexitPipelineMode(n->conn)) {
        twin_shut(&n->twin);
        return pg_lost(n, NULL, f);
    }
    n->busy = false;
    if (n->way != PG_LOCAL)
        n->alive_us = n->asked_us;
    if (n->values.cap > KEEP_BYTES)
        buf_fini(&n->values);
    if (n->sql.cap > KEEP_BYTES)
        buf_fini(&n->sql);
    if (n->cells_cap * sizeof *n->cells > KEEP_BYTES)
        pg_rows_fini(n);
    pg_txn_refresh(n);
    outcome(n, NAT_END, out);
    return NAT_READY;
}

/* An outcome that needs nothing of the wire; false: there is none at this step. */
static bool known_outcome(struct pg *n, struct nat_outcome *out)
{
    const struct pg_step *step = &n->steps[n->at];

    if (step->local) {
        outcome(n, NAT_DONE, out);
        snprintf(out->tag, sizeof out->tag, "DEALLOCATE");
    } else if (n->at < n->skip_to) {
        outcome(n, NAT_SKIPPED, out);
    } else if (n->command_end && !n->told) {
        outcome(n, NAT_DONE, out); /* an empty text behind a BEGIN */
    } else {
        return false;
    }
    next_step(n);
    return true;
}

static enum nat_answer next_outcome(struct pg *n, struct nat_outcome *out, int64_t deadline,
                                    struct fault *f)
{
    while (n->at < n->nsteps) {
        bool silent = n->steps[n->at].silent, told;
        size_t at = n->at;
        enum nat_answer a = NAT_READY;

        if (n->tail == NULL || n->at < n->skip_to) {
            if (n->command_end && n->told) {
                next_step(n);
                continue;
            }
            if (known_outcome(n, out))
                return NAT_READY;
        }
        if (n->tail == NULL) {
            a = pg_fetch(n, &n->tail, deadline, f);
            if (a == NAT_READY && n->tail == NULL) {
                command_end(n);
                continue;
            }
        }
        if (a == NAT_READY)
            a = take_tail(n, out, &told, deadline, f);
        if (a != NAT_READY)
            return a;
        n->told = n->told || (told && n->at == at);
        if (told && !silent)
            return NAT_READY;
    }
    return end_of_send(n, out, deadline, f);
}

enum nat_answer pg_result(struct native *base, struct nat_outcome *out, int64_t deadline,
                          struct fault *f)
{
    struct pg *n = pg_of(base);
    size_t got;

    if (!n->busy) {
        n->at = n->nsteps;
        outcome(n, NAT_END, out);
        return NAT_READY;
    }
    if (n->sending) {
        enum nat_answer a = pg_flush(n, deadline, f);
        if (a != NAT_READY)
            return a;
        n->sending = false;
    }
    while (n->in_rows) {
        enum nat_answer a = pg_next(base, PG_BLOCK, &got, deadline, f);
        if (a != NAT_READY)
            return a;
    }
    if (!n->row_set || n->tail == NULL)
        clear_set(n);
    return next_outcome(n, out, deadline, f);
}

/* ---- leaving ---- */

enum nat_answer pg_detach(struct native *base, struct spool *to, int64_t deadline, struct fault *f)
{
    struct pg *n = pg_of(base);
    return native_detach(base, &n->detach, n->row_set, to, deadline, f);
}

/* A cancel that arrives before the server has begun with the statement is lost, so it is repeated
 * for as long as nothing comes. */
enum nat_answer pg_finish(struct native *base, enum nat_finish how, int64_t deadline,
                          struct fault *f)
{
    struct pg *n = pg_of(base);
    enum nat_answer a = NAT_READY;
    struct nat_outcome out;

    while (n->busy && a == NAT_READY) {
        int64_t until = deadline;
        if (how == NAT_CANCEL) {
            if (clock_us() >= n->cancel_again) {
                pg_cancel(base);
                n->cancel_again = deadline_in(CANCEL_REPEAT);
            }
            until = deadline_min(deadline, n->cancel_again);
        }
        a = pg_result(base, &out, until, f);
        if (a == NAT_WAIT && until < deadline && !deadline_passed(deadline))
            a = NAT_READY;
    }
    if (a != NAT_WAIT)
        n->cancel_again = 0;
    return a;
}
