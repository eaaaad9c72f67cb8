/* The codeset of the application's narrow text. UTF-8 unless the application called setlocale()
 * for another LC_CTYPE (the C and POSIX locales count as UTF-8). Conversion by iconv. */
#ifndef HOLDFAST_CONVERT_CHARSET_H
#define HOLDFAST_CONVERT_CHARSET_H

#include "base/buf.h"

struct charset;

/* The process's current LC_CTYPE codeset; NULL means UTF-8 (pass through). Cached by name, never
 * freed before unload; thread-safe. */
const struct charset *charset_current(void);
const struct charset *charset_named(const char *codeset); /* NULL: UTF-8 or unknown */

/* Appends the converted text; what cannot be converted becomes '?' (to the codeset) or U+FFFD. */
bool charset_to_utf8(const struct charset *, struct text in, struct buf *out);
bool charset_from_utf8(const struct charset *, struct text in, struct buf *out);
/* Bounded form without allocation: as much as fits in cap whole characters; *used source bytes. */
size_t charset_put(const struct charset *, char *dst, size_t cap, struct text in, size_t *used);
/* Bytes `in` takes in the codeset. */
size_t charset_size(const struct charset *, struct text in);

#endif
