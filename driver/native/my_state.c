#include "native/my_priv.h"

#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

static char lib_version[48] = MY_LIBRARY;

static void name_library(void)
{
    snprintf(lib_version, sizeof lib_version, MY_LIBRARY " %s", mysql_get_client_info());
}

void my_name_library(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, name_library);
}

static const struct nat_caps caps = {
    .family = NAT_FAMILY_MY,
    .dbms = "MySQL",
    .parameters = "?",
    .lib_version = lib_version,
    .quote = '`',
    .backslash_escapes = true,
    .open_blocks = !MY_BLOCKS, /* in the TLS handshake; a helper does not */
    .blocks = MY_BLOCKS,       /* without a deadline */
};

static void status(const struct native *base, struct nat_status *out)
{
    const struct my *n = my_of(base);

    out->alive = n->stage > MY_NEW && !n->dead;
    out->busy = n->stage > MY_IDLE || n->sending || n->op != MY_NONE;
    out->txn = n->txn;
    out->hint = ROLE_UNKNOWN;
}

void my_note_address(struct my *n)
{
    struct sockaddr_storage a;
    socklen_t size = sizeof a;
    char service[16] = "";

    n->address[0] = '\0';
    if (getpeername(my_fd(n->mysql), (struct sockaddr *)&a, &size) == 0 && a.ss_family != AF_UNIX &&
        getnameinfo((struct sockaddr *)&a, size, n->address, sizeof n->address, service,
                    sizeof service, NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
        int64_t port;
        if (text_to_i64(text_of(service), &port))
            n->port = (int)port;
    }
}

static const struct nat_column *columns(const struct native *base, size_t *count)
{
    const struct my *n = my_of(base);

    if (n->early_now)
        return spool_columns(n->early, count);
    *count = n->ncolumns;
    return n->columns;
}

static const struct nat_type *params(const struct native *base, size_t *count)
{
    *count = my_of(base)->nparams;
    return my_of(base)->params;
}

static int poll_fd(const struct native *base, short *events)
{
    const struct my *n = my_of(base);

#if MY_BLOCKS
    *events = POLLIN;
    if (n->job)
        return my_job_fd(n);
#endif
    *events = n->op == MY_NONE ? POLLIN : my_poll_events(n->events);
    return n->mysql ? my_fd(n->mysql) : -1;
}

static void interrupt(struct native *base)
{
    twin_interrupt(&my_of(base)->twin);
#if MY_BLOCKS
    my_job_wake(my_of(base));
#endif
}

static const char *server_version(const struct native *base)
{
    return my_of(base)->version;
}

static const char *address(const struct native *base)
{
    return my_of(base)->address;
}

static int port(const struct native *base)
{
    return my_of(base)->port;
}

const struct native_ops native_my = {
    .create = my_create,
    .open = my_open,
    .reset = my_reset,
    .close = my_close,
    .poll_fd = poll_fd,
    .interrupt = interrupt,
    .cancel = my_cancel,
    .status = status,
    .send = my_send,
    .result = my_result,
    .columns = columns,
    .params = params,
    .next = my_next,
    .last = my_last,
    .cell = my_cell,
    .row = my_row,
    .detach = my_detach,
    .finish = my_finish,
    .notice = my_notice,
    .parameter = my_parameter,
    .parameters_changed = my_parameters_changed,
    .touched = my_touched,
    .server_version = server_version,
    .address = address,
    .port = port,
    .caps = &caps,
};
