#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "base/resolve.h"
#include "base/clock.h"
#include "base/helper.h"
#include "base/list.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HELPER_STACK ((size_t)256 * 1024)

/* One lookup, shared (counted) by its helper and by every caller that waits for it. All but `host`
 * is guarded by `lock` until `finished`; from then on it no longer changes. */
struct job {
    struct list link; /* in `jobs` while the helper works */
    struct list askers;
    pthread_cond_t cond;
    unsigned refs;
    bool finished;
    char address[ADDRESS_MAX]; /* "" when there is none */
    char why[160];
    char host[]; /* owned with the job */
};

/* An asynchronous caller. */
struct asker {
    struct list link;
    resolve_done *done;
    void *arg; /* borrowed until done() returns */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list jobs = {&jobs, &jobs};
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static void fork_prepare(void)
{
    pthread_mutex_lock(&lock);
}

static void fork_parent(void)
{
    pthread_mutex_unlock(&lock);
}

/* The helpers and the callers that wait for them stayed with the parent. */
static void fork_child(void)
{
    LIST_EACH_SAFE(it, nx, &jobs) {
        struct job *job = LIST_ENTRY(it, struct job, link);
        list_del(it);
        LIST_EACH_SAFE(at, after, &job->askers) {
            list_del(at);
            free(LIST_ENTRY(at, struct asker, link));
        }
        free(job); /* its condition may have waiters that are no more: not destroyed */
    }
    pthread_mutex_unlock(&lock);
}

static void watch_fork(void)
{
    pthread_atfork(fork_prepare, fork_parent, fork_child);
}

void resolve_watch_fork(void)
{
    pthread_once(&fork_once, watch_fork);
}

static bool no_address(struct fault *f, const char *host, const char *why)
{
    return fault_set(f, "08001", "could not translate host name \"%s\" to an address: %s", host,
                     why);
}

bool resolve_is_numeric(const char *host)
{
    struct in6_addr any;
    char bare[INET6_ADDRSTRLEN];

    if (host == NULL)
        return false;
    if (inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1)
        return true;
    /* fe80::1%eth0 */
    size_t n = strcspn(host, "%");
    if (host[n] == '\0' || host[n + 1] == '\0' || n >= sizeof bare ||
        strlen(host + n + 1) >= IF_NAMESIZE)
        return false;
    memcpy(bare, host, n);
    bare[n] = '\0';
    return inet_pton(AF_INET6, bare, &any) == 1;
}

/* The names that need neither a server nor a thread. */
static bool known(const char *host, char address[ADDRESS_MAX])
{
    const char *found = NULL;

    if (text_eq_ci(text_of(host), TEXT("localhost")))
        found = "127.0.0.1";
    else if (resolve_is_numeric(host) && strlen(host) < ADDRESS_MAX)
        found = host;
    if (found)
        memcpy(address, found, strlen(found) + 1);
    return found != NULL;
}

/* Blocks. Writes the first address, or leaves "" and says why. */
static void look_up(const char *host, char address[ADDRESS_MAX], char *why, size_t why_size)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    char text[128];

    int rc = getaddrinfo(host, NULL, &hints, &list);
    if (rc != 0) {
        snprintf(why, why_size, "%s",
                 rc == EAI_SYSTEM ? strerror_r(errno, text, sizeof text) : gai_strerror(rc));
        return;
    }
    snprintf(why, why_size, "no usable address");
    for (struct addrinfo *ai = list; ai; ai = ai->ai_next) {
        if (ai->ai_family != AF_INET && ai->ai_family != AF_INET6)
            continue;
        if (getnameinfo(ai->ai_addr, ai->ai_addrlen, address, ADDRESS_MAX, NULL, 0,
                        NI_NUMERICHOST) == 0)
            break;
        address[0] = '\0';
    }
    freeaddrinfo(list);
}

/* Called with the lock held. */
static void job_unref(struct job *job)
{
    if (--job->refs > 0)
        return;
    pthread_cond_destroy(&job->cond);
    free(job);
}

