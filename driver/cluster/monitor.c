#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "cluster/health_priv.h"
#include "cluster/watch_priv.h"
#include "base/helper.h"
#include "base/log.h"
#include "base/resolve.h"
#include "base/wait.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

/* Guarded by registry.lock unless said otherwise. */
static struct {
    bool running;
    bool stop;
    bool joinable; /* a thread that has left the loop for good waits to be joined */
    pthread_t thread;
    pthread_cond_t gone;
} monitor;

static struct wake wake = {-1};
static int64_t watch_due = INT64_MAX; /* atomic: when peace needs the thread */
static int exiting;                   /* atomic */
static int exit_set[2]; /* atomic: registered at the first start, and at the first connection */

/* Held by the monitor thread except while it polls, and by fork: so that a child finds the probes
 * whole. Taken before any other lock. */
static pthread_mutex_t step_lock = PTHREAD_MUTEX_INITIALIZER;
static struct list watches = {&watches, &watches};       /* step_lock */
static struct list abandoned = {&abandoned, &abandoned}; /* a parent's; registry.lock */

static void at_exit(void);

static struct watch *watch_at(struct list *it)
{
    return LIST_ENTRY(it, struct watch, link);
}

void monitor_wake(void)
{
    wake_signal(&wake);
}

bool monitor_exiting(void)
{
    return __atomic_load_n(&exiting, __ATOMIC_ACQUIRE) != 0;
}

int monitor_threads(void)
{
    registry_lock();
    int n = monitor.running ? 1 : 0;
    registry_unlock();
    return n;
}

/* ---- the loop ---- */

struct polled {
    struct pollfd *fds;
    struct probe **probes; /* of fds[i + 1] */
    size_t n;              /* fds in use, the wake-up included */
    size_t room;
};

static bool polled_room(struct polled *s)
{
    if (s->n < s->room)
        return true;
    size_t room = s->room ? 2 * s->room : 16;
    struct pollfd *fds = realloc(s->fds, room * sizeof *fds);
    if (!fds)
        return false;
    s->fds = fds;
    struct probe **probes = realloc(s->probes, room * sizeof *probes);
    if (!probes)
        return false;
    s->probes = probes;
    s->room = room;
    return true;
}

static bool polled_add(void *arg, struct probe *p)
{
    struct polled *s = arg;
    short events;
    int fd = probe_fd(p, &events);

    if (fd < 0)
        return true;
    if (!polled_room(s))
        return false;
    s->probes[s->n] = p;
    s->fds[s->n++] = (struct pollfd){.fd = fd, .events = events};
    p->polled = true;
    return true;
}

/* False: memory was short, and not everything is polled. */
static bool polled_fill(struct polled *s)
{
    s->n = 0;
    if (!polled_room(s))
        return false;
    s->fds[s->n++] = (struct pollfd){.fd = wake.fd, .events = POLLIN};
    LIST_EACH(it, &watches) {
        LIST_EACH(jt, &watch_at(it)->probes)
            if (!polled_add(s, LIST_ENTRY(jt, struct probe, link)))
                return false;
    }
    return health_poll(polled_add, s);
}

static void polled_tell(struct polled *s)
{
    for (size_t i = 1; i < s->n; i++)
        if (s->fds[i].revents)
            s->probes[i]->ready = true;
    if (s->n > 0 && s->fds[0].revents)
        wake_clear(&wake);
}

static struct watch *watch_of(struct cluster *c)
{
    LIST_EACH(it, &watches)
        if (watch_at(it)->c == c)
            return watch_at(it);
    return NULL;
}

