#include "native/pg_priv.h"
#include "base/utf.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define PARAMS_MAX 65535 /* the protocol counts them in 16 bits */
#define VALUE_MAX  ((size_t)1 << 30)

static bool is_control(const struct nat_request *r)
{
    return r->kind == NAT_BEGIN || r->kind == NAT_COMMIT || r->kind == NAT_ROLLBACK;
}

static size_t sets_of(const struct nat_request *r)
{
    return r->nsets > 1 ? r->nsets : 1;
}

static struct text text_of_control(const struct nat_request *r)
{
    if (r->sql.n > 0)
        return r->sql;
    return r->kind == NAT_BEGIN    ? TEXT("BEGIN")
           : r->kind == NAT_COMMIT ? TEXT("COMMIT")
                                   : TEXT("ROLLBACK");
}

/* ---- everything that can be refused is refused before the first byte ---- */

static bool check_params(const struct nat_request *r, struct fault *f)
{
    size_t total;

    if (r->nparams > PARAMS_MAX)
        return fault_set(f, "HY000", "a statement can have %d parameters, not %zu", PARAMS_MAX,
                         r->nparams);
    if (r->kind == NAT_PREPARE)
        return true;
    if (__builtin_mul_overflow(r->nparams, sets_of(r), &total))
        return fault_oom(f);
    for (size_t i = 0; i < total; i++) {
        const struct nat_param *p = &r->params[i];
        if (p->p == NULL)
            continue;
        if (p->n > VALUE_MAX)
            return fault_set(f, "HY000", "the value of parameter %zu is longer than 1 GB",
                             i % r->nparams + 1);
        if (!p->binary && memchr(p->p, '\0', p->n))
            return fault_set(f, "HY000",
                             "the value of parameter %zu holds a NUL character, which PostgreSQL "
                             "cannot store in text",
                             i % r->nparams + 1);
    }
    return true;
}

static bool check(const struct nat_request *r, size_t count, struct fault *f)
{
    for (size_t i = 0; i < count; i++) {
        if (r[i].nparams > 0 && !check_params(&r[i], f))
            return false;
        if (r[i].sql.n > VALUE_MAX)
            return fault_set(f, "HY000", "a statement can be 1 GB long");
    }
    return true;
}

/* ---- the plan: which way, and what is expected back ---- */

static bool add_step(struct pg *n, struct pg_step step, struct fault *f)
{
    if (n->nsteps == n->steps_cap) {
        size_t cap = n->steps_cap ? n->steps_cap * 2 : 8;
        struct pg_step *steps = reallocarray(n->steps, cap, sizeof *steps);
        if (steps == NULL)
            return fault_oom(f);
        n->steps = steps;
        n->steps_cap = cap;
    }
    n->steps[n->nsteps++] = step;
    return true;
}

/* The way of the requests that are no NAT_FORGET. */
static enum pg_way choose_way(const struct nat_request *r, size_t count)
{
    const struct nat_request *last = NULL;
    size_t others = 0;
    bool simple = true;

    for (size_t i = 0; i < count; i++) {
        if (r[i].kind == NAT_FORGET)
            continue;
        if (last)
            simple = simple && is_control(last) && !last->apart;
        last = &r[i];
        others++;
    }
    if (last == NULL)
        return PG_LOCAL;
    if (simple && (is_control(last) || (last->kind == NAT_QUERY && last->nparams == 0)))
        return PG_SIMPLE;
    return others == 1 && sets_of(last) == 1 ? PG_EXTENDED : PG_PIPELINE;
}

bool pg_owe(struct pg *n, const char *name)
{
    return name == NULL || buf_add(&n->owed, name, strlen(name) + 1);
}

/* DEALLOCATE is an ordinary statement: in a transaction its failure would abort the application's
 * work, in a failed one it is refused, and a text of several statements cannot share a pipeline
 * with it. It then waits for a better moment. `idle`: no transaction is open at this point. */
