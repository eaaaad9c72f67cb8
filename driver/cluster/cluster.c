#include "cluster/cluster_priv.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* registry.lock */
static struct list clusters = {&clusters, &clusters};

void registry_lock(void)
{
    pthread_mutex_lock(&lock);
}

void registry_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

bool registry_wait(pthread_cond_t *cond, int64_t deadline)
{
    return cond_wait_until(cond, &lock, deadline);
}

struct list *registry_clusters(void)
{
    return &clusters;
}

static struct cluster *cluster_at(struct list *it)
{
    return LIST_ENTRY(it, struct cluster, link);
}

/* ---- fork ---- */

void registry_fork_prepare(void)
{
    pthread_mutex_lock(&lock);
    LIST_EACH(it, &clusters) {
        pthread_mutex_lock(&cluster_at(it)->lock);
        guests_fork_prepare(cluster_at(it));
    }
}

void registry_fork_parent(void)
{
    LIST_EACH(it, &clusters) {
        guests_fork_parent(cluster_at(it));
        pthread_mutex_unlock(&cluster_at(it)->lock);
    }
    pthread_mutex_unlock(&lock);
}

void registry_fork_child(void)
{
    LIST_EACH(it, &clusters) {
        struct cluster *c = cluster_at(it);
        guests_fork_child(c);
        pthread_mutex_unlock(&c->lock); /* by the thread that locked it: fork's own */
        cond_init(&c->changed);
        cond_init(&c->turns);
        c->dialling = 0;
        /* Those who learned, waited or resolved are threads of the parent. */
        c->learning = false;
        c->waiters = 0;
        c->watched_as = 0;
        c->lookups = 0;
    }
    pthread_mutex_unlock(&lock);
}

/* ---- credentials ---- */

struct login *login_new(const struct options *o, bool proven)
{
    struct login *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->refs = 1;
    l->proven = proven;
    options_init(&l->options);
    if (!options_copy(&l->options, o)) {
        options_fini(&l->options);
        free(l);
        return NULL;
    }
    return l;
}

struct login *login_ref(struct login *l)
{
    if (l)
        __atomic_add_fetch(&l->refs, 1, __ATOMIC_RELAXED);
    return l;
}