/* The clusters in use get a watch, the others lose theirs. False: there is none in use. */
static bool take_clusters(int64_t now)
{
    struct list gone;
    bool any = false;

    list_init(&gone);
    registry_lock();
    LIST_EACH(it, registry_clusters()) {
        struct cluster *c = LIST_ENTRY(it, struct cluster, link);
        struct watch *w = watch_of(c);
        pthread_mutex_lock(&c->lock);
        /* Trouble may be told before anyone waits for its end, or between two waits. */
        int64_t asked = c->trouble_us > c->waited_us ? c->trouble_us : c->waited_us;
        bool fresh = c->trouble_us && c->urgent && now - asked < SECONDS(1);
        pthread_mutex_unlock(&c->lock);
        if (c->watchers > 0 || c->waiters > 0 || fresh) {
            any = true;
            if (!w) {
                w = watch_new(c);
                if (w)
                    list_add_tail(&watches, &w->link);
            }
            if (w)
                w->waiters = c->waiters;
        } else if (w) {
            cluster_forget_trouble(c);
            list_del(&w->link);
            list_add_tail(&gone, &w->link);
        }
    }
    registry_unlock();
    LIST_EACH_SAFE(it, next, &gone)
        watch_free(watch_at(it), NAT_POLITE);
    return any;
}

static void wait_until(struct polled *s, int64_t next)
{
    int64_t left = next - clock_us();
    if (left < 0)
        left = 0;
    struct timespec ts = {.tv_sec = (time_t)(left / 1000000),
                          .tv_nsec = (long)(left % 1000000) * 1000};
    if (ppoll(s->fds, (nfds_t)s->n, &ts, NULL) < 0)
        for (size_t i = 0; i < s->n; i++)
            s->fds[i].revents = POLLIN;
}

static bool told_to_stop(void)
{
    registry_lock();
    bool stop = monitor.stop;
    registry_unlock();
    return stop;
}

/* Runs until it is told to stop, or nobody uses any cluster and no call waits. */
static void monitor_loop(void)
{
    struct polled s = {0};
    bool used = true;
    int64_t next = clock_us();

    pthread_mutex_lock(&step_lock);
    while (used && !told_to_stop()) {
        int64_t now = clock_us();
        int64_t late = now - next;
        next = now + SECONDS(1);
        used = take_clusters(now);
        LIST_EACH(it, &watches)
            next = deadline_min(next, watch_step(watch_at(it), now));
        next = deadline_min(next, health_step(now, late));
        used = used || health_waiting() || health_any();
        if (!polled_fill(&s))
            next = deadline_min(next, now + MS(10));
        pthread_mutex_unlock(&step_lock);
        wait_until(&s, used ? next : DEADLINE_NOW);
        pthread_mutex_lock(&step_lock);
        polled_tell(&s);
    }
    LIST_EACH_SAFE(it, nx, &watches)
        watch_free(watch_at(it), NAT_POLITE);
    health_drop(NAT_POLITE);
    pthread_mutex_unlock(&step_lock);
    free(s.fds);
    free(s.probes);
}

static bool anyone(void)
{
    LIST_EACH(it, registry_clusters()) {
        struct cluster *c = LIST_ENTRY(it, struct cluster, link);
        if (c->watchers > 0 || c->waiters > 0)
            return true;
    }
    return health_waiting();
}

static void *monitor_main(void *arg)
{
    (void)arg;
    pthread_setname_np(pthread_self(), MONITOR_NAME);
    LOG(LOG_DEBUG, "monitor", "started");
    for (;;) {
        monitor_loop();
        registry_lock();
        if (monitor.stop || !anyone())
            break;
        registry_unlock();
    }
    /* From here on the thread takes no lock of ours but this one, which it holds. */
    monitor.running = false;
    monitor.joinable = true;
    pthread_cond_broadcast(&monitor.gone);
    registry_unlock();
    return NULL;
}

/* ---- fork ---- */

static void fork_prepare(void)
{
    pthread_mutex_lock(&step_lock);
    registry_fork_prepare();
    dials_fork_prepare();
    health_fork_prepare();
}

static void fork_parent(void)
{
    health_fork_parent();
    dials_fork_parent();
    registry_fork_parent();
    pthread_mutex_unlock(&step_lock);
}

/* The thread stayed with the parent, and so did the sessions: they are only put aside here. */
static void fork_child(void)
{
    LIST_EACH_SAFE(it, next, &watches) {
        list_del(it);
        list_add_tail(&abandoned, it);
    }
    health_abandon();
    monitor.running = monitor.stop = monitor.joinable = false;
    cond_init(&monitor.gone);
    wake_fini(&wake); /* shared with the parent until now */
    wake_init(&wake);
    health_fork_child();
    dials_fork_child();
    registry_fork_child();
    pthread_mutex_unlock(&step_lock);
}

