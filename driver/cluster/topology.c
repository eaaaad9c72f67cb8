#include "cluster/topology_priv.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

struct topology *topology_ref(struct topology *t)
{
    if (t)
        __atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
    return t;
}

void topology_unref(struct topology *t)
{
    if (!t || __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (size_t i = 0; i < t->n; i++) {
        free(t->hosts[i].name);
        free(t->hosts[i].id);
    }
    free(t->hosts);
    free(t);
}

struct topology *topology_new(size_t room)
{
    struct topology *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->hosts = calloc(room ? room : 1, sizeof *t->hosts);
    if (!t->hosts) {
        free(t);
        return NULL;
    }
    t->writer = -1;
    t->refs = 1;
    return t;
}

static char *copy_z(struct text t)
{
    char *z = malloc(t.n + 1);

    if (!z)
        return NULL;
    if (t.n)
        memcpy(z, t.s, t.n);
    z[t.n] = '\0';
    return z;
}

struct host *topology_add(struct topology *t, struct text name, int port, struct text id,
                          enum role role)
{
    struct host *h = &t->hosts[t->n];

    h->name = copy_z(name);
    h->id = copy_z(id);
    if (!h->name || !h->id) {
        free(h->name);
        free(h->id);
        return NULL;
    }
    h->address[0] = '\0';
    if (name.n < ADDRESS_MAX && resolve_is_numeric(h->name))
        memcpy(h->address, h->name, name.n + 1);
    h->port = port;
    h->role = role;
    h->moves = false;
    t->n++;
    return h;
}

struct topology *topology_copy(const struct topology *from, size_t more)
{
    struct topology *t = topology_new(from->n + more);

    if (!t)
        return NULL;
    for (size_t i = 0; i < from->n; i++) {
        const struct host *h = &from->hosts[i];
        struct host *copy = topology_add(t, text_of(h->name), h->port, text_of(h->id), h->role);
        if (!copy) {
            topology_unref(t);
            return NULL;
        }
        memcpy(copy->address, h->address, sizeof copy->address);
        copy->moves = h->moves;
    }
    t->writer = from->writer;
    t->version = from->version;
    t->verified_us = from->verified_us;
    return t;
}

void topology_set_writer(struct topology *t, int writer, enum role others)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->hosts[i].role == ROLE_WRITER)
            t->hosts[i].role = others;
    t->writer = writer;
    if (writer >= 0)
        t->hosts[writer].role = ROLE_WRITER;
}

int topology_named(const struct topology *t, struct text name, int port)
{
    if (name.n > 1 && name.s[name.n - 1] == '.')
        name.n--;
    for (size_t i = 0; i < t->n; i++)
        if (text_eq_ci(text_of(t->hosts[i].name), name) && (port == 0 || t->hosts[i].port == port))
            return (int)i;
    return -1;
}

int topology_find(const struct topology *t, const char *name, const char *address, int port)
{
    int at;

    if (!t)
        return -1;
    at = name && name[0] ? topology_named(t, text_of(name), port) : -1;
    /* A moving name tells nothing of the node behind it when another host has the address. */
    if (at >= 0 && !t->hosts[at].moves)
        return at;
    if (address && address[0])
        for (size_t i = 0; i < t->n; i++)
            if (t->hosts[i].port == port && strcmp(t->hosts[i].address, address) == 0)
                return (int)i;
    return at;
}

bool topology_same(const struct topology *a, const struct topology *b)
{
    if (!a || !b || a->n != b->n || a->writer != b->writer)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        const struct host *x = &a->hosts[i];
        const struct host *y = &b->hosts[i];
        if (strcmp(x->name, y->name) != 0 || strcmp(x->id, y->id) != 0 ||
            strcmp(x->address, y->address) != 0 || x->port != y->port || x->role != y->role ||
            x->moves != y->moves)
            return false;
    }
    return true;
}

void topology_take_addresses(struct topology *to, const struct topology *from)
{
    for (size_t i = 0; from && i < to->n; i++) {
        struct host *h = &to->hosts[i];
        int at = h->address[0] ? -1 : topology_named(from, text_of(h->name), h->port);
        if (at >= 0)
            memcpy(h->address, from->hosts[at].address, sizeof h->address);
    }
}

bool host_name_sane(struct text name)
{
    if (name.n == 0 || name.n > HOST_NAME_MAX)
        return false;
    if (name.s[0] == '/' || name.s[0] == '@')
        return !memchr(name.s, '\0', name.n);
    for (size_t i = 0; i < name.n; i++) {
        char c = name.s[i];
        bool letter = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
        if (!letter && c != '-' && c != '.' && c != '_' && c != ':')
            return false;
    }
    return name.s[0] != '.' && name.s[0] != '-';
}

/* Splits "host", "host:port", "[v6]" or "[v6]:port"; a bare IPv6 address has no port. */
static bool split_host(struct text entry, struct text *name, int *port)
{
    size_t end = entry.n > 0 && entry.s[0] == '[' ? text_find(entry, ']', 0) : SIZE_MAX;
    struct text tail = TEXT_NONE;
    int64_t value;

    *name = entry;
    if (end != SIZE_MAX) {
        *name = text_sub(entry, 1, end - 1);
        tail = text_sub(entry, end + 1, entry.n);
    } else {
        size_t colon = text_find(entry, ':', 0);
        if (colon != SIZE_MAX && text_find(entry, ':', colon + 1) == SIZE_MAX) {
            *name = text_sub(entry, 0, colon);
            tail = text_sub(entry, colon, entry.n);
        }
    }
    if (tail.n > 0) {
        if (tail.s[0] != ':' || !text_to_i64(text_sub(tail, 1, tail.n), &value) || value < 1 ||
            value > 65535)
            return false;
        *port = (int)value;
    }
    return host_name_sane(*name);
}

struct topology *topology_from_list(struct text list, int default_port)
{
    struct topology *t = topology_new(HOSTS_MAX);

    for (size_t from = 0; t && from <= list.n && t->n < HOSTS_MAX;) {
        size_t comma = text_find(list, ',', from);
        size_t end = comma == SIZE_MAX ? list.n : comma;
        struct text entry = text_trim(text_sub(list, from, end - from));
        struct text name;
        int port = default_port;
        from = end + 1;
        if (entry.n == 0)
            continue;
        if (!split_host(entry, &name, &port)) {
            LOG(LOG_WARN, "cluster", "CLUSTER_HOSTS: \"%.*s\" is no host[:port], left out",
                TEXT_ARG(entry));
            continue;
        }
        if (topology_named(t, name, port) >= 0)
            continue;
        if (!topology_add(t, name, port, TEXT(""), ROLE_UNKNOWN)) {
            topology_unref(t);
            return NULL;
        }
    }
    return t;
}
