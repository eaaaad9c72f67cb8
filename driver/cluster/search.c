#include "cluster/watch_priv.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EARLY_LENGTH   MS(1900) /* of two seconds: the trouble was there before it was seen */
#define EARLY_INTERVAL MS(10)
#define EARLY_LIMIT    100         /* a second */
#define EARLY_PAUSE    SECONDS(5)  /* between fast parts, when the writer had not moved */
#define PATIENCE       SECONDS(30) /* when nobody waits, the rate falls after this */
#define ASK_LIMIT      SECONDS(1)
#define AWAIT_LIMIT    MS(2500)
#define SETTLE_LENGTH  SECONDS(30)
#define KNOWN_PATIENCE MS(80)     /* for the known writer, when another says to be it */
#define LIST_INTERVAL  SECONDS(1) /* between looks for hosts that the snapshot does not have */

static bool is_early(const struct watch *w, int64_t now)
{
    return now < w->early_us;
}

/* Somebody waits for the outcome, or may do so soon. */
static bool is_wanted(const struct watch *w, int64_t now)
{
    return w->waiters > 0 || now - w->began_us < PATIENCE;
}

/* From one dial or short question to the next, host by host. */
static int64_t interval_now(const struct watch *w, int64_t now)
{
    if (is_early(w, now))
        return EARLY_INTERVAL;
    if (is_wanted(w, now))
        return w->high_us;
    return w->refresh_us > w->high_us ? w->refresh_us : w->high_us;
}

static int64_t free_at(const struct watch *w, const struct probe *p, int64_t now)
{
    struct probe_rate early = {.limit = EARLY_LIMIT, .spacing = EARLY_INTERVAL};
    struct probe_rate late = {.limit = 1, .spacing = w->high_us, .since = w->early_us};

    if (w->high_us < SECONDS(1))
        late.limit = (unsigned)(SECONDS(1) / w->high_us);
    return probe_free_at(p, now, is_early(w, now) ? &early : &late);
}

void search_begin(struct watch *w, int64_t now)
{
    bool anew = w->mode != WATCH_TROUBLE;
    bool early = w->urgent && now - w->granted_us > EARLY_PAUSE;

    watch_set_mode(w, WATCH_TROUBLE, now);
    if (anew || early)
        w->began_us = w->listed_us = now;
    if (early) {
        w->granted_us = now;
        w->early_us = now + EARLY_LENGTH;
    }
    LIST_EACH(it, &w->probes) {
        struct probe *p = LIST_ENTRY(it, struct probe, link);
        if ((anew || early) && p->due > now)
            p->due = now;
    }
}

/* Leaves the search; the next calm step keeps the writer's probe only. */
void search_end(struct watch *w, int64_t now)
{
    watch_set_mode(w, WATCH_SETTLING, now);
    w->settled_us = now + SETTLE_LENGTH;
    w->named_us = 0;
    if (w->early_us > now)
        w->early_us = now;
    pthread_mutex_lock(&w->c->lock);
    w->c->problems[0] = '\0';
    pthread_mutex_unlock(&w->c->lock);
}

/* One probe for each host of the snapshot. While the old writer's session lives, it is asked
 * first: often nothing has happened to it, and nobody else needs to be bothered. */
static void take_hosts(struct watch *w, int64_t now)
{
    bool alive = false;
    struct list keep;

    list_init(&keep);
    LIST_EACH(it, &w->probes)
        alive = alive || LIST_ENTRY(it, struct probe, link)->n;
    for (size_t i = 0; i < w->top->n; i++) {
        const struct host *h = &w->top->hosts[i];
        struct probe *p = watch_probe(w, h);
        if (!p)
            continue;
        if (p->due == 0)
            p->due = alive && !p->n ? now + EARLY_INTERVAL : now;
        bool waits = p->state == PROBE_IDLE || (p->state == PROBE_ASKING && p->awaiting);
        if (p->moves && waits && h->address[0] && strcmp(h->address, p->address) != 0) {
            probe_close(p, NAT_ABANDON);
            memcpy(p->address, h->address, sizeof p->address);
            p->due = p->named_us = now;
        }
        list_del(&p->link);
        list_add_tail(&keep, &p->link);
    }
    LIST_EACH_SAFE(it, next, &w->probes)
        probe_free(LIST_ENTRY(it, struct probe, link), NAT_POLITE);
    LIST_EACH_SAFE(it, next, &keep) {
        list_del(it);
        list_add_tail(&w->probes, it);
    }
}

