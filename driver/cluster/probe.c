#include "cluster/probe_priv.h"
#include "base/log.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_LIMIT SECONDS(2)
#define SLOW_LIMIT SECONDS(5)
#define SECOND     MS(1050) /* the host's second: what is sent in time may arrive late */

struct probe *probe_new(const struct host *h)
{
    struct probe *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->name = strdup(h->name);
    if (!p->name) {
        free(p);
        return NULL;
    }
    p->port = h->port;
    p->moves = h->moves;
    memcpy(p->address, h->address, sizeof p->address);
    list_init(&p->link);
    ask_init(&p->ask);
    return p;
}

void probe_close(struct probe *p, enum nat_close how)
{
    if (p->n)
        p->n->ops->close(p->n, how);
    p->n = NULL;
    dial_unref(p->dial);
    p->dial = NULL;
    lookup_unref(p->lookup);
    p->lookup = NULL;
    login_unref(p->login);
    p->login = NULL;
    p->state = PROBE_CLOSED;
    p->polled = p->ready = p->stirred = p->awaiting = false;
}

void probe_free(struct probe *p, enum nat_close how)
{
    probe_close(p, how);
    list_del(&p->link);
    ask_fini(&p->ask);
    free(p->name);
    free(p);
}

static void note_sent(struct probe *p, int64_t now)
{
    p->sent[p->nsent++ % PROBE_RING] = now;
}

int64_t probe_free_at(const struct probe *p, int64_t now, const struct probe_rate *rate)
{
    int64_t from = now - SECOND;
    unsigned limit = rate->limit < PROBE_RING ? rate->limit : PROBE_RING;
    unsigned held = p->nsent < PROBE_RING ? p->nsent : PROBE_RING;
    unsigned recent = 0;
    int64_t at = now;

    if (from < rate->since)
        from = rate->since;
    while (recent < held && p->sent[(p->nsent - 1 - recent) % PROBE_RING] > from)
        recent++;
    if (recent >= limit)
        at = p->sent[(p->nsent - limit) % PROBE_RING] + SECOND;
    if (recent >= PROBE_BURST) {
        int64_t next = p->sent[(p->nsent - 1) % PROBE_RING] + rate->spacing;
        if (at < next)
            at = next;
    }
    return at;
}

static enum probe_event lost(struct probe *p, enum nat_close how)
{
    problem_set(p->problem, sizeof p->problem, p->fault.text);
    LOG(LOG_DEBUG, "probe", "%s:%d: %s", p->name, p->port, p->problem);
    probe_close(p, how);
    return PROBE_LOST;
}

bool probe_half_answered(const struct probe *p)
{
    return p->ask.n > 1 && p->ask.rows[0].n > 0;
}

bool probe_login_refused(const struct probe *p)
{
    return strncmp(p->fault.server_state, "28", 2) == 0 || strncmp(p->fault.sqlstate, "28", 2) == 0;
}

bool probe_name(struct probe *p, struct cluster *c, int64_t now)
{
    p->named_us = now;
    p->lookup = lookup_start(c, p->name, p->port);
    if (!p->lookup) {
        fault_set(&p->fault, "08001", "the name cannot be resolved now");
        lost(p, NAT_ABANDON);
        return false;
    }
    p->state = PROBE_NAMING;
    p->deadline = now + SECONDS(10);
    return true;
}

bool probe_dial(struct probe *p, const struct native_ops *ops, struct login *login,
                const char *database, int64_t now)
{
    struct nat_target target = {.host = p->name, .address = p->address, .port = p->port};
    struct nat_login as = {.options = &login->options,
                           .application_name = "holdfast monitor",
                           .database = database,
                           .probe = true};

    note_sent(p, now);
    fault_clear(&p->fault);
    p->n = ops->create(&target, &as, &p->fault);
    if (!p->n) {
        lost(p, NAT_ABANDON);
        return false;
    }
    if (ops->caps->open_blocks || ops->caps->blocks) {
        p->dial = dial_start(p->name, p->port, p->n, &p->fault);
        if (!p->dial) {
            lost(p, NAT_ABANDON);
            return false;
        }
        p->n = NULL;
    }
    p->login = login_ref(login);
    p->state = PROBE_OPENING;
    p->deadline = now + OPEN_LIMIT;
    p->ready = true;
    return true;
}

