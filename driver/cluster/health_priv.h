/* The hosts that calls wait for, as the monitor's thread sees them: each has a probe session of its
 * own, and a second one while the first keeps silent (a session may die alone, a packet get lost).
 * health.c: the waits and the arithmetic. health_host.c: the hosts; only the monitor's thread
 * touches them, under the step lock.
 * health.lock guards the list of waits. It is a leaf: while it is held nothing is done but
 * assignments and interrupt(). */
#ifndef HOLDFAST_CLUSTER_HEALTH_PRIV_H
#define HOLDFAST_CLUSTER_HEALTH_PRIV_H

#include "cluster/probe_priv.h"

#define HEALTH_PROBES 2

struct health_host {
    struct list link;
    struct cluster *c; /* counted */
    char *name;        /* owned */
    char address[ADDRESS_MAX];
    int port;
    struct probe *probes[HEALTH_PROBES]; /* owned; NULL: not made yet */
    int64_t heard_us;                    /* last sign of life; or since when silence counts anew */
    int64_t due_us;                      /* the next probe */
    int64_t idle_us;                     /* since when nobody waits */
    struct login *refused;               /* counted: what the server let not in last */
    unsigned refusals;                   /* of it, in a row */
    bool blind_told;
    bool demoted; /* it was taken for the writer, says that it is a reader, and this was told */

    /* Of the waits for it, made anew in each step. */
    size_t waits;
    int64_t begun_us;   /* the first of them */
    int64_t first_us;   /* the first probe */
    int64_t spacing_us; /* the least */
    int64_t silence_us; /* the least */
    int64_t keep_us;    /* of the last that there were */
};

/* ---- health.c ---- */

void health_lock(void);
void health_unlock(void);
/* Under health.lock: all waits. */
struct list *health_waits(void);
bool health_waiting(void);
bool health_joined(void); /* is there a connection that may wait? */
/* The thread is about to sleep until then, with all waits seen whose number is `serial`; what it
 * must sleep until at most. */
int64_t health_sleep(unsigned serial, int64_t until);
void health_stopped(void);    /* no thread sleeps: whoever waits must start it */
unsigned health_serial(void); /* under health.lock */
void health_fork_prepare(void);
void health_fork_parent(void);
void health_fork_child(void); /* the waits are threads of the parent */

/* ---- health_host.c ---- */

/* Does what is due; the time when it wants to be called again if nothing happens before. `late_us`:
 * how much later than it wanted the thread is at work; what it did not see then was no silence. */
int64_t health_step(int64_t now, int64_t late_us);
bool health_any(void); /* hosts with a session to keep */
/* Calls add() for each probe, to poll it; false as soon as one call is false. */
bool health_poll(bool (*add)(void *arg, struct probe *), void *arg);
void health_drop(enum nat_close how);
/* In the child: puts the parent's sessions aside; health_drop_abandoned() frees them, with nothing
 * sent, at a better moment. */
void health_abandon(void);
void health_drop_abandoned(void);

#endif