/* What the waiters are told when their time is over. */
static void tell_problems(struct watch *w)
{
    char text[sizeof w->c->problems];
    size_t n = 0;

    text[0] = '\0';
    LIST_EACH(it, &w->probes) {
        struct probe *p = LIST_ENTRY(it, struct probe, link);
        struct endpoint_info e = endpoint_of(p->name);
        struct text name = e.kind == ENDPOINT_INSTANCE ? e.instance : text_of(p->name);
        const char *problem = p->problem[0] ? p->problem : "no answer yet";
        int more = snprintf(text + n, sizeof text - n, "%s%.*s: %s", n ? "; " : "", TEXT_ARG(name),
                            problem);
        if (more < 0 || (size_t)more >= sizeof text - n) {
            text[n] = '\0';
            break;
        }
        n += (size_t)more;
    }
    pthread_mutex_lock(&w->c->lock);
    memcpy(w->c->problems, text, sizeof text);
    pthread_mutex_unlock(&w->c->lock);
}

static void found(struct watch *w, struct probe *p, int64_t at, int64_t now)
{
    bool readers[HOSTS_MAX] = {false};
    int writer = topology_named(w->top, text_of(p->name), p->port);

    LIST_EACH(it, &w->probes) {
        struct probe *q = LIST_ENTRY(it, struct probe, link);
        int i = topology_named(w->top, text_of(q->name), q->port);
        if (i >= 0 && i < HOSTS_MAX)
            readers[i] = q->role == ROLE_READER && q->role_us > w->trouble_us;
    }
    if (writer < 0)
        return;
    readers[writer] = false;
    LOG(LOG_INFO, "monitor", "%s: %s:%d is the writer, %lld ms after the search began", w->c->key,
        p->name, p->port, (long long)(now - w->began_us) / 1000);
    if (w->top->writer != writer)
        w->granted_us = INT64_MIN / 2; /* a failover it was: the next one may be fast as well */
    cluster_publish_writer(w->c, w->top, writer, p->address, readers, at);
    p->due = now;
    search_end(w, now);
}

/* The server refused the question. */
static void refused(struct watch *w, struct probe *p, const struct fault *f, int64_t now)
{
    bool again = fault_among(f, w->c->family->again);

    problem_set(p->problem, sizeof p->problem, f->text);
    p->due = now + interval_now(w, now);
    if (again)
        return;
    if (p->awaiting) {
        LOG(LOG_WARN, "monitor", "%s: hosts must be polled: %s", w->c->key, p->problem);
        w->no_await = true;
    } else if (fault_among(f, w->c->family->may_not_ask) && !w->roles_only) {
        LOG(LOG_WARN, "monitor", "%s: roles only: %s", w->c->key, p->problem);
        w->roles_only = true;
    } else if (p->due < now + MS(100)) {
        p->due = now + MS(100);
    }
}

/* An old writer may come back as what it was: the known one is heard first, unless it has been
 * lost, says that it is a reader, or stays silent. */
static bool known_is_awaited(const struct watch *w, const struct probe *p, int64_t now)
{
    int known = w->top->writer;

    if (known < 0 || now - w->began_us >= KNOWN_PATIENCE)
        return false;
    LIST_EACH(it, &w->probes) {
        const struct probe *q = LIST_ENTRY(it, struct probe, link);
        if (topology_named(w->top, text_of(q->name), q->port) == known)
            return q != p && q->lost_us < w->began_us &&
                   !(q->role == ROLE_READER && q->role_us > w->trouble_us);
    }
    return false;
}

/* A writer that the snapshot does not have can be found by what a reader knows only. */
static void take_more_hosts(struct watch *w, struct probe *p)
{
    int self;
    struct topology *told = watch_topology(w, p, &self);

    if (told)
        cluster_publish_more(w->c, told);
    topology_unref(told);
}

