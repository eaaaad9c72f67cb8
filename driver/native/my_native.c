#include "native/my_priv.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the library's calls, which stop where they would wait ---- */

static int op_start(struct my *n)
{
    MYSQL *m = n->mysql, *connected = NULL;
    my_bool failed = 0;
    bool folder = n->host[0] == '/'; /* here it is the socket itself */
    int wait = 0;

    n->rc = 0;
    switch (n->op) {
    case MY_CONNECT:
        wait = mysql_real_connect_start(&connected, m, folder ? "localhost" : n->host, n->user,
                                        n->password, n->database[0] ? n->database : NULL,
                                        (unsigned)n->port, folder ? n->host : NULL,
                                        CLIENT_MULTI_STATEMENTS);
        n->rc = connected == NULL;
        break;
    case MY_SEND:
        wait = mysql_send_query_start(&n->rc, m, n->sql.p, n->sql.n);
        break;
    case MY_READ:
        wait = mysql_read_query_result_start(&failed, m);
        n->rc = failed;
        break;
    case MY_NEXT_RESULT:
        wait = mysql_next_result_start(&n->rc, m);
        break;
    case MY_FETCH:
        wait = mysql_fetch_row_start(&n->row, n->res);
        break;
    case MY_NONE:
        break;
    }
    return wait;
}

static int op_continue(struct my *n, int ready)
{
    MYSQL *m = n->mysql, *connected = NULL;
    my_bool failed = 0;
    int wait = 0;

    switch (n->op) {
    case MY_CONNECT:
        wait = mysql_real_connect_cont(&connected, m, ready);
        n->rc = connected == NULL;
        break;
    case MY_SEND:
        wait = mysql_send_query_cont(&n->rc, m, ready);
        break;
    case MY_READ:
        wait = mysql_read_query_result_cont(&failed, m, ready);
        n->rc = failed;
        break;
    case MY_NEXT_RESULT:
        wait = mysql_next_result_cont(&n->rc, m, ready);
        break;
    case MY_FETCH:
        wait = mysql_fetch_row_cont(&n->row, n->res, ready);
        break;
    case MY_NONE:
        break;
    }
    return wait;
}

static short poll_events(int wait)
{
    return (short)((wait & MYSQL_WAIT_READ ? POLLIN : 0) | (wait & MYSQL_WAIT_WRITE ? POLLOUT : 0) |
                   (wait & MYSQL_WAIT_EXCEPT ? POLLPRI : 0));
}

/* NAT_READY: the call is done, rc says how. The library has no timeouts of its own here. */
static enum nat_answer run(struct my *n, enum my_op op, int64_t deadline, struct fault *f)
{
    if (n->op == MY_NONE) {
        n->op = op;
        n->events = op_start(n);
    }
    while (n->events) {
        int fd = mysql_get_socket(n->mysql);
        if (op == MY_CONNECT && !twin_refresh(&n->twin, fd, f))
            return NAT_FAULT;
        if (wait_for(fd, poll_events(n->events), NULL, deadline) == WAIT_TIMEOUT)
            return NAT_WAIT;
        n->events = op_continue(n, n->events & ~MYSQL_WAIT_TIMEOUT);
    }
    n->op = MY_NONE;
    return NAT_READY;
}

/* ---- login ---- */

static void my_close(struct native *base, enum nat_close how)
{
    struct my *n = my_of(base);
    bool torn = how == NAT_ABANDON || n->op != MY_NONE || n->res;

    twin_fini(&n->twin);
    if (n->mysql && torn && !native_unplug(mysql_get_socket(n->mysql)))
        n->mysql = NULL;
    if (n->mysql) {
        mysql_free_result(n->res);
        mysql_close(n->mysql);
    }
    if (n->password)
        explicit_bzero(n->password, strlen(n->password));
    free(n->host);
    free(n->user);
    free(n->password);
    free(n->database);
    free(n->columns);
    free(n->places);
    buf_fini(&n->sql);
    buf_fini(&n->block);
    free(n);
}

static char *own(const char *s)
{
    return strdup(s ? s : "");
}

static void library_init(void)
{
    mysql_server_init(0, NULL, NULL);
}