/* Outside the lock: done() may take locks of its own, or start the next lookup. */
static void tell(struct job *job, struct list *askers)
{
    struct fault f;

    LIST_EACH_SAFE(it, nx, askers) {
        struct asker *asker = LIST_ENTRY(it, struct asker, link);
        fault_clear(&f);
        if (job->address[0] == '\0')
            no_address(&f, job->host, job->why);
        list_del(it);
        asker->done(asker->arg, job->address, &f);
        free(asker);
    }
}

static void *helper(void *arg)
{
    struct job *job = arg;
    char address[ADDRESS_MAX] = "";
    char why[sizeof job->why] = "";
    struct list askers;

    pthread_setname_np(pthread_self(), "hf-resolve");
    if (!known(job->host, address))
        look_up(job->host, address, why, sizeof why);

    list_init(&askers);
    pthread_mutex_lock(&lock);
    memcpy(job->address, address, sizeof address);
    memcpy(job->why, why, sizeof why);
    job->finished = true;
    list_del(&job->link);
    LIST_EACH_SAFE(it, nx, &job->askers) {
        list_del(it);
        list_add_tail(&askers, it);
    }
    pthread_cond_broadcast(&job->cond);
    pthread_mutex_unlock(&lock);

    tell(job, &askers);
    pthread_mutex_lock(&lock);
    job_unref(job);
    pthread_mutex_unlock(&lock);
    return NULL;
}

static struct job *job_new(const char *host)
{
    size_t n = strlen(host) + 1;
    struct job *job = calloc(1, sizeof *job + n);

    if (job == NULL)
        return NULL;
    if (cond_init(&job->cond) != 0) {
        free(job);
        return NULL;
    }
    list_init(&job->link);
    list_init(&job->askers);
    memcpy(job->host, host, n);
    job->refs = 1; /* the helper's */
    return job;
}

/* Called with the lock held, thread creation included: so nobody joins a job that will not run.
 * The running job for this name, or a new one; NULL when no helper could be started. */
static struct job *job_join(const char *host)
{
    LIST_EACH(it, &jobs) {
        struct job *job = LIST_ENTRY(it, struct job, link);
        if (text_eq_ci(text_of(job->host), text_of(host)))
            return job;
    }
    struct job *job = job_new(host);
    if (job == NULL)
        return NULL;
    list_add_tail(&jobs, &job->link);
    if (helper_start(helper, job, HELPER_STACK))
        return job;
    list_del(&job->link);
    job_unref(job);
    return NULL;
}

bool resolve_host(const char *host, int64_t deadline, char address[ADDRESS_MAX], struct fault *f)
{
    const char *why = "the time allowed is over";
    char reason[sizeof((struct job *)0)->why];

    address[0] = '\0';
    if (host == NULL || host[0] == '\0')
        return no_address(f, "", "the name is empty");
    if (known(host, address))
        return true;
    if (deadline_passed(deadline))
        return no_address(f, host, why);

    resolve_watch_fork();
    pthread_mutex_lock(&lock);
    struct job *job = job_join(host);
    if (job == NULL) {
        pthread_mutex_unlock(&lock);
        return no_address(f, host, "no helper thread could be started");
    }
    job->refs++;
    while (!job->finished && cond_wait_until(&job->cond, &lock, deadline)) {
    }
    if (job->finished) {
        memcpy(address, job->address, ADDRESS_MAX);
        memcpy(reason, job->why, sizeof reason);
        why = reason;
    }
    job_unref(job);
    pthread_mutex_unlock(&lock);
    return address[0] != '\0' || no_address(f, host, why);
}

bool resolve_start(const char *host, resolve_done *done, void *arg)
{
    struct asker *asker = malloc(sizeof *asker);

    if (asker == NULL)
        return false;
    asker->done = done;
    asker->arg = arg;
    resolve_watch_fork();
    pthread_mutex_lock(&lock);
    struct job *job = job_join(host ? host : "");
    if (job)
        list_add_tail(&job->askers, &asker->link);
    pthread_mutex_unlock(&lock);
    if (job == NULL)
        free(asker);
    return job != NULL;
}
