#include "cluster/cluster_priv.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

/* What one connection found out about its cluster. */
struct lesson {
    const struct options *options;
    const struct dialect_family *family;
    struct native *n;
    int64_t asked_us;
    struct detection seen;
    const struct dialect *dialect;
    const struct dialect *ask;
    struct topology *told; /* by the server, or the fallback's; owned */
    int self;              /* whose row is n's, -1 not known */
    bool listed;
    struct fault warning;
};

static enum endpoint kind_of(const struct options *o)
{
    return endpoint_of(option_str(o, OPT_SERVER)).kind;
}

static bool is_cluster_endpoint(const struct options *o)
{
    enum endpoint kind = kind_of(o);
    return kind == ENDPOINT_WRITER || kind == ENDPOINT_READER || kind == ENDPOINT_CUSTOM;
}

/* Queries, waited for; a refusal of the first counts as a fault too. */
static bool ask_all(struct ask *a, struct native *n, const struct question *questions, size_t count,
                    int64_t deadline, struct fault *f)
{
    fault_clear(f);
    ask_begin(a, questions, count);
    enum nat_answer r = ask_step(a, n, deadline, f);
    if (r == NAT_READY && !fault_is(&a->failed[0]))
        return true;
    if (r == NAT_READY) {
        *f = a->failed[0];
        return false;
    }
    if (r == NAT_WAIT) {
        /* The session is the application's: it must be left as it was. */
        struct fault ignored;
        if (n->ops->finish(n, NAT_CANCEL, deadline_in(MS(500)), &ignored) != NAT_READY)
            n->ops->interrupt(n);
        return fault_set(f, "HYT00", "the server did not say in time what cluster it is of");
    }
    return false;
}

/* Which dialect, and whose questions this user may ask. */
static void choose_dialect(struct lesson *l)
{
    enum dialect_id id = dialect_option(l->options);
    bool chosen = id != DIALECT_UNKNOWN;

    if (!chosen)
        id = l->seen.id;
    /* A Multi-AZ cluster where the extension is missing is known by its name only. */
    if (!chosen && id == DIALECT_PLAIN && is_cluster_endpoint(l->options))
        id = DIALECT_MULTI_AZ;
    l->dialect = l->ask = dialect_get(l->family, id);
    if (id == DIALECT_MULTI_AZ && !l->seen.may_ask) {
        l->ask = l->family->dialects[DIALECT_PLAIN];
        l->warning = l->seen.grants;
    }
}

/* Whom this node replicates from; NULL, with a warning, when it does not say. */
static const struct rows *source_told(struct lesson *l, const struct ask *a)
{
    if (a->n < 2)
        return NULL;
    if (!fault_is(&a->failed[1]))
        return &a->rows[1];
    fault_set(&l->warning, "01000",
              "failover finds the writer by asking each host only: run %s TO %s (%.600s)",
              l->family->source_grant, l->seen.account, a->failed[1].text);
    return NULL;
}

static bool ask_topology(struct lesson *l, struct ask *a, int64_t deadline)
{
    struct endpoint_info e = endpoint_of(option_str(l->options, OPT_SERVER));
    struct topology_rules rules = {.names_are_ids = l->dialect->names_are_ids,
                                   .pattern = option_str(l->options, OPT_HOST_PATTERN),
                                   .domain = e.domain,
                                   .port = l->n->ops->port(l->n)};
    struct fault f;

    struct question questions[] = {l->ask->topology, l->ask->source};

    if (!l->ask->topology.sql)
        return false;
    fault_clear(&f);
    if (ask_all(a, l->n, questions, l->ask->source.sql ? 2 : 1, deadline, &f)) {
        rules.source = source_told(l, a);
        l->told = topology_parse(&a->rows[0], &rules, &l->self, &f);
        if (l->told)
            return true;
        /* The extension on an instance that is in no cluster: plain, and nothing to warn of. */
        if (a->rows[0].n == 0 && l->dialect->id == DIALECT_MULTI_AZ &&
            !is_cluster_endpoint(l->options) && dialect_option(l->options) == DIALECT_UNKNOWN) {
            l->dialect = l->ask = l->family->dialects[DIALECT_PLAIN];
            return false;
        }
    }
    l->ask = l->family->dialects[DIALECT_PLAIN];
    fault_set(&l->warning, "01000", "failover finds the writer by asking each host only: %.700s",
              f.text);
    return false;
}

