/* A borrowed view of UTF-8 text. Not NUL-terminated unless its maker says so; `s` may be NULL only
 * when the view means "absent" (text_none). Never owns memory: it lives as long as what it views.
 */
#ifndef HOLDFAST_BASE_TEXT_H
#define HOLDFAST_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    const char *s;
    size_t n; /* bytes */
};

#define TEXT(literal) ((struct text){"" literal, sizeof(literal) - 1})
#define TEXT_NONE     ((struct text){NULL, 0})
/* For printf's "%.*s". */
#define TEXT_ARG(t) (int)(t).n, (t).s ? (t).s : ""

/* View of a NUL-terminated string; NULL gives TEXT_NONE. */
struct text text_of(const char *z);

bool text_eq(struct text a, struct text b);
/* ASCII case-insensitive forms; other bytes compare exactly. */
bool text_eq_ci(struct text a, struct text b);
bool text_starts_ci(struct text t, struct text prefix);
bool text_ends_ci(struct text t, struct text suffix);
/* Index of the first `c` at or after `from`, or SIZE_MAX. */
size_t text_find(struct text t, char c, size_t from);
/* Without leading and trailing ASCII white space. */
struct text text_trim(struct text t);
struct text text_sub(struct text t, size_t from, size_t n); /* clamped to t */

/* Whole text as a decimal integer (optional sign); false on anything else or on overflow. */
bool text_to_i64(struct text t, int64_t *out);

#endif
