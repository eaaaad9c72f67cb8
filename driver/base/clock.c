#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <time.h>

int64_t clock_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t deadline_in(int64_t us)
{
    int64_t at;

    if (us < 0 || __builtin_add_overflow(clock_us(), us, &at))
        return DEADLINE_NEVER;
    return at;
}

int64_t deadline_in_seconds(uint64_t seconds)
{
    if (seconds == 0 || seconds > INT64_MAX / 1000000)
        return DEADLINE_NEVER;
    return deadline_in(SECONDS(seconds));
}

int64_t deadline_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

bool deadline_passed(int64_t deadline)
{
    if (deadline == DEADLINE_NEVER)
        return false;
    return deadline <= DEADLINE_NOW || clock_us() >= deadline;
}

int deadline_poll_ms(int64_t deadline)
{
    if (deadline == DEADLINE_NEVER)
        return -1;
    if (deadline <= DEADLINE_NOW)
        return 0;
    int64_t left = deadline - clock_us();
    if (left <= 0)
        return 0;
    int64_t ms = left / 1000 + (left % 1000 != 0);
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

int cond_init(pthread_cond_t *c)
{
    pthread_condattr_t attr;
    int rc = pthread_condattr_init(&attr);

    if (rc != 0)
        return rc;
    rc = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    if (rc == 0)
        rc = pthread_cond_init(c, &attr);
    pthread_condattr_destroy(&attr);
    return rc;
}

bool cond_wait_until(pthread_cond_t *c, pthread_mutex_t *m, int64_t deadline)
{
    if (deadline == DEADLINE_NEVER) {
        pthread_cond_wait(c, m);
        return true;
    }
    if (deadline < 0)
        deadline = 0;
    struct timespec ts = {.tv_sec = (time_t)(deadline / 1000000),
                          .tv_nsec = (long)(deadline % 1000000) * 1000};
    return pthread_cond_timedwait(c, m, &ts) != ETIMEDOUT;
}