static bool set_up(struct my *n, const struct nat_login *as)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const char *settings = as->probe ? "" : option_str(as->options, OPT_CONNSETTINGS);
    unsigned local_infile = 0;

    pthread_once(&once, library_init);
    n->mysql = mysql_init(NULL);
    return n->mysql && mysql_options(n->mysql, MYSQL_OPT_NONBLOCK, NULL) == 0 &&
           mysql_options(n->mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4") == 0 &&
           mysql_options(n->mysql, MYSQL_OPT_LOCAL_INFILE, &local_infile) == 0 &&
           (settings[0] == '\0' || mysql_options(n->mysql, MYSQL_INIT_COMMAND, settings) == 0);
}

static struct native *my_create(const struct nat_target *to, const struct nat_login *as,
                                struct fault *f)
{
    struct my *n = calloc(1, sizeof *n);
    const struct options *o = as->options;

    if (n == NULL || !twin_init(&n->twin)) {
        free(n);
        fault_oom(f);
        return NULL;
    }
    n->base.ops = &native_my;
    n->port = to->port;
    n->host = own(to->address && to->address[0] ? to->address : to->host);
    n->user = own(option_str(o, OPT_UID));
    n->password = own(option_str(o, OPT_PWD));
    n->database = own(as->database ? as->database : option_str(o, OPT_DATABASE));
    if (n->host && n->user && n->password && n->database && set_up(n, as))
        return &n->base;
    fault_oom(f);
    my_close(&n->base, NAT_ABANDON);
    return NULL;
}

static enum nat_answer my_open(struct native *base, int64_t deadline, struct fault *f)
{
    struct my *n = my_of(base);
    const char *version;

    if (n->stage != MY_CLOSED)
        return NAT_READY;
    if (twin_interrupted(&n->twin) && n->op == MY_NONE)
        return my_fault(n, true, f);
    enum nat_answer a = run(n, MY_CONNECT, deadline, f);
    if (a != NAT_READY)
        return a;
    if (n->rc || !twin_refresh(&n->twin, mysql_get_socket(n->mysql), f))
        return n->rc ? my_fault(n, true, f) : NAT_FAULT;
    version = mysql_get_server_info(n->mysql);
    snprintf(n->version, sizeof n->version, "%.*s", (int)strcspn(version ? version : "", "-"),
             version ? version : "");
    my_note_address(n);
    n->stage = MY_IDLE;
    return NAT_READY;
}

/* ---- sending ---- */

static bool compose(struct my *n, const struct nat_request *r, size_t count, struct fault *f)
{
    static const char *const words[] = {
        [NAT_BEGIN] = "BEGIN", [NAT_COMMIT] = "COMMIT", [NAT_ROLLBACK] = "ROLLBACK"};

    buf_reset(&n->sql);
    for (size_t i = 0; i < count; i++) {
        bool control = r[i].kind >= NAT_BEGIN && r[i].kind <= NAT_ROLLBACK;
        bool text = r[i].kind == NAT_QUERY && r[i].nparams == 0 && i + 1 == count;
        if (!control && !text)
            return fault_set(f, "HYC00", "the MySQL native runs texts only");
        buf_str(&n->sql, i ? ";" : "");
        if (r[i].sql.n > 0 || text)
            buf_text(&n->sql, r[i].sql);
        else
            buf_str(&n->sql, words[r[i].kind]);
    }
    return buf_ok(&n->sql) || fault_oom(f);
}

/* An idle server sends nothing but its end. */
static bool idle_alive(struct my *n, struct fault *f)
{
    if (!n->dead && !twin_interrupted(&n->twin) &&
        wait_for(mysql_get_socket(n->mysql), POLLIN, NULL, DEADLINE_NOW) == WAIT_TIMEOUT)
        return true;
    n->dead = true;
    return fault_lost(f, "the server has closed the connection");
}

static enum nat_answer my_send(struct native *base, const struct nat_request *r, size_t count,
                               bool *sent, int64_t deadline, struct fault *f)
{
    struct my *n = my_of(base);

    *sent = n->op == MY_SEND;
    if (n->op == MY_NONE) {
        if (n->stage != MY_IDLE) {
            fault_set(f, "HY010", "the connection is not ready for a request");
            return NAT_FAULT;
        }
        if (!idle_alive(n, f) || !compose(n, r, count, f))
            return NAT_FAULT;
        n->count = count;
        n->at = 0;
        if (count == 0)
            return NAT_READY;
        *sent = true;
    }
    enum nat_answer a = run(n, MY_SEND, deadline, f);
    if (a == NAT_READY && n->rc)
        return my_fault(n, false, f);
    if (a == NAT_READY)
        n->stage = MY_SENT;
    return a;
}

