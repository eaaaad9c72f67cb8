/* Decimal numbers as text: parsed into views of their significant digits, so that conversions are
 * exact; never with functions that obey LC_NUMERIC's decimal point. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "convert/convert_priv.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPONENT_MAX 1000000
/* More digits than that cannot change the nearest double; one sticky digit stands for the rest. */
#define DOUBLE_DIGITS 780

typedef unsigned __int128 u128;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool whole_parse(struct text t, struct whole *out)
{
    size_t i = 0;
    uint64_t v = 0;

    out->negative = t.n > 0 && t.s[0] == '-';
    if (t.n > 0 && (t.s[0] == '-' || t.s[0] == '+'))
        i = 1;
    if (i == t.n)
        return false;
    for (; i < t.n; i++) {
        if (!is_digit(t.s[i]) || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(t.s[i] - '0'), &v))
            return false;
    }
    out->magnitude = v;
    return true;
}

bool whole_in(struct whole w, int64_t min, uint64_t max)
{
    if (w.negative && w.magnitude > 0)
        return min < 0 && w.magnitude <= (uint64_t)0 - (uint64_t)min;
    return w.magnitude <= max;
}

/* NaN, Infinity, inf with a sign: what servers write for floats and numerics. */
static bool parse_special(struct text t, struct number *out)
{
    out->negative = t.n > 0 && t.s[0] == '-';
    if (t.n > 0 && (t.s[0] == '-' || t.s[0] == '+'))
        t = text_sub(t, 1, t.n);
    out->finite = false;
    out->nan = text_eq_ci(t, TEXT("nan"));
    return out->nan || text_eq_ci(t, TEXT("infinity")) || text_eq_ci(t, TEXT("inf"));
}

static size_t digit_run(struct text t, size_t from)
{
    size_t i = from;

    while (i < t.n && is_digit(t.s[i]))
        i++;
    return i - from;
}

/* "e[sign]digits" from i to the end. */
static bool parse_exponent(struct text t, size_t i, int64_t *out)
{
    bool negative = false;
    int64_t e = 0;

    i++;
    if (i < t.n && (t.s[i] == '-' || t.s[i] == '+'))
        negative = t.s[i++] == '-';
    if (i == t.n || digit_run(t, i) != t.n - i)
        return false;
    for (; i < t.n; i++)
        e = e > EXPONENT_MAX ? e : e * 10 + (t.s[i] - '0');
    *out = negative ? -e : e;
    return true;
}

static void normalize(struct number *n)
{
    while (n->a.n > 0 && n->a.s[0] == '0') {
        n->a = text_sub(n->a, 1, n->a.n);
        n->point--;
    }
    while (n->a.n == 0 && n->b.n > 0 && n->b.s[0] == '0') {
        n->b = text_sub(n->b, 1, n->b.n);
        n->point--;
    }
    while (n->b.n > 0 && n->b.s[n->b.n - 1] == '0')
        n->b.n--;
    while (n->b.n == 0 && n->a.n > 0 && n->a.s[n->a.n - 1] == '0')
        n->a.n--;
    n->digits = n->a.n + n->b.n;
    if (n->digits == 0)
        n->point = 0;
}

bool number_parse(struct text t, bool specials, struct number *out)
{
    size_t i = 0;
    int64_t exponent = 0;

    t = text_trim(t);
    *out = (struct number){.literal = t, .finite = true};
    if (specials && parse_special(t, out))
        return true;
    out->finite = true;
    if (t.n > 0 && (t.s[0] == '-' || t.s[0] == '+'))
        i = 1;
    out->a = text_sub(t, i, digit_run(t, i));
    i += out->a.n;
    if (i < t.n && t.s[i] == '.') {
        out->b = text_sub(t, i + 1, digit_run(t, i + 1));
        i += 1 + out->b.n;
    }
    if (out->a.n + out->b.n == 0)
        return false;
    if (i < t.n && (t.s[i] == 'e' || t.s[i] == 'E')) {
        if (!parse_exponent(t, i, &exponent))
            return false;
        i = t.n;
    }
    if (i != t.n)
        return false;
    out->negative = t.s[0] == '-';
    out->point = (int64_t)out->a.n + exponent;
    normalize(out);
    return true;
}

