/* Short-lived threads of the driver: detached, on a small stack, deaf to signals (the application's
 * handlers must not run there). */
#ifndef HOLDFAST_BASE_HELPER_H
#define HOLDFAST_BASE_HELPER_H

#include <stdbool.h>
#include <stddef.h>

#define MONITOR_NAME "holdfast-mon" /* the one thread that lives long (cluster/monitor.c) */

/* Runs work(arg) in a thread of its own; stack in bytes, 0: the library's default. False: none
 * could be started, for the reason in errno, and work was not called. */
bool helper_start(void *(*work)(void *), void *arg, size_t stack);

#endif
