/* Turns: when the writer changes, all connections of a process move at once, and the new writer is
 * not to be stormed by their logins. */
#include "cluster/cluster_priv.h"

bool cluster_turn(struct cluster *c, int64_t deadline)
{
    bool mine, waits = true;

    pthread_mutex_lock(&c->lock);
    while (c->dialling >= TURNS_MAX && waits)
        waits = cond_wait_until(&c->turns, &c->lock, deadline);
    mine = c->dialling < TURNS_MAX;
    c->dialling += mine;
    pthread_mutex_unlock(&c->lock);
    return mine;
}

void cluster_turn_done(struct cluster *c)
{
    pthread_mutex_lock(&c->lock);
    c->dialling--;
    pthread_cond_signal(&c->turns);
    pthread_mutex_unlock(&c->lock);
}
