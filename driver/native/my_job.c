#include "native/my_priv.h"

/* libmysqlclient blocks in all but a few calls. Without a deadline they block here: interrupt()
 * wakes them by the twin. Under a deadline, and to connect, a helper makes the call: it cannot be
 * taken back, but the wait for it can end; the next verb waits on. */
#if MY_BLOCKS

#include "base/helper.h"
#include "base/log.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define JOB_STACK   ((size_t)512 * 1024)
#define SHORT_TEXT  8192 /* the socket's own buffer has room for it */
#define LEFT_MAX    32   /* connects that nobody waits for any more, of the whole process */
#define END_TIME    SECONDS(2)
#define DIAL_GRACE  MS(20)
#define DIAL_MOST   60 /* seconds */
#define FIELD_BYTES 40 /* of a column's description, beside its names */
#define ROW_HEADER  6

enum { AT_WORK, DONE, LEFT };

struct my_job {
    atomic_int refs; /* the native's and the helper's */
    atomic_int state;
    struct wake wake; /* signalled when it is done, and by an interrupt */
    pid_t maker;
    struct my *n; /* borrowed: close() waits for the helper; a connect does not look at it */
    enum my_op op;
    size_t want, got; /* of MY_FILL, as are answer and fault */
    enum nat_answer answer;
    struct fault fault;
    MYSQL *mysql; /* of MY_CONNECT, as is all that follows; the helper's once the job is LEFT */
    char *host, *user, *password, *database, *socket; /* owned */
    unsigned port;
    unsigned long flags;
    bool failed;
};

static atomic_int left;

static char *copy(const char *s)
{
    return s ? strdup(s) : NULL;
}

static void unref(struct my_job *j)
{
    if (atomic_fetch_sub(&j->refs, 1) != 1)
        return;
    if (j->password)
        explicit_bzero(j->password, strlen(j->password));
    wake_fini(&j->wake);
    free(j->host);
    free(j->user);
    free(j->password);
    free(j->database);
    free(j->socket);
    free(j);
}

/* ---- the helper ---- */

static void connect_it(struct my_job *j)
{
    j->failed = mysql_real_connect(j->mysql, j->host, j->user, j->password, j->database, j->port,
                                   j->socket, j->flags) == NULL;
    if (!j->failed)
        my_helper_before_exit();
}

static void *helper(void *arg)
{
    struct my_job *j = arg;
    bool connects = j->op == MY_CONNECT;
    int state = AT_WORK;

    pthread_setname_np(pthread_self(), "hf-call");
    mysql_thread_init();
    if (j->op == MY_CONNECT)
        connect_it(j);
    else if (j->op == MY_FILL)
        j->answer = my_fill(j->n, j->want, &j->got, DEADLINE_NEVER, &j->fault);
    else
        my_op_start(j->n);
    if (!atomic_compare_exchange_strong(&j->state, &state, DONE)) {
        mysql_close(j->mysql);
        atomic_fetch_sub(&left, 1);
    }
    wake_signal(&j->wake);
    mysql_thread_end();
    unref(j);
    if (connects)
        my_helper_end();
    return NULL;
}

/* ---- starting ---- */

static bool fill_connect(struct my_job *j, struct my *n, int64_t deadline)
{
    int64_t rest = deadline == DEADLINE_NEVER ? SECONDS(DIAL_MOST) : deadline - clock_us();
    /* Later than ours: it ends the connects that nobody waits for. */
    unsigned seconds = rest <= 0                    ? 1
                       : rest >= SECONDS(DIAL_MOST) ? DIAL_MOST
                                                    : (unsigned)(rest / SECONDS(1)) + 2;

    j->mysql = n->mysql;
    j->host = copy(n->socket    ? "localhost"
                   : n->named   ? n->host
                   : n->dial[0] ? n->dial
                                : "localhost");
    j->user = copy(n->user);
    j->password = copy(n->password);
    j->database = copy(n->database[0] ? n->database : NULL);
    j->socket = copy(n->socket);
    j->port = (unsigned)n->port;
    j->flags = n->flags;
    return j->host && j->user && j->password && (j->database || !n->database[0]) &&
           (j->socket || !n->socket) &&
           mysql_options(j->mysql, MYSQL_OPT_CONNECT_TIMEOUT, &seconds) == 0;
}

