#include "fake/fake_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All of a send is executed at once; what comes of it waits in `items`. */
struct item *fake_add(struct fake *n, enum nat_outcome_kind kind, size_t request, size_t set)
{
    static struct item spare;

    if (n->nitems == n->cap) {
        size_t cap = n->cap ? n->cap * 2 : 16;
        void *p = reallocarray(n->items, cap, sizeof *n->items);
        if (p == NULL)
            return &spare;
        n->items = p;
        n->cap = cap;
    }
    struct item *i = &n->items[n->nitems++];
    *i = (struct item){.what = ITEM_OUTCOME};
    i->out.kind = kind;
    i->out.request = request;
    i->out.set = set;
    i->out.count = -1;
    return i;
}

/* Only PostgreSQL's transactions fail with their statement. */
static bool fail_as(struct fake *n, size_t request, size_t set, const char *state, int number,
                    const char *message)
{
    struct fault *f = &fake_add(n, NAT_FAILED, request, set)->out.fault;

    fault_set(f, "HY000", "ERROR %s: %s", state, message ? message : "refused by the script");
    snprintf(f->server_state, sizeof f->server_state, "%s", state);
    f->from_server = true;
    f->native = number ? number : 1;
    native_map_sqlstate(f);
    if (n->txn == NAT_TXN_OPEN && fake_caps.family == NAT_FAMILY_PG)
        n->txn = NAT_TXN_FAILED;
    return false;
}

bool fake_fail(struct fake *n, size_t request, size_t set, const char *state, const char *message)
{
    return fail_as(n, request, set, state, 0, message);
}

static struct text first_word(struct text sql)
{
    size_t n = 0;

    while (n < sql.n && ((sql.s[n] | 32) >= 'a' && (sql.s[n] | 32) <= 'z'))
        n++;
    return text_sub(sql, 0, n);
}

static bool one_of(struct text word, const char *const *words)
{
    while (*words && !text_eq_ci(word, text_of(*words)))
        words++;
    return *words != NULL;
}

/* What PostgreSQL itself would say before it looks at the statement. */
static const char *refusal(const struct fake *n, struct text word)
{
    static const char *const ends[] = {"ROLLBACK", "COMMIT", "ABORT", "END", NULL};
    static const char *const writes[] = {"INSERT", "UPDATE", "DELETE",   "CREATE", "DROP",
                                         "ALTER",  "MERGE",  "TRUNCATE", NULL};

    if (n->txn == NAT_TXN_FAILED && !one_of(word, ends))
        return "25P02";
    if (n->host->role != ROLE_READER || !one_of(word, writes))
        return NULL;
    return fake_caps.family == NAT_FAMILY_MY ? "HY000" : "25006";
}

static void move_txn(struct fake *n, struct text sql, struct text word)
{
    static const char *const begins[] = {"BEGIN", "START", NULL};
    static const char *const ends[] = {"ROLLBACK", "COMMIT", "ABORT", "END", NULL};

    if (one_of(word, begins) && n->txn == NAT_TXN_IDLE)
        n->txn = NAT_TXN_OPEN;
    else if (text_starts_ci(sql, TEXT("ROLLBACK TO")))
        n->txn = n->txn == NAT_TXN_FAILED ? NAT_TXN_OPEN : n->txn;
    else if (one_of(word, ends))
        n->txn = NAT_TXN_IDLE;
}

static void answer(struct fake *n, struct script *s, struct text word, bool rows, size_t request,
                   size_t set)
{
    size_t times = s && s->reply.repeat > 1 ? s->reply.repeat : 1;
    size_t total = s ? s->nrows * times : 0;
    struct item *i;

    if (rows) {
        i = fake_add(n, NAT_ROWS, request, set);
        i->script = s;
        i->rows = s && s->reply.act == FAKE_LOST_MIDWAY && s->reply.midway < total ? s->reply.midway
                                                                                   : total;
    }
    if (s && (s->reply.act == FAKE_LOST_AFTER || s->reply.act == FAKE_LOST_MIDWAY))
        fake_add(n, NAT_DONE, request, set)->what = ITEM_LOST;
    else if (s && s->reply.act == FAKE_MUTE)
        fake_add(n, NAT_DONE, request, set)->what = ITEM_MUTE;
    i = fake_add(n, NAT_DONE, request, set);
    i->out.count = rows ? (int64_t)total : s && s->reply.act == FAKE_DONE ? s->reply.count : 1;
    if (s && s->reply.tag)
        word = text_of(s->reply.tag);
    snprintf(i->out.tag, sizeof i->out.tag, "%.*s", TEXT_ARG(word));
}

/* False: it failed. `quiet`: no statement of its own (PREPARE, DEALLOCATE). */
static bool run(struct fake *n, const struct nat_request *r, struct text sql, bool quiet,
                size_t request, size_t set)
{
    static const char *const reads[] = {"SELECT", "SHOW", "VALUES", "TABLE", "WITH", NULL};
    struct script *s = fake_script(n->host, sql, true);
    struct text word = first_word(sql);
    const char *state = refusal(n, word);
    size_t first = n->nitems;
    bool rows = s ? s->reply.rows != NULL : one_of(word, reads);

    if (s && s->reply.notice)
        snprintf(n->notice, sizeof n->notice, "%s", s->reply.notice);
    if (s && s->reply.act == FAKE_FAIL)
        fail_as(n, request, set, s->reply.state ? s->reply.state : "XX000", s->reply.number,
                s->reply.message);
    else if (state && (s == NULL || n->txn == NAT_TXN_FAILED))
        fail_as(n, request, set, state, strcmp(state, "HY000") == 0 ? 1290 : 0,
                "cannot be executed in this transaction");
    else {
        if (!quiet)
            fake_note(n->number, n->host, n->user, sql,
                      r->params ? r->params + set * r->nparams : NULL, r->nparams);
        if (n->txn == NAT_TXN_FAILED && text_eq_ci(word, TEXT("COMMIT")))
            word = TEXT("ROLLBACK");
        move_txn(n, sql, word);
        answer(n, s, word, rows, request, set);
    }
    if (s && s->reply.delay_ms > 0 && n->nitems > first)
        n->items[first].at = deadline_in(MS(s->reply.delay_ms));
    return n->nitems == first || n->items[first].out.kind != NAT_FAILED;
}

