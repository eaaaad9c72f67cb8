#include "pipeline/conn_priv.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool conn_room(struct conn *c, size_t requests, struct fault *f)
{
    if (requests <= c->requests_cap)
        return true;
    struct nat_request *p = realloc(c->requests, requests * sizeof(*p));
    if (!p)
        return fault_oom(f);
    c->requests = p;
    c->requests_cap = requests;
    return true;
}

/* ---- forgetting ---- */

size_t forget_requests(struct conn *c, bool all)
{
    if (!all && c->nforget < FORGET_SOON)
        return 0;
    for (size_t i = 0; i < c->nforget; i++)
        c->requests[i] =
            (struct nat_request){.kind = NAT_FORGET, .name = c->forget[i], .apart = true};
    return c->nforget;
}

void forget_sent(struct conn *c, size_t n)
{
    if (n == 0)
        return;
    memmove(c->forget, c->forget + n, (c->nforget - n) * sizeof(*c->forget));
    c->nforget -= n;
}

/* Out of memory leaves the name with the server until the session ends: no harm. */
static void forget(struct conn *c, const char name[24])
{
    if (c->nforget == c->forget_cap) {
        size_t cap = c->forget_cap ? c->forget_cap * 2 : 16;
        void *p = realloc(c->forget, cap * sizeof(*c->forget));
        if (!p)
            return;
        c->forget = p;
        c->forget_cap = cap;
    }
    memcpy(c->forget[c->nforget++], name, sizeof(*c->forget));
}

/* ---- the statement ---- */

bool prepared_known(const struct conn *c, const struct prepared *p)
{
    return p->generation == c->plans;
}

/* The server's copy is of no more use; the next one gets another name, because the old one may
 * still be known when it comes. */
void prepared_forget(struct conn *c, struct prepared *p)
{
    if (prepared_known(c, p)) {
        forget(c, p->name);
        snprintf(p->name, sizeof(p->name), "hf%u", ++c->serial);
    }
    p->generation = 0;
}

bool prepared_set(struct conn *c, struct prepared *p, struct text sql, const struct scan_info *scan,
                  struct fault *f)
{
    char *copy = malloc(sql.n + 1);
    if (!copy)
        return fault_oom(f);
    if (sql.n > 0)
        memcpy(copy, sql.s, sql.n);
    copy[sql.n] = '\0';
    prepared_drop(c, p);
    p->sql = copy;
    p->scan = *scan;
    /* The verb must live as long as the statement does. */
    size_t n = scan->verb.n < sizeof(p->verb) ? scan->verb.n : 0;
    if (n > 0)
        memcpy(p->verb, scan->verb.s, n);
    p->scan.verb = (struct text){p->verb, n};
    snprintf(p->name, sizeof(p->name), "hf%u", ++c->serial);
    return true;
}

bool prepared_types(struct conn *c, struct prepared *p, const uint32_t *types, size_t n,
                    struct fault *f)
{
    if (n == p->nparams && (n == 0 || memcmp(types, p->types, n * sizeof(*types)) == 0))
        return true;
    uint32_t *copy = NULL;
    if (n > 0 && !(copy = malloc(n * sizeof(*copy))))
        return fault_oom(f);
    if (n > 0)
        memcpy(copy, types, n * sizeof(*copy));
    free(p->types);
    p->types = copy;
    p->nparams = n;
    p->whole = WHOLE_AS_BOUND;
    prepared_forget(c, p);
    return true;
}

struct prepared_answer *prepared_answer(struct prepared *p, const uint32_t *types, size_t n,
                                        size_t number, struct fault *f)
{
    if (n != p->nanswers) {
        struct prepared_answer *a = realloc(p->answers, n * sizeof(*a));
        if (!a)
            return fault_oom(f), NULL;
        memset(a, 0, n * sizeof(*a));
        p->answers = a;
        p->nanswers = n;
    }
    bool same = true;
    for (size_t i = 0; i < n; i++)
        same = same && p->answers[i].hint == types[i];
    for (size_t i = 0; !same && i < n; i++)
        p->answers[i] = (struct prepared_answer){.hint = types[i]};
    return &p->answers[number - 1];
}