static void note_job(struct my *n, struct my_job *j)
{
    pthread_mutex_lock(&n->job_lock);
    n->job = j;
    pthread_mutex_unlock(&n->job_lock);
}

static bool start_helper(struct my_job *j)
{
    bool connects = j->op == MY_CONNECT;

    errno = ECANCELED;
    if ((!connects || my_helper_begin()) && helper_start(helper, j, JOB_STACK))
        return true;
    if (connects)
        my_helper_end();
    return false;
}

static bool start(struct my *n, size_t want, int64_t deadline, struct fault *f)
{
    char why[80] = "";
    struct my_job *j;
    int error;

    if (n->op == MY_CONNECT && atomic_load(&left) >= LEFT_MAX)
        return fault_lost(f, "earlier connects have had no answer yet");
    j = calloc(1, sizeof *j);
    if (j == NULL)
        return fault_oom(f);
    atomic_init(&j->refs, 2);
    atomic_init(&j->state, AT_WORK);
    j->wake.fd = -1;
    j->maker = getpid();
    j->n = n;
    j->op = n->op;
    j->want = want;
    if ((n->op != MY_CONNECT || fill_connect(j, n, deadline)) && wake_init(&j->wake)) {
        note_job(n, j);
        n->filling = n->op == MY_FILL;
        if (start_helper(j))
            return true;
        n->filling = false;
        error = errno;
        note_job(n, NULL);
    } else {
        error = errno;
    }
    atomic_store(&j->refs, 1);
    unref(j);
    return fault_set(f, "HY000", "no helper thread can be started: %s",
                     strerror_r(error, why, sizeof why));
}

/* ---- what has come already ---- */

/* The kernel counts what the library has taken from the socket; what its rows have taken since is
 * counted a little too high. The rest is in the library, or in the socket still. */

static size_t row_bytes(const struct my *n)
{
    size_t bytes = n->block.n - n->here_block, rows = n->got - n->here_got;

    return n->here_spent + bytes + bytes / 31 + rows * (ROW_HEADER + 2 * n->ncolumns);
}

static void here_mark(struct my *n)
{
    n->here_spent = 0;
    n->here_block = n->block.n;
    n->here_got = n->got;
}

static uint64_t taken(const struct my *n, int *waiting)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    int fd = my_fd(n->mysql);

    *waiting = 0;
    if (ioctl(fd, FIONREAD, waiting) != 0 || *waiting < 0)
        *waiting = 0;
    /* Not of a Unix socket. */
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        info.tcpi_bytes_received < (uint64_t)*waiting)
        return 0;
    return info.tcpi_bytes_received - (uint64_t)*waiting;
}

static void here_begin(struct my *n)
{
    int waiting;

    n->here = n->here_inside = 0;
    n->here_taken = taken(n, &waiting);
    here_mark(n);
}

void my_here_described(struct my *n, const MYSQL_FIELD *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        n->here_spent += FIELD_BYTES + fields[i].db_length + fields[i].table_length +
                         fields[i].org_table_length + fields[i].name_length +
                         fields[i].org_name_length;
}

void my_here_block(struct my *n)
{
    size_t spent = row_bytes(n);

    here_mark(n);
    n->here_spent = spent;
    n->here_block = n->here_got = 0;
}

bool my_row_is_here(struct my *n)
{
    size_t spent = row_bytes(n), inside;
    uint64_t now;
    int waiting;

    if (spent < n->here)
        return true;
    now = taken(n, &waiting);
    inside = n->here_inside + (size_t)(now - n->here_taken);
    n->here_inside = now < n->here_taken || inside < spent ? 0 : inside - spent;
    n->here_taken = now;
    n->here = n->here_inside + (size_t)waiting;
    here_mark(n);
    return n->here > 0;
}

/* ---- waiting ---- */

static void leave(struct my *n)
{
    struct my_job *j = n->job;
    int state = AT_WORK;

    atomic_fetch_add(&left, 1);
    if (atomic_compare_exchange_strong(&j->state, &state, LEFT))
        n->mysql = NULL;
    else
        atomic_fetch_sub(&left, 1);
}

static void forget(struct my *n)
{
    struct my_job *j = n->job;

    note_job(n, NULL);
    n->filling = false;
    n->op = MY_NONE;
    unref(j);
}

