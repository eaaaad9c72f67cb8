#include "pipeline/session_priv.h"
#include <stdlib.h>
#include <string.h>

/* The requests of one restore; `what` names each for a warning. */
struct restore {
    struct nat_request *requests; /* owned */
    const char **what;            /* owned array of borrowed names */
    bool *identity;               /* owned */
    struct buf *texts;            /* owned; of the reported settings */
    size_t n;
};

static void restore_fini(struct restore *r)
{
    free(r->requests);
    free(r->what);
    free(r->identity);
    for (size_t i = 0; r->texts && i < SESSION_PARAMETER_COUNT; i++)
        buf_fini(&r->texts[i]);
    free(r->texts);
}

static void add(struct restore *r, struct text sql, const char *what, bool identity)
{
    r->what[r->n] = what;
    r->identity[r->n] = identity;
    r->requests[r->n++] = (struct nat_request){.kind = NAT_QUERY, .sql = sql, .apart = true};
}

/* E'' reads the same whatever standard_conforming_strings says. */
static void literal(struct buf *b, const char *z)
{
    buf_str(b, "E'");
    for (; *z; z++) {
        if (*z == '\'' || *z == '\\')
            buf_char(b, *z);
        buf_char(b, *z);
    }
    buf_char(b, '\'');
}

/* set_config() and not SET: search_path is a list, which a SET would take as one name. */
static bool add_reported(struct restore *r, size_t i, const char *value)
{
    struct buf *b = &r->texts[i];
    buf_str(b, "SELECT pg_catalog.set_config(");
    literal(b, session_parameter_names[i]);
    buf_char(b, ',');
    literal(b, value);
    buf_str(b, ",false)");
    add(r, buf_view(b), session_parameter_names[i], false);
    return buf_ok(b);
}

static bool collect(const struct session *s, struct native *n, struct restore *r)
{
    size_t cap = s->kept.n + SESSION_PARAMETER_COUNT;
    bool reset = false, ok = true;
    r->requests = calloc(cap, sizeof(*r->requests));
    r->what = calloc(cap, sizeof(*r->what));
    r->identity = calloc(cap, sizeof(*r->identity));
    r->texts = calloc(SESSION_PARAMETER_COUNT, sizeof(*r->texts));
    if (!r->requests || !r->what || !r->identity || !r->texts)
        return false;
    for (size_t i = 0; i < s->kept.n; i++) {
        const struct session_entry *e = &s->kept.entries[i];
        int reported = session_parameter_find(e->key);
        reset = reset || e->kind == SESSION_RESET_ALL || e->kind == SESSION_DISCARD_ALL;
        if (reported < 0 || !s->reported[reported])
            add(r, text_of(e->text), e->key[0] ? e->key : e->text, e->kind == SESSION_IDENTITY);
    }
    for (size_t i = 0; i < SESSION_PARAMETER_COUNT && ok; i++) {
        const char *now = n->ops->parameter(n, session_parameter_names[i]);
        if (s->reported[i] && !session_parameter_identity[i] &&
            (reset || !now || strcmp(now, s->reported[i]) != 0))
            ok = add_reported(r, i, s->reported[i]);
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
    for (size_t i = 0; i < SESSION_PARAMETER_COUNT; i++) {
        if (!session_parameter_identity[i] || !s->reported[i])
            continue;
        const char *now = n->ops->parameter(n, session_parameter_names[i]);
        if (now && strcmp(now, s->reported[i]) != 0)
            return fault_set(f, "08S01", "%s is %s on the new connection and was %s",
                             session_parameter_names[i], now, s->reported[i]);
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
        warn(tell, arg, "settings made by set_config() are not restored after a failover", "");
    if (s->forgot)
        warn(tell, arg, "memory ran out over some settings: they are not restored", "");
    return done;
}
