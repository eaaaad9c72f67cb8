#include "native/my_packet.h"

#include <string.h>

#define MOMENT_HOURS 24
#define LONGEST_DAYS (INT32_MAX / MOMENT_HOURS - 1)

struct reader {
    const unsigned char *p, *end;
};

static inline uint64_t little(const unsigned char *p, size_t size)
{
    uint64_t v = 0;

    for (size_t i = size; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

/* A string with its length before it, which is NULL in a text row. One that takes 8 bytes to count
 * is never here whole. */
static inline bool read_string(struct reader *r, const char **p, size_t *n)
{
    size_t size, bytes;

    if (r->p == r->end)
        return false;
    size = *r->p++;
    if (size > 250) {
        bytes = size == 252 ? 2 : size == 253 ? 3 : 0;
        *p = NULL;
        *n = 0;
        if (size == 251)
            return true;
        if (!bytes || (size_t)(r->end - r->p) < bytes)
            return false;
        size = (size_t)little(r->p, bytes);
        r->p += bytes;
    }
    if ((size_t)(r->end - r->p) < size)
        return false;
    *p = (const char *)r->p;
    *n = size;
    r->p += size;
    return true;
}

/* ---- text ---- */

bool my_packet_text(const unsigned char *packet, size_t size, size_t ncolumns, char *to,
                    struct nat_cell *c)
{
    struct reader r = {packet, packet + size};
    const char *begin = (const char *)packet;

    if (size == 0 || packet[0] > 251) /* no row, or one that begins with a large column */
        return false;
    for (size_t i = 0; i < ncolumns; i++) {
        const char *p;
        size_t n;
        if (!read_string(&r, &p, &n))
            return false;
        c[i] = (struct nat_cell){p ? to + (p - begin) : NULL, n};
    }
    if (r.p != r.end)
        return false;
    memcpy(to, packet, size);
    return true;
}

/* ---- binary ---- */

static bool read_moment(const unsigned char *p, size_t size, struct nat_moment *m)
{
    *m = (struct nat_moment){.year = 0};
    if (size != 0 && size != 4 && size != 7 && size != 11)
        return false;
    if (size >= 4) {
        m->year = (int32_t)little(p, 2);
        m->month = p[2];
        m->day = p[3];
    }
    if (size >= 7) {
        m->hour = p[4];
        m->minute = p[5];
        m->second = p[6];
    }
    if (size == 11)
        m->microsecond = (int32_t)little(p + 7, 4);
    return m->microsecond >= 0;
}

static bool read_time(const unsigned char *p, size_t size, struct nat_moment *m)
{
    *m = (struct nat_moment){.year = 0};
    if (size == 0)
        return true;
    if ((size != 8 && size != 12) || little(p + 1, 4) > LONGEST_DAYS)
        return false;
    m->negative = p[0] != 0;
    m->hour = (int32_t)little(p + 1, 4) * MOMENT_HOURS + p[5];
    m->minute = p[6];
    m->second = p[7];
    if (size == 12)
        m->microsecond = (int32_t)little(p + 8, 4);
    return m->microsecond >= 0;
}

/* Bytes of a value on the wire, and of its cell; 0: it has a length of its own. */
static const struct {
    unsigned char wire, cell;
} widths[] = {[HOW_INT1] = {1, 8},
              [HOW_UINT1] = {1, 8},
              [HOW_INT2] = {2, 8},
              [HOW_UINT2] = {2, 8},
              [HOW_INT4] = {4, 8},
              [HOW_UINT4] = {4, 8},
              [HOW_8] = {8, 8},
              [HOW_4] = {4, 4},
              [HOW_MOMENT] = {0, sizeof(struct nat_moment)},
              [HOW_TIME] = {0, sizeof(struct nat_moment)},
              [HOW_STRING] = {0, 0}};

static inline void put_int(char *to, int64_t v)
{
    memcpy(to, &v, sizeof v);
}

/* A value of a fixed width. */
static inline void read_fixed(enum my_how how, const unsigned char *p, char *to)
{
    switch (how) {
    case HOW_INT1:
        put_int(to, (int8_t)p[0]);
        break;
    case HOW_UINT1:
        put_int(to, p[0]);
        break;
    case HOW_INT2:
        put_int(to, (int16_t)little(p, 2));
        break;
    case HOW_UINT2:
        put_int(to, (uint16_t)little(p, 2));
        break;
    case HOW_INT4:
        put_int(to, (int32_t)little(p, 4));
        break;
    case HOW_UINT4:
        put_int(to, (uint32_t)little(p, 4));
        break;
    case HOW_8:
        put_int(to, (int64_t)little(p, 8));
        break;
    default: { /* HOW_4 */
        uint32_t v = (uint32_t)little(p, 4);
        memcpy(to, &v, sizeof v);
        break;
    }
    }
}

/* A value that has its length before it; *size becomes that of its cell. */
static inline bool read_counted(enum my_how how, struct reader *r, char *to, size_t *size)
{
    struct nat_moment m;
    const char *p;

    if (!read_string(r, &p, size) || !p)
        return false;
    if (how == HOW_STRING) {
        memcpy(to, p, *size);
        return true;
    }
    if (!(how == HOW_TIME ? read_time : read_moment)((const unsigned char *)p, *size, &m))
        return false;
    memcpy(to, &m, sizeof m);
    *size = sizeof m;
    return true;
}

/* Behind the first byte the NULLs stand as bits, from the third of them on. */
bool my_packet_binary(const unsigned char *packet, size_t size, const enum my_how *hows,
                      size_t ncolumns, char *to, size_t *used, struct nat_cell *c)
{
    size_t head = 1 + (ncolumns + 7 + 2) / 8;
    char *begin = to;

    if (size < head || packet[0] != 0)
        return false;
    const unsigned char *nulls = packet + 1;
    struct reader r = {packet + head, packet + size};
    for (size_t i = 0; i < ncolumns; i++) {
        enum my_how how = hows[i];
        size_t wire = widths[how].wire, n = widths[how].cell;
        if (nulls[(i + 2) / 8] >> (i + 2) % 8 & 1) {
            c[i] = (struct nat_cell){NULL, 0};
            continue;
        }
        if (wire == 0) {
            if (!read_counted(how, &r, to, &n))
                return false;
        } else {
            if ((size_t)(r.end - r.p) < wire)
                return false;
            read_fixed(how, r.p, to);
            r.p += wire;
        }
        c[i] = (struct nat_cell){to, n};
        to += n;
    }
    *used = (size_t)(to - begin);
    return r.p == r.end;
}

size_t my_packet_room(bool binary, size_t ncolumns, size_t size)
{
    return size + (binary ? ncolumns * sizeof(struct nat_moment) : 0);
}
