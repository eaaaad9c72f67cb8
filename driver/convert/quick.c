/* Shorter ways for the pairs of types that make up most rows: a number or a date as every server
 * writes it, into its own C type. Whatever is not of that plain form (NULL, had before, out of
 * range, odd) goes the general way, so that there is one place for each rule. */
#include "convert/to_c_priv.h"

#include <float.h>
#include <string.h>

static bool is_plain(struct nat_cell cell, const struct conv_target *t)
{
    return cell.p != NULL && t->at == 0;
}

static enum conv_result deliver(struct conv_target *t, const void *value, size_t size)
{
    if (t->buf)
        memcpy(t->buf, value, size);
    if (t->indicator)
        *t->indicator = 0;
    if (t->octets)
        *t->octets = (SQLLEN)size;
    if (t->pieces && t->buf)
        t->at = SIZE_MAX;
    return CONV_OK;
}

/* ---- integers ---- */

/* Up to 18 digits: no sum of them overflows. */
static bool short_integer(struct nat_cell cell, int64_t *out)
{
    size_t i = cell.n > 0 && cell.p[0] == '-';
    int64_t v = 0;

    if (cell.n == i || cell.n - i > 18)
        return false;
    for (; i < cell.n; i++) {
        unsigned digit = (unsigned)(unsigned char)cell.p[i] - '0';
        if (digit > 9)
            return false;
        v = v * 10 + digit;
    }
    *out = cell.p[0] == '-' ? -v : v;
    return true;
}

static bool native_integer(struct nat_cell cell, int64_t *out)
{
    if (cell.n != sizeof *out)
        return false;
    memcpy(out, cell.p, sizeof *out);
    return true;
}

/* size is of the signed C type. */
static inline enum conv_result to_integer(const struct nat_type *type, struct nat_cell cell,
                                          struct conv_target *t, size_t size, bool native)
{
    int64_t low = -(INT64_C(1) << (8 * size - 2)) * 2, high = ~low, v;

    if (!is_plain(cell, t) || !(native ? native_integer(cell, &v) : short_integer(cell, &v)) ||
        v < low || v > high)
        return cell_to_fixed(type, cell, t);
    if (size == sizeof(SQLSMALLINT))
        return deliver(t, &(SQLSMALLINT){(SQLSMALLINT)v}, size);
    if (size == sizeof(SQLINTEGER))
        return deliver(t, &(SQLINTEGER){(SQLINTEGER)v}, size);
    return deliver(t, &v, size);
}

static enum conv_result text_int2(const struct nat_type *type, struct nat_cell c,
                                  struct conv_target *t)
{
    return to_integer(type, c, t, sizeof(SQLSMALLINT), false);
}

static enum conv_result text_int4(const struct nat_type *type, struct nat_cell c,
                                  struct conv_target *t)
{
    return to_integer(type, c, t, sizeof(SQLINTEGER), false);
}

static enum conv_result text_int8(const struct nat_type *type, struct nat_cell c,
                                  struct conv_target *t)
{
    return to_integer(type, c, t, sizeof(SQLBIGINT), false);
}

static enum conv_result native_int2(const struct nat_type *type, struct nat_cell c,
                                    struct conv_target *t)
{
    return to_integer(type, c, t, sizeof(SQLSMALLINT), true);
}

static enum conv_result native_int4(const struct nat_type *type, struct nat_cell c,
                                    struct conv_target *t)
{
    return to_integer(type, c, t, sizeof(SQLINTEGER), true);
}

static enum conv_result native_int8(const struct nat_type *type, struct nat_cell c,
                                    struct conv_target *t)
{
    return to_integer(type, c, t, sizeof(SQLBIGINT), true);
}

/* ---- floating point ---- */

/* [-]digits[.digits] of at most 15 digits: mantissa and power of ten are exact in a double, and one
 * division rounds correctly. */
static bool short_decimal(struct nat_cell cell, double *out)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    size_t first = cell.n > 0 && cell.p[0] == '-', point = cell.n;
    int64_t m = 0;

    if (FLT_EVAL_METHOD != 0 || cell.n - first > 16)
        return false;
    for (size_t i = first; i < cell.n; i++) {
        unsigned digit = (unsigned)(unsigned char)cell.p[i] - '0';
        if (digit <= 9)
            m = m * 10 + digit;
        else if (cell.p[i] == '.' && point == cell.n && i > first && i + 1 < cell.n)
            point = i;
        else
            return false;
    }
    size_t decimals = point < cell.n ? cell.n - point - 1 : 0;
    if (cell.n - first - (point < cell.n) > 15 || cell.n == first)
        return false;
    *out = (double)m / powers[decimals];
    *out = first ? -*out : *out;
    return true;
}

