#include "cluster/dialect_priv.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_flag(struct text t, bool *out)
{
    if (t.n != 1 || (t.s[0] != '0' && t.s[0] != '1'))
        return false;
    *out = t.s[0] == '1';
    return true;
}

/* Printable ASCII of a sane length; a NULL cell is the empty id. */
static bool id_sane(struct text t)
{
    for (size_t i = 0; i < t.n; i++)
        if (t.s[i] <= ' ' || t.s[i] > '~')
            return false;
    return t.n < HOST_ID_MAX;
}

bool identity_parse(const struct rows *r, struct identity *out)
{
    struct text id = rows_cell(r, 0, 2);
    bool writer;
    int64_t took;

    *out = (struct identity){.role = ROLE_UNKNOWN};
    if (r->n != 1 || r->ncolumns < 4 || !parse_flag(rows_cell(r, 0, 0), &writer) ||
        !parse_flag(rows_cell(r, 0, 1), &out->recovery) || !id_sane(id))
        return false;
    snprintf(out->id, sizeof out->id, "%.*s", TEXT_ARG(id));
    if (text_to_i64(rows_cell(r, 0, 3), &took) && took > 0)
        out->took_us = took;
    if (out->recovery)
        out->role = ROLE_READER;
    else if (writer)
        out->role = ROLE_WRITER;
    return true;
}

/* One row of a topology, checked. */
struct member {
    struct text id;
    struct text name; /* in the buf given */
    int port;
    bool writer;
    bool role_known;
    bool self;
    int64_t stamp;
};

static bool parse_port(struct text t, int *port)
{
    int64_t value;

    if (!text_to_i64(t, &value) || value < 1 || value > 65535)
        return false;
    *port = (int)value;
    return true;
}

/* The host name of a member: the endpoint itself, or its first label put into the pattern. */
static bool member_name(struct member *m, struct text told, const char *pattern, struct buf *b,
                        struct fault *f)
{
    size_t dot = text_find(told, '.', 0);
    int port = 0;

    if (!pattern[0]) {
        m->name = told;
        return true;
    }
    if (dot != SIZE_MAX)
        told.n = dot;
    if (!host_from_pattern(pattern, told, b, &port, f))
        return false;
    m->name = buf_view(b);
    if (port)
        m->port = port;
    return true;
}

/* Writer or not: by the row itself, or by whom the node asked replicates from. */
static bool parse_role(const struct rows *r, size_t row, const struct topology_rules *rules,
                       struct member *m)
{
    struct text told = rows_cell(r, row, 3);

    m->role_known = told.s || rules->source;
    if (told.s)
        return parse_flag(told, &m->writer);
    if (!rules->source)
        m->writer = false;
    else if (rules->source->n == 0)
        m->writer = m->self;
    else
        m->writer = text_eq(m->id, rows_cell(rules->source, 0, 0));
    return true;
}

static bool member_parse(const struct rows *r, size_t row, const struct topology_rules *rules,
                         const char *pattern, struct buf *b, struct member *m)
{
    struct text told = rows_cell(r, row, 1);
    struct fault f = {0};

    *m = (struct member){.id = rows_cell(r, row, 0), .port = rules->port};
    if (m->id.n == 0 || !id_sane(m->id) || !host_name_sane(told) || told.s[0] == '/' ||
        told.s[0] == '@' || !parse_flag(rows_cell(r, row, 4), &m->self) ||
        !parse_role(r, row, rules, m))
        return false;
    if (!rules->names_are_ids && !parse_port(rows_cell(r, row, 2), &m->port))
        return false;
    if (!text_to_i64(rows_cell(r, row, 5), &m->stamp))
        m->stamp = 0;
    return member_name(m, told, pattern, b, &f) && host_name_sane(m->name);
}

struct parse {
    struct topology *t;
    int64_t stamps[HOSTS_MAX];
    int self;
};

