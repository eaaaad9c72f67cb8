#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

int64_t clock_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_wall_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Not gmtime_r: it takes the C library's time zone lock, which a fork may have left held. */
void clock_wall_text(char out[WALL_TEXT_MAX], int64_t wall_us)
{
    int64_t day_us = 86400 * (int64_t)1000000, in_day = wall_us % day_us;
    int64_t z = wall_us / day_us + 719468; /* days since 0000-03-01 */
    int64_t era = z / 146097, of_era = z % 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t day = of_era - (365 * year + year / 4 - year / 100);
    int64_t march = (5 * day + 2) / 153; /* months since March */
    int month = (int)(march < 10 ? march + 3 : march - 9);
    int second = (int)(in_day / 1000000);

    year += era * 400 + (month <= 2);
    day -= (153 * march + 2) / 5 - 1;
    snprintf(out, WALL_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", (int)(year % 10000), month,
             (int)day, second / 3600, second / 60 % 60, second % 60, (int)(in_day % 1000000));
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
