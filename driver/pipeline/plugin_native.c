/* The tail of the chain: opens native connections and runs requests on the installed one. */
#include "base/helper.h"
#include "base/log.h"
#include "cluster/cluster.h"
#include "pipeline/conn_priv.h"
#include <stdlib.h>
#include <string.h>

#define GUARD_STACK ((size_t)256 * 1024)

/* A client library may wait without an end for a server that falls silent in the TLS handshake: a
 * helper interrupts the open that is not over at its deadline. */
struct guard {
    int refs; /* the dialling thread's and the helper's */
    pthread_mutex_t lock;
    pthread_cond_t ended;
    struct native *n; /* borrowed; NULL when the open is over */
    int64_t deadline;
    bool late; /* it was interrupted */
};

static void guard_unref(struct guard *g)
{
    if (__atomic_sub_fetch(&g->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    pthread_cond_destroy(&g->ended);
    pthread_mutex_destroy(&g->lock);
    free(g);
}

static void *guard_work(void *arg)
{
    struct guard *g = arg;
    pthread_mutex_lock(&g->lock);
    while (g->n && cond_wait_until(&g->ended, &g->lock, g->deadline))
        continue;
    if (g->n) {
        g->late = true;
        g->n->ops->interrupt(g->n);
    }
    pthread_mutex_unlock(&g->lock);
    guard_unref(g);
    return NULL;
}

/* NULL: none could be made. */
static struct guard *guard_begin(struct native *n, int64_t deadline)
{
    struct guard *g = calloc(1, sizeof(*g));
    if (!g)
        return NULL;
    *g = (struct guard){.refs = 2, .n = n, .deadline = deadline};
    pthread_mutex_init(&g->lock, NULL);
    cond_init(&g->ended);
    if (helper_start(guard_work, g, GUARD_STACK))
        return g;
    g->refs = 1;
    guard_unref(g);
    return NULL;
}

/* True when the open was interrupted; after this it will not be any more. */
static bool guard_end(struct guard *g)
{
    pthread_mutex_lock(&g->lock);
    g->n = NULL;
    bool late = g->late;
    pthread_cond_signal(&g->ended);
    pthread_mutex_unlock(&g->lock);
    guard_unref(g);
    return late;
}

/* open() within its deadline, also where the library does not keep to it. */
static enum nat_answer open_in_time(struct native *n, int64_t deadline, struct fault *f)
{
    if (!n->ops->caps->open_blocks || deadline == DEADLINE_NEVER)
        return n->ops->open(n, deadline, f);
    struct guard *g = guard_begin(n, deadline);
    if (!g) {
        fault_set(f, "HY001", "no thread could be started to watch over the connect");
        return NAT_FAULT;
    }
    enum nat_answer a = n->ops->open(n, deadline, f);
    return guard_end(g) ? NAT_WAIT : a;
}

/* Is host a name that must be looked up? Lists and folders are the library's to understand. */
static bool is_name(const char *host)
{
    return host && host[0] && !strpbrk(host, "/,@") && !resolve_is_numeric(host);
}

static struct native *dial(struct conn *c, const struct nat_target *target, int64_t deadline,
                           struct fault *f)
{
    struct nat_login login = {.options = &c->options};
    struct native *n = c->ops->create(target, &login, f);
    if (!n)
        return NULL;
    enum nat_answer a = NAT_FAULT;
    if (!conn_candidate(c, n))
        fault_set(f, "HY008", "the operation was cancelled");
    else
        a = open_in_time(n, deadline, f);
    conn_candidate(c, NULL);
    if (a == NAT_READY)
        return n;
    if (a == NAT_WAIT)
        fault_set(f, "HYT00", "%s did not answer in time", target->host ? target->host : "");
    c->ops->close(n, NAT_ABANDON);
    return NULL;
}

/* The name is resolved here, within the deadline. Where only the first of its addresses does not
 * answer ("localhost" as ::1), the library, which tries them all, gets a second chance; a
 * cluster's endpoints have one. */
static struct native *native_connect(struct plugin *p, struct conn *c,
                                     const struct nat_target *target, int64_t deadline,
                                     struct fault *f)
{
    struct nat_target to = *target;
    char address[ADDRESS_MAX];
    int64_t begun = clock_us();
    (void)p;
    if ((to.address && to.address[0]) || !is_name(to.host))
        return dial(c, &to, deadline, f);
    if (!resolve_host(to.host, deadline, address, f)) {
        if (deadline_passed(deadline))
            memcpy(f->sqlstate, "HYT00", sizeof(f->sqlstate));
        return NULL;
    }
    to.address = address;
    struct native *n = dial(c, &to, deadline, f);
    if (!n && !f->from_server && f->link_lost && clock_us() - begun < SECONDS(1) &&
        endpoint_of(to.host).kind == ENDPOINT_OTHER && !deadline_passed(deadline)) {
        to.address = NULL;
        n = dial(c, &to, deadline, f);
    }
    LOG(LOG_DEBUG, "conn", "%s (%s): %s", to.host, address, n ? "connected" : f->text);
    return n;
}

static enum nat_answer native_execute(struct plugin *p, struct conn *c, struct plugin_call *call,
                                      struct fault *f)
{
    struct native *n = c->native;
    (void)p;
    if (!n) {
        fault_lost(f, "the connection to the server is lost; SQLDisconnect and connect again");
        return NAT_FAULT;
    }
    switch (call->verb) {
    case DO_SEND:
        return n->ops->send(n, call->u.send.requests, call->u.send.n, &call->u.send.sent,
                            call->deadline, f);
    case DO_RESULT:
        return n->ops->result(n, call->u.result, call->deadline, f);
    case DO_NEXT:
        return n->ops->next(n, call->u.next.max, &call->u.next.got, call->deadline, f);
    case DO_FINISH:
        return n->ops->finish(n, call->u.finish, call->deadline, f);
    }
    fault_set(f, "HY000", "no such request");
    return NAT_FAULT;
}

const struct plugin_ops plugin_native = {
    .name = "native", .connect = native_connect, .execute = native_execute};
