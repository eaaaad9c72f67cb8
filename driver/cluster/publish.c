#include "cluster/cluster_priv.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void log_topology(const struct cluster *c, const struct topology *t)
{
    const char *writer = t->writer >= 0 ? t->hosts[t->writer].name : "unknown";

    LOG(LOG_INFO, "cluster", "%s: version %u, %zu hosts, writer %s", c->key, t->version, t->n,
        writer);
}

bool cluster_publish(struct cluster *c, topology_change *change, void *arg)
{
    for (;;) {
        struct topology *old = cluster_topology(c);
        struct topology *next = change(old, arg);
        if (!next) {
            topology_unref(old);
            return false;
        }
        pthread_mutex_lock(&c->lock);
        bool ours = c->top == old;
        if (ours) {
            next->version = (old ? old->version : 0) + 1;
            c->top = next;
            if (next->writer >= 0 && next->verified_us > c->trouble_us) {
                c->trouble_us = 0;
                c->urgent = false;
            }
            topology_ref(next);
            pthread_cond_broadcast(&c->changed);
        }
        pthread_mutex_unlock(&c->lock);
        if (ours) {
            log_topology(c, next);
            guests_tell(c, next);
            topology_unref(old); /* the cluster's reference */
        }
        topology_unref(next);
        topology_unref(old);
        if (ours) {
            monitor_wake();
            return true;
        }
    }
}

struct address_news {
    const char *name;
    int port;
    const char *address;
};

static struct topology *with_address(const struct topology *old, void *arg)
{
    const struct address_news *news = arg;
    int at = old ? topology_named(old, text_of(news->name), news->port) : -1;

    if (at < 0 || strcmp(old->hosts[at].address, news->address) == 0)
        return NULL;
    struct topology *t = topology_copy(old, 0);
    if (t)
        snprintf(t->hosts[at].address, ADDRESS_MAX, "%s", news->address);
    return t;
}

void cluster_publish_address(struct cluster *c, const char *name, int port, const char *address)
{
    struct address_news news = {name, port, address};

    if (strlen(address) < ADDRESS_MAX)
        cluster_publish(c, with_address, &news);
}

struct writer_news {
    const struct topology *seen;
    int writer;
    const char *address;
    const bool *readers;
    int64_t verified_us;
};

static struct topology *with_writer(const struct topology *old, void *arg)
{
    const struct writer_news *news = arg;
    const struct host *w = &news->seen->hosts[news->writer];
    int at = old ? topology_named(old, text_of(w->name), w->port) : -1;

    if (at < 0 || (old->verified_us >= news->verified_us && old->writer == at))
        return NULL;
    struct topology *t = topology_copy(old, 0);
    if (!t)
        return NULL;
    for (size_t i = 0; i < t->n; i++) {
        const struct host *h = &t->hosts[i];
        int seen = topology_named(news->seen, text_of(h->name), h->port);
        bool said = seen >= 0 && news->readers[seen];
        if (old->writer != at || said)
            t->hosts[i].role = said ? ROLE_READER : ROLE_UNKNOWN;
    }
    topology_set_writer(t, at, ROLE_UNKNOWN);
    if (news->address[0] && strlen(news->address) < ADDRESS_MAX)
        snprintf(t->hosts[at].address, ADDRESS_MAX, "%s", news->address);
    t->verified_us = news->verified_us;
    return t;
}

void cluster_publish_writer(struct cluster *c, const struct topology *seen, int writer,
                            const char *address, const bool *readers, int64_t verified_us)
{
    struct writer_news news = {seen, writer, address, readers, verified_us};

    cluster_publish(c, with_writer, &news);
}

struct hosts_news {
    struct topology *told;
    int self;
    int64_t verified_us;
};

static struct topology *with_hosts(const struct topology *old, void *arg)
{
    struct hosts_news *news = arg;
    struct topology *t = topology_copy(news->told, 0);

    if (!t)
        return NULL;
    /* Who answered as the writer is the writer; whom the table calls so may have been it. */
    topology_set_writer(t, news->self, ROLE_UNKNOWN);
    topology_take_addresses(t, old);
    t->verified_us = news->verified_us;
    if (old && (topology_same(old, t) || old->verified_us > news->verified_us)) {
        topology_unref(t);
        return NULL;
    }
    return t;
}

void cluster_publish_hosts(struct cluster *c, struct topology *told, int self, int64_t verified_us)
{
    struct hosts_news news = {told, self, verified_us};

    cluster_publish(c, with_hosts, &news);
}

static struct topology *with_more(const struct topology *old, void *arg)
{
    const struct topology *told = arg;
    struct topology *t = old && old->n + told->n <= HOSTS_MAX ? topology_copy(old, told->n) : NULL;

    for (size_t i = 0; t && i < told->n; i++) {
        const struct host *h = &told->hosts[i];
        if (topology_named(t, text_of(h->name), h->port) < 0 &&
            !topology_add(t, text_of(h->name), h->port, text_of(h->id), ROLE_UNKNOWN)) {
            topology_unref(t);
            return NULL;
        }
    }
    if (t && t->n == old->n) {
        topology_unref(t);
        return NULL;
    }
    return t;
}

void cluster_publish_more(struct cluster *c, struct topology *told)
{
    cluster_publish(c, with_more, told);
}

/* "demo.cluster-cxyz..." -> "demo.cluster-ro-cxyz..." and back. */
static bool sibling_endpoint(const struct endpoint_info *e, const char *group, struct buf *out)
{
    buf_text(out, e->instance);
    buf_str(out, group);
    buf_text(out, e->domain);
    return buf_ok(out);
}

static bool add_endpoints(struct topology *t, const struct options *o, int port)
{
    const char *server = option_str(o, OPT_SERVER);
    struct endpoint_info e = endpoint_of(server);
    bool pair = e.kind == ENDPOINT_WRITER || e.kind == ENDPOINT_READER;
    struct host *h = topology_add(t, text_of(server), port, TEXT(""), ROLE_UNKNOWN);
    struct buf name;

    if (!h)
        return false;
    h->moves = host_has_name(server) && (pair || e.kind == ENDPOINT_CUSTOM);
    if (!pair)
        return true;
    buf_init(&name);
    h = NULL;
    if (sibling_endpoint(&e, e.kind == ENDPOINT_WRITER ? ".cluster-ro-" : ".cluster-", &name))
        h = topology_add(t, buf_view(&name), port, TEXT(""), ROLE_UNKNOWN);
    buf_fini(&name);
    if (h)
        h->moves = true;
    return h != NULL;
}

struct topology *cluster_fallback_hosts(const struct options *o, int port, bool *listed)
{
    struct topology *t = topology_from_list(text_of(option_str(o, OPT_CLUSTER_HOSTS)), port);

    *listed = t && t->n > 0;
    if (!t || *listed)
        return t;
    if (!add_endpoints(t, o, port)) {
        topology_unref(t);
        return NULL;
    }
    return t;
}
