/* Codesets of narrow text. A single-byte codeset becomes a table of 256 characters when it is first
 * named, so that its conversions are pure; a multibyte one opens an iconv descriptor per
 * conversion, because a descriptor holds state and must not be shared between threads. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "convert/charset.h"

#include "base/utf.h"

#include <errno.h>
#include <iconv.h>
#include <langinfo.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 63
#define NONE         0xffffu /* an undefined byte */

struct reverse {
    uint16_t cp;
    unsigned char byte;
};

struct charset {
    struct charset *next;
    char name[NAME_MAX_LEN + 1];
    bool multibyte;
    uint16_t to_cp[256];
    struct reverse from_cp[256]; /* by cp */
    size_t defined;
};

/* Only ever grows, by compare and swap; read without a lock. */
static _Atomic(struct charset *) known;

/* ---- making one ---- */

static int by_cp(const void *a, const void *b)
{
    const struct reverse *x = a, *y = b;

    return (x->cp > y->cp) - (x->cp < y->cp);
}

/* What one byte stands for. False: it begins a longer character, or stands for several. */
static bool probe_byte(iconv_t cd, unsigned char byte, uint16_t *cp)
{
    char in = (char)byte, utf8[16], *from = &in, *to = utf8;
    size_t in_left = 1, out_left = sizeof utf8;
    uint16_t units[4];

    *cp = NONE;
    iconv(cd, NULL, NULL, NULL, NULL);
    if (iconv(cd, &from, &in_left, &to, &out_left) == (size_t)-1)
        return errno == EILSEQ;
    iconv(cd, NULL, NULL, &to, &out_left);
    struct utf_step s = utf_8to16(units, 4, (struct text){utf8, sizeof utf8 - out_left});
    if (s.out != 1 || s.bad)
        return false;
    *cp = units[0];
    return true;
}

static bool charset_load(struct charset *c)
{
    iconv_t cd = iconv_open("UTF-8", c->name);
    iconv_t back = iconv_open(c->name, "UTF-8");
    bool ok = cd != (iconv_t)-1 && back != (iconv_t)-1;

    for (unsigned b = 0; ok && b < 256 && !c->multibyte; b++) {
        c->multibyte = !probe_byte(cd, (unsigned char)b, &c->to_cp[b]);
        if (c->to_cp[b] != NONE)
            c->from_cp[c->defined++] = (struct reverse){c->to_cp[b], (unsigned char)b};
    }
    qsort(c->from_cp, c->defined, sizeof c->from_cp[0], by_cp);
    if (cd != (iconv_t)-1)
        iconv_close(cd);
    if (back != (iconv_t)-1)
        iconv_close(back);
    return ok;
}

static const struct charset *charset_known(const char *codeset)
{
    struct charset *c = atomic_load(&known);

    while (c && strcmp(c->name, codeset) != 0)
        c = c->next;
    return c;
}

/* Two threads may both add the same codeset; either will do. */
static const struct charset *charset_add(const char *codeset)
{
    struct charset *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    memcpy(c->name, codeset, strlen(codeset) + 1);
    if (!charset_load(c)) {
        free(c);
        return NULL;
    }
    c->next = atomic_load(&known);
    while (!atomic_compare_exchange_weak(&known, &c->next, c))
        ;
    return c;
}

const struct charset *charset_named(const char *codeset)
{
    static const char *const utf8[] = {"UTF-8",    "UTF8",  "ANSI_X3.4-1968",
                                       "US-ASCII", "ASCII", "646"};

    if (codeset == NULL || codeset[0] == '\0' || strlen(codeset) > NAME_MAX_LEN)
        return NULL;
    for (size_t i = 0; i < sizeof utf8 / sizeof utf8[0]; i++) {
        if (text_eq_ci(text_of(codeset), text_of(utf8[i])))
            return NULL;
    }
    const struct charset *c = charset_known(codeset);
    return c ? c : charset_add(codeset);
}

const struct charset *charset_current(void)
{
    const char *name = nl_langinfo(CODESET);
    if (strcmp(name, "ANSI_X3.4-1968") == 0 || strcmp(name, "UTF-8") == 0)
        return NULL; /* each call of the api asks: the usual answers are had at once */
    return charset_named(name);
}

/* ---- one character of UTF-8 ---- */

/* Length of the first character; *cp its code point (U+FFFD for a malformed byte). */
static size_t first_char(struct text t, uint32_t *cp)
{
    uint16_t u[2];
    struct utf_step s;

    if ((unsigned char)t.s[0] < 0x80) {
        *cp = (unsigned char)t.s[0];
        return 1;
    }
    t = text_sub(t, 0, 4);
    s = utf_8to16(u, 1, t);
    if (s.in > 0) {
        *cp = u[0];
        return s.in;
    }
    s = utf_8to16(u, 2, t);
    *cp = 0x10000 + ((uint32_t)(u[0] - 0xd800) << 10) + (uint32_t)(u[1] - 0xdc00);
    return s.in;
}

