/* Owned, growing bytes. A failed growth turns the buf *broken*: later adds do nothing and
 * buf_ok() says false, so a caller tests once at the end. The bytes are always followed by a NUL
 * that is not counted. Not thread-safe. */
#ifndef HOLDFAST_BASE_BUF_H
#define HOLDFAST_BASE_BUF_H

#include "base/text.h"
#include <stdarg.h>

struct buf {
    char *p; /* owned; NULL while empty and never grown */
    size_t n;
    size_t cap;
    bool broken;
};

void buf_init(struct buf *b);
void buf_fini(struct buf *b);  /* frees; the buf is as after buf_init */
void buf_reset(struct buf *b); /* empties, keeps the memory, clears `broken` */
bool buf_ok(const struct buf *b);

bool buf_add(struct buf *b, const void *p, size_t n);
bool buf_text(struct buf *b, struct text t);
bool buf_str(struct buf *b, const char *z);
bool buf_char(struct buf *b, char c);
bool buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for n more bytes at the end, not yet counted; NULL when broken. */
char *buf_reserve(struct buf *b, size_t n);

/* The content as a NUL-terminated string ("" when empty or broken); valid until the next change. */
const char *buf_z(const struct buf *b);
struct text buf_view(const struct buf *b);

/* For bufs that held a secret: overwrites before it frees. */
void buf_wipe(struct buf *b);

#endif
