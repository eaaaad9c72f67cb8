/* Host names to addresses, with a deadline. getaddrinfo() cannot be bounded, so it runs in a
 * short-lived helper thread (one at most per name at a time); numeric addresses need no helper. */
#ifndef HOLDFAST_BASE_RESOLVE_H
#define HOLDFAST_BASE_RESOLVE_H

#include "base/fault.h"

#define ADDRESS_MAX 48 /* a numeric IPv4 or IPv6 address with its NUL */

/* First address of host (IPv4 or IPv6, as getaddrinfo sorts them) in numeric form. False with
 * 08001 and a text that names the host when there is none or the deadline passed. */
bool resolve_host(const char *host, int64_t deadline, char address[ADDRESS_MAX], struct fault *f);

/* True when host is already a numeric address. */
bool resolve_is_numeric(const char *host);

/* The asynchronous form for the monitor: start a lookup, be told through `done` (from the helper
 * thread, once; address "" and fault filled when it failed). `arg` must outlive the call of done.
 * False when no helper could be started. */
typedef void resolve_done(void *arg, const char *address, const struct fault *f);
bool resolve_start(const char *host, resolve_done *done, void *arg);

/* Handlers that hold the resolver's lock across a fork. The lookups do it by themselves; a room
 * whose own fork handlers take a lock under which it starts lookups calls this before it registers
 * them, so that a fork takes the locks in their order. */
void resolve_watch_fork(void);

#endif