/* ---- rows ---- */

static void clear_set(struct my *n)
{
    mysql_free_result(n->res); /* its rows have been read: no I/O */
    n->res = NULL;
    n->ncolumns = n->got = 0;
}

static bool describe(struct my *n, struct fault *f)
{
    size_t count = mysql_num_fields(n->res);
    const MYSQL_FIELD *fields = mysql_fetch_fields(n->res);

    if (count > n->columns_cap) {
        void *c = reallocarray(n->columns, count, sizeof *n->columns);
        if (c == NULL)
            return fault_oom(f);
        n->columns = c;
        n->columns_cap = count;
    }
    if (count * MY_BLOCK > n->places_cap) {
        void *p = reallocarray(n->places, count * MY_BLOCK, sizeof *n->places);
        if (p == NULL)
            return fault_oom(f);
        n->places = p;
        n->places_cap = count * MY_BLOCK;
    }
    for (size_t i = 0; i < count; i++)
        my_column_fill(&n->columns[i], &fields[i]);
    n->ncolumns = count;
    return true;
}

/* The library's row lives until its next fetch: a block is a copy. */
static bool keep_row(struct my *n)
{
    const unsigned long *lengths = mysql_fetch_lengths(n->res);
    struct my_place *p = n->places + n->got * n->ncolumns;

    for (size_t i = 0; i < n->ncolumns; i++) {
        p[i] = (struct my_place){SIZE_MAX, 0};
        if (n->row[i] == NULL)
            continue;
        p[i] = (struct my_place){n->block.n, lengths[i]};
        buf_add(&n->block, n->row[i], lengths[i]);
    }
    n->got++;
    return buf_ok(&n->block);
}

static enum nat_answer my_next(struct native *base, size_t max, size_t *got, int64_t deadline,
                               struct fault *f)
{
    struct my *n = my_of(base);
    size_t want = max < MY_BLOCK ? max : MY_BLOCK;

    *got = n->got = 0;
    buf_reset(&n->block);
    /* Only the first row is waited for; a fetch that stops later goes on in the next block. */
    while (n->stage == MY_ROWS && !n->ended && n->got < want) {
        enum nat_answer a = run(n, MY_FETCH, n->got > 0 ? DEADLINE_NOW : deadline, f);
        if (a == NAT_WAIT && n->got > 0)
            break;
        if (a != NAT_READY)
            return a;
        n->ended = n->row == NULL;
        if (n->row && !keep_row(n)) {
            fault_oom(f);
            return NAT_FAULT;
        }
        n->rows += n->row != NULL;
    }
    *got = n->got;
    if (n->got == 0 && n->ended && n->stage == MY_ROWS && mysql_errno(n->mysql)) {
        my_fault(n, false, f);
        return f->link_lost ? NAT_FAULT : NAT_READY;
    }
    return NAT_READY;
}

/* ---- outcomes ---- */

static void outcome(struct my *n, enum nat_outcome_kind kind, struct nat_outcome *out)
{
    out->kind = kind;
    out->request = n->at < n->count ? n->at : n->count - (n->count > 0);
    out->set = 0;
    out->count = -1;
    out->tag[0] = '\0';
    out->out_params = false;
    fault_clear(&out->fault);
}

static void follow(struct my *n)
{
    unsigned status = n->mysql->server_status;

    n->txn = status & SERVER_STATUS_IN_TRANS ? NAT_TXN_OPEN : NAT_TXN_IDLE;
}

static enum nat_answer failed(struct my *n, struct nat_outcome *out, struct fault *f)
{
    outcome(n, NAT_FAILED, out);
    my_fault(n, false, &out->fault);
    if (out->fault.link_lost) {
        *f = out->fault;
        return NAT_FAULT;
    }
    clear_set(n);
    n->at++;
    n->stage = MY_SKIPPED;
    follow(n);
    return NAT_READY;
}

/* A statement has completed; the following ones' results belong to the last request. */
static void done(struct my *n, int64_t count, struct nat_outcome *out)
{
    outcome(n, NAT_DONE, out);
    out->count = count;
    clear_set(n);
    follow(n);
    if (n->at + 1 < n->count)
        n->at++;
    n->stage = MY_AFTER;
}