/* n's own role and address go into the row that is n's. */
static void mark_self(struct lesson *l, bool listed_by_server)
{
    struct topology *t = l->told;
    const char *address = l->n->ops->address(l->n);
    int port = l->n->ops->port(l->n);

    if (l->self < 0)
        l->self = topology_find(t, option_str(l->options, OPT_SERVER), address, port);
    if (l->self < 0)
        return;
    struct host *self = &t->hosts[l->self];
    if (address && address[0] && strlen(address) < sizeof self->address)
        snprintf(self->address, ADDRESS_MAX, "%s", address);
    if (l->seen.recovery && self->role == ROLE_WRITER)
        topology_set_writer(t, -1, ROLE_UNKNOWN);
    if (l->seen.recovery) {
        self->role = ROLE_READER;
    } else if (!listed_by_server || self->role == ROLE_WRITER ||
               (self->role == ROLE_UNKNOWN && t->writer < 0)) {
        topology_set_writer(t, l->self, ROLE_UNKNOWN);
        t->verified_us = l->asked_us;
    }
}

/* No host list from the server: the options', with a word about it where failover is expected. */
static void use_fallback(struct lesson *l)
{
    const struct options *o = l->options;

    l->self = -1;
    l->told = cluster_fallback_hosts(o, l->n->ops->port(l->n), &l->listed);
    if (!l->told || l->told->n > 1 || fault_is(&l->warning) || dialect_option(o) == 0)
        return;
    fault_set(&l->warning, "01000",
              "failover knows no other host than the connected one: set CLUSTER_HOSTS");
}

/* A list that does not name the server that told it may lead nowhere: the way that we came stays
 * in it. False: the list stands as it is. */
static bool keep_way(struct lesson *l)
{
    struct topology *t = l->told, *way;
    int port = l->n->ops->port(l->n);
    bool listed;

    if (l->self >= 0 ||
        topology_find(t, option_str(l->options, OPT_SERVER), l->n->ops->address(l->n), port) >= 0)
        return false;
    way = cluster_fallback_hosts(l->options, port, &listed);
    if (!way)
        return false;
    LOG(LOG_WARN, "cluster", "the server's topology does not name the server itself");
    if (t->n + way->n > HOSTS_MAX) {
        l->told = way;
        topology_unref(t);
        return true;
    }
    for (size_t i = 0; i < way->n; i++) {
        const struct host *h = &way->hosts[i];
        struct host *added = NULL;
        if (topology_named(t, text_of(h->name), h->port) < 0)
            added = topology_add(t, text_of(h->name), h->port, TEXT(""), ROLE_UNKNOWN);
        if (added)
            added->moves = h->moves;
    }
    topology_unref(way);
    return true;
}

static bool study(struct lesson *l, int64_t deadline, struct fault *f)
{
    struct ask a;
    bool listed = false;

    ask_init(&a);
    l->asked_us = clock_us();
    bool fine = ask_all(&a, l->n, l->family->detection, l->family->ndetection, deadline, f);
    if (fine && !l->family->detect(a.rows, &l->seen))
        fine = fault_set(f, "01000", "the server's answer to the cluster detection makes no sense");
    if (fine) {
        choose_dialect(l);
        listed = ask_topology(l, &a, deadline);
        if (!listed)
            use_fallback(l);
        l->listed = l->listed || listed;
        if (listed && keep_way(l))
            listed = false; /* the server's own row is ours, then */
        if (!l->told)
            fine = fault_oom(f);
    }
    ask_fini(&a);
    if (fine)
        mark_self(l, listed);
    return fine;
}

static struct topology *as_learned(const struct topology *old, void *arg)
{
    struct lesson *l = arg;
    struct topology *t = topology_copy(l->told, 0);

    if (!t)
        return NULL;
    topology_take_addresses(t, old);
    /* What was verified meanwhile is newer than a table. */
    if (old && old->verified_us > l->asked_us) {
        int at = old->writer < 0 ? -1
                                 : topology_named(t, text_of(old->hosts[old->writer].name),
                                                  old->hosts[old->writer].port);
        if (at >= 0) {
            topology_set_writer(t, at, ROLE_UNKNOWN);
            t->verified_us = old->verified_us;
        }
    }
    return t;
}

