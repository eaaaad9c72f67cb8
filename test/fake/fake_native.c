#include "fake/fake_priv.h"
#include "base/list.h"
#include "base/wait.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

static struct list sessions = {&sessions, &sessions};

/* ---- waiting ---- */

static void arm(struct fake *n, int64_t in)
{
    struct itimerspec t = {.it_value = {.tv_sec = in / 1000000, .tv_nsec = in % 1000000 * 1000}};

    if (in >= 0 && t.it_value.tv_sec == 0 && t.it_value.tv_nsec == 0)
        t.it_value.tv_nsec = 1;
    timerfd_settime(n->fd, 0, in < 0 ? &(struct itimerspec){.it_value = {0}} : &t, NULL);
}

void fake_wake_all(const struct fake_host *h)
{
    LIST_EACH(it, &sessions) {
        struct fake *n = LIST_ENTRY(it, struct fake, link);
        if (n->host == h)
            arm(n, 0);
    }
}

static bool is_lost(struct fake *n)
{
    n->lost = n->lost || n->interrupted || (n->open && n->epoch != n->host->epoch);
    return n->lost;
}

static enum nat_answer lost(struct fake *n, struct fault *f)
{
    n->lost = true;
    fault_lost(f, "the fake link to %s is lost", n->name);
    return NAT_FAULT;
}

/* Lets go of the lock until something may have changed. NAT_READY: look again. */
static enum nat_answer pause_until(struct fake *n, int64_t at, int64_t deadline)
{
    enum wait_result r;

    arm(n, at == DEADLINE_NEVER ? -1 : at > clock_us() ? at - clock_us() : 0);
    pthread_mutex_unlock(&fake_lock);
    r = wait_for(n->fd, POLLIN, NULL, deadline);
    pthread_mutex_lock(&fake_lock);
    return r == WAIT_TIMEOUT && !is_lost(n) ? NAT_WAIT : NAT_READY;
}

/* ---- login ---- */

static struct native *create(const struct nat_target *to, const struct nat_login *as,
                             struct fault *f)
{
    struct fake *n = calloc(1, sizeof *n);

    if (n == NULL || (n->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) < 0) {
        free(n);
        fault_oom(f);
        return NULL;
    }
    n->base.ops = &native_fake;
    n->port = to->port;
    n->txn = NAT_TXN_IDLE;
    snprintf(n->name, sizeof n->name, "%s", to->host ? to->host : "");
    snprintf(n->address, sizeof n->address, "%s", to->address ? to->address : "");
    snprintf(n->user, sizeof n->user, "%s", option_str(as->options, OPT_UID));
    snprintf(n->password, sizeof n->password, "%s", option_str(as->options, OPT_PWD));
    pthread_mutex_lock(&fake_lock);
    list_add_tail(&sessions, &n->link);
    fake_count_session(1);
    pthread_mutex_unlock(&fake_lock);
    return &n->base;
}

static enum nat_answer refuse(struct fault *f, const char *sqlstate, const char *state,
                              const char *text)
{
    fault_set(f, sqlstate, "%s%s%s", state[0] ? "FATAL " : "", state[0] ? state : "", text);
    snprintf(f->server_state, sizeof f->server_state, "%s", state);
    f->from_server = state[0] != '\0';
    f->native = state[0] != '\0';
    f->link_lost = strcmp(sqlstate, "08001") == 0;
    return NAT_FAULT;
}

static enum nat_answer log_in(struct fake *n, int64_t deadline, struct fault *f)
{
    for (;;) {
        n->host = fake_find(n->name, n->address, n->port);
        if (n->host == NULL || n->host->state == FAKE_DOWN || n->interrupted)
            return refuse(f, "08001", "", "cannot reach the fake host");
        if (n->host->state == FAKE_STARTING)
            return refuse(f, "08004", "57P03", ": the database system is starting up");
        if (n->host->state == FAKE_UP)
            break;
        if (pause_until(n, DEADLINE_NEVER, fake_caps.open_blocks ? DEADLINE_NEVER : deadline) ==
            NAT_WAIT)
            return NAT_WAIT;
    }
    if (n->host->password[0] && strcmp(n->host->password, n->password) != 0)
        return refuse(f, "28000", "28P01", ": password authentication failed");
    n->open = true;
    n->epoch = n->host->epoch;
    n->number = fake_login();
    return NAT_READY;
}

static enum nat_answer open_(struct native *base, int64_t deadline, struct fault *f)
{
    pthread_mutex_lock(&fake_lock);
    enum nat_answer a = log_in(fake_of(base), deadline, f);
    pthread_mutex_unlock(&fake_lock);
    return a;
}

