#include "base/utf.h"

#include <string.h>

#define REPLACEMENT 0xfffdu
#define HIGH_BITS   0x8080808080808080ull

static bool trail(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* Decodes the character at s (n >= 1 bytes left). Returns its length, or 0 when s[0] does not begin
 * a well-formed sequence (Unicode, table 3-7). */
static size_t decode(const char *z, size_t n, uint32_t *cp)
{
    const unsigned char *s = (const unsigned char *)z;

    if (s[0] < 0x80) {
        *cp = s[0];
        return 1;
    }
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    if (s[0] < 0xe0) {
        if (n < 2 || !trail(s[1]))
            return 0;
        *cp = (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
        return 2;
    }
    if (s[0] < 0xf0) {
        if (n < 3 || !trail(s[1]) || !trail(s[2]))
            return 0;
        *cp = (uint32_t)(s[0] & 0x0f) << 12 | (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
        return *cp < 0x800 || (*cp >= 0xd800 && *cp <= 0xdfff) ? 0 : 3;
    }
    if (n < 4 || !trail(s[1]) || !trail(s[2]) || !trail(s[3]))
        return 0;
    *cp = (uint32_t)(s[0] & 0x07) << 18 | (uint32_t)(s[1] & 0x3f) << 12 |
          (uint32_t)(s[2] & 0x3f) << 6 | (s[3] & 0x3f);
    return *cp < 0x10000 || *cp > 0x10ffff ? 0 : 4;
}

/* Number of ASCII bytes at s, at most n. */
static size_t ascii_run(const char *s, size_t n)
{
    size_t i = 0;
    uint64_t eight;

    for (; i + sizeof eight <= n; i += sizeof eight) {
        memcpy(&eight, s + i, sizeof eight);
        if (eight & HIGH_BITS)
            break;
    }
    while (i < n && (unsigned char)s[i] < 0x80)
        i++;
    return i;
}

struct utf_step utf_8to16(uint16_t *dst, size_t cap, struct text src)
{
    struct utf_step at = {.in = 0};

    while (at.in < src.n && at.out < cap) {
        size_t room = cap - at.out < src.n - at.in ? cap - at.out : src.n - at.in;
        size_t run = ascii_run(src.s + at.in, room);
        for (size_t i = 0; dst && i < run; i++)
            dst[at.out + i] = (unsigned char)src.s[at.in + i];
        at.in += run;
        at.out += run;
        if (at.in == src.n || at.out == cap)
            break;

        uint32_t cp = REPLACEMENT;
        size_t len = decode(src.s + at.in, src.n - at.in, &cp);
        size_t units = len == 4 ? 2 : 1;
        if (units > cap - at.out)
            break;
        if (len == 0) {
            cp = REPLACEMENT;
            len = 1;
            at.bad++;
        }
        if (dst && units == 1)
            dst[at.out] = (uint16_t)cp;
        if (dst && units == 2) {
            dst[at.out] = (uint16_t)(0xd800 + ((cp - 0x10000) >> 10));
            dst[at.out + 1] = (uint16_t)(0xdc00 + (cp & 0x3ff));
        }
        at.in += len;
        at.out += units;
    }
    return at;
}

static size_t encoded_len(uint32_t cp)
{
    return cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
}

static void encode(char *dst, uint32_t cp, size_t len)
{
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = len - 1; i > 0; i--) {
        dst[i] = (char)(0x80 | (cp & 0x3f));
        cp >>= 6;
    }
    dst[0] = (char)(lead[len] | cp);
}

/* Takes one character; a lone surrogate gives U+FFFD and *bad. Returns the units it took. */
static size_t decode16(const uint16_t *src, size_t n, uint32_t *cp, bool *bad)
{
    *bad = false;
    *cp = src[0];
    if (src[0] < 0xd800 || src[0] > 0xdfff)
        return 1;
    if (src[0] < 0xdc00 && n > 1 && src[1] >= 0xdc00 && src[1] <= 0xdfff) {
        *cp = 0x10000 + ((uint32_t)(src[0] - 0xd800) << 10) + (uint32_t)(src[1] - 0xdc00);
        return 2;
    }
    *cp = REPLACEMENT;
    *bad = true;
    return 1;
}

struct utf_step utf_16to8(char *dst, size_t cap, const uint16_t *src, size_t n)
{
    struct utf_step at = {.in = 0};

    while (at.in < n) {
        uint32_t cp = src[at.in];
        if (cp < 0x80) {
            if (at.out == cap)
                break;
            if (dst)
                dst[at.out] = (char)cp;
            at.in++;
            at.out++;
            continue;
        }
        bool bad;
        size_t units = decode16(src + at.in, n - at.in, &cp, &bad);
        size_t len = encoded_len(cp);
        if (len > cap - at.out)
            break;
        if (dst)
            encode(dst + at.out, cp, len);
        at.in += units;
        at.out += len;
        at.bad += bad;
    }
    return at;
}

bool utf_add16(struct buf *b, const uint16_t *src, size_t n)
{
    struct utf_step need = utf_16to8(NULL, SIZE_MAX, src, n);
    char *to = buf_reserve(b, need.out);

    if (to == NULL)
        return false;
    utf_16to8(to, need.out, src, n);
    to[need.out] = '\0';
    b->n += need.out;
    return true;
}

size_t utf_len16(const uint16_t *z)
{
    size_t n = 0;

    while (z && z[n] != 0)
        n++;
    return n;
}

size_t utf_chars(struct text t)
{
    size_t count = 0;
    uint32_t cp;

    for (size_t i = 0; i < t.n;) {
        size_t run = ascii_run(t.s + i, t.n - i);
        i += run;
        count += run;
        if (i == t.n)
            break;
        size_t len = decode(t.s + i, t.n - i, &cp);
        i += len ? len : 1;
        count++;
    }
    return count;
}

size_t utf_cut(struct text t, size_t n)
{
    uint32_t cp;

    if (n >= t.n)
        return t.n;
    /* A lead byte is never inside another character, so looking back three bytes is enough. */
    for (size_t back = 1; back <= 3 && back <= n; back++) {
        if (decode(t.s + (n - back), t.n - (n - back), &cp) > back)
            return n - back;
    }
    return n;
}
