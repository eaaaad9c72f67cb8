/* One line for each connect and each round of requests, with its milliseconds. No parameter value
 * is ever logged, and SQL text, which may hold literals, at level debug only. */
#include "base/log.h"
#include "pipeline/conn_priv.h"
#include <stdlib.h>
#include <string.h>

extern const struct plugin_ops plugin_log;

struct log_state {
    int64_t begun;
    size_t requests;
    const char *kind; /* of the last request, the application's */
    char tag[32];
    char failed[6];
};

static bool log_create(struct plugin *p, struct conn *c, struct fault *f)
{
    (void)c;
    p->state = calloc(1, sizeof(struct log_state));
    return p->state || fault_oom(f);
}

static void log_destroy(struct plugin *p, struct conn *c)
{
    (void)c;
    free(p->state);
}

static double ms_since(int64_t begun)
{
    return (double)(clock_us() - begun) / 1000.0;
}

static struct native *log_connect(struct plugin *p, struct conn *c, const struct nat_target *target,
                                  int64_t deadline, struct fault *f)
{
    int64_t begun = clock_us();
    struct native *n = plugin_connect(p->next, c, target, deadline, f);
    LOG(LOG_INFO, "plugin", "connect %s %.3f ms %s", target->host ? target->host : "",
        ms_since(begun), n ? "done" : f->text);
    return n;
}

static const char *kind_name(enum nat_request_kind kind)
{
    static const char *const names[] = {
        [NAT_QUERY] = "query",       [NAT_PREPARE] = "prepare", [NAT_DESCRIBE] = "describe",
        [NAT_EXECUTE] = "execute",   [NAT_BEGIN] = "begin",     [NAT_COMMIT] = "commit",
        [NAT_ROLLBACK] = "rollback", [NAT_FORGET] = "forget"};
    return (unsigned)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "request";
}

static void log_sent(struct log_state *s, const struct plugin_call *call)
{
    size_t n = call->u.send.n;
    s->requests = n;
    s->kind = n > 0 ? kind_name(call->u.send.requests[n - 1].kind) : "";
    s->tag[0] = s->failed[0] = '\0';
    for (size_t i = 0; i < n; i++)
        if (call->u.send.requests[i].sql.n > 0)
            LOG(LOG_DEBUG, "plugin", "%s %.*s", kind_name(call->u.send.requests[i].kind),
                TEXT_ARG(call->u.send.requests[i].sql));
}

static void log_outcome(struct log_state *s, const struct nat_outcome *o)
{
    if (o->kind == NAT_DONE)
        memcpy(s->tag, o->tag, sizeof(s->tag));
    else if (o->kind == NAT_FAILED)
        memcpy(s->failed, o->fault.sqlstate, sizeof(s->failed));
    if (o->kind == NAT_END)
        LOG(LOG_INFO, "plugin", "%s (%zu requests) %.3f ms %s%s", s->kind, s->requests,
            ms_since(s->begun), s->failed[0] ? "failed " : s->tag, s->failed);
}

static enum nat_answer log_execute(struct plugin *p, struct conn *c, struct plugin_call *call,
                                   struct fault *f)
{
    struct log_state *s = p->state;
    if (log_level_now() < LOG_INFO)
        return plugin_execute(p->next, c, call, f);
    if (call->verb == DO_SEND) {
        s->begun = clock_us();
        log_sent(s, call);
    }
    enum nat_answer a = plugin_execute(p->next, c, call, f);
    if (a == NAT_FAULT)
        LOG(LOG_INFO, "plugin", "%s %.3f ms fault %s %s", s->kind ? s->kind : "",
            ms_since(s->begun), f->sqlstate, f->text);
    else if (a == NAT_READY && call->verb == DO_RESULT)
        log_outcome(s, call->u.result);
    return a;
}

static void log_swapped(struct plugin *p, struct conn *c)
{
    (void)p;
    LOG(LOG_INFO, "plugin", "installed %s, generation %u", c->host, c->generation);
}

const struct plugin_ops plugin_log = {.name = "log",
                                      .create = log_create,
                                      .destroy = log_destroy,
                                      .connect = log_connect,
                                      .execute = log_execute,
                                      .swapped = log_swapped};