static void close_(struct native *base, enum nat_close how)
{
    struct fake *n = fake_of(base);

    (void)how;
    pthread_mutex_lock(&fake_lock);
    list_del(&n->link);
    fake_count_session(-1);
    pthread_mutex_unlock(&fake_lock);
    fake_plans_free(n);
    free(n->items);
    close(n->fd);
    free(n);
}

/* ---- sending ---- */

static enum nat_answer send_(struct native *base, const struct nat_request *r, size_t count,
                             bool *sent, int64_t deadline, struct fault *f)
{
    struct fake *n = fake_of(base);

    (void)deadline;
    *sent = false;
    pthread_mutex_lock(&fake_lock);
    if (!n->open || is_lost(n) || fake_loses_before(n, r, count)) {
        lost(n, f);
        pthread_mutex_unlock(&fake_lock);
        return NAT_FAULT;
    }
    *sent = true;
    fake_run(n, r, count);
    pthread_mutex_unlock(&fake_lock);
    return NAT_READY;
}

/* ---- reading ---- */

/* A cancel ends a mute statement; the rest of the send is skipped over. */
static bool cancelled(struct fake *n)
{
    for (size_t i = n->at; i < n->nitems; i++) {
        if (n->items[i].what != ITEM_MUTE || n->host->state != FAKE_UP)
            continue;
        /* At least the statement's own end and the send's follow: nothing is allocated here. */
        size_t request = n->items[i].out.request, set = n->items[i].out.set;
        n->nitems = i;
        fake_fail(n, request, set, "57014", "canceling statement due to user request");
        fake_add(n, NAT_END, 0, 0);
        return true;
    }
    return false;
}

static enum nat_answer head(struct fake *n, struct item **out, int64_t deadline, struct fault *f)
{
    for (;;) {
        struct item *i = n->at < n->nitems ? &n->items[n->at] : NULL;
        if (is_lost(n) || (i && i->what == ITEM_LOST))
            return lost(n, f);
        bool frozen = n->host->state == FAKE_FROZEN || (i && i->what == ITEM_MUTE);
        if (!frozen && (i == NULL || clock_us() >= i->at)) {
            *out = i;
            return NAT_READY;
        }
        if (pause_until(n, frozen || i == NULL ? DEADLINE_NEVER : i->at, deadline) == NAT_WAIT)
            return NAT_WAIT;
    }
}

static enum nat_answer result(struct native *base, struct nat_outcome *out, int64_t deadline,
                              struct fault *f)
{
    struct fake *n = fake_of(base);
    struct item *i;

    pthread_mutex_lock(&fake_lock);
    enum nat_answer a = head(n, &i, deadline, f);
    if (a == NAT_READY) {
        *out = (struct nat_outcome){.kind = NAT_END, .count = -1};
        if (i)
            *out = i->out;
        n->at += i && n->at < n->nitems;
        n->row_set = out->kind == NAT_ROWS;
        n->current = n->row_set || out->kind == NAT_DESCRIBED ? i : NULL;
        n->row = n->got = 0;
    }
    pthread_mutex_unlock(&fake_lock);
    return a;
}

static const struct nat_column *columns(const struct native *base, size_t *count)
{
    const struct item *i = fake_of(base)->current;

    *count = i && i->script ? i->script->ncolumns : 0;
    return i && i->script ? i->script->columns : NULL;
}

static const struct nat_type *params(const struct native *base, size_t *count)
{
    struct fake *n = fake_of(base);

    *count = n->current ? n->current->params : 0;
    for (size_t i = 0; i < *count; i++)
        n->params[i] = (struct nat_type){
            .kind = NAT_TEXT, .nullable = -1, .length = -1, .precision = -1, .name = "fake"};
    return n->params;
}

static enum nat_answer next(struct native *base, size_t max, size_t *got, int64_t deadline,
                            struct fault *f)
{
    struct fake *n = fake_of(base);
    size_t left;
    struct item *i;
    enum nat_answer a = NAT_READY;

    *got = 0;
    pthread_mutex_lock(&fake_lock);
    n->row += n->got;
    n->got = 0;
    left = n->row_set && n->current ? n->current->rows - n->row : 0;
    if (is_lost(n))
        a = lost(n, f);
    else if (n->row_set && left == 0 && n->items[n->at].what == ITEM_LOST)
        a = head(n, &i, deadline, f);
    if (a == NAT_READY)
        *got = n->got = left < max ? (left < 64 ? left : 64) : max;
    pthread_mutex_unlock(&fake_lock);
    return a;
}

static struct nat_cell cell(const struct native *base, size_t row, size_t column)
{
    const struct fake *n = fake_of(base);
    const struct script *s = n->current ? n->current->script : NULL;

    if (s == NULL || row >= n->got || column >= s->ncolumns)
        return (struct nat_cell){NULL, 0};
    struct text t = s->cells[(n->row + row) % s->nrows * s->ncolumns + column];
    return (struct nat_cell){t.s, t.n};
}

