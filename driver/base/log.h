/* The driver's log: off unless LOG_LEVEL (or HOLDFAST_LOG in the environment) says otherwise. One
 * line a record: time, level, room, thread, text. Secrets are never passed to it. Thread-safe; the
 * lock is held for the write only. */
#ifndef HOLDFAST_BASE_LOG_H
#define HOLDFAST_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_OFF, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Process-wide; the last caller wins. file NULL or "" means stderr. False when the file cannot be
 * opened (the log stays as it was). */
bool log_open(enum log_level level, const char *file);
enum log_level log_level_now(void);
void log_write(enum log_level level, const char *room, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Cheap when off: the arguments are not evaluated. */
#define LOG(level, room, ...)                                                                      \
    do {                                                                                           \
        if (log_level_now() >= (level))                                                            \
            log_write((level), (room), __VA_ARGS__);                                               \
    } while (0)

#endif
