/*
 * floor: the moment a standby first takes a write, asked directly.
 *
 *   PGPASSWORD=... floor SECONDS NAME=ADDRESS:PORT...
 *
 * Holds one session to each node as postgres and prints "ready" when every node was reached or
 * refused once (or after 2 s).  From then on tries an INSERT on each of them every millisecond, at
 * most one outstanding per session; a lost session is opened again.  The first acknowledged INSERT
 * is printed as "CLOCK_MONOTONIC-ms NAME" and ends the program (exit status 0).  Exit status 1:
 * nobody took a write within SECONDS.
 */
#define _GNU_SOURCE /* ppoll */
#include <libpq-fe.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_NODES = 16 };
enum state { CLOSED, DIALING, IDLE, BUSY };

struct node {
    char name[128];
    char conninfo[256];
    PGconn *conn; /* owned; NULL when CLOSED */
    enum state state;
    short events;  /* what DIALING and BUSY wait for */
    double due;    /* when CLOSED dials again, when IDLE sends again */
    bool answered; /* was reached, or refused, once */
};

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static bool node_init(struct node *n, const char *arg)
{
    char address[64];
    int port;
    if (sscanf(arg, "%127[^=]=%63[^:]:%d", n->name, address, &port) != 3)
        return false;
    snprintf(
        n->conninfo, sizeof n->conninfo,
        "hostaddr=%s port=%d user=postgres dbname=postgres application_name=floor sslmode=disable "
        "gssencmode=disable options='-c log_min_messages=panic'",
        address, port);
    return true;
}

static void node_drop(struct node *n)
{
    PQfinish(n->conn);
    n->conn = NULL;
    n->state = CLOSED;
    n->due = now_ms() + 5;
    n->answered = true;
}

static void node_dial(struct node *n)
{
    n->conn = PQconnectStart(n->conninfo);
    n->state = DIALING;
    n->events = POLLOUT;
    if (!n->conn || PQstatus(n->conn) == CONNECTION_BAD)
        node_drop(n);
}

static void node_dialing(struct node *n)
{
    switch (PQconnectPoll(n->conn)) {
    case PGRES_POLLING_READING:
        n->events = POLLIN;
        break;
    case PGRES_POLLING_WRITING:
        n->events = POLLOUT;
        break;
    case PGRES_POLLING_OK:
        n->state = IDLE;
        n->answered = true;
        n->due = 0;
        break;
    default:
        node_drop(n);
    }
}

static void node_send(struct node *n, double now)
{
    n->due = now + 1;
    n->state = BUSY;
    n->events = POLLIN;
    if (!PQsendQuery(n->conn, "INSERT INTO floor VALUES (now())"))
        node_drop(n);
}

/* Takes what has arrived; true when an INSERT was acknowledged. */
static bool node_receive(struct node *n)
{
    PGresult *r;
    if (!PQconsumeInput(n->conn)) {
        node_drop(n);
        return false;
    }
    while (!PQisBusy(n->conn)) {
        if (!(r = PQgetResult(n->conn))) {
            n->state = IDLE;
            return false;
        }
        bool taken = PQresultStatus(r) == PGRES_COMMAND_OK;
        PQclear(r);
        if (taken)
            return true;
        if (PQstatus(n->conn) == CONNECTION_BAD) {
            node_drop(n);
            return false;
        }
    }
    return false;
}

/* Starts what is due and waits for an answer, but no longer than until the next thing is due. */
static void wait_all(struct node *nodes, int count, struct pollfd *fds, bool writing)
{
    double now = now_ms(), next = now + 5;
    for (int i = 0; i < count; i++) {
        struct node *n = &nodes[i];
        if (n->state == CLOSED && n->due <= now)
            node_dial(n);
        if (n->state == IDLE && writing && n->due <= now)
            node_send(n, now);
        bool waits = n->state == DIALING || n->state == BUSY;
        fds[i] = (struct pollfd){.fd = waits ? PQsocket(n->conn) : -1, .events = n->events};
        if (!waits && n->due > now && n->due < next)
            next = n->due;
    }
    double rest = next - now_ms();
    struct timespec t = {.tv_nsec = rest > 0 ? (long)(rest * 1e6) : 0};
    ppoll(fds, (nfds_t)count, &t, NULL);
}

int main(int argc, char **argv)
{
    static struct node nodes[MAX_NODES];
    struct pollfd fds[MAX_NODES];
    int count = argc - 2;
    bool ready = false;
    if (count < 1 || count > MAX_NODES)
        return 2;
    for (int i = 0; i < count; i++)
        if (!node_init(&nodes[i], argv[i + 2]))
            return 2;
    double begin = now_ms(), end = begin + atof(argv[1]) * 1e3;
    while (now_ms() < end) {
        bool all = true;
        wait_all(nodes, count, fds, ready);
        for (int i = 0; i < count; i++) {
            struct node *n = &nodes[i];
            if (fds[i].revents && n->state == DIALING) {
                node_dialing(n);
            } else if (fds[i].revents && n->state == BUSY && node_receive(n)) {
                printf("%.3f %s\n", now_ms(), n->name);
                return 0;
            }
            all = all && n->answered;
        }
        if (!ready && (all || now_ms() > begin + 2000)) {
            ready = true;
            puts("ready");
            fflush(stdout);
        }
    }
    return 1;
}
