#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "cluster/probe_priv.h"
#include "base/helper.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

/* Leaf lock: the list, and nothing while it is held but assignments and interrupt(). */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct list dials = {&dials, &dials}; /* whose helper is at work */

static void make(void)
{
    cond_init(&ended);
}

static void dial_free(struct dial *d)
{
    if (d->n)
        d->n->ops->close(d->n, d->answer == NAT_READY ? NAT_POLITE : NAT_ABANDON);
    free(d->name);
    free(d);
}

void dial_unref(struct dial *d)
{
    if (d && __atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL) == 0)
        dial_free(d);
}

bool dial_done(const struct dial *d)
{
    return __atomic_load_n(&d->done, __ATOMIC_ACQUIRE) != 0;
}

static void *helper(void *arg)
{
    struct dial *d = arg;

    pthread_setname_np(pthread_self(), "hf-dial");
    d->answer = d->n->ops->open(d->n, deadline_in(DIAL_PATIENCE), &d->fault);
    if (d->answer == NAT_WAIT)
        fault_lost(&d->fault, "no answer to the connect");
    pthread_mutex_lock(&lock); /* whoever interrupts holds it, and has seen that it is not done */
    __atomic_store_n(&d->done, 1, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&lock);
    monitor_wake();
    /* Out of the list only when all is done that the process's end must wait for. */
    bool last = __atomic_load_n(&d->refs, __ATOMIC_ACQUIRE) == 1;
    if (last && d->n) {
        d->n->ops->close(d->n, d->answer == NAT_READY ? NAT_POLITE : NAT_ABANDON);
        d->n = NULL;
    }
    pthread_mutex_lock(&lock);
    list_del(&d->link);
    pthread_cond_broadcast(&ended);
    pthread_mutex_unlock(&lock);
    dial_unref(d);
    return NULL;
}

/* Dials of this host that have not ended, however long ago their probe gave up. */
static size_t under_way(const char *name, int port)
{
    size_t n = 0;

    LIST_EACH(it, &dials) {
        struct dial *d = LIST_ENTRY(it, struct dial, link);
        n += d->port == port && strcmp(d->name, name) == 0;
    }
    return n;
}

struct dial *dial_start(const char *name, int port, struct native *n, struct fault *f)
{
    struct dial *d = calloc(1, sizeof *d);
    bool started = false;

    pthread_once(&once, make);
    if (d)
        d->name = strdup(name);
    if (!d || !d->name) {
        free(d);
        fault_oom(f);
        return NULL;
    }
    d->port = port;
    d->refs = 2;
    d->n = n;
    pthread_mutex_lock(&lock);
    bool full = under_way(name, port) >= DIALS_PER_HOST;
    if (!full && !monitor_exiting()) {
        list_add_tail(&dials, &d->link);
        started = helper_start(helper, d, 0);
        if (!started)
            list_del(&d->link);
    }
    pthread_mutex_unlock(&lock);
    if (started)
        return d;
    fault_lost(f, full ? "earlier connects have had no answer yet" : "no helper can be started");
    d->n = NULL; /* it stays the caller's */
    dial_free(d);
    return NULL;
}

void dials_end(int64_t deadline)
{
    pthread_once(&once, make);
    pthread_mutex_lock(&lock);
    LIST_EACH(it, &dials) {
        struct dial *d = LIST_ENTRY(it, struct dial, link);
        if (!dial_done(d))
            d->n->ops->interrupt(d->n);
    }
    while (dials.next != &dials)
        if (!cond_wait_until(&ended, &lock, deadline))
            break;
    pthread_mutex_unlock(&lock);
}

void dials_fork_prepare(void)
{
    pthread_once(&once, make);
    pthread_mutex_lock(&lock);
}

void dials_fork_parent(void)
{
    pthread_mutex_unlock(&lock);
}

/* The helpers stayed with the parent, and what they were at cannot be closed by anybody. */
void dials_fork_child(void)
{
    list_init(&dials);
    cond_init(&ended);
    pthread_mutex_unlock(&lock);
}
