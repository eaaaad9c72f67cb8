/* An ODBC application that writes rows into a cluster and never loses count: one connection, two
 * prepared statements, and the rules by which it answers errors. It makes the key of each row
 * itself.
 *
 *   08S02   nothing was done: write the row again
 *   others  the row may be there (08007 says so): ask for its key before writing it again
 *
 * With `reconnects` it does what a driver without failover asks for: after any error it
 * disconnects, connects and prepares anew. Without, the handles of the beginning serve to the end.
 */
#ifndef DEMO_CLIENT_H
#define DEMO_CLIENT_H

#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>

enum event_kind { EVENT_CONNECTED, EVENT_OK, EVENT_THERE, EVENT_ABSENT, EVENT_ERROR };

struct event {
    enum event_kind kind;
    double begin, end; /* CLOCK_MONOTONIC, in milliseconds */
    SQLBIGINT key;
    char state[6]; /* EVENT_ERROR only, and text */
    char text[700];
};

struct client {
    SQLHENV env; /* borrowed */
    SQLHDBC dbc;
    SQLHSTMT insert, ask;
    const char *dsn; /* borrowed */
    char run[32];    /* rows of one run carry this name */
    SQLBIGINT key;   /* of the row to be written next */
    bool reconnects, connected, unsure;
    int errors; /* since the last good write */
    void (*tell)(void *arg, const struct event *e);
    void *arg; /* borrowed, for tell */
};

double now_ms(void);
SQLHENV environment(void);

/* dsn and env outlive the client. False: no handle could be made. */
bool client_init(struct client *c, SQLHENV env, const char *dsn, const char *run, SQLBIGINT key);
void client_fini(struct client *c);

/* Connects if need be, then writes one row. True: it is in the table. False: an error was told;
 * call again, after client_pause() milliseconds. */
bool client_step(struct client *c);
int client_pause(const struct client *c);

const char *event_word(enum event_kind kind);

#endif
