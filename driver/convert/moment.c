/* Dates and times as text and fields. One reader serves server text and literals of applications.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "convert/convert_priv.h"

#include <string.h>
#include <time.h>

/* A reader's place in a text; reads are no-ops at the end. */
struct scan {
    struct text t;
    size_t at;
};

static char peek(const struct scan *s, size_t ahead)
{
    return s->at + ahead < s->t.n ? s->t.s[s->at + ahead] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take(struct scan *s, char c)
{
    if (s->at >= s->t.n || s->t.s[s->at] != c)
        return false;
    s->at++;
    return true;
}

/* min to max digits. */
static bool take_number(struct scan *s, size_t min, size_t max, uint32_t *out)
{
    size_t n = 0;
    uint32_t v = 0;

    while (n < max && is_digit(peek(s, n))) {
        v = v * 10 + (uint32_t)(peek(s, n) - '0');
        n++;
    }
    s->at += n;
    *out = v;
    return n >= min && !is_digit(peek(s, 0));
}

bool moment_date_valid(int32_t year, unsigned month, unsigned day)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (year == 0 || month < 1 || month > 12 || day < 1)
        return false;
    int32_t y = year < 0 ? year + 1 : year; /* 1 BC is the year before 1 AD, and a leap year */
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return day <= days[month - 1] + (unsigned)(month == 2 && leap);
}

static bool scan_date(struct scan *s, struct moment *m)
{
    uint32_t year, month, day;

    if (!take_number(s, 4, 7, &year) || !take(s, '-') || !take_number(s, 1, 2, &month) ||
        !take(s, '-') || !take_number(s, 1, 2, &day))
        return false;
    m->has_date = true;
    m->year = (int32_t)year;
    m->month = (uint16_t)month;
    m->day = (uint16_t)day;
    return true;
}

static bool scan_fraction(struct scan *s, struct moment *m)
{
    uint32_t unit = 100000000;

    if (!is_digit(peek(s, 0)))
        return false;
    for (; is_digit(peek(s, 0)); s->at++) {
        uint32_t d = (uint32_t)(peek(s, 0) - '0');
        m->nanos += d * unit;
        m->cut = m->cut || (unit == 0 && d != 0);
        unit /= 10;
    }
    return true;
}

static bool scan_time(struct scan *s, struct moment *m)
{
    bool negative = take(s, '-');

    if (!take_number(s, 1, 3, &m->hour) || !take(s, ':') || !take_number(s, 1, 2, &m->minute))
        return false;
    if (take(s, ':')) {
        if (!take_number(s, 1, 2, &m->second))
            return false;
        if (take(s, '.') && !scan_fraction(s, m))
            return false;
    }
    m->has_time = true;
    m->time_ok = !negative && m->hour < 24 && m->minute < 60 && m->second <= 60;
    return true;
}

/* Z, +hh, -hh:mm, +hh:mm:ss */
static bool scan_zone(struct scan *s, struct moment *m)
{
    size_t from = s->at;
    uint32_t part;

    if (!take(s, 'Z') && (take(s, '+') || take(s, '-'))) {
        if (!take_number(s, 1, 4, &part))
            return false;
        while (take(s, ':')) {
            if (!take_number(s, 2, 2, &part))
                return false;
        }
    }
    m->zone = text_sub(s->t, from, s->at - from);
    return true;
}

static bool scan_era(struct scan *s, struct moment *m)
{
    struct text rest = text_sub(s->t, s->at, s->t.n);

    if (rest.n == 0)
        return true;
    if (!text_eq_ci(rest, TEXT(" BC")) || !m->has_date)
        return false;
    m->year = -m->year;
    return true;
}

bool moment_parse(struct text t, struct moment *out)
{
    struct scan s = {.t = text_trim(t)};
    bool dated;
    size_t run;

    *out = (struct moment){.time_ok = true};
    if (text_eq_ci(s.t, TEXT("infinity")) || text_eq_ci(s.t, TEXT("-infinity"))) {
        out->infinite = out->has_date = out->has_time = true;
        return true;
    }
    for (run = 0; is_digit(peek(&s, run));)
        run++;
    dated = run > 0 && peek(&s, run) == '-';
    if (dated && !scan_date(&s, out))
        return false;
    if (!dated || ((peek(&s, 0) == ' ' || peek(&s, 0) == 'T') && is_digit(peek(&s, 1)))) {
        s.at += dated;
        if (!scan_time(&s, out) || !scan_zone(&s, out))
            return false;
    }
    if (!scan_era(&s, out))
        return false;
    out->date_ok = out->has_date && moment_date_valid(out->year, out->month, out->day);
    return true;
}

struct text moment_unwrap(struct text t)
{
    t = text_trim(t);
    if (t.n < 5 || t.s[0] != '{' || t.s[t.n - 1] != '}')
        return t;
    struct text in = text_trim(text_sub(t, 1, t.n - 2));
    size_t word = text_starts_ci(in, TEXT("ts")) ? 2 : 1;
    if (!text_starts_ci(in, TEXT("ts")) && !text_starts_ci(in, TEXT("d")) &&
        !text_starts_ci(in, TEXT("t")))
        return t;
    in = text_trim(text_sub(in, word, in.n));
    if (in.n < 2 || in.s[0] != '\'' || in.s[in.n - 1] != '\'')
        return t;
    return text_trim(text_sub(in, 1, in.n - 2));
}

bool moment_has_clock(const struct moment *m)
{
    return m->hour || m->minute || m->second || m->nanos || m->cut;
}

void moment_set_today(struct moment *m)
{
    time_t now = time(NULL);
    struct tm tm = {.tm_mday = 1};

    localtime_r(&now, &tm);
    m->year = tm.tm_year + 1900;
    m->month = (uint16_t)(tm.tm_mon + 1);
    m->day = (uint16_t)tm.tm_mday;
    m->has_date = m->date_ok = true;
}

/* n in at least `width` digits. */
static char *put_digits(char *to, uint32_t n, int width)
{
    char digits[10];
    int len = 0;

    for (; n > 0 || len < width; n /= 10)
        digits[len++] = (char)('0' + n % 10);
    while (len > 0)
        *to++ = digits[--len];
    return to;
}

static char *put_part(char *to, uint32_t n, int width, char behind)
{
    to = put_digits(to, n, width);
    *to = behind;
    return to + (behind != '\0');
}

struct text moment_print(const struct moment *m, bool date, bool clock, char text[MOMENT_TEXT])
{
    char *to = text;

    if (date) {
        to = put_part(to, (uint32_t)(m->year < 0 ? -m->year : m->year), 4, '-');
        to = put_part(to, m->month, 2, '-');
        to = put_part(to, m->day, 2, clock ? ' ' : '\0');
    }
    if (clock) {
        to = put_part(to, m->hour, 2, ':');
        to = put_part(to, m->minute, 2, ':');
        to = put_part(to, m->second, 2, m->nanos > 0 ? '.' : '\0');
    }
    if (clock && m->nanos > 0) {
        to = put_digits(to, m->nanos, 9);
        while (to[-1] == '0')
            to--;
    }
    if (date && m->year < 0) {
        memcpy(to, " BC", 3);
        to += 3;
    }
    return (struct text){text, (size_t)(to - text)};
}