/* `heed`: a connect is waited for until it is interrupted only. */
static bool wait_done(struct my *n, bool heed, int64_t deadline)
{
    struct my_job *j = n->job;

    while (atomic_load(&j->state) != DONE) {
        if (heed && j->op == MY_CONNECT && twin_interrupted(&n->twin))
            return true;
        if (wait_for(-1, 0, &j->wake, deadline) == WAIT_TIMEOUT)
            return false;
        wake_clear(&j->wake); /* an interrupt's, or the end's */
    }
    return true;
}

static enum nat_answer settle(struct my *n, int64_t deadline)
{
    struct my_job *j = n->job;

    if (!wait_done(n, true, deadline))
        return NAT_WAIT;
    if (j->op == MY_CONNECT) {
        leave(n);
        n->rc = n->mysql == NULL || j->failed;
    }
    forget(n);
    return NAT_READY;
}

/* Nothing of an answer has been read yet, so that it is not in the library either. */
static bool answer_has_begun(struct my *n, int64_t deadline)
{
    return deadline == DEADLINE_NEVER ||
           wait_for(my_fd(n->mysql), POLLIN, NULL, deadline) != WAIT_TIMEOUT;
}

static bool is_short(const struct my *n, enum my_op op)
{
    return (op == MY_SEND && n->sql.n <= SHORT_TEXT) || op == MY_STMT_CLOSE;
}

/* What the helper sends is ours, not the caller's: it need not be waited for to be copied. */
static bool is_own(const struct my *n, enum my_op op)
{
    return op == MY_PREPARE || (op == MY_EXECUTE && n->stmt->nparams == 0);
}

enum nat_answer my_job_run(struct my *n, enum my_op op, bool out_only, int64_t deadline,
                           struct fault *f)
{
    bool sent = n->sent;

    if (n->op != MY_NONE)
        return settle(n, deadline);
    if (op == MY_READ && !answer_has_begun(n, deadline))
        return NAT_WAIT;
    n->op = op;
    n->sent = n->sent || op != MY_CONNECT;
    if (op == MY_SEND || op == MY_EXECUTE)
        here_begin(n);
    if (op != MY_CONNECT && (deadline == DEADLINE_NEVER || is_short(n, op))) {
        my_op_start(n);
        n->op = MY_NONE;
        return NAT_READY;
    }
    if (start(n, 0, deadline, f))
        return out_only && is_own(n, op) ? NAT_READY : settle(n, deadline);
    n->op = MY_NONE;
    n->sent = sent;
    return NAT_FAULT;
}

enum nat_answer my_job_fill(struct my *n, size_t want, size_t *got, int64_t deadline,
                            struct fault *f)
{
    struct my_job *j;
    enum nat_answer a;

    *got = 0;
    if (n->op == MY_NONE) {
        n->op = MY_FILL;
        if (!start(n, want, deadline, f)) {
            n->op = MY_NONE;
            return NAT_FAULT;
        }
    }
    j = n->job;
    if (!wait_done(n, true, deadline))
        return NAT_WAIT;
    *got = j->got;
    *f = j->fault;
    a = j->answer;
    forget(n);
    return a;
}

/* ---- from outside ---- */

void my_job_wake(struct my *n)
{
    pthread_mutex_lock(&n->job_lock);
    if (n->job)
        wake_signal(&n->job->wake);
    pthread_mutex_unlock(&n->job_lock);
}

int my_job_fd(const struct my *n)
{
    return n->job ? n->job->wake.fd : -1;
}

bool my_job_end(struct my *n)
{
    struct my_job *j = n->job;

    if (j == NULL)
        return true;
    if (j->maker != getpid()) { /* the helper stayed with the parent, in the middle of its work */
        n->mysql = NULL;
        n->job = NULL;
        return false;
    }
    if (j->op == MY_CONNECT) {
        /* One that is being answered is not left in the middle: the process might end in it. */
        wait_done(n, false, deadline_in(DIAL_GRACE));
        leave(n);
        forget(n);
        return true;
    }
    twin_shut(&n->twin);
    if (!wait_done(n, false, deadline_in(END_TIME))) {
        LOG(LOG_WARN, "native", "a call of the client library does not end; it stays as it is");
        return false;
    }
    forget(n);
    return true;
}

#endif
