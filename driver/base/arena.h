/* Memory that lives for one call: many small allocations, one release. Not thread-safe.
 * Returns NULL when out of memory, never aborts. Results are aligned for any type. */
#ifndef HOLDFAST_BASE_ARENA_H
#define HOLDFAST_BASE_ARENA_H

#include "base/text.h"

struct arena {
    struct arena_block *head; /* owned chain, newest first */
};

void arena_init(struct arena *a);
void arena_fini(struct arena *a);
void arena_reset(struct arena *a); /* keeps the first block for the next call */

void *arena_alloc(struct arena *a, size_t n);
void *arena_zalloc(struct arena *a, size_t n);
char *arena_z(struct arena *a, struct text t);          /* NUL-terminated copy */
struct text arena_text(struct arena *a, struct text t); /* copy; .s NULL when out of memory */
char *arena_fmt(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