void prepared_drop(struct conn *c, struct prepared *p)
{
    if (p->sql)
        prepared_forget(c, p);
    free(p->sql);
    free(p->types);
    free(p->answers);
    *p = (struct prepared){.sql = NULL};
}

bool prepared_request(struct conn *c, const struct prepared *p, struct nat_request *out,
                      struct fault *f)
{
    if (p->nparams > c->hints_cap) {
        struct nat_param *h = realloc(c->hints, p->nparams * sizeof(*h));
        if (!h)
            return fault_oom(f);
        c->hints = h;
        c->hints_cap = p->nparams;
    }
    for (size_t i = 0; i < p->nparams; i++)
        c->hints[i] = (struct nat_param){.type_id = whole_type(c, p->whole, p->types[i])};
    *out = (struct nat_request){.kind = NAT_PREPARE,
                                .sql = text_of(p->sql),
                                .name = p->name,
                                .params = c->hints,
                                .nparams = p->nparams};
    return true;
}

/* ---- describe ---- */

struct description {
    const struct nat_type *params;
    size_t nparams;
    const struct nat_column *columns;
    size_t ncolumns;
};

static bool keep_text(struct arena *a, struct text *t)
{
    if (t->s)
        *t = arena_text(a, *t);
    return t->s || !t->n;
}

/* The native's views end with its next verb: a copy lasts until the next call. */
static bool copy_description(struct conn *c, struct description *d, struct fault *f)
{
    struct arena *a = &c->described;
    size_t np, nc;
    const struct nat_type *params = c->ops->params(c->native, &np);
    const struct nat_column *columns = c->ops->columns(c->native, &nc);
    struct nat_type *p = arena_alloc(a, (np + 1) * sizeof(*p));
    struct nat_column *q = arena_alloc(a, (nc + 1) * sizeof(*q));
    if (!p || !q)
        return fault_oom(f);
    if (np > 0)
        memcpy(p, params, np * sizeof(*p));
    for (size_t i = 0; i < nc; i++) {
        q[i] = columns[i];
        q[i].name = arena_text(a, columns[i].name);
        if (!q[i].name.s || !keep_text(a, &q[i].database) || !keep_text(a, &q[i].table) ||
            !keep_text(a, &q[i].alias) || !keep_text(a, &q[i].base_name))
            return fault_oom(f);
    }
    *d = (struct description){.params = p, .nparams = np, .columns = q, .ncolumns = nc};
    return true;
}

/* To look at a statement is not to run it: that the server refuses it must not fail the open
 * transaction, as any error would. */
#define GUARD "hf_describe"

static struct nat_request guard_request(struct text sql)
{
    return (struct nat_request){.kind = NAT_QUERY, .sql = sql};
}

#define GUARD_LIMIT SECONDS(10) /* for what takes the server no time */

/* After a fault in f, which stays unless the way back fails too. */
static bool guard_recover(struct conn *c, struct fault *f)
{
    const struct nat_request back[] = {guard_request(TEXT("ROLLBACK TO SAVEPOINT " GUARD)),
                                       guard_request(TEXT("RELEASE SAVEPOINT " GUARD))};
    struct fault worse;
    fault_clear(&worse);
    if (c->native && c->txn == NAT_TXN_FAILED &&
        !wire_run(c, back, 2, wire_facts(c, NULL), NULL, deadline_in(GUARD_LIMIT), &worse))
        *f = worse;
    return false;
}

/* Indices in the send. */
struct asked {
    size_t own; /* behind the FORGETs */
    size_t prepare, describe;
};

