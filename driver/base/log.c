#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "base/log.h"
#include "base/buf.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LEVEL_UNREAD (-1)
#define RECORD_MAX   8192 /* longer texts are cut: a log line is not a place for a bulk insert */

static atomic_int level_now = LEVEL_UNREAD;
static pthread_once_t env_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = STDERR_FILENO; /* guarded by lock; owned unless it is standard error */

static const char *const level_name[] = {"off", "error", "warn", "info", "debug"};
static const char *const level_tag[] = {"OFF  ", "ERROR", "WARN ", "INFO ", "DEBUG"};

/* The child finds the lock free and the file it guards as it was. */
static void fork_prepare(void)
{
    pthread_mutex_lock(&lock);
}

static void fork_over(void)
{
    pthread_mutex_unlock(&lock);
}

static int open_file(const char *file)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);

    /* Where the application closed its standard streams, the log must not become one of them. */
    if (fd >= 0 && fd <= STDERR_FILENO) {
        int low = fd;
        fd = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        close(low);
    }
    return fd;
}

static bool install(enum log_level level, const char *file)
{
    int fd = STDERR_FILENO;

    if (level != LOG_OFF && file && file[0] != '\0') {
        fd = open_file(file);
        if (fd < 0)
            return false;
    }
    pthread_mutex_lock(&lock);
    int old = log_fd;
    log_fd = fd;
    atomic_store_explicit(&level_now, (int)level, memory_order_relaxed);
    pthread_mutex_unlock(&lock);
    if (old != STDERR_FILENO)
        close(old);
    return true;
}

static void read_env(void)
{
    struct text wanted = text_trim(text_of(secure_getenv("HOLDFAST_LOG")));
    enum log_level level = LOG_OFF;

    pthread_atfork(fork_prepare, fork_over, fork_over);
    for (int i = LOG_ERROR; i <= LOG_DEBUG; i++) {
        if (text_eq_ci(wanted, text_of(level_name[i])))
            level = (enum log_level)i;
    }
    if (!install(level, secure_getenv("HOLDFAST_LOG_FILE")))
        install(LOG_OFF, NULL);
}

bool log_open(enum log_level level, const char *file)
{
    pthread_once(&env_once, read_env);
    return install(level, file);
}

enum log_level log_level_now(void)
{
    int level = atomic_load_explicit(&level_now, memory_order_relaxed);

    if (level == LEVEL_UNREAD) {
        pthread_once(&env_once, read_env);
        level = atomic_load_explicit(&level_now, memory_order_relaxed);
    }
    return (enum log_level)level;
}

static void add_escaped(struct buf *b, struct text t)
{
    for (size_t i = 0; i < t.n; i++) {
        unsigned char c = (unsigned char)t.s[i];
        if (c < 0x20 || c == 0x7f)
            buf_fmt(b, "\\x%02X", c);
        else
            buf_char(b, (char)c);
    }
}

static void put(struct text record)
{
    ssize_t n;

    pthread_mutex_lock(&lock);
    do {
        n = write(log_fd, record.s, record.n);
    } while (n < 0 && errno == EINTR);
    pthread_mutex_unlock(&lock);
}

void log_write(enum log_level level, const char *room, const char *fmt, ...)
{
    char text[RECORD_MAX], time[WALL_TEXT_MAX];
    struct buf record;
    int saved = errno; /* after the caller's %m, and restored for its next look */
    va_list ap;

    if (level <= LOG_OFF || level > LOG_DEBUG || level > log_level_now())
        return;
    errno = saved;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);

    if (n >= 0) {
        buf_init(&record);
        clock_wall_text(time, clock_wall_us());
        buf_str(&record, time);
        buf_fmt(&record, " %s %s [%ld] ", level_tag[level], room, (long)syscall(SYS_gettid));
        add_escaped(&record, text_of(text));
        if (n >= RECORD_MAX)
            buf_str(&record, "...");
        buf_char(&record, '\n');
        if (buf_ok(&record))
            put(buf_view(&record));
        buf_fini(&record);
    }
    errno = saved;
}