void probe_ask(struct probe *p, const struct question *questions, size_t n, int64_t limit_us,
               int64_t now)
{
    for (size_t i = 0; i < n; i++)
        note_sent(p, now);
    ask_begin(&p->ask, questions, n);
    p->state = PROBE_ASKING;
    p->sent_us = now;
    p->deadline = now + limit_us;
    p->ready = true;
    p->stirred = false;
}

static enum probe_event step_naming(struct probe *p, int64_t now)
{
    struct lookup *l = p->lookup;

    if (!lookup_done(l) && now < p->deadline)
        return PROBE_NOTHING;
    if (!lookup_done(l))
        fault_set(&p->fault, "08001", "the name was not resolved in time");
    else if (l->address[0])
        snprintf(p->address, ADDRESS_MAX, "%s", l->address);
    else
        fault_set(&p->fault, "08001", "%s", l->problem);
    /* An old address is better than none. */
    if (!p->address[0])
        return lost(p, NAT_ABANDON);
    probe_close(p, NAT_ABANDON);
    return PROBE_NAMED;
}

/* Who it is has been answered, the rest takes its time: that is no sign of a dead host. */
static bool is_slow(const struct probe *p, int64_t now)
{
    return p->state == PROBE_ASKING && probe_half_answered(p) && now < p->sent_us + SLOW_LIMIT;
}

/* The helper's answer, when it is there or the probe waits no longer for it. */
static enum probe_event step_dial(struct probe *p, int64_t now)
{
    struct dial *d = p->dial;

    if (!dial_done(d) && now < p->deadline)
        return PROBE_NOTHING;
    if (!dial_done(d)) {
        fault_lost(&p->fault, "no answer to the connect");
        return lost(p, NAT_ABANDON);
    }
    if (d->answer != NAT_READY) {
        p->fault = d->fault;
        return lost(p, NAT_ABANDON);
    }
    p->n = d->n;
    d->n = NULL;
    dial_unref(d);
    p->dial = NULL;
    p->state = PROBE_IDLE;
    p->refusals = 0;
    return PROBE_OPENED;
}

static enum probe_event step_native(struct probe *p, int64_t now)
{
    bool opening = p->state == PROBE_OPENING;
    enum nat_answer r = NAT_WAIT;

    /* A descriptor that nothing has happened on need not be looked at again. */
    if (p->polled && !p->ready && now < p->deadline)
        return PROBE_NOTHING;
    p->polled = p->ready = false;
    fault_clear(&p->fault);
    if (opening)
        r = p->n->ops->open(p->n, DEADLINE_NOW, &p->fault);
    else
        r = ask_step(&p->ask, p->n, DEADLINE_NOW, &p->fault);
    if (r == NAT_FAULT)
        return lost(p, NAT_POLITE);
    if (r == NAT_WAIT && now >= p->deadline && is_slow(p, now))
        p->deadline = p->sent_us + SLOW_LIMIT;
    if (r == NAT_WAIT && now >= p->deadline) {
        fault_lost(&p->fault, opening ? "no answer to the connect" : "no answer to a query");
        return lost(p, NAT_ABANDON);
    }
    if (r == NAT_WAIT)
        return PROBE_NOTHING;
    p->state = PROBE_IDLE;
    p->refusals = 0;
    return opening ? PROBE_OPENED : PROBE_ANSWERED;
}

enum probe_event probe_step(struct probe *p, int64_t now)
{
    switch (p->state) {
    case PROBE_NAMING:
        return step_naming(p, now);
    case PROBE_OPENING:
    case PROBE_ASKING:
        return p->dial ? step_dial(p, now) : step_native(p, now);
    case PROBE_IDLE:
        /* Unasked news, most often the end of the session: the next question will tell. */
        if (p->ready && !p->stirred) {
            p->stirred = true;
            p->due = now;
        }
        p->polled = p->ready = false;
        return PROBE_NOTHING;
    default:
        return PROBE_NOTHING;
    }
}

int probe_fd(struct probe *p, short *events)
{
    *events = 0;
    if (!p->n || p->stirred)
        return -1;
    int fd = p->n->ops->poll_fd(p->n, events);
    if (p->state == PROBE_IDLE)
        *events = POLLIN;
    return fd;
}