static bool plan(struct pg *n, const struct nat_request *r, size_t count, struct fault *f)
{
    bool idle = n->txn == NAT_TXN_IDLE, forgets = n->owed.n > 0;

    n->nsteps = 0;
    n->way = choose_way(r, count);
    for (size_t i = 0; i < count; i++)
        forgets = forgets || r[i].kind == NAT_FORGET;
    if (idle && forgets && n->way != PG_SIMPLE)
        n->way = PG_PIPELINE;
    if (n->way == PG_PIPELINE && idle && n->owed.n > 0) {
        struct buf empty = n->forgotten;
        buf_reset(&empty);
        n->forgotten = n->owed;
        n->owed = empty;
        for (size_t i = 0; i < n->forgotten.n; i += strlen(n->forgotten.p + i) + 1) {
            if (!add_step(
                    n,
                    (struct pg_step){.kind = NAT_FORGET, .nsets = 1, .sync = true, .silent = true},
                    f))
                return false;
        }
    }
    for (size_t i = 0; i < count; i++) {
        struct pg_step step = {.kind = r[i].kind, .request = i, .nsets = sets_of(&r[i])};
        step.plain = r[i].sql.n == 0;
        step.first = step.nsets > 1 ? 1 : r[i].set;
        /* In a transaction a failed set has failed them all: without sync points they are faster.
         */
        step.sync = r[i].apart || (step.nsets > 1 && idle);
        if (r[i].kind == NAT_BEGIN)
            idle = false;
        if (r[i].kind == NAT_FORGET) {
            step.local = n->way != PG_PIPELINE || !idle;
            step.sync = true;
            if (step.local && !pg_owe(n, r[i].name))
                return fault_oom(f);
        }
        if (!add_step(n, step, f))
            return false;
    }
    n->last = n->nsteps;
    while (n->last > 0 && n->steps[n->last - 1].local)
        n->last--;
    if (n->last > 0)
        n->steps[--n->last].ends = true;
    return true;
}

/* ---- onto the wire ---- */

static bool room_for_values(struct pg *n, size_t count)
{
    if (count <= n->value_cap)
        return true;
    /* Each is kept as soon as it has grown: a failure leaves them of unequal, sufficient size. */
    void *p = reallocarray(n->value, count, sizeof *n->value);
    if (p)
        n->value = p;
    bool ok = p != NULL;
    p = ok ? reallocarray(n->length, count, sizeof *n->length) : NULL;
    if (p)
        n->length = p;
    ok = ok && p;
    p = ok ? reallocarray(n->format, count, sizeof *n->format) : NULL;
    if (p)
        n->format = p;
    ok = ok && p;
    p = ok ? reallocarray(n->type, count, sizeof *n->type) : NULL;
    if (p)
        n->type = p;
    ok = ok && p;
    if (ok)
        n->value_cap = count;
    return ok;
}

/* One set's values as libpq takes them: it wants a NUL behind each text. */
static bool bind_set(struct pg *n, const struct nat_request *r, size_t set)
{
    const struct nat_param *p = r->nparams > 0 ? r->params + set * r->nparams : NULL;
    size_t total = 0;
    char *to;

    if (!room_for_values(n, r->nparams))
        return false;
    for (size_t i = 0; i < r->nparams; i++) {
        if (p[i].p && !p[i].binary && __builtin_add_overflow(total, p[i].n + 1, &total))
            return false;
    }
    buf_reset(&n->values);
    to = buf_reserve(&n->values, total);
    if (to == NULL)
        return false;
    for (size_t i = 0; i < r->nparams; i++) {
        n->value[i] = p[i].p;
        n->length[i] = (int)p[i].n;
        n->format[i] = p[i].binary;
        n->type[i] = p[i].type_id;
        if (p[i].p == NULL || p[i].binary)
            continue;
        memcpy(to, p[i].p, p[i].n);
        to[p[i].n] = '\0';
        n->value[i] = to;
        to += p[i].n + 1;
    }
    return true;
}

static bool put_sql(struct pg *n, struct text sql)
{
    buf_reset(&n->sql);
    buf_text(&n->sql, sql);
    return buf_ok(&n->sql);
}

static bool put_deallocate(struct pg *n, const char *name)
{
    buf_reset(&n->sql);
    buf_str(&n->sql, "DEALLOCATE \"");
    for (; *name; name++) {
        if (*name == '"')
            buf_char(&n->sql, '"');
        buf_char(&n->sql, *name);
    }
    buf_char(&n->sql, '"');
    return buf_ok(&n->sql);
}

static bool send_text(struct pg *n)
{
    return PQsendQueryParams(n->conn, buf_z(&n->sql), 0, NULL, NULL, NULL, NULL, 0);
}

