#include "native/pg_priv.h"
#include "base/helper.h"
#include "base/log.h"

#include <poll.h>
#include <stdlib.h>

#define HELPER_STACK ((size_t)256 * 1024)

/* PQcancel has no timeout and may block as long as TCP pleases. It runs in a detached helper that
 * shares this object, so that neither the caller nor close() ever waits for it. The PGcancel is
 * read only for PQcancel. */
struct pg_cancel {
    atomic_int refs;
    PGcancel *order;      /* owned */
    pthread_mutex_t lock; /* guards what follows, never held over I/O */
    atomic_bool running;  /* at most one helper a native */
    struct wake done;     /* made at first use; signalled while no helper runs */
};

struct pg_cancel *pg_cancel_new(PGconn *conn)
{
    struct pg_cancel *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->done.fd = -1;
    atomic_init(&c->refs, 1);
    c->order = PQgetCancel(conn);
    if (c->order == NULL || pthread_mutex_init(&c->lock, NULL) != 0) {
        PQfreeCancel(c->order);
        free(c);
        return NULL;
    }
    return c;
}

void pg_cancel_unref(struct pg_cancel *c)
{
    if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    PQfreeCancel(c->order);
    wake_fini(&c->done);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static void ended(struct pg_cancel *c)
{
    pthread_mutex_lock(&c->lock);
    c->running = false;
    wake_signal(&c->done);
    pthread_mutex_unlock(&c->lock);
    pg_cancel_unref(c);
}

static void *helper(void *arg)
{
    struct pg_cancel *c = arg;
    char why[256] = "";

    pthread_setname_np(pthread_self(), "hf-cancel");
    if (!PQcancel(c->order, why, sizeof why))
        LOG(LOG_WARN, "native", "cancel request failed: %s", why);
    ended(c);
    return NULL;
}

bool pg_cancel(struct native *base)
{
    struct pg_cancel *c = pg_of(base)->cancel;
    bool under_way, ready;

    if (c == NULL)
        return false;
    pthread_mutex_lock(&c->lock);
    under_way = c->running;
    ready = !under_way && (c->done.fd >= 0 || wake_init(&c->done));
    if (ready) {
        c->running = true;
        wake_clear(&c->done);
    }
    pthread_mutex_unlock(&c->lock);
    if (!ready)
        return under_way;
    atomic_fetch_add(&c->refs, 1);
    if (helper_start(helper, c, HELPER_STACK))
        return true;
    ended(c);
    return false;
}

int pg_cancel_fd(const struct pg *n)
{
    struct pg_cancel *c = n->cancel;
    int fd;

    if (c == NULL || !atomic_load(&c->running))
        return -1;
    pthread_mutex_lock(&c->lock);
    fd = c->running ? c->done.fd : -1;
    pthread_mutex_unlock(&c->lock);
    return fd;
}

enum nat_answer pg_cancel_settle(struct pg *n, int64_t deadline)
{
    int fd;

    while ((fd = pg_cancel_fd(n)) >= 0) {
        if (wait_for(fd, POLLIN, NULL, deadline) == WAIT_TIMEOUT)
            return NAT_WAIT;
    }
    return NAT_READY;
}
