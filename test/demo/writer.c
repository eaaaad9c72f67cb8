/* writer: writes a row every few milliseconds, whatever happens to the cluster.
 *
 *   writer DSN RUN EVERY_MS [reconnect]
 *
 * Prints a line an event, times being CLOCK_MONOTONIC in milliseconds:
 *   BEGIN END connected|ok|there|absent KEY         there, absent: the answer to a question for KEY
 *   BEGIN END error KEY SQLSTATE TEXT
 * Ends when its standard input does. The exit status is 1 when it cannot connect at all. */
#include "client.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void print_event(void *arg, const struct event *e)
{
    FILE *out = arg;
    fprintf(out, "%.3f %.3f %s %lld", e->begin, e->end, event_word(e->kind), (long long)e->key);
    if (e->kind == EVENT_ERROR)
        fprintf(out, " %s %s", e->state, e->text);
    fputc('\n', out);
}

/* Waits until `due`; true when standard input has ended. */
static bool ended(double due)
{
    double rest = due - now_ms();
    struct timespec t = {0};
    if (rest > 0) {
        t.tv_sec = (time_t)(rest / 1e3);
        t.tv_nsec = (long)((rest - (double)t.tv_sec * 1e3) * 1e6);
    }
    struct pollfd in = {.fd = 0, .events = POLLIN};
    return ppoll(&in, 1, &t, NULL) > 0;
}

int main(int argc, char **argv)
{
    struct client c;
    SQLHENV env = argc < 4 ? NULL : environment();
    if (!env || !client_init(&c, env, argv[1], argv[2], 1)) {
        fputs("usage: writer DSN RUN EVERY_MS [reconnect]\n", stderr);
        return 2;
    }
    double every = atof(argv[3]), due = now_ms();
    c.reconnects = argc > 4 && strcmp(argv[4], "reconnect") == 0;
    c.tell = print_event;
    c.arg = stdout;
    while (!ended(due)) {
        bool good = client_step(&c);
        if (!good && c.key == 1 && c.errors > 20)
            return 1;
        due = good ? due + every : now_ms() + client_pause(&c);
        if (due < now_ms())
            due = now_ms();
        if (good)
            fflush(stdout);
    }
    client_fini(&c);
    SQLFreeHandle(SQL_HANDLE_ENV, env);
    return 0;
}
