/* Delivery of one value into the application's buffer: whole, cut, or in SQLGetData's pieces. */
#include "convert/convert_priv.h"

#include "base/utf.h"

#include <string.h>

/* Beyond the first piece, the length of what is left is counted only when that much source text or
 * less remains, else it is SQL_NO_TOTAL: counting at every piece would make the whole quadratic. */
#define COUNT_MAX ((size_t)1 << 20)
#define CHUNK     256

static void set_length(struct conv_target *t, SQLLEN n)
{
    if (t->indicator)
        *t->indicator = 0;
    if (t->octets)
        *t->octets = n;
}

static SQLLEN length_of(size_t units, size_t unit)
{
    return units > (size_t)INT64_MAX / unit ? SQL_NO_TOTAL : (SQLLEN)(units * unit);
}

static size_t start_of(const struct conv_target *t, size_t n)
{
    size_t at = t->pieces ? t->at : 0;

    return at < n ? at : n;
}

static enum conv_result finished(struct conv_target *t)
{
    if (t->pieces && t->buf)
        t->at = SIZE_MAX;
    return CONV_OK;
}

static enum conv_result unfinished(struct conv_target *t, size_t at)
{
    if (t->pieces)
        t->at = at;
    return CONV_TRUNCATED;
}

enum conv_result put_null(struct conv_target *t)
{
    if (t->indicator == NULL)
        return CONV_NO_INDICATOR;
    *t->indicator = SQL_NULL_DATA;
    finished(t);
    return CONV_OK;
}

enum conv_result put_fixed(struct conv_target *t, const void *value, size_t size,
                           enum conv_result how)
{
    if (how >= CONV_ERROR)
        return how;
    if (t->buf)
        memcpy(t->buf, value, size);
    set_length(t, (SQLLEN)size);
    finished(t);
    return how;
}

/* Room for the units of text beside the terminator. False: not even `keep` of them fit, and this is
 * not a question for the length (no room at all, in pieces). */
static bool room_for(const struct conv_target *t, size_t unit, size_t start, size_t keep,
                     size_t *room)
{
    size_t units = (size_t)t->cap / unit;

    *room = units > 0 ? units - 1 : 0;
    if (t->buf == NULL || start > 0 || keep <= *room)
        return true;
    return t->pieces && *room == 0;
}

/* A bound column's text is cut between characters. A piece fills the buffer, whatever it splits:
 * applications join the pieces and take a truncated one for BufferLength less the terminator. */
static size_t cut_utf8(const struct conv_target *t, struct text rest, size_t room)
{
    return t->pieces ? room : utf_cut(rest, room);
}

static enum conv_result put_ansi(struct conv_target *t, struct text rest, size_t start, size_t room)
{
    size_t used = 0, n = 0;

    if (t->buf == NULL) {
        set_length(t, length_of(charset_size(t->ansi, rest), 1));
        return CONV_OK;
    }
    if (t->cap > 0) {
        n = charset_put(t->ansi, t->buf, room, rest, &used);
        ((char *)t->buf)[n] = '\0';
    }
    if (used == rest.n && (t->cap > 0 || rest.n == 0)) {
        set_length(t, length_of(n, 1));
        return t->cap > 0 ? finished(t) : unfinished(t, start);
    }
    if (start > 0 && rest.n > COUNT_MAX)
        set_length(t, SQL_NO_TOTAL);
    else
        set_length(t, length_of(n + charset_size(t->ansi, text_sub(rest, used, rest.n)), 1));
    return unfinished(t, start + used);
}

enum conv_result put_char(struct conv_target *t, struct text text, size_t keep, bool plain)
{
    size_t start = start_of(t, text.n);
    struct text rest = text_sub(text, start, text.n);
    size_t room;

    if (t->cap < 0)
        return CONV_LENGTH;
    if (!room_for(t, 1, start, keep, &room))
        return CONV_RANGE;
    if (t->ansi && !plain)
        return put_ansi(t, rest, start, room);
    set_length(t, length_of(rest.n, 1));
    if (t->buf == NULL)
        return CONV_OK;
    if (t->cap == 0)
        return unfinished(t, start);
    size_t n = rest.n <= room ? rest.n : cut_utf8(t, rest, room);
    if (n > 0)
        memcpy(t->buf, rest.s, n);
    ((char *)t->buf)[n] = '\0';
    return n == rest.n ? finished(t) : unfinished(t, start + n);
}

/* The second half of a surrogate pair is owed when a piece ended between the two: `at` then stands
 * one byte behind the lead of a four-byte character. */