/* Keeps the newest proven credentials; an equal copy is not made again. */
static void remember_login(struct cluster *c, const struct options *o)
{
    bool same = true;

    pthread_mutex_lock(&c->lock);
    struct login *now = login_ref(c->login);
    pthread_mutex_unlock(&c->lock);
    for (int i = 0; now && i < OPT_COUNT && same; i++) {
        const char *a = now->options.value[i];
        const char *b = o->value[i];
        same = a == b || (a && b && strcmp(a, b) == 0);
    }
    same = same && now && now->proven;
    login_unref(now);
    struct login *l = same ? NULL : login_new(o, true);
    if (!l)
        return;
    pthread_mutex_lock(&c->lock);
    struct login *old = c->login;
    c->login = l;
    bool other = old && old->proven &&
                 strcmp(option_str(&old->options, OPT_UID), option_str(o, OPT_UID)) != 0;
    if (other) {
        struct login *spare = c->spare;
        c->spare = old;
        old = spare;
    }
    pthread_mutex_unlock(&c->lock);
    login_unref(old);
}

void cluster_login(struct cluster *c, const struct options *o)
{
    monitor_at_exit();
    remember_login(c, o);
}

/* Another user, or some time, may bring the grants that were missing. */
static bool worth_another_look(struct cluster *c, const struct options *o)
{
    if (!c->learned || !fault_is(&c->warning))
        return !c->learned;
    if (clock_us() - c->learned_us > SECONDS(30) || !c->login)
        return true;
    return strcmp(option_str(&c->login->options, OPT_UID), option_str(o, OPT_UID)) != 0 ||
           strcmp(option_str(&c->login->options, OPT_DATABASE), option_str(o, OPT_DATABASE)) != 0;
}

/* True: this connection is to do the asking. Waits shortly for another that is at it. */
static bool begin_learning(struct cluster *c, const struct options *o, int64_t deadline)
{
    int64_t patience = deadline_min(deadline, deadline_in(SECONDS(1)));
    bool waited = true;

    pthread_mutex_lock(&c->lock);
    while (c->learning && !c->learned && waited)
        waited = cond_wait_until(&c->changed, &c->lock, patience);
    bool mine = !c->learning && worth_another_look(c, o);
    if (mine)
        c->learning = true;
    pthread_mutex_unlock(&c->lock);
    return mine;
}

static void end_learning(struct cluster *c, const struct lesson *l, bool fine)
{
    pthread_mutex_lock(&c->lock);
    c->learning = false;
    if (fine) {
        c->learned = true;
        c->learned_us = clock_us();
        c->dialect = l->dialect;
        c->ask = l->ask;
        c->listed = l->listed;
        c->warning = l->warning;
        c->database[0] = '\0';
        if (l->ask->topology.sql)
            snprintf(c->database, sizeof c->database, "%s", l->seen.database);
    }
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

bool cluster_learn(struct cluster *c, struct native *n, const struct nat_login *login,
                   int64_t deadline, struct fault *warning)
{
    struct lesson l = {.options = login->options, .family = c->family, .n = n, .self = -1};
    struct fault f;
    bool fine = true;

    monitor_check();
    monitor_at_exit();
    fault_clear(&f);
    if (begin_learning(c, login->options, deadline)) {
        fine = study(&l, deadline, &f);
        if (fine)
            cluster_publish(c, as_learned, &l);
        else
            LOG(LOG_WARN, "cluster", "%s: nothing learned: %s", c->key, f.text);
        remember_login(c, login->options);
        end_learning(c, &l, fine);
        if (fine)
            lookup_all(c, l.told);
        topology_unref(l.told);
    } else {
        remember_login(c, login->options);
    }
    pthread_mutex_lock(&c->lock);
    *warning = fine ? c->warning : f;
    bool known = c->top && (c->listed || c->top->n > 1);
    pthread_mutex_unlock(&c->lock);
    if (!fine)
        memcpy(warning->sqlstate, "01000", sizeof warning->sqlstate);
    return known;
}

enum role cluster_ask_role(struct cluster *c, struct native *n, int64_t deadline, struct fault *f)
{
    struct identity who = {.role = ROLE_UNKNOWN};
    struct ask a;

    pthread_mutex_lock(&c->lock);
    const struct dialect *plain = c->family->dialects[DIALECT_PLAIN];
    const struct dialect *d = c->ask ? c->ask : plain;
    pthread_mutex_unlock(&c->lock);
    ask_init(&a);
    bool fine = ask_all(&a, n, &d->identity, 1, deadline, f);
    /* An extension is a matter of the database: in another one, the node's state must do. */
    if (!fine && !f->link_lost && f->server_state[0] && d != plain)
        fine = ask_all(&a, n, &plain->identity, 1, deadline, f);
    if (fine && !identity_parse(&a.rows[0], &who))
        fault_set(f, "HY000", "the server's answer to who it is makes no sense");
    ask_fini(&a);
    return who.role;
}
