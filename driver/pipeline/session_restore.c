#include "pipeline/session_priv.h"
#include <stdlib.h>
#include <string.h>

/* The requests of one restore; `what` names each for a warning. */
struct restore {
    struct nat_request *requests; /* owned */
    const char **what;            /* owned array of borrowed names */
    bool *identity;               /* owned */
    struct buf *texts;            /* owned; of the reported settings */
    size_t n, ntexts;
};

static void restore_fini(struct restore *r)
{
    free(r->requests);
    free(r->what);
    free(r->identity);
    for (size_t i = 0; i < r->ntexts; i++)
        buf_fini(&r->texts[i]);
    free(r->texts);
}

static void add(struct restore *r, struct text sql, const char *what, bool identity)
{
    r->what[r->n] = what;
    r->identity[r->n] = identity;
    r->requests[r->n++] = (struct nat_request){.kind = NAT_QUERY, .sql = sql, .apart = true};
}

static bool add_value(struct restore *r, const struct session *s, const char *name,
                      const char *value)
{
    struct buf *b = &r->texts[r->ntexts++];
    buf_init(b);
    s->family->put(b, name, value);
    add(r, buf_view(b), name, false);
    return buf_ok(b);
}

/* What was said is not said again where the server tells what came of it. */
static bool is_told(const struct session *s, const struct session_entry *e)
{
    int reported = session_parameter_find(s, e->key);
    return e->kind == SESSION_SETTING &&
           ((reported >= 0 && s->reported[reported]) || session_value_find(s, e->key));
}

static bool collect(const struct session *s, struct native *n, struct restore *r)
{
    size_t told = s->family->nparameters + s->nvalues, cap = s->kept.n + told;
    bool reset = false, ok = true;
    r->requests = calloc(cap + 1, sizeof(*r->requests));
    r->what = calloc(cap + 1, sizeof(*r->what));
    r->identity = calloc(cap + 1, sizeof(*r->identity));
    r->texts = calloc(told + 1, sizeof(*r->texts));
    if (!r->requests || !r->what || !r->identity || !r->texts)
        return false;
    for (size_t i = 0; i < s->kept.n; i++) {
        const struct session_entry *e = &s->kept.entries[i];
        reset = reset || e->kind == SESSION_RESET_ALL || e->kind == SESSION_DISCARD_ALL;
        if (!is_told(s, e))
            add(r, text_of(e->text), e->key[0] ? e->key : e->text, e->kind == SESSION_IDENTITY);
    }
    for (size_t i = 0; i < s->family->nparameters && ok; i++) {
        const struct session_parameter *p = &s->family->parameters[i];
        const char *now = n->ops->parameter(n, p->name);
        if (s->reported[i] && !p->identity && (reset || !now || strcmp(now, s->reported[i]) != 0))
            ok = add_value(r, s, p->name, s->reported[i]);
    }
    for (size_t i = 0; i < s->nvalues && ok; i++) {
        const char *now = n->ops->parameter(n, s->values[i].name);
        if (!now || strcmp(now, s->values[i].value) != 0)
            ok = add_value(r, s, s->values[i].name, s->values[i].value);
    }
    return ok;
}

static void warn(session_tell *tell, void *arg, const char *text, const char *detail)
{
    struct fault w;
    fault_set(&w, "01000", "%s%s", text, detail);
    tell(arg, &w);
}

/* Reads the outcomes to the end. *refused: a role that was not given. */
static enum nat_answer read_all(struct native *n, const struct restore *r, int64_t deadline,
                                session_tell *tell, void *arg, struct fault *f, bool *refused)
{
    struct nat_outcome o;
    for (;;) {
        enum nat_answer a = n->ops->result(n, &o, deadline, f);
        if (a != NAT_READY || o.kind == NAT_END)
            return a;
        if (o.kind != NAT_FAILED || o.request >= r->n)
            continue;
        if (r->identity[o.request]) {
            if (!*refused)
                *f = o.fault;
            *refused = true;
        } else {
            struct fault w;
            fault_set(&w, "01000", "the setting %s could not be restored after a failover: %s",
                      r->what[o.request], o.fault.text);
            tell(arg, &w);
        }
    }
}

/* The new session must be who the old one was, and never a superuser where that was none. */
static bool same_identity(const struct session *s, struct native *n, struct fault *f)
{
    for (size_t i = 0; i < s->family->nparameters; i++) {
        const char *name = s->family->parameters[i].name;
        if (!s->family->parameters[i].identity || !s->reported[i])
            continue;
        const char *now = n->ops->parameter(n, name);
        if (now && strcmp(now, s->reported[i]) != 0)
            return fault_set(f, "08S01", "%s is %s on the new connection and was %s", name, now,
                             s->reported[i]);
    }
    return true;
}

static enum session_restored run(const struct session *s, struct native *n, const struct restore *r,
                                 int64_t deadline, session_tell *tell, void *arg, struct fault *f)
{
    bool sent = false, refused = false;
    enum nat_answer a = NAT_READY;
    if (r->n > 0)
        a = n->ops->send(n, r->requests, r->n, &sent, deadline, f);
    if (r->n > 0 && a == NAT_READY)
        a = read_all(n, r, deadline, tell, arg, f, &refused);
    if (a == NAT_WAIT) {
        fault_set(f, "08S01", "the session's settings could not be restored in time");
        return SESSION_TIMEOUT;
    }
    if (a == NAT_FAULT)
        return SESSION_LINK_LOST;
    if (refused) {
        struct fault why = *f;
        fault_set(f, "08S01", "the new connection was refused the old one's role: %s", why.text);
        return SESSION_NO_IDENTITY;
    }
    return same_identity(s, n, f) ? SESSION_RESTORED : SESSION_NO_IDENTITY;
}

enum session_restored session_restore(const struct session *s, struct native *n, int64_t deadline,
                                      session_tell *tell, void *arg, struct fault *f)
{
    struct restore r = {.n = 0};
    enum session_restored done;
    if (s->identity_unknown) {
        fault_set(f, "08S01", "the session took a role in a way that the driver cannot repeat");
        return SESSION_NO_IDENTITY;
    }
    if (collect(s, n, &r)) {
        done = run(s, n, &r, deadline, tell, arg, f);
    } else {
        fault_oom(f);
        done = SESSION_LINK_LOST;
    }
    restore_fini(&r);
    if (done != SESSION_RESTORED)
        return done;
    if (s->unknown)
        warn(tell, arg, s->family->unknown_told, "");
    if (s->forgot)
        warn(tell, arg, "memory ran out over some settings: they are not restored", "");
    return done;
}
