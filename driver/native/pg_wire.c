#include "native/pg_priv.h"

#include <poll.h>

/* A record of TLS may be larger than what libpq takes of it in one read; poll knows nothing of the
 * rest. Hence one read before each wait but the first after a send, and no wait without end. */
#define TLS_SLICE SECONDS(1)

enum nat_answer pg_wait(struct pg *n, short events, int64_t deadline, struct fault *f)
{
    int64_t until = n->tls ? deadline_min(deadline, deadline_in(TLS_SLICE)) : deadline;

    if (n->dead || twin_interrupted(&n->twin))
        return pg_lost(n, NULL, f);
    if (wait_for(PQsocket(n->conn), events, NULL, until) == WAIT_TIMEOUT &&
        deadline_passed(deadline))
        return NAT_WAIT;
    return NAT_READY;
}

/* Reads what has come. False: libpq can go no further and has not closed its socket itself. */
static bool take_input(struct pg *n)
{
    return PQconsumeInput(n->conn) || PQstatus(n->conn) == CONNECTION_BAD;
}

static enum nat_answer give_up(struct pg *n, struct fault *f)
{
    twin_shut(&n->twin);
    n->dead = true;
    fault_oom(f);
    f->link_lost = true;
    return NAT_FAULT;
}

/* Also reads while it writes: a server that blocks on its own output reads nothing. */
enum nat_answer pg_flush(struct pg *n, int64_t deadline, struct fault *f)
{
    int left;

    while ((left = PQflush(n->conn)) > 0) {
        enum nat_answer a = pg_wait(n, POLLIN | POLLOUT, deadline, f);
        if (a != NAT_READY)
            return a;
        if (!take_input(n))
            return give_up(n, f);
    }
    return left < 0 ? pg_lost(n, NULL, f) : NAT_READY;
}

enum nat_answer pg_fetch(struct pg *n, PGresult **res, int64_t deadline, struct fault *f)
{
    /* On a closed socket PQgetResult answers at once, with what has come before the end first. */
    while (PQisBusy(n->conn) && PQstatus(n->conn) != CONNECTION_BAD) {
        if (n->tls && !n->fresh) {
            if (!take_input(n))
                return give_up(n, f);
            if (!PQisBusy(n->conn))
                break;
        }
        n->fresh = false;
        enum nat_answer a = pg_wait(n, POLLIN, deadline, f);
        if (a != NAT_READY)
            return a;
        if (!take_input(n))
            return give_up(n, f);
    }
    *res = PQgetResult(n->conn);
    if (*res == NULL && PQstatus(n->conn) == CONNECTION_BAD)
        return pg_lost(n, NULL, f);
    if (*res && pg_result_lost(n, *res)) {
        enum nat_answer a = pg_lost(n, *res, f);
        PQclear(*res);
        *res = NULL;
        return a;
    }
    return NAT_READY;
}

/* ODBC has no words for NOTIFY; libpq would keep them for ever. */
static void drop_notifies(struct pg *n)
{
    PGnotify *note;

    while ((note = PQnotifies(n->conn)) != NULL)
        PQfreemem(note);
}

bool pg_idle_alive(struct pg *n, struct fault *f)
{
    bool alive = !n->dead && !twin_interrupted(&n->twin) && PQstatus(n->conn) == CONNECTION_OK;
    bool young = native_is_young(n->alive_us, n->asked_us);

    /* Bounded: a server that talks without end while nobody asks is left to result(). */
    for (int i = 0; alive && !young && i < 16; i++) {
        if (wait_for(PQsocket(n->conn), POLLIN, NULL, DEADLINE_NOW) != WAIT_IO)
            break;
        alive = PQconsumeInput(n->conn);
        if (alive)
            PQisBusy(n->conn); /* parses, which feeds notices and parameters */
    }
    drop_notifies(n);
    if (alive && !fault_is(&n->last_words))
        return true;
    pg_lost(n, NULL, f);
    return false;
}

/* A COPY cannot be served: ends it, so that the outcomes go on. Resumable. */
enum nat_answer pg_end_copy(struct pg *n, const PGresult *res, int64_t deadline, struct fault *f)
{
    char *line = NULL;
    int got;

    if (PQresultStatus(res) == PGRES_COPY_IN || PQresultStatus(res) == PGRES_COPY_BOTH) {
        if (!n->copying && PQputCopyEnd(n->conn, "COPY is not supported by the driver") < 0)
            return pg_lost(n, NULL, f);
        n->copying = true;
        return pg_flush(n, deadline, f);
    }
    while ((got = PQgetCopyData(n->conn, &line, 1)) >= 0) {
        PQfreemem(line);
        line = NULL;
        if (got > 0)
            continue;
        enum nat_answer a = pg_wait(n, POLLIN, deadline, f);
        if (a != NAT_READY)
            return a;
        if (!take_input(n))
            return give_up(n, f);
        if (PQstatus(n->conn) == CONNECTION_BAD)
            return pg_lost(n, NULL, f);
    }
    return NAT_READY;
}

int pg_poll_fd(const struct native *base, short *events)
{
    const struct pg *n = pg_of_const(base);
    int helper = pg_cancel_fd(n);

    *events = POLLIN;
    if (n->conn == NULL)
        return -1;
    if (n->stage == PG_DIALING)
        *events = n->polling == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    else if (!n->busy && helper >= 0)
        return helper;
    else if (n->sending)
        *events = POLLIN | POLLOUT;
    return PQsocket(n->conn);
}
