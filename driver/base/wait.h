/* The driver's one blocking wait: a descriptor, a wake-up, a deadline. */
#ifndef HOLDFAST_BASE_WAIT_H
#define HOLDFAST_BASE_WAIT_H

#include <stdbool.h>
#include <stdint.h>

enum wait_result {
    WAIT_IO,      /* fd has one of the events (or an error condition: read it and see) */
    WAIT_WOKEN,   /* the wake-up was signalled (it stays signalled until wake_clear) */
    WAIT_TIMEOUT, /* the deadline passed */
};

/* A wake-up that any thread may signal: an eventfd. fd is -1 when the system had none to give. */
struct wake {
    int fd;
};

bool wake_init(struct wake *w);
void wake_fini(struct wake *w);
void wake_signal(struct wake *w); /* async-signal-safe, never blocks */
void wake_clear(struct wake *w);

/* Waits for events (POLLIN | POLLOUT) on fd (-1: none), or the wake-up (NULL: none). EINTR is
 * retried with the time that is left. */
enum wait_result wait_for(int fd, short events, struct wake *w, int64_t deadline);

#endif