static char digit_at(const struct number *n, size_t i)
{
    return i < n->a.n ? n->a.s[i] : n->b.s[i - n->a.n];
}

bool number_has_fraction(const struct number *n)
{
    return n->digits > 0 && (int64_t)n->digits > n->point;
}

/* The digits before `point`, as an integer; false on overflow. */
static bool digits_u128(const struct number *n, int64_t point, u128 *out)
{
    u128 v = 0;

    if (n->digits == 0 || point <= 0) {
        *out = 0;
        return true;
    }
    if (point > 39)
        return false;
    for (size_t i = 0; i < (size_t)point; i++) {
        unsigned d = i < n->digits ? (unsigned)(digit_at(n, i) - '0') : 0;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, d, &v))
            return false;
    }
    *out = v;
    return true;
}

bool number_whole(const struct number *n, struct whole *out)
{
    u128 v;

    if (!n->finite || !digits_u128(n, n->point, &v) || v > UINT64_MAX)
        return false;
    *out = (struct whole){.negative = n->negative && v != 0, .magnitude = (uint64_t)v};
    return true;
}

/* Whether digits before the point stand behind the first `kept` digits: a negative scale has no
 * room for them, and they are no fraction. */
static bool whole_cut(const struct number *n, int64_t kept)
{
    for (int64_t i = kept > 0 ? kept : 0; i < n->point && i < (int64_t)n->digits; i++)
        if (digit_at(n, (size_t)i) != '0')
            return true;
    return false;
}

/* As they are written, with zeros at the end; 0 where there is an exponent. */
static int64_t written_fraction(struct text literal)
{
    size_t point = text_find(literal, '.', 0);

    if (point == SIZE_MAX || digit_run(literal, point + 1) != literal.n - point - 1)
        return 0;
    return (int64_t)(literal.n - point - 1);
}

int number_precision(const struct number *n, int scale)
{
    int64_t all = (n->point > 0 ? n->point : 0) + scale;

    return all < 1 ? 1 : all > NUMERIC_PRECISION ? NUMERIC_PRECISION : (int)all;
}

int number_scale(const struct number *n, int precision)
{
    int64_t fraction = (int64_t)n->digits - n->point, written = written_fraction(n->literal);
    int64_t room = (precision > 0 ? precision : NUMERIC_PRECISION) - (n->point > 0 ? n->point : 0);

    if (fraction < written)
        fraction = written;
    if (fraction > room)
        fraction = room;
    return !n->finite || fraction < 0 ? 0 : (int)fraction;
}

enum conv_result number_struct(const struct number *n, int precision, int scale,
                               SQL_NUMERIC_STRUCT *out)
{
    u128 v;
    int64_t point = n->point + scale;

    if (precision <= 0)
        precision = NUMERIC_PRECISION;
    if (!n->finite || (n->digits > 0 && point > precision) || whole_cut(n, point) ||
        !digits_u128(n, point, &v))
        return CONV_RANGE;
    *out = (SQL_NUMERIC_STRUCT){
        .precision = (SQLCHAR)precision,
        .scale = (SQLSCHAR)scale,
        .sign = !n->negative,
    };
    for (size_t i = 0; i < sizeof out->val; i++)
        out->val[i] = (SQLCHAR)(v >> (8 * i));
    return n->digits > 0 && (int64_t)n->digits > point ? CONV_FRACTION : CONV_OK;
}