static void drop_abandoned(void)
{
    struct list mine;

    list_init(&mine);
    registry_lock();
    LIST_EACH_SAFE(it, next, &abandoned) {
        list_del(it);
        list_add_tail(&mine, it);
    }
    registry_unlock();
    LIST_EACH_SAFE(it, next, &mine)
        watch_free(watch_at(it), NAT_ABANDON);
    health_drop_abandoned();
}

/* ---- starting and stopping ---- */

/* Under registry.lock: the thread that has gone is collected; it needs no lock any more. */
static void join_gone(void)
{
    if (monitor.joinable)
        pthread_join(monitor.thread, NULL);
    monitor.joinable = false;
}

static void make(void)
{
    if (cond_init(&monitor.gone) != 0 || !wake_init(&wake))
        LOG(LOG_ERROR, "monitor", "no wake-up is to be had: there will be no monitor");
    log_level_now(); /* the log and the resolver first: a fork takes their locks last */
    resolve_watch_fork();
    if (pthread_atfork(fork_prepare, fork_parent, fork_child) != 0)
        LOG(LOG_ERROR, "monitor", "a fork will not be noticed");
}

void monitor_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make);
}

static void start(void)
{
    sigset_t all;
    sigset_t before;

    if (wake.fd < 0)
        return;
    join_gone();
    if (__atomic_exchange_n(&exit_set[0], 1, __ATOMIC_ACQ_REL) == 0)
        atexit(at_exit);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    monitor.running = pthread_create(&monitor.thread, NULL, monitor_main, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!monitor.running)
        LOG(LOG_ERROR, "monitor", "the thread could not be started");
}

void monitor_need(void)
{
    drop_abandoned();
    registry_lock();
    __atomic_store_n(&watch_due, INT64_MAX, __ATOMIC_RELAXED);
    if (!monitor_exiting()) {
        monitor.stop = false;
        if (!monitor.running)
            start();
    }
    registry_unlock();
}

void monitor_check(void)
{
    int64_t due = __atomic_load_n(&watch_due, __ATOMIC_RELAXED);

    if (due != INT64_MAX && clock_us() >= due)
        monitor_need();
}

void monitor_watched(int64_t due)
{
    if (monitor.running)
        return;
    if (due < __atomic_load_n(&watch_due, __ATOMIC_RELAXED))
        __atomic_store_n(&watch_due, due, __ATOMIC_RELAXED);
}

/* Under registry.lock. Signals the thread and waits for the few milliseconds it needs; should it
 * take longer, a later call joins it. */
static void stop(int64_t deadline)
{
    __atomic_store_n(&watch_due, INT64_MAX, __ATOMIC_RELAXED);
    if (monitor.running) {
        monitor.stop = true;
        monitor_wake();
    }
    while (monitor.running && monitor.stop)
        if (!registry_wait(&monitor.gone, deadline))
            break;
    join_gone();
}

void monitor_leave(void)
{
    registry_lock();
    if (!anyone())
        stop(deadline_in(MS(200)));
    registry_unlock();
}

void monitor_stop(void)
{
    registry_lock();
    stop(deadline_in(SECONDS(2)));
    registry_unlock();
}

static void at_exit(void)
{
    __atomic_store_n(&exiting, 1, __ATOMIC_RELEASE);
    registry_lock();
    LIST_EACH(it, registry_clusters()) {
        struct cluster *c = LIST_ENTRY(it, struct cluster, link);
        pthread_mutex_lock(&c->lock);
        pthread_cond_broadcast(&c->changed);
        pthread_mutex_unlock(&c->lock);
    }
    registry_unlock();
    monitor_stop();
    dials_end(deadline_in(SECONDS(2)));
}

void monitor_at_exit(void)
{
    if (__atomic_exchange_n(&exit_set[1], 1, __ATOMIC_ACQ_REL) == 0)
        atexit(at_exit);
}
