#include "cluster/cluster_priv.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool host_has_name(const char *name)
{
    return name[0] && name[0] != '/' && name[0] != '@' && !resolve_is_numeric(name);
}

bool lookup_done(struct lookup *l)
{
    return __atomic_load_n(&l->done, __ATOMIC_ACQUIRE) != 0;
}

void lookup_unref(struct lookup *l)
{
    if (!l || __atomic_sub_fetch(&l->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    cluster_unref(l->cluster);
    free(l->name);
    free(l);
}

static void count(struct cluster *c, int by)
{
    pthread_mutex_lock(&c->lock);
    c->lookups += by;
    pthread_mutex_unlock(&c->lock);
}

void problem_set(char *out, size_t room, const char *text)
{
    size_t n = 0;

    for (; *text && n + 1 < room; text++) {
        char c = *text;
        if ((unsigned char)c < ' ')
            c = ' ';
        if (c != ' ' || (n > 0 && out[n - 1] != ' '))
            out[n++] = c;
    }
    /* Not in the middle of a character. */
    while (*text && n > 0 && ((unsigned char)*text & 0xC0) == 0x80)
        text--, n--;
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
}

/* In the helper thread. */
static void resolved(void *arg, const char *address, const struct fault *f)
{
    struct lookup *l = arg;

    if (address && address[0] && strlen(address) < sizeof l->address) {
        snprintf(l->address, ADDRESS_MAX, "%s", address);
        cluster_publish_address(l->cluster, l->name, l->port, address);
    } else {
        problem_set(l->problem, sizeof l->problem, f ? f->text : "the name has no address");
        LOG(LOG_INFO, "cluster", "%s: %s", l->name, l->problem);
    }
    count(l->cluster, -1);
    __atomic_store_n(&l->done, 1, __ATOMIC_RELEASE);
    monitor_wake();
    lookup_unref(l);
}

struct lookup *lookup_start(struct cluster *c, const char *name, int port)
{
    struct lookup *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->refs = 2;
    l->cluster = cluster_ref(c);
    l->name = strdup(name);
    l->port = port;
    if (!l->name) {
        l->refs = 1;
        lookup_unref(l);
        return NULL;
    }
    count(c, 1);
    if (!resolve_start(name, resolved, l)) {
        count(c, -1);
        l->refs = 1;
        lookup_unref(l);
        return NULL;
    }
    return l;
}

void lookup_all(struct cluster *c, const struct topology *t)
{
    pthread_mutex_lock(&c->lock);
    bool busy = c->lookups > 0;
    pthread_mutex_unlock(&c->lock);
    /* A resolver that hangs must not pile up helpers. */
    if (busy || !t)
        return;
    for (size_t i = 0; i < t->n; i++)
        if (!t->hosts[i].moves && host_has_name(t->hosts[i].name))
            lookup_unref(lookup_start(c, t->hosts[i].name, t->hosts[i].port));
}