static bool describe_read(struct conn *c, struct prepared *p, struct asked at,
                          struct description *d, int64_t deadline, struct fault *f)
{
    struct outcome_facts facts = wire_facts(c, NULL);
    struct nat_outcome *o = &c->scratch;
    bool copied = true;
    struct fault failed;
    fault_clear(&failed);
    do {
        if (!wire_result(c, NULL, &facts, o, deadline, f))
            return false;
        if (o->kind == NAT_FAILED && o->request >= at.own && !fault_is(&failed) &&
            !wire_timed_out(c, o, &failed))
            failed = o->fault;
        else if (o->kind == NAT_DONE && o->request == at.prepare && at.prepare < at.describe)
            p->generation = c->plans;
        else if (o->kind == NAT_DESCRIBED)
            copied = copy_description(c, d, f);
    } while (o->kind != NAT_END);
    wire_ended(c, true);
    if (fault_is(&failed)) {
        *f = failed;
        return false;
    }
    return copied;
}

static bool describe(struct conn *c, struct prepared *p, struct description *d, int64_t deadline,
                     struct fault *f)
{
    struct outcome_facts facts = wire_facts(c, NULL);
    if (!wire_free(c, &facts, deadline, f) || !conn_room(c, c->nforget + 4, f))
        return false;
    bool guard = c->txn == NAT_TXN_OPEN && !prepared_known(c, p);
    struct asked at = {.own = forget_requests(c, true)};
    size_t n = at.own;
    if (guard)
        c->requests[n++] = guard_request(TEXT("SAVEPOINT " GUARD));
    at.prepare = n;
    if (!prepared_known(c, p) && !prepared_request(c, p, &c->requests[n++], f))
        return false;
    at.describe = n;
    c->requests[n++] = (struct nat_request){.kind = NAT_DESCRIBE, .name = p->name};
    if (guard)
        c->requests[n++] = guard_request(TEXT("RELEASE SAVEPOINT " GUARD));
    struct plugin_call call = {.verb = DO_SEND, .facts = facts, .deadline = deadline};
    call.u.send.requests = c->requests;
    call.u.send.n = n;
    if (conn_wire(c, &call, f) != NAT_READY)
        return false;
    forget_sent(c, at.own);
    if (describe_read(c, p, at, d, deadline, f))
        return true;
    return guard && guard_recover(c, f);
}

/* Of several statements the first, whose result comes first. */
static bool describe_first(struct conn *c, const struct prepared *p, const struct nat_type **params,
                           size_t *nparams, const struct nat_column **columns, size_t *ncolumns,
                           int64_t deadline, struct fault *f)
{
    struct prepared one = {.sql = NULL};
    struct scan_info scan;
    struct text sql = batch_first(&c->rules, text_of(p->sql));
    scan_classify(&c->rules, sql, &scan);
    bool ok = prepared_set(c, &one, sql, &scan, f) &&
              conn_describe(c, &one, params, nparams, columns, ncolumns, deadline, f);
    prepared_drop(c, &one);
    return ok;
}

bool conn_describe(struct conn *c, struct prepared *p, const struct nat_type **params,
                   size_t *nparams, const struct nat_column **columns, size_t *ncolumns,
                   int64_t deadline, struct fault *f)
{
    struct description d = {.params = NULL};
    if (p->scan.statements > 1)
        return describe_first(c, p, params, nparams, columns, ncolumns, deadline, f);
    arena_reset(&c->described);
    if (!conn_enter(c, f))
        return false;
    bool known = prepared_known(c, p);
    unsigned generation = c->generation;
    bool ok = describe(c, p, &d, deadline, f);
    for (int i = 0; !ok && i < REPLAYS_MAX && replay_due(c, generation, NULL, true, deadline, f);
         i++) {
        generation = c->generation;
        ok = describe(c, p, &d, deadline, f);
    }
    /* DEALLOCATE by other ways than ours: the server's copy is gone, and so is the reason. */
    if (!ok && known && strcmp(f->server_state, "26000") == 0) {
        p->generation = 0;
        ok = c->txn == NAT_TXN_IDLE && describe(c, p, &d, deadline, f);
    }
    conn_leave(c);
    *params = d.params;
    *nparams = d.nparams;
    *columns = d.columns;
    *ncolumns = d.ncolumns;
    return ok;
}
