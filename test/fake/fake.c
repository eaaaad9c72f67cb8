#include "fake/fake_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;

static struct {
    struct fake_host hosts[FAKE_SERVERS];
    size_t nhosts;
    struct script *scripts;
    struct fake_record *records;
    size_t nrecords, cap;
    unsigned logins, sessions, cancels;
} world;

static void copy(char *to, size_t n, const char *from)
{
    snprintf(to, n, "%s", from ? from : "");
}

static char *own(const char *s)
{
    return s ? strdup(s) : NULL;
}

/* ---- servers ---- */

static struct fake_host *by_name(const char *host)
{
    for (size_t i = 0; i < world.nhosts; i++) {
        if (strcmp(world.hosts[i].name, host) == 0)
            return &world.hosts[i];
    }
    return NULL;
}

struct fake_host *fake_find(const char *name, const char *address, int port)
{
    struct fake_host *h = address && address[0] ? NULL : by_name(name ? name : "");

    for (size_t i = 0; h == NULL && i < world.nhosts; i++) {
        const char *a = address && address[0] ? address : name;
        if (a && strcmp(world.hosts[i].address, a) == 0)
            h = &world.hosts[i];
    }
    return h && (port == 0 || h->port == 0 || port == h->port) ? h : NULL;
}

void fake_server(const char *host, int port, enum role role)
{
    pthread_mutex_lock(&fake_lock);
    if (world.nhosts < FAKE_SERVERS) {
        struct fake_host *h = &world.hosts[world.nhosts++];
        *h = (struct fake_host){.port = port, .role = role};
        copy(h->name, sizeof h->name, host);
        snprintf(h->address, sizeof h->address, "10.0.0.%zu", world.nhosts);
    }
    pthread_mutex_unlock(&fake_lock);
}

static struct fake_host *lock_host(const char *host)
{
    pthread_mutex_lock(&fake_lock);
    return by_name(host);
}

static void unlock_host(struct fake_host *h)
{
    if (h)
        fake_wake_all(h);
    pthread_mutex_unlock(&fake_lock);
}

void fake_set_state(const char *host, enum fake_state state)
{
    struct fake_host *h = lock_host(host);

    if (h) {
        h->state = state;
        h->epoch += state == FAKE_DOWN || state == FAKE_STARTING;
    }
    unlock_host(h);
}

void fake_set_role(const char *host, enum role role)
{
    struct fake_host *h = lock_host(host);

    if (h) {
        h->changes += h->role != role;
        h->role = role;
    }
    unlock_host(h);
}

void fake_set_password(const char *host, const char *password)
{
    struct fake_host *h = lock_host(host);

    if (h)
        copy(h->password, sizeof h->password, password);
    unlock_host(h);
}

void fake_kill_sessions(const char *host)
{
    struct fake_host *h = lock_host(host);

    if (h)
        h->epoch++;
    unlock_host(h);
}

void fake_set_parameter(const char *host, const char *name, const char *value)
{
    struct fake_host *h = lock_host(host);
    size_t i = 0;

    while (h && i < h->nparameters && strcmp(h->parameters[i].name, name) != 0)
        i++;
    if (h && i < FAKE_PARAMETERS) {
        copy(h->parameters[i].name, sizeof h->parameters[i].name, name);
        copy(h->parameters[i].value, sizeof h->parameters[i].value, value);
        h->nparameters += i == h->nparameters;
        h->changes++;
    }
    unlock_host(h);
}

/* ---- scripts ---- */

static enum nat_kind kind_of(struct text type)
{
    static const struct {
        const char *name;
        enum nat_kind kind;
    } kinds[] = {{"bool", NAT_BOOL},           {"int2", NAT_INT2},     {"int4", NAT_INT4},
                 {"int8", NAT_INT8},           {"float8", NAT_FLOAT8}, {"numeric", NAT_NUMERIC},
                 {"varchar", NAT_VARCHAR},     {"bytea", NAT_BLOB},    {"date", NAT_DATE},
                 {"timestamp", NAT_TIMESTAMP}, {"uuid", NAT_UUID}};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (text_eq_ci(type, text_of(kinds[i].name)))
            return kinds[i].kind;
    }
    return NAT_TEXT;
}

/* The next piece of *t up to `end`, which is dropped. */
static struct text piece(struct text *t, char end)
{
    size_t at = text_find(*t, end, 0);
    struct text p = text_sub(*t, 0, at == SIZE_MAX ? t->n : at);

    *t = text_sub(*t, at == SIZE_MAX ? t->n : at + 1, SIZE_MAX);
    return p;
}

static void parse_columns(struct script *s, struct text head)
{
    while (head.n > 0 && s->ncolumns < FAKE_COLUMNS) {
        struct text type = piece(&head, ','), name = piece(&type, ':');
        struct nat_column *c = &s->columns[s->ncolumns++];
        *c = (struct nat_column){.name = name, .table = TEXT_NONE, .base_name = TEXT_NONE};
        c->type = (struct nat_type){.kind = kind_of(type),
                                    .wire = WIRE_PG_TEXT,
                                    .nullable = -1,
                                    .length = -1,
                                    .precision = -1,
                                    .name = "fake"};
    }
}