/* "ddd...e<n>": no decimal point, so that strtod() reads it alike in every locale. */
static void without_point(const struct number *n, char out[DOUBLE_DIGITS + 32])
{
    size_t used = n->digits < DOUBLE_DIGITS ? n->digits : DOUBLE_DIGITS;
    size_t at = 0;
    int64_t exponent = n->point - (int64_t)used;
    char scratch[NUMBER_TEXT];

    for (; at < used; at++)
        out[at] = digit_at(n, at);
    if (used < n->digits) {
        out[at++] = '1';
        exponent--;
    }
    out[at++] = 'e';
    struct whole e = {.negative = exponent < 0,
                      .magnitude = (uint64_t)(exponent < 0 ? -exponent : exponent)};
    struct text t = number_of_whole(e, scratch);
    memcpy(out + at, t.s, t.n);
    out[at + t.n] = '\0';
}

static double special_value(const struct number *n)
{
    if (n->nan)
        return (double)NAN;
    return n->negative ? -(double)INFINITY : (double)INFINITY;
}

/* Powers of ten that a double holds exactly. */
static const double power10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* When both are exact in a double, one multiplication or division rounds correctly. */
static bool quick_double(const struct number *n, double *out)
{
    int64_t exponent = n->point - (int64_t)n->digits;
    uint64_t m = 0;

    if (FLT_EVAL_METHOD != 0 || n->digits > 15 || exponent > 22 || exponent < -22)
        return false;
    for (size_t i = 0; i < n->digits; i++)
        m = m * 10 + (uint64_t)(digit_at(n, i) - '0');
    *out = exponent >= 0 ? (double)m * power10[exponent] : (double)m / power10[-exponent];
    return true;
}

bool number_double(const struct number *n, double *out)
{
    char text[DOUBLE_DIGITS + 32];

    if (!n->finite) {
        *out = special_value(n);
        return true;
    }
    if (n->digits == 0) {
        *out = 0;
    } else if (!quick_double(n, out)) {
        without_point(n, text);
        *out = strtod(text, NULL);
    }
    if (n->negative)
        *out = -*out;
    return isfinite(*out);
}

bool whole_of_double(double d, struct whole *out)
{
    double magnitude = d < 0 ? -d : d;

    if (!(magnitude < 18446744073709551616.0)) /* NaN too */
        return false;
    out->magnitude = (uint64_t)magnitude;
    out->negative = d < 0 && out->magnitude > 0;
    return true;
}

bool number_float(const struct number *n, float *out)
{
    char text[DOUBLE_DIGITS + 32];

    if (!n->finite) {
        *out = (float)special_value(n);
        return true;
    }
    *out = 0;
    if (n->digits > 0) {
        without_point(n, text);
        *out = strtof(text, NULL);
    }
    if (n->negative)
        *out = -*out;
    return isfinite(*out);
}

/* Lays significant digits out as a literal: plain where that is short, else d.ddde<n>. */
static struct text lay_out(bool negative, const char *digits, size_t n, int point,
                           char text[NUMBER_TEXT])
{
    const char *sign = negative ? "-" : "";
    int len;

    if (n == 0)
        len = snprintf(text, NUMBER_TEXT, "%s0", sign);
    else if (point > 17 || point < -4)
        len = snprintf(text, NUMBER_TEXT, "%s%c%s%.*se%d", sign, digits[0], n > 1 ? "." : "",
                       (int)n - 1, digits + 1, point - 1);
    else if (point <= 0)
        len = snprintf(text, NUMBER_TEXT, "%s0.%.*s%.*s", sign, -point, "00000", (int)n, digits);
    else if ((size_t)point >= n)
        len = snprintf(text, NUMBER_TEXT, "%s%.*s%.*s", sign, (int)n, digits, point - (int)n,
                       "00000000000000000");
    else
        len = snprintf(text, NUMBER_TEXT, "%s%.*s.%.*s", sign, point, digits, (int)n - point,
                       digits + point);
    return (struct text){text, (size_t)len};
}

