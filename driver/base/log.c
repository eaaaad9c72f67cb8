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
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LEVEL_UNREAD (-1)
#define RECORD_MAX   8192 /* longer texts are cut: a log line is not a place for a bulk insert */
#define LOOK_EACH    SECONDS(1) /* is the file still where it was? */
#define ALL_ROOMS    0xffffffffu

static atomic_int level_now = LEVEL_UNREAD;
static pthread_once_t env_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = STDERR_FILENO; /* guarded by lock; owned unless it is standard error */
static char *log_path;             /* guarded by lock; owned, NULL: standard error */
static int64_t looked_us;          /* guarded by lock: when the file was looked for */
static atomic_uint rooms_on = ALL_ROOMS;
static _Thread_local unsigned on_connection;

const char log_rooms[] = "native, probe, cluster, monitor, failover, plugin, conn";

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
    char *path = NULL;

    if (level != LOG_OFF && file && file[0] != '\0') {
        path = strdup(file);
        fd = path ? open_file(file) : -1;
        if (fd < 0) {
            free(path);
            return false;
        }
    }
    pthread_mutex_lock(&lock);
    int old = log_fd;
    char *old_path = log_path;
    log_fd = fd;
    log_path = path;
    looked_us = clock_us();
    atomic_store_explicit(&level_now, (int)level, memory_order_relaxed);
    pthread_mutex_unlock(&lock);
    if (old != STDERR_FILENO)
        close(old);
    free(old_path);
    return true;
}

static bool next_name(struct text *rest, struct text *out)
{
    do {
        size_t end = text_find(*rest, ',', 0);
        size_t n = end < rest->n ? end : rest->n;
        *out = text_trim(text_sub(*rest, 0, n));
        *rest = text_sub(*rest, n + 1, rest->n);
    } while (!out->n && rest->n);
    return out->n > 0;
}

/* The next name of a list, and where it stands among all rooms; -1: nowhere. False: none left. */
static bool next_room(struct text *rest, int *at)
{
    struct text names = text_of(log_rooms);
    struct text wanted, name;

    if (!next_name(rest, &wanted))
        return false;
    *at = -1;
    for (int i = 0; next_name(&names, &name); i++)
        if (text_eq_ci(wanted, name))
            *at = i;
    return true;
}

bool log_only(const char *rooms)
{
    struct text rest = text_of(rooms);
    unsigned on = 0;
    int at;

    while (next_room(&rest, &at)) {
        if (at < 0)
            return false;
        on |= 1u << at;
    }
    atomic_store_explicit(&rooms_on, on ? on : ALL_ROOMS, memory_order_relaxed);
    return true;
}

static bool room_is_on(const char *room)
{
    struct text rest = text_of(room);
    unsigned on = atomic_load_explicit(&rooms_on, memory_order_relaxed);
    int at;

    return on == ALL_ROOMS || !next_room(&rest, &at) || at < 0 || (on >> at & 1);
}

unsigned log_for(unsigned connection)
{
    unsigned before = on_connection;

    on_connection = connection;
    return before;
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
    log_only(secure_getenv("HOLDFAST_LOG_ROOMS"));
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

/* Under the lock. Somebody may have moved the file away to keep it: then the next record begins a
 * new one. One that cannot be made again is gone on with. */
static void look_for_file(void)
{
    struct stat open_one, named_one;
    int64_t now = clock_us();

    if (!log_path || now - looked_us < LOOK_EACH)
        return;
    looked_us = now;
    if (fstat(log_fd, &open_one) == 0 && stat(log_path, &named_one) == 0 &&
        open_one.st_ino == named_one.st_ino && open_one.st_dev == named_one.st_dev)
        return;
    int fd = open_file(log_path);
    if (fd < 0)
        return;
    close(log_fd);
    log_fd = fd;
}

static void put(struct text record)
{
    ssize_t n;

    pthread_mutex_lock(&lock);
    look_for_file();
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

    if (level <= LOG_OFF || level > LOG_DEBUG || level > log_level_now() ||
        (level > LOG_WARN && !room_is_on(room)))
        return;
    errno = saved;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);

    if (n >= 0) {
        buf_init(&record);
        clock_wall_text(time, clock_wall_us());
        buf_str(&record, time);
        buf_fmt(&record, " %s %s [%ld.%ld] ", level_tag[level], room, (long)getpid(),
                (long)syscall(SYS_gettid));
        if (on_connection)
            buf_fmt(&record, "#%u ", on_connection);
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