static void parse_rows(struct script *s)
{
    struct text all = text_of(s->reply.rows), left;

    parse_columns(s, piece(&all, '|'));
    for (left = all; left.n > 0; s->nrows++)
        piece(&left, '|');
    s->cells = calloc(s->nrows * s->ncolumns + 1, sizeof *s->cells);
    if (s->cells == NULL)
        s->nrows = 0;
    for (size_t row = 0; row < s->nrows; row++) {
        struct text cells = piece(&all, '|');
        for (size_t i = 0; i < s->ncolumns; i++) {
            struct text cell = piece(&cells, ',');
            s->cells[row * s->ncolumns + i] = text_eq(cell, TEXT("\\N")) ? TEXT_NONE : cell;
        }
    }
}

void fake_on(const char *host, const char *statement, const struct fake_reply *reply)
{
    struct script *s = calloc(1, sizeof *s), **end;

    if (s == NULL)
        return;
    copy(s->host, sizeof s->host, host);
    copy(s->statement, sizeof s->statement, statement);
    s->reply = *reply;
    s->reply.rows = own(reply->rows);
    s->reply.tag = own(reply->tag);
    s->reply.state = own(reply->state);
    s->reply.message = own(reply->message);
    s->reply.notice = own(reply->notice);
    if (s->reply.rows)
        parse_rows(s);
    pthread_mutex_lock(&fake_lock);
    for (end = &world.scripts; *end; end = &(*end)->next)
        continue;
    *end = s;
    pthread_mutex_unlock(&fake_lock);
}

void fake_on_rows(const char *host, const char *statement, const char *rows)
{
    fake_on(host, statement, &(struct fake_reply){.act = FAKE_ROWS, .rows = rows});
}

void fake_on_fail(const char *host, const char *statement, const char *state, const char *message)
{
    fake_on(host, statement,
            &(struct fake_reply){.act = FAKE_FAIL, .state = state, .message = message});
}

void fake_on_act(const char *host, const char *statement, enum fake_act act, int times)
{
    fake_on(host, statement, &(struct fake_reply){.act = act, .times = times});
}

struct script *fake_script(const struct fake_host *h, struct text sql, bool take)
{
    for (struct script *s = world.scripts; s; s = s->next) {
        if ((s->host[0] && strcmp(s->host, h->name) != 0) ||
            !text_starts_ci(sql, text_of(s->statement)) ||
            (s->reply.times > 0 && s->used >= s->reply.times))
            continue;
        s->used += take;
        return s;
    }
    return NULL;
}

/* ---- what happened ---- */

void fake_note(unsigned session, const struct fake_host *h, const char *user, struct text sql,
               const struct nat_param *p, size_t nparams)
{
    struct buf b;
    struct fake_record *r;

    if (world.nrecords == world.cap) {
        size_t cap = world.cap ? world.cap * 2 : 64;
        r = reallocarray(world.records, cap, sizeof *r);
        if (r == NULL)
            return;
        world.records = r;
        world.cap = cap;
    }
    r = &world.records[world.nrecords++];
    buf_init(&b);
    buf_text(&b, sql);
    for (size_t i = 0; i < nparams; i++) {
        buf_str(&b, i ? ", " : " [");
        buf_text(&b, p[i].p ? (struct text){p[i].p, p[i].n} : TEXT("\\N"));
    }
    buf_str(&b, nparams ? "]" : "");
    r->session = session;
    copy(r->host, sizeof r->host, h->name);
    copy(r->user, sizeof r->user, user);
    copy(r->sql, sizeof r->sql, buf_z(&b));
    buf_fini(&b);
}

size_t fake_executed(const char *statement)
{
    size_t n = 0;

    pthread_mutex_lock(&fake_lock);
    for (size_t i = 0; i < world.nrecords; i++)
        n += text_starts_ci(text_of(world.records[i].sql), text_of(statement));
    pthread_mutex_unlock(&fake_lock);
    return n;
}

bool fake_record(size_t i, struct fake_record *out)
{
    bool found;

    pthread_mutex_lock(&fake_lock);
    found = i < world.nrecords;
    if (found)
        *out = world.records[i];
    pthread_mutex_unlock(&fake_lock);
    return found;
}

static unsigned count(const unsigned *which)
{
    unsigned n;

    pthread_mutex_lock(&fake_lock);
    n = *which;
    pthread_mutex_unlock(&fake_lock);
    return n;
}

unsigned fake_logins(void)
{
    return count(&world.logins);
}

unsigned fake_sessions(void)
{
    return count(&world.sessions);
}

unsigned fake_cancels(void)
{
    return count(&world.cancels);
}

unsigned fake_login(void)
{
    return ++world.logins;
}

void fake_count_session(int by)
{
    world.sessions += (unsigned)by;
}

void fake_count_cancel(void)
{
    world.cancels++;
}

void fake_set_family(enum nat_family family)
{
    fake_caps.family = family;
}

void fake_reset(void)
{
    struct script *s;

    pthread_mutex_lock(&fake_lock);
    while ((s = world.scripts) != NULL) {
        world.scripts = s->next;
        free((char *)(uintptr_t)s->reply.rows);
        free((char *)(uintptr_t)s->reply.tag);
        free((char *)(uintptr_t)s->reply.state);
        free((char *)(uintptr_t)s->reply.message);
        free((char *)(uintptr_t)s->reply.notice);
        free(s->cells);
        free(s);
    }
    world.nhosts = world.nrecords = 0;
    world.logins = world.cancels = 0;
    fake_caps.family = NAT_FAMILY_PG;
    pthread_mutex_unlock(&fake_lock);
}
