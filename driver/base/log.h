/* The driver's log: off unless LOG_LEVEL (or HOLDFAST_LOG in the environment) says otherwise. One
 * line a record: time (UTC), level, room, [process.thread], #connection, text. Secrets are never
 * passed to it, statement text at LOG_DEBUG only, parameter values never. Thread-safe; the lock is
 * held for the write only. A record is one write at the file's end, so several processes may share
 * a file; one that was moved away or removed is made again within a second. */
#ifndef HOLDFAST_BASE_LOG_H
#define HOLDFAST_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_OFF, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Process-wide; the last caller wins. file NULL or "" means stderr. False when the file cannot be
 * opened (the log stays as it was). */
bool log_open(enum log_level level, const char *file);
/* From now on records below LOG_WARN are written of these rooms only, separated by commas; "" or
 * NULL: of all. False: one of them is none (nothing is changed); `log_rooms` are all. */
bool log_only(const char *rooms);
extern const char log_rooms[];
enum log_level log_level_now(void);
/* Which connection this thread works for, a number for people to read; 0: none. Returns what it was
 * before. */
unsigned log_for(unsigned connection);
void log_write(enum log_level level, const char *room, const char *fmt, ...)
    __attribute__((cold, format(printf, 3, 4)));

/* Cheap when off: one load, and the arguments are not evaluated. */
#define LOG(level, room, ...)                                                                      \
    do {                                                                                           \
        if (log_level_now() >= (level))                                                            \
            log_write((level), (room), __VA_ARGS__);                                               \
    } while (0)

#endif
