#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool fault_is(const struct fault *f)
{
    return f && f->sqlstate[0] != '\0';
}

/* Length of z without a character that the end of the room cut in two. */
static size_t whole(const char *z, size_t n)
{
    for (size_t back = 1; back <= 3 && back <= n; back++) {
        unsigned char c = (unsigned char)z[n - back];
        size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
        if ((c & 0xc0) == 0x80)
            continue;
        return len > back ? n - back : n;
    }
    return n;
}

/* Formats into a copy first: an argument may be the fault's own text. */
static void print(char *to, size_t cap, const char *fmt, va_list ap)
{
    char tmp[sizeof((struct fault *)0)->text];
    int n = vsnprintf(tmp, cap, fmt, ap);
    size_t len = n < 0 ? 0 : (size_t)n;

    if (len >= cap)
        len = whole(tmp, cap - 1);
    memcpy(to, tmp, len);
    to[len] = '\0';
}

static void fill(struct fault *f, const char *sqlstate, const char *fmt, va_list ap)
{
    char text[sizeof f->text];

    print(text, sizeof text, fmt, ap);
    fault_clear(f);
    snprintf(f->sqlstate, sizeof f->sqlstate, "%s", sqlstate);
    memcpy(f->text, text, strlen(text) + 1);
}

bool fault_set(struct fault *f, const char *sqlstate, const char *fmt, ...)
{
    va_list ap;

    if (f == NULL)
        return false;
    va_start(ap, fmt);
    fill(f, sqlstate, fmt, ap);
    va_end(ap);
    return false;
}

bool fault_lost(struct fault *f, const char *fmt, ...)
{
    va_list ap;

    if (f == NULL)
        return false;
    va_start(ap, fmt);
    fill(f, "08S01", fmt, ap);
    va_end(ap);
    f->link_lost = true;
    return false;
}

bool fault_oom(struct fault *f)
{
    return fault_set(f, "HY001", "out of memory");
}

void fault_add(struct fault *f, const char *fmt, ...)
{
    va_list ap;

    if (f == NULL)
        return;
    size_t n = strlen(f->text);
    va_start(ap, fmt);
    print(f->text + n, sizeof f->text - n, fmt, ap);
    va_end(ap);
}

bool fault_among(const struct fault *f, const char *const *codes)
{
    for (; *codes; codes++)
        if (strcmp(f->server_state, *codes) == 0 || (f->native && atoi(*codes) == f->native))
            return true;
    return false;
}