/* Splits printf's "d?ddde±n" (? is the locale's decimal point) into digits and point. */
static size_t split_printed(const char *z, char digits[32], int *point)
{
    size_t n = 0;

    for (; *z && *z != 'e'; z++) {
        if (is_digit(*z) && n < 31)
            digits[n++] = *z;
    }
    *point = *z ? atoi(z + 1) + 1 : 1;
    while (n > 0 && digits[n - 1] == '0')
        n--;
    digits[n] = '\0';
    return n;
}

/* The digits of a value that has few of them: found by trying how many decimals make it whole. */
static bool quick_digits(double magnitude, bool single, char digits[32], size_t *n, int *point)
{
    char scratch[NUMBER_TEXT];
    double limit = single ? 1e6 : 1e15;

    for (int k = 0; FLT_EVAL_METHOD == 0 && k <= (single ? 10 : 15); k++) {
        double scaled = magnitude * power10[k] + 0.5;
        if (scaled >= limit)
            return false;
        uint64_t m = (uint64_t)scaled;
        if (single ? (float)m / (float)power10[k] != (float)magnitude
                   : (double)m / power10[k] != magnitude)
            continue;
        struct text t = number_of_whole((struct whole){.magnitude = m}, scratch);
        *point = (int)t.n - k;
        while (t.n > 0 && t.s[t.n - 1] == '0')
            t.n--;
        memcpy(digits, t.s, t.n);
        *n = t.n;
        return true;
    }
    return false;
}

static size_t shortest_digits(double magnitude, bool single, char digits[32], int *point)
{
    char printed[64], back[64];
    size_t n = 0;

    if (quick_digits(magnitude, single, digits, &n, point))
        return n;
    for (int p = single ? 6 : 15; p <= (single ? 9 : 17); p++) {
        snprintf(printed, sizeof printed, "%.*e", p - 1, magnitude);
        n = split_printed(printed, digits, point);
        snprintf(back, sizeof back, "%se%d", digits, *point - (int)n);
        if (single ? strtof(back, NULL) == (float)magnitude : strtod(back, NULL) == magnitude)
            break;
    }
    return n;
}

static struct text print_shortest(double d, bool single, char text[NUMBER_TEXT])
{
    char digits[32];
    int point = 0;

    if (isnan(d))
        return TEXT("NaN");
    if (isinf(d))
        return d < 0 ? TEXT("-Infinity") : TEXT("Infinity");
    size_t n = shortest_digits(d < 0 ? -d : d, single, digits, &point);
    return lay_out(signbit(d), digits, n, point, text);
}

struct text number_of_double(double d, char text[NUMBER_TEXT])
{
    return print_shortest(d, false, text);
}

struct text number_of_float(float f, char text[NUMBER_TEXT])
{
    return print_shortest((double)f, true, text);
}

struct text number_of_whole(struct whole w, char text[NUMBER_TEXT])
{
    size_t at = NUMBER_TEXT;

    do {
        text[--at] = (char)('0' + w.magnitude % 10);
        w.magnitude /= 10;
    } while (w.magnitude > 0);
    if (w.negative)
        text[--at] = '-';
    return (struct text){text + at, NUMBER_TEXT - at};
}

struct text number_of_struct(const SQL_NUMERIC_STRUCT *s, char text[NUMBER_TEXT])
{
    u128 v = 0;
    size_t at = NUMBER_TEXT;
    int scale = s->scale;

    for (size_t i = sizeof s->val; i > 0; i--)
        v = v << 8 | s->val[i - 1];
    bool negative = s->sign != 1 && v != 0;
    for (; scale < 0; scale++) /* trailing zeros; at most 128 */
        text[--at] = '0';
    do {
        text[--at] = (char)('0' + (unsigned)(v % 10));
        v /= 10;
        if (--scale == 0 && s->scale > 0)
            text[--at] = '.';
    } while (v > 0 || scale >= 0);
    if (negative)
        text[--at] = '-';
    return (struct text){text + at, NUMBER_TEXT - at};
}
