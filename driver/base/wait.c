#include "base/wait.h"
#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool wake_init(struct wake *w)
{
    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return w->fd >= 0;
}

void wake_fini(struct wake *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
}

void wake_signal(struct wake *w)
{
    const uint64_t one = 1;
    int saved = errno;

    /* EAGAIN: the counter is full, so it is signalled already. */
    if (w->fd >= 0 && write(w->fd, &one, sizeof one) < 0)
        errno = saved;
}

void wake_clear(struct wake *w)
{
    uint64_t count;
    int saved = errno;

    if (w->fd >= 0 && read(w->fd, &count, sizeof count) < 0)
        errno = saved;
}

enum wait_result wait_for(int fd, short events, struct wake *w, int64_t deadline)
{
    struct pollfd p[2] = {
        {.fd = fd, .events = events},
        {.fd = w ? w->fd : -1, .events = POLLIN},
    };

    for (;;) {
        int ms = deadline_poll_ms(deadline);
        int n = poll(p, 2, ms);
        if (n < 0 && errno == EINTR)
            continue;
        /* poll itself failed: the caller's own read or the deadline must end this, not we. */
        if (n < 0)
            return fd >= 0 ? WAIT_IO : WAIT_TIMEOUT;
        if (p[1].revents)
            return WAIT_WOKEN;
        if (p[0].revents)
            return WAIT_IO;
        if (ms == 0 || deadline_passed(deadline))
            return WAIT_TIMEOUT;
    }
}
