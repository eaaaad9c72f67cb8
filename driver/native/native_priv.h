/* What the natives share among themselves. */
#ifndef HOLDFAST_NATIVE_NATIVE_PRIV_H
#define HOLDFAST_NATIVE_NATIVE_PRIV_H

#include "base/clock.h"
#include "native/native.h"
#include "native/spool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

/* Where a detach stands between two calls; all zero when none is under way. */
struct detach {
    bool begun;
    bool in_rows;
};

/* The detach verb over the verbs next, cell, columns and result. `in_rows`: the caller stands
 * inside a result set; rows of the block handed out last are the caller's already. */
enum nat_answer native_detach(struct native *n, struct detach *d, bool in_rows, struct spool *to,
                              int64_t deadline, struct fault *f);

/* Room for `count` elements of `size` bytes in an owned array, whose pointer stands at `array`.
 * What is in it stays. False: no memory, and nothing has changed. */
bool native_room(void *array, size_t *cap, size_t count, size_t size);

/* `alive_us`: when the last request that has been answered was begun. So lately that the link is
 * taken to live: before the next request nobody need look at the socket. (When an answer was read
 * says nothing: it may have come, and the link have gone, while the application did other things.)
 */
static inline bool native_is_young(int64_t alive_us, int64_t now_us)
{
    return now_us - alive_us < 200;
}

/* A duplicate of the client library's socket (native/twin.c). The library closes its own inside a
 * failing call, so that no other thread may touch it; shutting the twin down wakes every wait on
 * both. `lock` guards fd, and is never held over I/O. */
struct twin {
    pthread_mutex_t lock;
    int fd; /* -1: none yet */
    ino_t ino;
    atomic_bool interrupted;
};

bool twin_init(struct twin *t);
void twin_fini(struct twin *t); /* closes, shuts nothing down */
/* Follows the library's socket, which may change while it dials. False: no descriptor left. */
bool twin_refresh(struct twin *t, int fd, struct fault *f);
void twin_shut(struct twin *t);
void twin_interrupt(struct twin *t); /* any thread */
bool twin_interrupted(const struct twin *t);

/* Puts an unconnected socket under the number of the library's: its farewell goes nowhere and
 * never blocks. In a forked child it would end the parent's session. False: no descriptor left. */
bool native_unplug(int fd);

#endif