static enum conv_result to_double(const struct nat_type *type, struct nat_cell cell,
                                  struct conv_target *t)
{
    double d;

    if (!is_plain(cell, t) ||
        !(binary_double(type, cell, &d) || (!cell_is_binary(type) && short_decimal(cell, &d))))
        return cell_to_fixed(type, cell, t);
    return deliver(t, &d, sizeof d);
}

/* ---- dates ---- */

static bool digits(const char *p, size_t n, unsigned *out)
{
    unsigned v = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned digit = (unsigned)(unsigned char)p[i] - '0';
        if (digit > 9)
            return false;
        v = v * 10 + digit;
    }
    *out = v;
    return true;
}

/* "2024-05-06" at the beginning. */
static bool short_date(struct nat_cell cell, unsigned *year, unsigned *month, unsigned *day)
{
    return cell.n >= 10 && digits(cell.p, 4, year) && cell.p[4] == '-' &&
           digits(cell.p + 5, 2, month) && cell.p[7] == '-' && digits(cell.p + 8, 2, day) &&
           moment_date_valid((int32_t)*year, *month, *day);
}

/* "2024-05-06 07:08:09", and a point with up to nine digits. */
static bool short_timestamp(struct nat_cell cell, SQL_TIMESTAMP_STRUCT *out)
{
    unsigned year, month, day, hour, minute, second, fraction = 0;
    const char *p = cell.p;

    if (cell.n < 19 || cell.n == 20 || cell.n > 29 || !short_date(cell, &year, &month, &day) ||
        p[10] != ' ' || !digits(p + 11, 2, &hour) || p[13] != ':' || !digits(p + 14, 2, &minute) ||
        p[16] != ':' || !digits(p + 17, 2, &second) || hour > 23 || minute > 59 || second > 59)
        return false;
    if (cell.n > 20 && (p[19] != '.' || !digits(p + 20, cell.n - 20, &fraction)))
        return false;
    for (size_t i = cell.n > 20 ? cell.n - 20 : 9; i < 9; i++)
        fraction *= 10;
    *out = (SQL_TIMESTAMP_STRUCT){.year = (SQLSMALLINT)year,
                                  .month = (SQLUSMALLINT)month,
                                  .day = (SQLUSMALLINT)day,
                                  .hour = (SQLUSMALLINT)hour,
                                  .minute = (SQLUSMALLINT)minute,
                                  .second = (SQLUSMALLINT)second,
                                  .fraction = fraction};
    return true;
}

static enum conv_result to_date(const struct nat_type *type, struct nat_cell cell,
                                struct conv_target *t)
{
    unsigned year, month, day;

    if (!is_plain(cell, t) || cell.n != 10 || !short_date(cell, &year, &month, &day))
        return cell_to_fixed(type, cell, t);
    SQL_DATE_STRUCT d = {
        .year = (SQLSMALLINT)year, .month = (SQLUSMALLINT)month, .day = (SQLUSMALLINT)day};
    return deliver(t, &d, sizeof d);
}

static enum conv_result to_timestamp(const struct nat_type *type, struct nat_cell cell,
                                     struct conv_target *t)
{
    SQL_TIMESTAMP_STRUCT s;

    if (!is_plain(cell, t) || !short_timestamp(cell, &s))
        return cell_to_fixed(type, cell, t);
    return deliver(t, &s, sizeof s);
}

/* ---- which ---- */

static conv_fn *pick_integer(const struct nat_type *type, size_t size)
{
    static conv_fn *const text[] = {[2] = text_int2, [4] = text_int4, [8] = text_int8};
    static conv_fn *const native[] = {[2] = native_int2, [4] = native_int4, [8] = native_int8};

    if (!cell_is_binary(type))
        return text[size];
    return type->is_unsigned ? NULL : native[size];
}

conv_fn *quick_pick(const struct nat_type *type, SQLSMALLINT ctype)
{
    enum value_kind kind = cell_kind(type);
    bool whole = kind == V_INT || kind == V_UINT, binary = cell_is_binary(type);

    switch (ctype) {
    case SQL_C_SHORT:
    case SQL_C_SSHORT:
    case SQL_C_LONG:
    case SQL_C_SLONG:
    case SQL_C_SBIGINT:
        return whole ? pick_integer(type, ctype_of(ctype)->size) : NULL;
    case SQL_C_DOUBLE:
        return kind == V_DOUBLE || kind == V_NUMERIC ? to_double : NULL;
    case SQL_C_DATE:
    case SQL_C_TYPE_DATE:
        return kind == V_DATE && !binary ? to_date : NULL;
    case SQL_C_TIMESTAMP:
    case SQL_C_TYPE_TIMESTAMP:
        return kind == V_TIMESTAMP && !binary ? to_timestamp : NULL;
    default:
        return NULL;
    }
}