static bool owes_half(struct text text, size_t at, uint16_t pair[2])
{
    if (at == 0 || at >= text.n || ((unsigned char)text.s[at] & 0xc0) != 0x80)
        return false;
    struct utf_step s = utf_8to16(pair, 2, text_sub(text, at - 1, 4));
    return s.out == 2 && s.in == 4 && s.bad == 0 && pair[0] >= 0xd800 && pair[0] < 0xdc00;
}

static void store_unit(struct conv_target *t, size_t i, uint16_t u)
{
    memcpy((char *)t->buf + 2 * i, &u, sizeof u);
}

/* Converts into an application buffer that need not be aligned. */
static struct utf_step copy_16(struct conv_target *t, size_t from, size_t room, struct text rest)
{
    uint16_t chunk[CHUNK];
    struct utf_step all = {.in = 0};

    if (((uintptr_t)t->buf & 1) == 0)
        return utf_8to16((uint16_t *)t->buf + from, room, rest);
    while (room > 0 && rest.n > 0) {
        struct utf_step s = utf_8to16(chunk, room < CHUNK ? room : CHUNK, rest);
        if (s.in == 0)
            break;
        memcpy((char *)t->buf + 2 * (from + all.out), chunk, 2 * s.out);
        all.in += s.in;
        all.out += s.out;
        room -= s.out;
        rest = text_sub(rest, s.in, rest.n);
    }
    return all;
}

/* Units from `at` to the end. */
static size_t count_16(struct text text, size_t at)
{
    uint16_t pair[2];
    bool owed = owes_half(text, at, pair);
    struct text rest = text_sub(text, at + (owed ? 3 : 0), text.n);

    return owed + utf_8to16(NULL, SIZE_MAX, rest).out;
}

/* Writes up to `room` units and moves *at; returns how many. A pair is split at the end of a piece
 * only. */
static size_t write_16(struct conv_target *t, struct text text, size_t *at, size_t room)
{
    size_t done = 0;
    uint16_t pair[2];

    if (room == 0)
        return 0;
    if (owes_half(text, *at, pair)) {
        store_unit(t, done++, pair[1]);
        *at += 3;
    }
    struct utf_step s = copy_16(t, done, room - done, text_sub(text, *at, text.n));
    done += s.out;
    *at += s.in;
    if (t->pieces && done < room && *at < text.n) {
        utf_8to16(pair, 2, text_sub(text, *at, text.n));
        store_unit(t, done++, pair[0]);
        *at += 1;
    }
    return done;
}

enum conv_result put_wchar(struct conv_target *t, struct text text, size_t keep)
{
    size_t start = start_of(t, text.n);
    size_t at = start, done, room;

    if (t->cap < 0)
        return CONV_LENGTH;
    if (!room_for(t, 2, start, keep, &room))
        return CONV_RANGE;
    if (t->buf == NULL) {
        set_length(t, length_of(count_16(text, at), 2));
        return CONV_OK;
    }
    done = write_16(t, text, &at, room);
    if (t->cap >= 2)
        store_unit(t, done, 0);
    if (at == text.n && t->cap >= 2) {
        set_length(t, length_of(done, 2));
        return finished(t);
    }
    if (start > 0 && text.n - at > COUNT_MAX)
        set_length(t, SQL_NO_TOTAL);
    else
        set_length(t, length_of(done + count_16(text, at), 2));
    return unfinished(t, at);
}

/* ---- bytes ---- */

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

struct bytes bytes_of_cell(enum nat_wire wire, struct nat_cell cell)
{
    if (wire != WIRE_PG_TEXT)
        return (struct bytes){.form = BYTES_RAW, .p = cell.p, .n = cell.n};
    if (cell.n >= 2 && cell.p[0] == '\\' && cell.p[1] == 'x')
        return (struct bytes){.form = BYTES_HEX, .p = cell.p + 2, .n = (cell.n - 2) & ~(size_t)1};
    return (struct bytes){.form = BYTES_ESCAPE, .p = cell.p, .n = cell.n};
}

/* Source units of the byte at `at` in the old escape format: x, \\ or \ooo. */
static size_t escape_len(const struct bytes *b, size_t at)
{
    if (b->p[at] != '\\' || at + 1 == b->n)
        return 1;
    if (b->p[at + 1] == '\\')
        return 2;
    return b->n - at >= 4 ? 4 : 1;
}

