#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST 64

void buf_init(struct buf *b)
{
    *b = (struct buf){.p = NULL};
}

void buf_fini(struct buf *b)
{
    free(b->p);
    buf_init(b);
}

void buf_reset(struct buf *b)
{
    b->n = 0;
    b->broken = false;
    if (b->p)
        b->p[0] = '\0';
}

bool buf_ok(const struct buf *b)
{
    return !b->broken;
}

char *buf_reserve(struct buf *b, size_t n)
{
    size_t need, cap;

    if (b->broken)
        return NULL;
    if (__builtin_add_overflow(b->n, n, &need) || need >= PTRDIFF_MAX) {
        b->broken = true;
        return NULL;
    }
    need++;
    if (need > b->cap) {
        cap = b->cap <= PTRDIFF_MAX / 2 ? b->cap * 2 : PTRDIFF_MAX;
        if (cap < need)
            cap = need < BUF_FIRST ? BUF_FIRST : need;
        char *p = realloc(b->p, cap);
        if (p == NULL) {
            b->broken = true;
            return NULL;
        }
        p[b->n] = '\0';
        b->p = p;
        b->cap = cap;
    }
    return b->p + b->n;
}

bool buf_add(struct buf *b, const void *p, size_t n)
{
    char *to = buf_reserve(b, n);
    if (to == NULL)
        return false;
    if (n > 0)
        memcpy(to, p, n);
    to[n] = '\0';
    b->n += n;
    return true;
}

bool buf_text(struct buf *b, struct text t)
{
    return buf_add(b, t.s, t.n);
}

bool buf_str(struct buf *b, const char *z)
{
    return buf_text(b, text_of(z));
}

bool buf_char(struct buf *b, char c)
{
    return buf_add(b, &c, 1);
}

bool buf_fmt(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    char *to = buf_reserve(b, 0);
    if (to == NULL)
        return false;

    va_start(ap, fmt);
    int n = vsnprintf(to, b->cap - b->n, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n >= b->cap - b->n) {
        *to = '\0';
        to = buf_reserve(b, (size_t)n);
        if (to == NULL)
            return false;
        va_start(ap, fmt);
        n = vsnprintf(to, (size_t)n + 1, fmt, ap);
        va_end(ap);
    }
    if (n < 0) {
        *to = '\0';
        b->broken = true;
        return false;
    }
    b->n += (size_t)n;
    return true;
}

const char *buf_z(const struct buf *b)
{
    if (b->broken || b->p == NULL)
        return "";
    /* Whoever filled reserved room has counted it but need not have ended it. */
    b->p[b->n] = '\0';
    return b->p;
}

struct text buf_view(const struct buf *b)
{
    return (struct text){buf_z(b), b->broken ? 0 : b->n};
}

void buf_wipe(struct buf *b)
{
    if (b->p)
        explicit_bzero(b->p, b->cap);
    buf_fini(b);
}