void login_unref(struct login *l)
{
    if (!l || __atomic_sub_fetch(&l->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    options_fini(&l->options);
    free(l);
}

/* ---- registry ---- */

bool cluster_wanted(const struct options *o)
{
    if (!option_bool(o, OPT_ENABLE_CLUSTER_FAILOVER))
        return false;
    if (option_is_set(o, OPT_HOST_PATTERN) || option_is_set(o, OPT_CLUSTER_HOSTS) ||
        option_is_set(o, OPT_CLUSTER_ID) || dialect_option(o) != DIALECT_UNKNOWN)
        return true;
    switch (endpoint_of(option_str(o, OPT_SERVER)).kind) {
    case ENDPOINT_WRITER:
    case ENDPOINT_READER:
    case ENDPOINT_CUSTOM:
    case ENDPOINT_INSTANCE:
        return true;
    default:
        return false;
    }
}

/* What connections must have in common to share a cluster. */
static void make_key(const struct options *o, int usual_port, struct buf *key)
{
    const char *server = option_str(o, OPT_SERVER);
    struct endpoint_info e = endpoint_of(server);
    const char *port = option_str(o, OPT_PORT);

    if (option_is_set(o, OPT_CLUSTER_ID)) {
        buf_fmt(key, "id:%s", option_str(o, OPT_CLUSTER_ID));
        return;
    }
    /* cluster- and cluster-ro- are two doors of one house; a custom endpoint's name is its own. */
    if (e.kind == ENDPOINT_WRITER || e.kind == ENDPOINT_READER)
        buf_fmt(key, "cluster:%.*s.%.*s", TEXT_ARG(e.instance), TEXT_ARG(e.domain));
    else if (option_is_set(o, OPT_CLUSTER_HOSTS))
        buf_fmt(key, "hosts:%s", option_str(o, OPT_CLUSTER_HOSTS));
    else
        buf_fmt(key, "host:%s", server);
    if (port[0])
        buf_fmt(key, ":%s", port);
    else
        buf_fmt(key, ":%d", usual_port);
    for (size_t i = 0; i < key->n; i++)
        if (key->p[i] >= 'A' && key->p[i] <= 'Z')
            key->p[i] = (char)(key->p[i] | 32);
}

static struct cluster *cluster_new(const char *key, const struct native_ops *ops)
{
    struct cluster *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->key = strdup(key);
    c->ops = ops;
    c->family = dialect_family(ops);
    c->refs = 1; /* the registry's */
    if (!c->key || pthread_mutex_init(&c->lock, NULL) != 0)
        goto fail;
    if (cond_init(&c->changed) != 0 || cond_init(&c->turns) != 0) {
        pthread_mutex_destroy(&c->lock);
        goto fail;
    }
    if (!guests_init(&c->guests)) {
        pthread_cond_destroy(&c->changed);
        pthread_mutex_destroy(&c->lock);
        goto fail;
    }
    list_init(&c->link);
    return c;
fail:
    free(c->key);
    free(c);
    return NULL;
}

static struct cluster *find_or_make(const char *key, const struct native_ops *ops)
{
    struct cluster *found = NULL;

    registry_lock();
    LIST_EACH(it, &clusters) {
        struct cluster *c = cluster_at(it);
        if (c->ops == ops && strcmp(c->key, key) == 0)
            found = c;
    }
    if (!found) {
        found = cluster_new(key, ops);
        if (found)
            list_add_tail(&clusters, &found->link);
    }
    cluster_ref(found);
    registry_unlock();
    return found;
}

/* Until a login has succeeded, the newest credentials serve: trouble may come before. */
static void offer_login(struct cluster *c, const struct options *o)
{
    struct login *l = NULL;

    pthread_mutex_lock(&c->lock);
    bool proven = c->login && c->login->proven;
    pthread_mutex_unlock(&c->lock);
    if (!proven)
        l = login_new(o, false);
    if (!l)
        return;
    pthread_mutex_lock(&c->lock);
    if (!c->login || !c->login->proven) {
        struct login *old = c->login;
        c->login = l;
        l = old;
    }
    pthread_mutex_unlock(&c->lock);
    login_unref(l);
}

struct cluster *cluster_get(const struct options *o, const struct native_ops *ops)
{
    struct buf key;
    struct cluster *c = NULL;

    monitor_init();
    monitor_check();
    buf_init(&key);
    make_key(o, dialect_family(ops)->port, &key);
    if (buf_ok(&key))
        c = find_or_make(buf_z(&key), ops);
    buf_fini(&key);
    if (c)
        offer_login(c, o);
    return c;
}

struct cluster *cluster_ref(struct cluster *c)
{
    if (c)
        __atomic_add_fetch(&c->refs, 1, __ATOMIC_RELAXED);
    return c;
}

/* The registry's reference is never given back: a topology outlives its connections. */
void cluster_unref(struct cluster *c)
{
    if (c)
        __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL);
}

enum dialect_id cluster_dialect(struct cluster *c)
{
    pthread_mutex_lock(&c->lock);
    enum dialect_id id = c->dialect ? c->dialect->id : DIALECT_UNKNOWN;
    pthread_mutex_unlock(&c->lock);
    return id;
}

const char *cluster_dialect_name(struct cluster *c)
{
    pthread_mutex_lock(&c->lock);
    const char *name = c->dialect ? c->dialect->name : "unknown";
    pthread_mutex_unlock(&c->lock);
    return name;
}

struct topology *cluster_topology(struct cluster *c)
{
    monitor_check();
    pthread_mutex_lock(&c->lock);
    struct topology *t = topology_ref(c->top);
    pthread_mutex_unlock(&c->lock);
    return t;
}

/* ---- users ---- */

void cluster_watch(struct cluster *c)
{
    int64_t now = clock_us();

    monitor_check();
    registry_lock();
    pthread_mutex_lock(&c->lock);
    if (c->watchers++ == 0)
        c->watched_us = now;
    int64_t rate = c->login ? option_int(&c->login->options, OPT_TOPOLOGY_REFRESH_RATE_MS) : 30000;
    int64_t due = c->watched_us + MS(rate);
    pthread_mutex_unlock(&c->lock);
    monitor_watched(due);
    registry_unlock();
}

void cluster_forget_trouble(struct cluster *c)
{
    pthread_mutex_lock(&c->lock);
    c->trouble_us = 0;
    c->urgent = false;
    pthread_mutex_unlock(&c->lock);
}

void cluster_unwatch(struct cluster *c)
{
    registry_lock();
    if (c->watchers > 0)
        c->watchers--;
    bool last = c->watchers == 0 && c->waiters == 0;
    /* Who waits in slices, for a first connection, may stand between two of them. */
    if (last && clock_us() - c->waited_us > SECONDS(1))
        cluster_forget_trouble(c);
    registry_unlock();
    if (last)
        monitor_leave();
    monitor_check();
}

static void waiters_add(struct cluster *c, int by)
{
    registry_lock();
    c->waiters += by;
    if (c->waiters < 0) /* counted by the parent of this process */
        c->waiters = 0;
    /* Who waits in slices will be back: the monitor goes on for a moment. */
    if (c->waiters == 0)
        c->waited_us = clock_us();
    registry_unlock();
}

/* ---- trouble ---- */

struct first_news {
    struct cluster *c;
    bool listed;
};

/* Trouble before anything was learned: what the options tell is a beginning. */
static struct topology *first_hosts(const struct topology *old, void *arg)
{
    struct first_news *news = arg;
    struct topology *t = NULL;

    if (old)
        return NULL;
    pthread_mutex_lock(&news->c->lock);
    struct login *l = login_ref(news->c->login);
    pthread_mutex_unlock(&news->c->lock);
    if (l) {
        int64_t port = option_int(&l->options, OPT_PORT);
        t = cluster_fallback_hosts(&l->options, port ? (int)port : news->c->family->port,
                                   &news->listed);
        login_unref(l);
    }
    return t;
}

void cluster_trouble(struct cluster *c, int64_t when)
{
    struct first_news news = {c, false};

    pthread_mutex_lock(&c->lock);
    bool solved = c->top && c->top->writer >= 0 && c->top->verified_us > when;
    bool first = !c->top;
    if (!solved) {
        if (c->trouble_us < when)
            c->trouble_us = when;
        c->urgent = true;
        c->troubles++;
    }
    pthread_mutex_unlock(&c->lock);
    if (solved)
        return;
    if (first)
        cluster_publish(c, first_hosts, &news);
    monitor_need();
    monitor_wake();
}

/* A wait is for a search: one that has ended for want of users is taken up again. */
static void wait_begin(struct cluster *c)
{
    waiters_add(c, 1);
    pthread_mutex_lock(&c->lock);
    bool trouble = c->trouble_us != 0;
    pthread_mutex_unlock(&c->lock);
    if (trouble)
        monitor_need();
}

static bool writer_since(const struct topology *t, int64_t since)
{
    return t && t->writer >= 0 && t->verified_us > since;
}

struct topology *cluster_wait_writer(struct cluster *c, int64_t since, int64_t deadline,
                                     struct fault *f)
{
    char problems[sizeof c->problems] = "";
    struct topology *found = NULL;

    wait_begin(c);
    pthread_mutex_lock(&c->lock);
    while (!writer_since(c->top, since) && !monitor_exiting())
        if (!cond_wait_until(&c->changed, &c->lock, deadline))
            break;
    if (writer_since(c->top, since))
        found = topology_ref(c->top);
    else
        memcpy(problems, c->problems, sizeof problems);
    pthread_mutex_unlock(&c->lock);
    waiters_add(c, -1);
    if (!found && monitor_exiting())
        fault_set(f, "08S01", "the search for a writer was stopped");
    else if (!found)
        fault_set(f, "08S01", "no writer was found in time%s%s", problems[0] ? ": " : "", problems);
    return found;
}

struct topology *cluster_wait_version(struct cluster *c, unsigned version, int64_t deadline)
{
    struct topology *found = NULL;

    wait_begin(c);
    pthread_mutex_lock(&c->lock);
    while (!(c->top && c->top->version > version) && !monitor_exiting())
        if (!cond_wait_until(&c->changed, &c->lock, deadline))
            break;
    if (c->top && c->top->version > version)
        found = topology_ref(c->top);
    pthread_mutex_unlock(&c->lock);
    waiters_add(c, -1);
    return found;
}