/* The library stands at a new result. */
static enum nat_answer begin(struct my *n, struct nat_outcome *out, struct fault *f)
{
    if (n->rc > 0)
        return failed(n, out, f);
    if (mysql_field_count(n->mysql) == 0) {
        done(n, (int64_t)mysql_affected_rows(n->mysql), out);
        return NAT_READY;
    }
    n->res = mysql_use_result(n->mysql);
    if (n->res == NULL)
        return failed(n, out, f);
    n->stage = MY_ROWS;
    n->ended = false;
    n->rows = 0;
    if (!describe(n, f))
        return NAT_FAULT;
    outcome(n, NAT_ROWS, out);
    return NAT_READY;
}

static void end(struct my *n, struct nat_outcome *out)
{
    outcome(n, NAT_END, out);
    n->stage = MY_IDLE;
    n->count = n->at = 0;
}

static enum nat_answer my_result(struct native *base, struct nat_outcome *out, int64_t deadline,
                                 struct fault *f)
{
    struct my *n = my_of(base);
    enum nat_answer a = NAT_READY;
    size_t got;

    if (n->op == MY_SEND && (a = run(n, MY_SEND, deadline, f)) == NAT_READY) {
        n->stage = MY_SENT;
        if (n->rc)
            return my_fault(n, false, f);
    }
    while (a == NAT_READY && n->stage == MY_ROWS && !n->ended)
        a = my_next(base, MY_BLOCK, &got, deadline, f);
    if (a != NAT_READY)
        return a;
    if (n->dead)
        return my_fault(n, false, f);
    switch (n->stage) {
    case MY_SENT:
        a = run(n, MY_READ, deadline, f);
        return a == NAT_READY ? begin(n, out, f) : a;
    case MY_ROWS:
        if (mysql_errno(n->mysql))
            return failed(n, out, f);
        done(n, n->rows, out);
        return NAT_READY;
    case MY_AFTER:
        if (n->op == MY_NONE && !mysql_more_results(n->mysql))
            break;
        a = run(n, MY_NEXT_RESULT, deadline, f);
        if (a != NAT_READY)
            return a;
        if (n->rc < 0)
            break;
        return begin(n, out, f);
    case MY_SKIPPED:
        if (n->at >= n->count)
            break;
        outcome(n, NAT_SKIPPED, out);
        n->at++;
        return NAT_READY;
    default:
        break;
    }
    end(n, out);
    return NAT_READY;
}

static enum nat_answer my_detach(struct native *base, struct spool *to, int64_t deadline,
                                 struct fault *f)
{
    struct my *n = my_of(base);
    return native_detach(base, &n->detach, n->stage == MY_ROWS, to, deadline, f);
}

static enum nat_answer my_finish(struct native *base, enum nat_finish how, int64_t deadline,
                                 struct fault *f)
{
    struct my *n = my_of(base);
    struct nat_outcome out;
    enum nat_answer a = NAT_READY;

    (void)how; /* KILL QUERY would need a connection of its own: everything is drained */
    while (a == NAT_READY && (n->stage > MY_IDLE || n->op != MY_NONE))
        a = my_result(base, &out, deadline, f);
    return a;
}

/* ---- other threads, outer loops ---- */

static void my_interrupt(struct native *base)
{
    twin_interrupt(&my_of(base)->twin);
}

static bool my_cancel(struct native *base)
{
    (void)base;
    return false;
}

static int my_poll_fd(const struct native *base, short *events)
{
    struct my *n = my_of(base);

    *events = n->op == MY_NONE ? POLLIN : poll_events(n->events);
    return n->mysql ? mysql_get_socket(n->mysql) : -1;
}

const struct native_ops native_my = {
    .create = my_create,
    .open = my_open,
    .close = my_close,
    .poll_fd = my_poll_fd,
    .interrupt = my_interrupt,
    .cancel = my_cancel,
    .status = my_status,
    .send = my_send,
    .result = my_result,
    .columns = my_columns,
    .params = my_params,
    .next = my_next,
    .cell = my_cell,
    .detach = my_detach,
    .finish = my_finish,
    .notice = my_notice,
    .parameter = my_parameter,
    .parameters_changed = my_parameters_changed,
    .server_version = my_server_version,
    .address = my_address,
    .port = my_port,
    .caps = &my_caps,
};
