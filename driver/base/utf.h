/* UTF-8 <-> UTF-16 (host order, two bytes a unit). Lone surrogates and malformed bytes become
 * U+FFFD, one for each offending unit or byte, and are counted in `bad`. Pure functions. */
#ifndef HOLDFAST_BASE_UTF_H
#define HOLDFAST_BASE_UTF_H

#include "base/buf.h"

/* How far a conversion came. */
struct utf_step {
    size_t in;  /* source bytes or units consumed */
    size_t out; /* destination bytes or units written (or needed, when dst is NULL) */
    size_t bad; /* sequences replaced by U+FFFD */
};

/* Convert as much as fits without splitting a character; stops before a character that does not
 * fit whole. dst NULL with cap SIZE_MAX counts. Neither writes a terminator. */
struct utf_step utf_8to16(uint16_t *dst, size_t cap, struct text src);
struct utf_step utf_16to8(char *dst, size_t cap, const uint16_t *src, size_t n);

/* Appends UTF-16 as UTF-8; false only when out of memory. */
bool utf_add16(struct buf *b, const uint16_t *src, size_t n);

/* Units before the terminator. */
size_t utf_len16(const uint16_t *z);

/* Characters (code points) in UTF-8 text; each malformed byte counts one. */
size_t utf_chars(struct text t);

/* Largest cut <= n that does not split a character of t. */
size_t utf_cut(struct text t, size_t n);

#endif