static bool send_one(struct pg *n, const struct nat_request *r, size_t set)
{
    const char *name = r->name ? r->name : "";
    int count = (int)r->nparams;

    switch (r->kind) {
    case NAT_QUERY:
        return put_sql(n, r->sql) && bind_set(n, r, set) &&
               PQsendQueryParams(n->conn, buf_z(&n->sql), count, n->type, n->value, n->length,
                                 n->format, 0);
    case NAT_PREPARE:
        if (!put_sql(n, r->sql) || !room_for_values(n, r->nparams))
            return false;
        for (size_t i = 0; i < r->nparams; i++)
            n->type[i] = r->params[i].type_id;
        return PQsendPrepare(n->conn, name, buf_z(&n->sql), count, n->type);
    case NAT_DESCRIBE:
        return PQsendDescribePrepared(n->conn, name);
    case NAT_EXECUTE:
        return bind_set(n, r, set) &&
               PQsendQueryPrepared(n->conn, name, count, n->value, n->length, n->format, 0);
    case NAT_FORGET:
        return put_deallocate(n, name) && send_text(n);
    default:
        return put_sql(n, text_of_control(r)) && send_text(n);
    }
}

static bool send_pipeline(struct pg *n, const struct nat_request *r, bool *sent)
{
    const char *owed = n->forgotten.p;

    if (!PQenterPipelineMode(n->conn))
        return false;
    for (size_t i = 0; i < n->nsteps; i++) {
        const struct pg_step *step = &n->steps[i];
        if (step->local)
            continue;
        for (size_t set = 0; set < step->nsets; set++) {
            bool ok = step->silent ? put_deallocate(n, owed) && send_text(n)
                                   : send_one(n, &r[step->request], set);
            if (!ok)
                return false;
            *sent = true;
            if (pg_syncs(step, set) && !PQpipelineSync(n->conn))
                return false;
        }
        if (step->silent)
            owed += strlen(owed) + 1;
    }
    return true;
}

/* All texts as one: "BEGIN;SELECT 1". */
static bool send_simple(struct pg *n, const struct nat_request *r, size_t count)
{
    buf_reset(&n->sql);
    for (size_t i = 0; i < count; i++) {
        if (r[i].kind == NAT_FORGET)
            continue;
        if (n->sql.n > 0)
            buf_char(&n->sql, ';');
        n->prefix = n->sql.n;
        buf_text(&n->sql, is_control(&r[i]) ? text_of_control(&r[i]) : r[i].sql);
    }
    if (!buf_ok(&n->sql))
        return false;
    n->prefix = utf_chars((struct text){n->sql.p, n->prefix});
    return PQsendQuery(n->conn, buf_z(&n->sql));
}

static bool start(struct pg *n, const struct nat_request *r, size_t count, bool *sent)
{
    bool ok;

    n->prefix = 0;
    switch (n->way) {
    case PG_LOCAL:
        return true;
    case PG_SIMPLE:
        ok = send_simple(n, r, count);
        break;
    case PG_EXTENDED:
        ok = false;
        for (size_t i = 0; i < count; i++) {
            if (r[i].kind != NAT_FORGET)
                ok = send_one(n, &r[i], 0);
        }
        break;
    default:
        ok = send_pipeline(n, r, sent);
    }
    *sent = *sent || ok;
    return ok;
}

/* libpq took no more. What it holds of a pipeline cannot be taken back: the link is given up. */
static enum nat_answer refused(struct pg *n, bool *sent, struct fault *f)
{
    if (PQstatus(n->conn) == CONNECTION_BAD) {
        *sent = true;
        return pg_lost(n, NULL, f);
    }
    fault_oom(f);
    if (n->way == PG_PIPELINE && (*sent || !PQexitPipelineMode(n->conn))) {
        twin_shut(&n->twin);
        n->dead = true;
        f->link_lost = true;
    }
    return NAT_FAULT;
}

enum nat_answer pg_send(struct native *base, const struct nat_request *r, size_t count, bool *sent,
                        int64_t deadline, struct fault *f)
{
    struct pg *n = pg_of(base);

    if (!n->sending) {
        *sent = false;
        if (n->dead || twin_interrupted(&n->twin))
            return pg_lost(n, NULL, f);
        if (n->busy || n->stage < PG_SETTING) {
            fault_set(f, "HY010", "the connection is not ready for a request");
            return NAT_FAULT;
        }
        if (pg_cancel_settle(n, deadline) == NAT_WAIT)
            return NAT_WAIT;
        n->asked_us = clock_us();
        if (!pg_idle_alive(n, f) || !check(r, count, f) || !plan(n, r, count, f))
            return NAT_FAULT;
        if (!start(n, r, count, sent))
            return refused(n, sent, f);
        n->busy = n->sending = n->fresh = true;
        n->at = n->set = n->skip_to = 0;
        n->told = n->command_end = n->copying = n->swallow = false;
        if (n->way != PG_LOCAL)
            PQsetSingleRowMode(n->conn);
    }
    *sent = n->way != PG_LOCAL;
    enum nat_answer a = pg_flush(n, deadline, f);
    n->sending = a == NAT_WAIT;
    return a;
}