/* ---- to UTF-8 ---- */

static bool single_to_utf8(const struct charset *c, struct text in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++) {
        uint16_t cp = c->to_cp[(unsigned char)in.s[i]];
        cp = cp == NONE ? 0xfffd : cp;
        if (cp < 0x80 ? !buf_char(out, (char)cp) : !utf_add16(out, &cp, 1))
            return false;
    }
    return buf_ok(out);
}

static bool multi_to_utf8(const struct charset *c, struct text in, struct buf *out)
{
    iconv_t cd = iconv_open("UTF-8", c->name);
    char *from = (char *)in.s;
    size_t left = in.n;

    while (cd != (iconv_t)-1 && left > 0) {
        size_t room = left < 256 ? left * 4 : left + left / 2;
        char *start = buf_reserve(out, room), *to = start;
        if (to == NULL)
            break;
        size_t r = iconv(cd, &from, &left, &to, &room);
        int why = errno;
        out->n += (size_t)(to - start);
        if (r == (size_t)-1 && why != E2BIG) {
            if (!buf_str(out, "\xef\xbf\xbd"))
                break;
            from++;
            left--;
            iconv(cd, NULL, NULL, NULL, NULL);
        }
    }
    if (cd == (iconv_t)-1)
        out->broken = true;
    else
        iconv_close(cd);
    return buf_ok(out);
}

bool charset_to_utf8(const struct charset *c, struct text in, struct buf *out)
{
    if (c == NULL)
        return buf_text(out, in);
    return c->multibyte ? multi_to_utf8(c, in, out) : single_to_utf8(c, in, out);
}

/* ---- from UTF-8 ---- */

static char single_byte(const struct charset *c, uint32_t cp)
{
    if (cp < 0x80 && c->to_cp[cp] == cp)
        return (char)cp;
    if (cp >= NONE)
        return '?';
    struct reverse key = {.cp = (uint16_t)cp};
    const struct reverse *hit = bsearch(&key, c->from_cp, c->defined, sizeof key, by_cp);
    return hit ? (char)hit->byte : '?';
}

static size_t single_put(const struct charset *c, char *dst, size_t cap, struct text in,
                         size_t *used)
{
    size_t n = 0, i = 0;
    uint32_t cp;

    while (i < in.n && n < cap) {
        i += first_char(text_sub(in, i, 4), &cp);
        if (dst)
            dst[n] = single_byte(c, cp);
        n++;
    }
    *used = i;
    return n;
}

/* Bytes of well-formed UTF-8 at the start, so that iconv's own view of malformed text is never
 * asked for; characters that the codeset lacks still stop it. */
static size_t multi_put(const struct charset *c, char *dst, size_t cap, struct text in,
                        size_t *used)
{
    iconv_t cd = iconv_open(c->name, "UTF-8");
    char *from = (char *)in.s, *to = dst;
    size_t left = in.n, room = cap;
    uint32_t cp;

    while (cd != (iconv_t)-1 && left > 0) {
        if (iconv(cd, &from, &left, &to, &room) != (size_t)-1 || errno == E2BIG || room == 0)
            break;
        size_t skip = first_char((struct text){from, left}, &cp);
        *to++ = '?';
        room--;
        from += skip;
        left -= skip;
    }
    if (cd != (iconv_t)-1) {
        iconv(cd, NULL, NULL, &to, &room);
        iconv_close(cd);
    }
    *used = in.n - left;
    return cap - room;
}

size_t charset_put(const struct charset *c, char *dst, size_t cap, struct text in, size_t *used)
{
    if (c == NULL) {
        *used = utf_cut(in, cap < in.n ? cap : in.n);
        if (*used > 0)
            memcpy(dst, in.s, *used);
        return *used;
    }
    return c->multibyte ? multi_put(c, dst, cap, in, used) : single_put(c, dst, cap, in, used);
}

size_t charset_size(const struct charset *c, struct text in)
{
    char scratch[4096];
    size_t total = 0, used = 0;

    if (c == NULL)
        return in.n;
    if (!c->multibyte)
        return utf_chars(in);
    while (in.n > 0) {
        size_t n = multi_put(c, scratch, sizeof scratch, in, &used);
        if (used == 0)
            break;
        total += n;
        in = text_sub(in, used, in.n);
    }
    return total;
}

bool charset_from_utf8(const struct charset *c, struct text in, struct buf *out)
{
    size_t used = 0;

    if (c == NULL)
        return buf_text(out, in);
    while (in.n > 0) {
        size_t room = in.n + 16;
        char *to = buf_reserve(out, room);
        if (to == NULL)
            return false;
        out->n += charset_put(c, to, room, in, &used);
        if (used == 0)
            return false;
        in = text_sub(in, used, in.n);
    }
    return buf_ok(out);
}