/* Adds the member, or replaces an older row of the same host. False: out of memory. */
static bool parse_take(struct parse *p, const struct member *m)
{
    int at = topology_named(p->t, m->name, m->port);

    if (at >= 0 && p->stamps[at] >= m->stamp) {
        LOG(LOG_WARN, "cluster", "topology: %.*s is told twice, the newer row counts",
            TEXT_ARG(m->name));
        return true;
    }
    if (at >= 0 && p->t->writer == at)
        topology_set_writer(p->t, -1, ROLE_READER);
    if (at < 0) {
        if (!topology_add(p->t, m->name, m->port, m->id, ROLE_READER))
            return false;
        at = (int)p->t->n - 1;
    }
    p->stamps[at] = m->stamp;
    p->t->hosts[at].role = m->role_known ? ROLE_READER : ROLE_UNKNOWN;
    if (m->self)
        p->self = at;
    if (!m->writer)
        return true;
    if (p->t->writer < 0 || p->stamps[p->t->writer] < m->stamp)
        topology_set_writer(p->t, at, ROLE_UNKNOWN);
    else
        p->t->hosts[at].role = ROLE_UNKNOWN;
    return true;
}

/* HOST_PATTERN, or the domain of the connected host where names must be completed. */
static bool pattern_of(const struct topology_rules *rules, char *out, size_t room, struct fault *f)
{
    struct buf b;
    int port;

    out[0] = '\0';
    if (rules->pattern[0])
        snprintf(out, room, "%s", rules->pattern);
    else if (rules->names_are_ids && rules->domain.n > 0)
        snprintf(out, room, "?.%.*s", TEXT_ARG(rules->domain));
    else if (rules->names_are_ids)
        return fault_set(f, "01000",
                         "failover needs HOST_PATTERN: the server tells instance names only");
    else
        return true;
    buf_init(&b);
    bool fine = host_from_pattern(out, TEXT("x"), &b, &port, f);
    buf_fini(&b);
    return fine;
}

static int by_name(const void *a, const void *b)
{
    const struct host *x = a;
    const struct host *y = b;
    int d = strcmp(x->name, y->name);

    return d ? d : x->port - y->port;
}

/* In a fixed order, so that the same hosts make the same snapshot. */
static void parse_sort(struct parse *p)
{
    struct topology *t = p->t;
    const char *self = p->self >= 0 ? t->hosts[p->self].name : NULL;

    qsort(t->hosts, t->n, sizeof *t->hosts, by_name);
    p->self = t->writer = -1;
    for (size_t i = 0; i < t->n; i++) {
        if (t->hosts[i].name == self)
            p->self = (int)i;
        if (t->hosts[i].role == ROLE_WRITER)
            t->writer = (int)i;
    }
}

struct topology *topology_parse(const struct rows *r, const struct topology_rules *rules, int *self,
                                struct fault *f)
{
    struct parse p = {.t = NULL, .self = -1};
    char pattern[2 * HOST_NAME_MAX];
    struct buf name;
    bool fine = pattern_of(rules, pattern, sizeof pattern, f);

    *self = -1;
    if (!fine)
        return NULL;
    p.t = topology_new(HOSTS_MAX);
    if (!p.t) {
        fault_oom(f);
        return NULL;
    }
    buf_init(&name);
    for (size_t i = 0; fine && i < r->n; i++) {
        struct member m;
        if (p.t->n == HOSTS_MAX || !member_parse(r, i, rules, pattern, &name, &m))
            LOG(LOG_WARN, "cluster", "topology: row %zu makes no sense, left out", i);
        else
            fine = parse_take(&p, &m);
    }
    buf_fini(&name);
    if (!fine)
        fault_oom(f);
    else if (p.t->n == 0)
        fine = fault_set(f, "01000", "the server's topology has %s",
                         r->n ? "no usable row" : "no rows");
    if (!fine) {
        topology_unref(p.t);
        return NULL;
    }
    parse_sort(&p);
    *self = p.self;
    return p.t;
}
