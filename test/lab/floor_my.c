/*
 * floor: the moment a standby first takes a write, asked directly.
 *
 *   FLOOR_PASSWORD=... floor SECONDS NAME=ADDRESS:PORT...
 *
 * One thread and one session for each node, as the user floor, who may insert and nothing else (a
 * privileged one would be allowed to write on a read-only node). Prints "ready" when every node was
 * reached or refused once (or after 2 s). From then on tries an INSERT on each of them every
 * millisecond; a lost session is opened again. The first acknowledged INSERT is printed as
 * "CLOCK_MONOTONIC-ms NAME" and ends the program (exit status 0). Exit status 1: nobody took a
 * write within SECONDS.
 */
#include <mysql.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_NODES = 16 };

struct node {
    char name[128], address[64];
    int port;
    atomic_bool answered; /* was reached, or refused, once */
};

static atomic_bool writing;
static atomic_flag told = ATOMIC_FLAG_INIT;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void pause_ms(double ms)
{
    struct timespec t = {.tv_nsec = (long)(ms * 1e6)};
    nanosleep(&t, NULL);
}

static MYSQL *dial(const struct node *n)
{
    MYSQL *m = mysql_init(NULL);
    unsigned seconds = 1;
    mysql_options(m, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    if (mysql_real_connect(m, n->address, "floor", getenv("FLOOR_PASSWORD"), "lab",
                           (unsigned)n->port, NULL, 0))
        return m;
    mysql_close(m);
    return NULL;
}

static void *watch(void *arg)
{
    struct node *n = arg;
    MYSQL *m = NULL;
    for (;;) {
        if (!m)
            m = dial(n);
        n->answered = true;
        if (!m) {
            pause_ms(5);
            continue;
        }
        double begin = now_ms();
        if (writing && mysql_query(m, "INSERT INTO floor VALUES (now(6))") == 0) {
            if (atomic_flag_test_and_set(&told))
                return NULL;
            printf("%.3f %s\n", now_ms(), n->name);
            fflush(stdout);
            _exit(0);
        }
        if (mysql_errno(m) >= 2000 && mysql_errno(m) < 3000) {
            mysql_close(m);
            m = NULL;
        }
        double rest = begin + 1 - now_ms();
        if (rest > 0)
            pause_ms(rest);
    }
}

int main(int argc, char **argv)
{
    static struct node nodes[MAX_NODES];
    int count = argc - 2;
    if (count < 1 || count > MAX_NODES || mysql_library_init(0, NULL, NULL))
        return 2;
    double begin = now_ms(), end = begin + atof(argv[1]) * 1e3;
    for (int i = 0; i < count; i++) {
        pthread_t t;
        if (sscanf(argv[i + 2], "%127[^=]=%63[^:]:%d", nodes[i].name, nodes[i].address,
                   &nodes[i].port) != 3 ||
            pthread_create(&t, NULL, watch, &nodes[i]) != 0)
            return 2;
    }
    while (now_ms() < end) {
        bool all = true;
        for (int i = 0; i < count; i++)
            all = all && nodes[i].answered;
        if (!writing && (all || now_ms() > begin + 2000)) {
            puts("ready");
            fflush(stdout);
            writing = true;
        }
        pause_ms(1);
    }
    _exit(1);
}
