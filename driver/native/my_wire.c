#include "native/my_priv.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static int start_connect(struct my *n)
{
    MYSQL *connected = NULL;
    const char *host = n->socket ? "localhost" : n->dial[0] ? n->dial : "localhost";
    int wait = mysql_real_connect_start(&connected, n->mysql, host, n->user, n->password,
                                        n->database[0] ? n->database : NULL, (unsigned)n->port,
                                        n->socket, n->flags);

    n->rc = connected == NULL;
    return wait;
}

static int start_stmt(struct my *n)
{
    my_bool failed = 0;
    int wait = 0;

    switch (n->op) {
    case MY_PREPARE:
        return mysql_stmt_prepare_start(&n->rc, n->stmt->handle, buf_z(&n->sql), n->sql.n);
    case MY_EXECUTE:
        return mysql_stmt_execute_start(&n->rc, n->stmt->handle);
    case MY_STMT_NEXT:
        return mysql_stmt_next_result_start(&n->rc, n->stmt->handle);
    case MY_STMT_FETCH:
        return mysql_stmt_fetch_start(&n->rc, n->stmt->handle);
    case MY_STMT_CLOSE:
        wait = mysql_stmt_close_start(&failed, n->closing);
        n->rc = failed;
        return wait;
    default:
        return 0;
    }
}

static void forget_tls_errors(const struct my *n)
{
    if (n->tls || n->op == MY_CONNECT)
        my_tls_clear_errors();
}

int my_op_start(struct my *n)
{
    my_bool failed = 0;
    int wait;

    n->rc = 0;
    forget_tls_errors(n);
    switch (n->op) {
    case MY_CONNECT:
        return start_connect(n);
    case MY_SEND:
        return mysql_send_query_start(&n->rc, n->mysql, buf_z(&n->sql), n->sql.n);
    case MY_READ:
        wait = mysql_read_query_result_start(&failed, n->mysql);
        n->rc = failed;
        return wait;
    case MY_NEXT:
        return mysql_next_result_start(&n->rc, n->mysql);
    case MY_FETCH:
        return mysql_fetch_row_start(&n->row, n->res);
    case MY_RESET:
        return mysql_reset_connection_start(&n->rc, n->mysql);
    default:
        return start_stmt(n);
    }
}

static int continue_stmt(struct my *n, int ready)
{
    my_bool failed = 0;
    int wait = 0;

    switch (n->op) {
    case MY_PREPARE:
        return mysql_stmt_prepare_cont(&n->rc, n->stmt->handle, ready);
    case MY_EXECUTE:
        return mysql_stmt_execute_cont(&n->rc, n->stmt->handle, ready);
    case MY_STMT_NEXT:
        return mysql_stmt_next_result_cont(&n->rc, n->stmt->handle, ready);
    case MY_STMT_FETCH:
        return mysql_stmt_fetch_cont(&n->rc, n->stmt->handle, ready);
    case MY_STMT_CLOSE:
        wait = mysql_stmt_close_cont(&failed, n->closing, ready);
        n->rc = failed;
        return wait;
    default:
        return 0;
    }
}

static int op_continue(struct my *n, int ready)
{
    MYSQL *connected = NULL;
    my_bool failed = 0;
    int wait;

    forget_tls_errors(n);
    switch (n->op) {
    case MY_CONNECT:
        wait = mysql_real_connect_cont(&connected, n->mysql, ready);
        n->rc = connected == NULL;
        return wait;
    case MY_SEND:
        return mysql_send_query_cont(&n->rc, n->mysql, ready);
    case MY_READ:
        wait = mysql_read_query_result_cont(&failed, n->mysql, ready);
        n->rc = failed;
        return wait;
    case MY_NEXT:
        return mysql_next_result_cont(&n->rc, n->mysql, ready);
    case MY_FETCH:
        return mysql_fetch_row_cont(&n->row, n->res, ready);
    case MY_RESET:
        return mysql_reset_connection_cont(&n->rc, n->mysql, ready);
    default:
        return continue_stmt(n, ready);
    }
}

short my_poll_events(int wait)
{
    return (short)((wait & MYSQL_WAIT_READ ? POLLIN : 0) | (wait & MYSQL_WAIT_WRITE ? POLLOUT : 0) |
                   (wait & MYSQL_WAIT_EXCEPT ? POLLPRI : 0));
}

/* The library has no address beside the name. But it reads the host that it was given twice: to
 * dial it, and behind the greeting, as the name that the certificate must have. Between the two it
 * stops for the greeting; if it did not, the address would be verified. */
static bool dialled(struct my *n, int fd, struct fault *f)
{
    if (n->dial[0] && n->host[0] && n->host[0] != '/')
        snprintf(n->dial, sizeof n->dial, "%s", n->host);
    return twin_refresh(&n->twin, fd, f);
}

static enum nat_answer run(struct my *n, enum my_op op, bool out_only, int64_t deadline,
                           struct fault *f)
{
#if MY_BLOCKS
    return my_job_run(n, op, out_only, deadline, f);
#endif
    if (n->op == MY_NONE) {
        n->op = op;
        n->sent = n->sent || op != MY_CONNECT;
        n->events = my_op_start(n);
    }
    while (n->events) {
        int fd = my_fd(n->mysql);

        if (n->op == MY_CONNECT && !dialled(n, fd, f))
            return NAT_FAULT;
        if (out_only && n->events == MYSQL_WAIT_READ)
            return NAT_READY;
        if (wait_for(fd, my_poll_events(n->events), NULL, deadline) == WAIT_TIMEOUT)
            return NAT_WAIT;
        n->events = op_continue(n, n->events & ~MYSQL_WAIT_TIMEOUT);
    }
    n->op = MY_NONE;
    return NAT_READY;
}

enum nat_answer my_run(struct my *n, enum my_op op, int64_t deadline, struct fault *f)
{
    return run(n, op, false, deadline, f);
}

enum nat_answer my_run_out(struct my *n, enum my_op op, int64_t deadline, struct fault *f)
{
    return run(n, op, true, deadline, f);
}

/* The call lives on a stack of the library's: only its own end frees what it holds. */
void my_unwind(struct my *n)
{
    for (int i = 0; n->op != MY_NONE && n->events && i < 1000; i++)
        n->events = op_continue(n, n->events & ~MYSQL_WAIT_TIMEOUT);
    n->op = MY_NONE;
    n->events = 0;
}

/* (A Unix socket has no cork, and no packets to save.) */
void my_cork(struct my *n, bool on)
{
    int value = on;

    if (n->corked == on)
        return;
    n->corked = on;
    setsockopt(my_fd(n->mysql), IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}
