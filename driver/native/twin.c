#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "native/native_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

bool twin_init(struct twin *t)
{
    t->fd = -1;
    t->ino = 0;
    atomic_init(&t->interrupted, false);
    return pthread_mutex_init(&t->lock, NULL) == 0;
}

void twin_fini(struct twin *t)
{
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
    pthread_mutex_destroy(&t->lock);
}

bool twin_refresh(struct twin *t, int fd, struct fault *f)
{
    struct stat st;
    int copy;

    /* A new socket mostly gets the old one's number: the inode tells them apart. */
    if (fd < 0 || fstat(fd, &st) != 0 || (t->fd >= 0 && st.st_ino == t->ino))
        return true;
    copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) {
        char why[128];
        return fault_set(f, "HY000", "no descriptor left for the connection: %s",
                         strerror_r(errno, why, sizeof why));
    }
    pthread_mutex_lock(&t->lock);
    if (t->fd >= 0)
        close(t->fd);
    t->fd = copy;
    t->ino = st.st_ino;
    if (atomic_load(&t->interrupted))
        shutdown(copy, SHUT_RDWR);
    pthread_mutex_unlock(&t->lock);
    return true;
}

void twin_shut(struct twin *t)
{
    pthread_mutex_lock(&t->lock);
    if (t->fd >= 0)
        shutdown(t->fd, SHUT_RDWR);
    pthread_mutex_unlock(&t->lock);
}

void twin_interrupt(struct twin *t)
{
    atomic_store(&t->interrupted, true);
    twin_shut(t);
}

bool twin_interrupted(const struct twin *t)
{
    return atomic_load(&t->interrupted);
}

bool native_unplug(int fd)
{
    int dummy, rc;

    if (fd < 0)
        return true;
    dummy = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (dummy < 0)
        return false;
    rc = dup3(dummy, fd, O_CLOEXEC);
    close(dummy);
    return rc >= 0;
}
