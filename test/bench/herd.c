/* herd: many connections to one cluster in one process.
 *
 *   herd DSN RUN COUNT EVERY_MS threads|turns
 *
 * threads: each connection has a thread that writes a row every EVERY_MS; turns: one thread writes
 * a row on each connection in turn, a lap every EVERY_MS. Prints "ready" when all have written
 * once. When standard input ends: a line an event as writer does (KEY is 1000000 * connection +
 * number), and monitors MOST   threads named holdfast-mon there were at once helpers MOST    other
 * threads of the driver refused MS N    TCP connects of the whole lab that had failed until then links MS ADDRESS N
 * connections of the whole lab to a server, as /proc/net/tcp shows them */
#include "client.h"
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SAMPLE_MS = 50, STRIDE = 1000000 };

struct member {
    struct client client;
    pthread_t thread;
    struct event *events; /* owned; its thread's until that is joined */
    size_t count, room;
};

static struct herd {
    struct member *members;
    int size;
    double every;
    atomic_bool stop;
    atomic_int ready;
    int monitors, helpers;
} herd;

static void wait_ms(double ms)
{
    struct timespec t = {.tv_sec = (time_t)(ms / 1e3)};
    t.tv_nsec = (long)((ms - (double)t.tv_sec * 1e3) * 1e6);
    nanosleep(&t, NULL);
}

static void wait_until(double due)
{
    double rest = due - now_ms();
    if (rest > 0)
        wait_ms(rest);
}

static void keep_event(void *arg, const struct event *e)
{
    struct member *m = arg;
    if (m->count == m->room) {
        m->room = m->room ? 2 * m->room : 64;
        m->events = realloc(m->events, m->room * sizeof *m->events);
        if (!m->events)
            abort();
    }
    m->events[m->count++] = *e;
}

/* Writes one row, however often that takes. */
static void write_row(struct member *m)
{
    while (!client_step(&m->client) && !herd.stop)
        wait_ms(client_pause(&m->client));
    if (m->client.key % STRIDE == 2)
        herd.ready++;
}

static void *work_alone(void *arg)
{
    struct member *m = arg;
    double due = now_ms() + herd.every * (double)(m - herd.members) / herd.size;
    while (!herd.stop) {
        wait_until(due);
        write_row(m);
        due += herd.every;
    }
    return NULL;
}

static void *work_in_turn(void *arg)
{
    (void)arg;
    while (!herd.stop) {
        double due = now_ms() + herd.every;
        for (int i = 0; i < herd.size && !herd.stop; i++)
            write_row(&herd.members[i]);
        wait_until(due);
    }
    return NULL;
}

/* --- the sampler --- */

static void count_threads(void)
{
    int monitors = 0, helpers = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *d; tasks && (d = readdir(tasks));) {
        char path[300], name[32] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", d->d_name);
        FILE *f = d->d_name[0] == '.' ? NULL : fopen(path, "r");
        if (!f)
            continue;
        if (fgets(name, sizeof name, f)) {
            monitors += strncmp(name, "holdfast-mon", 12) == 0;
            helpers += strncmp(name, "hf-", 3) == 0;
        }
        fclose(f);
    }
    if (tasks)
        closedir(tasks);
    herd.monitors = monitors > herd.monitors ? monitors : herd.monitors;
    herd.helpers = helpers > herd.helpers ? helpers : herd.helpers;
}

/* Tcp: AttemptFails of this network, which is the lab's own. */
static void print_refused(void)
{
    char line[512];
    long fails;
    FILE *f = fopen("/proc/net/snmp", "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "Tcp: %*d %*d %*d %*d %*d %*d %ld", &fails) == 1)
            printf("refused %.3f %ld\n", now_ms(), fails);
    if (f)
        fclose(f);
}

/* Client ends: their remote port is a server's. */
static void print_links(void)
{
    char line[512];
    unsigned remote, port, state, count[16] = {0}, address[16];
    int n = 0, i;
    FILE *f = fopen("/proc/net/tcp", "r");
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, " %*d: %*x:%*x %x:%x %x", &remote, &port, &state) != 3 ||
            (port != 3306 && port != 5432) || state != 1)
            continue;
        for (i = 0; i < n && address[i] != remote; i++)
            continue;
        if (i == n && n < 16)
            address[n++] = remote;
        if (i < n)
            count[i]++;
    }
    if (f)
        fclose(f);
    for (i = 0; i < n; i++)
        printf("links %.3f %u.%u.%u.%u %u\n", now_ms(), address[i] & 255, address[i] >> 8 & 255,
               address[i] >> 16 & 255, address[i] >> 24, count[i]);
}

static void *sample(void *arg)
{
    (void)arg;
    for (double due = now_ms(); !herd.stop; due += SAMPLE_MS) {
        wait_until(due);
        count_threads();
        print_refused();
        print_links();
    }
    return NULL;
}

/* --- all of it --- */

static bool start_members(SQLHENV env, const char *dsn, const char *run)
{
    for (int i = 0; i < herd.size; i++) {
        struct member *m = &herd.members[i];
        if (!client_init(&m->client, env, dsn, run, (SQLBIGINT)i * STRIDE + 1))
            return false;
        m->client.tell = keep_event;
        m->client.arg = m;
    }
    return true;
}

static void print_members(void)
{
    for (int i = 0; i < herd.size; i++) {
        struct member *m = &herd.members[i];
        for (size_t n = 0; n < m->count; n++) {
            const struct event *e = &m->events[n];
            printf("%.3f %.3f %s %lld", e->begin, e->end, event_word(e->kind), (long long)e->key);
            if (e->kind == EVENT_ERROR)
                printf(" %s %s", e->state, e->text);
            putchar('\n');
        }
    }
    printf("monitors %d\nhelpers %d\n", herd.monitors, herd.helpers);
}

/* Runs the workers until standard input ends. */
static void work(bool threads)
{
    pthread_t sampler;
    int workers = threads ? herd.size : 1;
    for (int i = 0; i < workers; i++)
        pthread_create(&herd.members[i].thread, NULL, threads ? work_alone : work_in_turn,
                       &herd.members[i]);
    pthread_create(&sampler, NULL, sample, NULL);
    bool told = false;
    for (struct pollfd in = {.fd = 0, .events = POLLIN}; poll(&in, 1, 20) <= 0;) {
        if (!told && herd.ready == herd.size) {
            puts("ready");
            fflush(stdout);
            told = true;
        }
    }
    herd.stop = true;
    for (int i = 0; i < workers; i++)
        pthread_join(herd.members[i].thread, NULL);
    pthread_join(sampler, NULL);
}

int main(int argc, char **argv)
{
    SQLHENV env = argc == 6 ? environment() : NULL;
    herd.size = env ? atoi(argv[3]) : 0;
    herd.members = calloc((size_t)herd.size + 1, sizeof *herd.members);
    if (herd.size < 1 || !herd.members) {
        fputs("usage: herd DSN RUN COUNT EVERY_MS threads|turns\n", stderr);
        return 2;
    }
    herd.every = atof(argv[4]);
    if (!start_members(env, argv[1], argv[2]))
        return 1;
    work(strcmp(argv[5], "threads") == 0);
    print_members();
    for (int i = 0; i < herd.size; i++) {
        client_fini(&herd.members[i].client);
        free(herd.members[i].events);
    }
    free(herd.members);
    SQLFreeHandle(SQL_HANDLE_ENV, env);
    return 0;
}