static struct plan *plan_of(const struct fake *n, const char *name)
{
    struct plan *p = n->plans;

    while (p && strcmp(p->name, name ? name : "") != 0)
        p = p->next;
    return p;
}

static void forget(struct fake *n, const struct plan *gone)
{
    for (struct plan **at = &n->plans; *at; at = &(*at)->next) {
        struct plan *p = *at;
        if (p != gone)
            continue;
        *at = p->next;
        free(p->name);
        free(p->sql);
        free(p);
        return;
    }
}

void fake_plans_free(struct fake *n)
{
    while (n->plans)
        forget(n, n->plans);
}

static bool prepare(struct fake *n, const struct nat_request *r, size_t request)
{
    struct plan *p = plan_of(n, r->name);
    struct buf b;
    bool ok;

    buf_init(&b);
    buf_fmt(&b, "PREPARE %.*s", TEXT_ARG(r->sql));
    ok = run(n, r, buf_view(&b), true, request, 0);
    buf_fini(&b);
    if (!ok)
        return false;
    if (p == NULL && (p = calloc(1, sizeof *p)) != NULL) {
        p->next = n->plans;
        n->plans = p;
        p->name = strdup(r->name ? r->name : "");
    }
    if (p) {
        free(p->sql);
        p->sql = strndup(r->sql.s ? r->sql.s : "", r->sql.n);
    }
    return true;
}

static void describe(struct fake *n, const struct plan *p, size_t request)
{
    struct item *i = fake_add(n, NAT_DESCRIBED, request, 0);

    i->script = fake_script(n->host, text_of(p->sql), false);
    for (const char *s = p->sql; (s = strchr(s, '$')) != NULL; s++) {
        size_t k = strtoul(s + 1, NULL, 10);
        if (k > i->params && k <= 64)
            i->params = k;
    }
}

static bool run_text(struct fake *n, const struct nat_request *r, size_t request)
{
    struct text left = r->sql;
    bool ok = true, any = false;

    while (ok && left.n > 0) {
        size_t at = text_find(left, ';', 0);
        struct text one = text_trim(text_sub(left, 0, at == SIZE_MAX ? left.n : at));
        left = text_sub(left, at == SIZE_MAX ? left.n : at + 1, SIZE_MAX);
        if (one.n > 0)
            ok = run(n, r, one, false, request, 0);
        any = any || one.n > 0;
    }
    if (!any)
        fake_add(n, NAT_DONE, request, 0);
    return ok;
}

/* What a script is looked up by. */
static struct text text_of_request(const struct fake *n, const struct nat_request *r)
{
    const struct plan *p = r->kind == NAT_EXECUTE ? plan_of(n, r->name) : NULL;

    if (p)
        return text_of(p->sql);
    if (r->sql.n > 0)
        return r->sql;
    switch (r->kind) {
    case NAT_BEGIN:
        return TEXT("BEGIN");
    case NAT_COMMIT:
        return TEXT("COMMIT");
    case NAT_ROLLBACK:
        return TEXT("ROLLBACK");
    default:
        return TEXT("-");
    }
}

static bool run_request(struct fake *n, const struct nat_request *r, size_t request, size_t set)
{
    struct plan *p = r->name ? plan_of(n, r->name) : NULL;

    switch (r->kind) {
    case NAT_QUERY:
        return run_text(n, r, request);
    case NAT_PREPARE:
        return prepare(n, r, request);
    case NAT_FORGET:
        forget(n, p);
        snprintf(fake_add(n, NAT_DONE, request, 0)->out.tag, 32, "DEALLOCATE");
        return true;
    case NAT_DESCRIBE:
    case NAT_EXECUTE:
        if (p == NULL)
            return fake_fail(n, request, set, "26000", "prepared statement does not exist");
        if (r->kind == NAT_EXECUTE)
            return run(n, r, text_of(p->sql), false, request, set);
        describe(n, p, request);
        return true;
    default:
        return run(n, r, text_of_request(n, r), false, request, set);
    }
}

bool fake_loses_before(const struct fake *n, const struct nat_request *r, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        /* EXECUTE of what the same send prepares is found by that PREPARE's own text. */
        struct script *s = fake_script(n->host, text_of_request(n, &r[i]), false);
        if (s && s->reply.act == FAKE_LOST_BEFORE) {
            s->used++;
            return true;
        }
    }
    return false;
}

void fake_run(struct fake *n, const struct nat_request *r, size_t count)
{
    bool failed = false;

    n->nitems = n->at = 0;
    for (size_t i = 0; i < count && n->host->state == FAKE_UP; i++) {
        size_t nsets = r[i].nsets > 1 ? r[i].nsets : 1;
        for (size_t set = 0; set < nsets; set++) {
            if (failed)
                fake_add(n, NAT_SKIPPED, i, set);
            else
                failed = !run_request(n, &r[i], i, set);
            if (nsets > 1 || r[i].apart || r[i].kind == NAT_FORGET)
                failed = false;
        }
    }
    if (n->host->state != FAKE_UP)
        fake_add(n, NAT_END, 0, 0)->what = ITEM_MUTE;
    fake_add(n, NAT_END, 0, 0);
}