static enum nat_answer detach(struct native *base, struct spool *to, int64_t deadline,
                              struct fault *f)
{
    return native_detach(base, &fake_of(base)->detach, fake_of(base)->row_set, to, deadline, f);
}

/* ---- the rest ---- */

static int poll_fd(const struct native *base, short *events)
{
    *events = POLLIN;
    return fake_of(base)->fd;
}

static void interrupt(struct native *base)
{
    pthread_mutex_lock(&fake_lock);
    fake_of(base)->interrupted = true;
    arm(fake_of(base), 0);
    pthread_mutex_unlock(&fake_lock);
}

static bool cancel(struct native *base)
{
    struct fake *n = fake_of(base);

    pthread_mutex_lock(&fake_lock);
    fake_count_cancel();
    if (n->open && cancelled(n))
        arm(n, 0);
    pthread_mutex_unlock(&fake_lock);
    return true;
}

static enum nat_answer finish(struct native *base, enum nat_finish how, int64_t deadline,
                              struct fault *f)
{
    struct fake *n = fake_of(base);
    struct nat_outcome out;
    enum nat_answer a = NAT_READY;

    if (how == NAT_CANCEL && n->at < n->nitems)
        cancel(base);
    while (a == NAT_READY && n->at < n->nitems)
        a = result(base, &out, deadline, f);
    return a;
}

static void status(const struct native *base, struct nat_status *out)
{
    struct fake *n = fake_of(base);

    pthread_mutex_lock(&fake_lock);
    *out = (struct nat_status){.alive = n->open && !is_lost(n),
                               .busy = n->at < n->nitems,
                               .txn = n->txn,
                               .hint = n->host ? n->host->role : ROLE_UNKNOWN};
    if (fake_caps.family == NAT_FAMILY_MY)
        out->hint = ROLE_UNKNOWN;
    pthread_mutex_unlock(&fake_lock);
}

static bool notice(struct native *base, struct fault *f)
{
    struct fake *n = fake_of(base);

    if (n->notice[0] == '\0')
        return false;
    fault_set(f, "01000", "%s", n->notice);
    f->from_server = true;
    n->notice[0] = '\0';
    return true;
}

static const char *parameter(const struct native *base, const char *name)
{
    const struct fake_host *h = fake_of(base)->host;
    const char *value = NULL;

    pthread_mutex_lock(&fake_lock);
    if (h && strcmp(name, "in_hot_standby") == 0)
        value = h->role == ROLE_READER ? "on" : "off";
    for (size_t i = 0; h && !value && i < h->nparameters; i++) {
        if (strcmp(h->parameters[i].name, name) == 0)
            value = h->parameters[i].value;
    }
    pthread_mutex_unlock(&fake_lock);
    return value;
}

static bool touched(const struct native *base, size_t i, const char **name, const char **value)
{
    const struct fake *n = fake_of(base);
    bool found = false;

    pthread_mutex_lock(&fake_lock);
    for (size_t at = 0; n->host && fake_caps.family == NAT_FAMILY_MY && at < n->host->nparameters;
         at++) {
        *name = n->host->parameters[at].name;
        *value = n->host->parameters[at].value;
        if (strcmp(*name, "schema") != 0 && i-- == 0) {
            found = true;
            break;
        }
    }
    pthread_mutex_unlock(&fake_lock);
    return found;
}

static unsigned parameters_changed(const struct native *base)
{
    struct fake *n = fake_of(base);
    pthread_mutex_lock(&fake_lock);
    unsigned changes = n->host ? n->host->changes : 0;
    pthread_mutex_unlock(&fake_lock);
    return changes;
}

static const char *server_version(const struct native *base)
{
    (void)base;
    return "15.18";
}

static const char *address(const struct native *base)
{
    return fake_of(base)->host ? fake_of(base)->host->address : "";
}

static int port(const struct native *base)
{
    const struct fake *n = fake_of(base);
    return n->port ? n->port : n->host && n->host->port ? n->host->port : 5432;
}

struct nat_caps fake_caps = {
    .dbms = "PostgreSQL", .parameters = "$", .lib_version = "fake 1", .quote = '"'};

const struct native_ops native_fake = {
    .create = create,
    .open = open_,
    .close = close_,
    .poll_fd = poll_fd,
    .interrupt = interrupt,
    .cancel = cancel,
    .status = status,
    .send = send_,
    .result = result,
    .columns = columns,
    .params = params,
    .next = next,
    .cell = cell,
    .detach = detach,
    .finish = finish,
    .notice = notice,
    .parameter = parameter,
    .parameters_changed = parameters_changed,
    .touched = touched,
    .server_version = server_version,
    .address = address,
    .port = port,
    .caps = &fake_caps,
};
