#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "base/helper.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

static bool is_monitor(void)
{
    char name[16] = "";

    return pthread_getname_np(pthread_self(), name, sizeof name) == 0 &&
           strcmp(name, MONITOR_NAME) == 0;
}

bool helper_start(void *(*work)(void *), void *arg, size_t stack)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;

    int error = pthread_attr_init(&attr);
    if (error != 0) {
        errno = error;
        return false;
    }
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    if (stack > 0)
        pthread_attr_setstacksize(&attr, stack);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* the helper inherits it */
    /* And its maker's name, until it takes its own: nobody shall see a second monitor. */
    bool monitor = is_monitor();
    if (monitor)
        pthread_setname_np(pthread_self(), "hf-helper");
    error = pthread_create(&thread, &attr, work, arg);
    if (monitor)
        pthread_setname_np(pthread_self(), MONITOR_NAME);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    if (error != 0)
        errno = error;
    return error == 0;
}