static unsigned char escape_byte(const struct bytes *b, size_t at, size_t len)
{
    const char *p = b->p + at;

    if (len < 4)
        return (unsigned char)p[0];
    return (unsigned char)((p[1] & 3) << 6 | (p[2] & 7) << 3 | (p[3] & 7));
}

static size_t bytes_left(const struct bytes *b, size_t at)
{
    size_t n = 0;

    if (b->form == BYTES_RAW)
        return b->n - at;
    if (b->form == BYTES_HEX)
        return (b->n - at) / 2;
    for (; at < b->n; n++)
        at += escape_len(b, at);
    return n;
}

/* Decodes up to max bytes from *at on. */
static size_t bytes_take(const struct bytes *b, size_t *at, unsigned char *dst, size_t max)
{
    size_t n = 0;

    if (b->form == BYTES_RAW) {
        n = b->n - *at < max ? b->n - *at : max;
        if (n > 0)
            memcpy(dst, b->p + *at, n);
        *at += n;
        return n;
    }
    for (; n < max && *at < b->n; n++) {
        if (b->form == BYTES_HEX) {
            int hi = hex_digit(b->p[*at]), lo = hex_digit(b->p[*at + 1]);
            dst[n] = (unsigned char)((unsigned)hi << 4 | ((unsigned)lo & 0xf));
            *at += 2;
        } else {
            size_t len = escape_len(b, *at);
            dst[n] = escape_byte(b, *at, len);
            *at += len;
        }
    }
    return n;
}

enum conv_result put_bytes(struct conv_target *t, struct bytes b)
{
    size_t at = start_of(t, b.n);
    size_t left = bytes_left(&b, at);

    if (t->cap < 0)
        return CONV_LENGTH;
    set_length(t, length_of(left, 1));
    if (t->buf == NULL)
        return CONV_OK;
    size_t n = bytes_take(&b, &at, t->buf, (size_t)t->cap);
    return n == left ? finished(t) : unfinished(t, at);
}

static void store_hex(struct conv_target *t, size_t unit, size_t i, char c)
{
    if (unit == 1)
        ((char *)t->buf)[i] = c;
    else
        store_unit(t, i, (uint16_t)(unsigned char)c);
}

static void put_pairs(struct conv_target *t, struct bytes *b, size_t *at, size_t unit, size_t i,
                      size_t pairs)
{
    unsigned char chunk[CHUNK];

    while (pairs > 0) {
        size_t n = bytes_take(b, at, chunk, pairs < CHUNK ? pairs : CHUNK);
        for (size_t k = 0; k < n; k++, i += 2) {
            store_hex(t, unit, i, "0123456789ABCDEF"[chunk[k] >> 4]);
            store_hex(t, unit, i + 1, "0123456789ABCDEF"[chunk[k] & 15]);
        }
        pairs -= n;
    }
}

/* A bound value is cut between two bytes, as ODBC has it. SQLGetData's pieces fill the buffer to
 * its last digit: applications take it that a piece is as long as the room for it. `at` is then
 * twice the source units, and one more where half of a byte has been told. */
enum conv_result put_hex(struct conv_target *t, struct bytes b, size_t unit)
{
    size_t at = t->pieces && t->at / 2 < b.n ? t->at / 2 : t->pieces ? b.n : 0;
    size_t half = t->pieces && at < b.n ? t->at % 2 : 0;
    size_t left = 2 * bytes_left(&b, at) - half, done = 0, next;
    unsigned char one;

    if (t->cap < 0)
        return CONV_LENGTH;
    set_length(t, length_of(left, unit));
    if (t->buf == NULL)
        return CONV_OK;
    size_t units = (size_t)t->cap / unit;
    if (units == 0)
        return unfinished(t, 2 * at + half);
    size_t room = t->pieces ? units - 1 : (units - 1) & ~(size_t)1;
    size_t wanted = room < left ? room : left;
    if (half && wanted > 0) {
        bytes_take(&b, &at, &one, 1);
        store_hex(t, unit, done++, "0123456789ABCDEF"[one & 15]);
        half = 0;
    }
    put_pairs(t, &b, &at, unit, done, (wanted - done) / 2);
    done += (wanted - done) & ~(size_t)1;
    if (done < wanted) {
        next = at;
        bytes_take(&b, &next, &one, 1);
        store_hex(t, unit, done++, "0123456789ABCDEF"[one >> 4]);
        half = 1;
    }
    store_hex(t, unit, done, '\0');
    return done == left ? finished(t) : unfinished(t, 2 * at + half);
}
