/* Monotonic time in microseconds. A deadline is an absolute monotonic time; DEADLINE_NEVER never
 * comes, DEADLINE_NOW has always passed ("do not wait"). */
#ifndef HOLDFAST_BASE_CLOCK_H
#define HOLDFAST_BASE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define DEADLINE_NEVER INT64_MAX
#define DEADLINE_NOW   ((int64_t)0)
#define MS(n)          ((int64_t)(n)*1000)
#define SECONDS(n)     ((int64_t)(n)*1000000)

int64_t clock_us(void);
/* The wall clock, microseconds since 1970; for people to read, never to wait by. */
int64_t clock_wall_us(void);
/* "2026-01-31T12:00:00.123456Z" */
#define WALL_TEXT_MAX 32
void clock_wall_text(char out[WALL_TEXT_MAX], int64_t wall_us);
int64_t deadline_in(int64_t us); /* now + us; us < 0 gives DEADLINE_NEVER; saturates */
/* For the timeouts of ODBC: 0 is none; saturates. */
int64_t deadline_in_seconds(uint64_t seconds);
int64_t deadline_min(int64_t a, int64_t b);
bool deadline_passed(int64_t deadline);
/* Milliseconds for poll(): 0 when passed, -1 for never, else rounded up and capped at INT_MAX. */
int deadline_poll_ms(int64_t deadline);

/* A condition variable on the monotonic clock, and a wait on it; false when the deadline passed. */
int cond_init(pthread_cond_t *c);
bool cond_wait_until(pthread_cond_t *c, pthread_mutex_t *m, int64_t deadline);

#endif
