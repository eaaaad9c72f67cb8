#include "base/text.h"

#include <string.h>

/* tolower() follows the application's locale; keywords must not. */
static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool same_ci(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (lower(a[i]) != lower(b[i]))
            return false;
    }
    return true;
}

struct text text_of(const char *z)
{
    return z ? (struct text){z, strlen(z)} : TEXT_NONE;
}

bool text_eq(struct text a, struct text b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0);
}

bool text_eq_ci(struct text a, struct text b)
{
    return a.n == b.n && same_ci(a.s, b.s, a.n);
}

bool text_starts_ci(struct text t, struct text prefix)
{
    return t.n >= prefix.n && same_ci(t.s, prefix.s, prefix.n);
}

bool text_ends_ci(struct text t, struct text suffix)
{
    if (t.n < suffix.n)
        return false;
    return suffix.n == 0 || same_ci(t.s + (t.n - suffix.n), suffix.s, suffix.n);
}

size_t text_find(struct text t, char c, size_t from)
{
    if (from >= t.n)
        return SIZE_MAX;
    const char *hit = memchr(t.s + from, c, t.n - from);
    return hit ? (size_t)(hit - t.s) : SIZE_MAX;
}

struct text text_trim(struct text t)
{
    while (t.n > 0 && blank(t.s[0])) {
        t.s++;
        t.n--;
    }
    while (t.n > 0 && blank(t.s[t.n - 1]))
        t.n--;
    return t;
}

struct text text_sub(struct text t, size_t from, size_t n)
{
    if (t.s == NULL)
        return t;
    if (from > t.n)
        from = t.n;
    if (n > t.n - from)
        n = t.n - from;
    return (struct text){t.s + from, n};
}

bool text_to_i64(struct text t, int64_t *out)
{
    size_t i = 0;
    bool negative = false;
    int64_t value = 0; /* kept negative: INT64_MIN has no positive twin */

    if (t.n > 0 && (t.s[0] == '-' || t.s[0] == '+')) {
        negative = t.s[0] == '-';
        i = 1;
    }
    if (i == t.n)
        return false;
    for (; i < t.n; i++) {
        if (t.s[i] < '0' || t.s[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, t.s[i] - '0', &value))
            return false;
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value))
        return false;
    *out = value;
    return true;
}