static void answered(struct watch *w, struct probe *p, int64_t now)
{
    const struct fault *f = &p->ask.failed[0];
    struct identity who;

    if (fault_is(f)) {
        refused(w, p, f, now);
        return;
    }
    p->due = now + interval_now(w, now);
    if (!identity_parse(&p->ask.rows[0], &who)) {
        problem_set(p->problem, sizeof p->problem, "its answer makes no sense");
        return;
    }
    if (who.took_us > now - p->sent_us)
        who.took_us = now - p->sent_us;
    p->role = who.role;
    p->role_us = p->sent_us + who.took_us;
    if (who.role == ROLE_WRITER && known_is_awaited(w, p, now)) {
        problem_set(p->problem, sizeof p->problem, "says to be the writer, as another does");
    } else if (who.role == ROLE_WRITER && p->role_us > w->trouble_us) {
        p->problem[0] = '\0';
        found(w, p, p->role_us, now);
    } else if (who.role == ROLE_WRITER) {
        p->due = now; /* asked before the trouble: once more */
    } else if (who.role == ROLE_READER) {
        problem_set(p->problem, sizeof p->problem, "is a reader");
        if (p->ask.n > 1)
            take_more_hosts(w, p);
        if (watch_asks(w)->await.sql && !w->no_await && is_wanted(w, now))
            p->due = now;
        if (p->moves && p->awaiting)
            lookup_unref(lookup_start(w->c, p->name, p->port));
    } else {
        problem_set(p->problem, sizeof p->problem, "takes writes, but is not yet the writer");
    }
}

/* A host that cannot be reached may have got another address. */
static void look_up_again(struct watch *w, struct probe *p, int64_t now)
{
    if (p->moves || !host_has_name(p->name) || now - p->named_us < SECONDS(1))
        return;
    p->named_us = now;
    pthread_mutex_lock(&w->c->lock);
    bool busy = w->c->lookups > (int)w->top->n;
    pthread_mutex_unlock(&w->c->lock);
    if (!busy)
        lookup_unref(lookup_start(w->c, p->name, p->port));
}

static void ask(struct watch *w, struct probe *p, int64_t now)
{
    const struct dialect *d = watch_asks(w);
    bool reader = p->role == ROLE_READER;

    if (reader && d->topology.sql && now - w->listed_us >= LIST_INTERVAL) {
        struct question questions[] = {d->identity, d->topology};
        w->listed_us = now;
        p->awaiting = false;
        probe_ask(p, questions, 2, ASK_LIMIT, now);
        return;
    }
    p->awaiting = reader && d->await.sql && !w->no_await;
    probe_ask(p, p->awaiting ? &d->await : &d->identity, 1, p->awaiting ? AWAIT_LIMIT : ASK_LIMIT,
              now);
}

/* Begins what is due. False: nothing was; *next is when it will be. */
static bool drive(struct watch *w, struct probe *p, int64_t now, int64_t *next)
{
    if (p->state != PROBE_CLOSED && p->state != PROBE_IDLE) {
        *next = deadline_min(*next, p->deadline);
        return false;
    }
    int64_t at = free_at(w, p, now);
    if (at < p->due)
        at = p->due;
    if (now < at) {
        *next = deadline_min(*next, at);
        return false;
    }
    if (p->state == PROBE_IDLE)
        ask(w, p, now);
    else
        watch_dial(w, p, now);
    return true;
}

/* The old writer's session is gone: those that were held back for its sake are not any longer. */
static void release_others(struct watch *w, int64_t now)
{
    LIST_EACH(it, &w->probes) {
        struct probe *p = LIST_ENTRY(it, struct probe, link);
        if (p->state == PROBE_CLOSED && p->nsent == 0 && p->due < now + SECONDS(1))
            p->due = now;
    }
}

static void search_probe(struct watch *w, struct probe *p, int64_t now, int64_t *next)
{
    /* A dial to a socket folder may be through at once, and the question out: then look again. */
    for (int i = 0; i < 8 && w->mode == WATCH_TROUBLE; i++) {
        switch (probe_step(p, now)) {
        case PROBE_OPENED:
            p->role = ROLE_UNKNOWN;
            p->due = now;
            break;
        case PROBE_ANSWERED:
            answered(w, p, now);
            break;
        case PROBE_LOST:
            p->lost_us = now;
            p->role = ROLE_UNKNOWN;
            p->due = now + interval_now(w, now);
            if (!p->address[0] && p->due < now + MS(100))
                p->due = now + MS(100); /* a resolver is to be spared, too */
            watch_refused(w, p, now, interval_now(w, now));
            look_up_again(w, p, now);
            release_others(w, now);
            break;
        default:
            break;
        }
        if (w->mode != WATCH_TROUBLE || !drive(w, p, now, next))
            return;
    }
    *next = now;
}

int64_t search_step(struct watch *w, int64_t now)
{
    int64_t next = now + SECONDS(60);

    if (!w->top)
        return next;
    take_hosts(w, now);
    LIST_EACH(it, &w->probes)
        search_probe(w, LIST_ENTRY(it, struct probe, link), now, &next);
    if (w->mode != WATCH_TROUBLE)
        return now;
    tell_problems(w);
    return next;
}
