#include "cluster/health_priv.h"

#define SILENCE_LEAST MS(100)
#define SPACING_LEAST MS(10)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* health.lock */
static struct list waits = {&waits, &waits};
static unsigned serial;            /* of the newest wait */
static int64_t sleeps = INT64_MAX; /* until when the thread sleeps; INT64_MAX: it must be woken */
static int joined;                 /* atomic */

/* ---- how long is too long ---- */

void health_rules_of(const struct options *o, struct health_rules *out)
{
    int64_t count = option_int(o, OPT_FAILURE_DETECTION_COUNT);
    int64_t interval = MS(option_int(o, OPT_FAILURE_DETECTION_INTERVAL));

    out->time = MS(option_int(o, OPT_FAILURE_DETECTION_TIME));
    out->silence = interval > 0 ? interval * count : out->time;
    if (out->silence < SILENCE_LEAST)
        out->silence = SILENCE_LEAST;
    out->spacing = out->silence / (count + 1);
    if (out->spacing < SPACING_LEAST)
        out->spacing = SPACING_LEAST;
    out->first = out->spacing;
    if (out->time > out->silence)
        out->first += out->time - out->silence;
    out->keep = MS(option_int(o, OPT_MONITOR_DISPOSAL_TIME));
}

int64_t health_dead_at(const struct health_rules *r, int64_t begun, int64_t heard)
{
    int64_t by_time = begun + r->time;
    int64_t by_silence = (heard > begun ? heard : begun) + r->silence;

    return by_time > by_silence ? by_time : by_silence;
}

/* ---- waits ---- */

void health_lock(void)
{
    pthread_mutex_lock(&lock);
}

void health_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

struct list *health_waits(void)
{
    return &waits;
}

bool health_waiting(void)
{
    health_lock();
    bool any = !list_empty(&waits);
    health_unlock();
    return any;
}

unsigned health_serial(void)
{
    return serial;
}

int64_t health_sleep(unsigned seen, int64_t until)
{
    health_lock();
    if (serial != seen)
        until = DEADLINE_NOW;
    sleeps = until;
    health_unlock();
    return until;
}

void health_stopped(void)
{
    health_lock();
    sleeps = INT64_MAX;
    health_unlock();
}

void health_begin(struct health_wait *w)
{
    w->silent_us = 0;
    w->host = NULL;
    health_lock();
    list_add_tail(&waits, &w->link);
    serial++;
    /* INT64_MAX is also what stands there while no thread runs. */
    bool wake = sleeps == INT64_MAX || sleeps > w->begun + w->rules->first;
    health_unlock();
    if (!wake)
        return;
    monitor_need();
    monitor_wake();
}

void health_end(struct health_wait *w)
{
    health_lock();
    list_del(&w->link);
    health_unlock();
}

/* ---- users ---- */

void health_join(void)
{
    __atomic_add_fetch(&joined, 1, __ATOMIC_ACQ_REL);
}

void health_leave(void)
{
    if (__atomic_sub_fetch(&joined, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    monitor_leave();
    monitor_wake();
}

bool health_joined(void)
{
    return __atomic_load_n(&joined, __ATOMIC_ACQUIRE) > 0;
}

/* ---- fork ---- */

void health_fork_prepare(void)
{
    health_lock();
}

void health_fork_parent(void)
{
    health_unlock();
}

void health_fork_child(void)
{
    list_init(&waits);
    sleeps = INT64_MAX;
    health_unlock();
}
