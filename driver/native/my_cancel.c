#include "native/my_priv.h"
#include "base/helper.h"
#include "base/log.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HELPER_STACK ((size_t)512 * 1024)

#define HELPER_TIME SECONDS(10)
#define EXIT_WAIT   MS(500)

/* KILL QUERY wants a connection of its own, logged in as the first. It runs in a detached helper
 * that shares this object, so that neither the caller nor close() ever waits for it. */
struct my_cancel {
    atomic_int refs;
    struct options options; /* owned, as are the names; read only once aimed */
    char *host;
    char address[ADDRESS_MAX];
    int port;
    unsigned long thread; /* 0: not logged in yet */
    pthread_mutex_t lock; /* guards what follows, never held over I/O */
    atomic_bool running;  /* at most one helper a native */
    struct wake done;     /* made at first use; signalled while no helper runs */
};

struct my_cancel *my_cancel_new(const struct options *o, const struct nat_target *to)
{
    struct my_cancel *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->done.fd = -1;
    atomic_init(&c->refs, 1);
    c->host = strdup(to->host ? to->host : "");
    if (c->host && pthread_mutex_init(&c->lock, NULL) == 0) {
        if (options_copy(&c->options, o))
            return c;
        options_fini(&c->options);
        pthread_mutex_destroy(&c->lock);
    }
    free(c->host);
    free(c);
    return NULL;
}

void my_cancel_aim(struct my_cancel *c, const char *address, int port, unsigned long thread)
{
    pthread_mutex_lock(&c->lock);
    snprintf(c->address, sizeof c->address, "%s", address);
    c->port = port;
    c->thread = thread;
    pthread_mutex_unlock(&c->lock);
}

void my_cancel_unref(struct my_cancel *c)
{
    if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    options_fini(&c->options);
    wake_fini(&c->done);
    pthread_mutex_destroy(&c->lock);
    free(c->host);
    free(c);
}

static void ended(struct my_cancel *c)
{
    pthread_mutex_lock(&c->lock);
    c->running = false;
    wake_signal(&c->done);
    pthread_mutex_unlock(&c->lock);
    my_cancel_unref(c);
}

static void kill_query(struct my_cancel *c)
{
    struct nat_target to = {.host = c->host, .address = c->address, .port = c->port};
    struct nat_login as = {.options = &c->options,
                           .application_name = "holdfast cancel",
                           .database = "",
                           .probe = true};
    int64_t deadline = deadline_in(HELPER_TIME);
    struct fault f;
    struct native *k;
    size_t rows;
    char sql[48];
    bool ok = false;

    fault_clear(&f);
    k = my_create(&to, &as, &f);
    if (k) {
        my_of(k)->bare = true;
        snprintf(sql, sizeof sql, "KILL QUERY %lu", c->thread);
        ok = my_open(k, deadline, &f) == NAT_READY &&
             native_ask(k, text_of(sql), NULL, 0, &rows, deadline, &f);
        my_close(k, ok ? NAT_POLITE : NAT_ABANDON);
    }
    if (!ok)
        LOG(LOG_WARN, "native", "cancel request failed: %s",
            f.text[0] ? f.text : "the server has not answered in time");
}

/* Helpers at work in a handshake, of this process: exit() waits for them, in front of OpenSSL's own
 * handler, which takes away what a handshake uses. One that the server does not answer waits in
 * poll(), and may be left. (No lock: a fork may come at any time.) */
static struct {
    atomic_int at_work, born; /* born: the process */
    atomic_bool set, exiting;
} helpers;

static void at_exit(void)
{
    int64_t end = deadline_in(EXIT_WAIT);

    atomic_store(&helpers.exiting, true);
    while (atomic_load(&helpers.at_work) > 0 && atomic_load(&helpers.born) == getpid() &&
           !deadline_passed(end))
        wait_for(-1, 0, NULL, deadline_in(MS(1)));
}

void my_helper_before_exit(void)
{
    if (!atomic_exchange(&helpers.set, true))
        atexit(at_exit);
}

bool my_helper_begin(void)
{
    if (atomic_exchange(&helpers.born, getpid()) != getpid())
        atomic_store(&helpers.at_work, 0); /* the parent's */
    atomic_fetch_add(&helpers.at_work, 1);
    return !atomic_load(&helpers.exiting);
}

void my_helper_end(void)
{
    atomic_fetch_sub(&helpers.at_work, 1);
}

static void *helper(void *arg)
{
    struct my_cancel *c = arg;

    pthread_setname_np(pthread_self(), "hf-cancel");
    mysql_thread_init();
    kill_query(c);
    mysql_thread_end();
    ended(c);
    my_helper_end();
    return NULL;
}

bool my_cancel(struct native *base)
{
    struct my_cancel *c = my_of(base)->cancel;
    bool under_way, ready;

    if (c == NULL)
        return false;
    pthread_mutex_lock(&c->lock);
    under_way = c->running;
    ready = !under_way && c->thread != 0 && (c->done.fd >= 0 || wake_init(&c->done));
    if (ready) {
        c->running = true;
        wake_clear(&c->done);
    }
    pthread_mutex_unlock(&c->lock);
    if (!ready)
        return under_way;
    atomic_fetch_add(&c->refs, 1);
    my_helper_before_exit();
    if (my_helper_begin() && helper_start(helper, c, HELPER_STACK))
        return true;
    my_helper_end();
    ended(c);
    return false;
}

/* Waits for a helper under way: a late cancel must not hit the next statement. */
enum nat_answer my_cancel_settle(struct my *n, int64_t deadline)
{
    struct my_cancel *c = n->cancel;

    while (c && atomic_load(&c->running)) {
        if (wait_for(c->done.fd, POLLIN, NULL, deadline) == WAIT_TIMEOUT)
            return NAT_WAIT;
    }
    return NAT_READY;
}
