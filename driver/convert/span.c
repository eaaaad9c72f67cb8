/* Intervals: added up, spread over the fields of ODBC's interval types, and written. */
#include "convert/span_priv.h"

#include <stdio.h>
#include <string.h>

#define SUM_MAX (INT64_MAX / 2) /* so that a sum can always be negated and rounded */

static const int64_t field_seconds[FIELDS] = {
    [DAY] = 86400, [HOUR] = 3600, [MINUTE] = 60, [SECOND] = 1};

static const struct {
    enum field first, last;
} interval_fields[] = {
    {YEAR, YEAR},     {MONTH, MONTH}, {DAY, DAY},       {HOUR, HOUR},  {MINUTE, MINUTE},
    {SECOND, SECOND}, {YEAR, MONTH},  {DAY, HOUR},      {DAY, MINUTE}, {DAY, SECOND},
    {HOUR, MINUTE},   {HOUR, SECOND}, {MINUTE, SECOND},
};

enum field span_first(SQLSMALLINT type)
{
    return interval_fields[type - SQL_INTERVAL_YEAR].first;
}

enum field span_last(SQLSMALLINT type)
{
    return interval_fields[type - SQL_INTERVAL_YEAR].last;
}

bool span_is_year_month(SQLSMALLINT type)
{
    return span_last(type) <= MONTH;
}

bool span_is_single(SQLSMALLINT type)
{
    return span_first(type) == span_last(type);
}

/* ---- adding up ---- */

static bool add(int64_t *sum, int64_t n, int64_t unit)
{
    return !__builtin_mul_overflow(n, unit, &n) && !__builtin_add_overflow(*sum, n, sum) &&
           *sum >= -SUM_MAX && *sum <= SUM_MAX;
}

/* Afterwards nanos are within a second and have the sign of seconds. */
static bool settle(struct span *s, int64_t nanos)
{
    nanos += s->nanos;
    if (!add(&s->seconds, nanos / NANOS, 1))
        return false;
    s->nanos = (int32_t)(nanos % NANOS);
    if (s->seconds > 0 && s->nanos < 0) {
        s->seconds--;
        s->nanos += NANOS;
    } else if (s->seconds < 0 && s->nanos > 0) {
        s->seconds++;
        s->nanos -= NANOS;
    }
    return true;
}

bool span_add_field(struct span *s, enum field f, int64_t n, int64_t nanos)
{
    if (f != SECOND && nanos != 0)
        return false;
    switch (f) {
    case YEAR:
        return add(&s->months, n, 12);
    case MONTH:
        return add(&s->months, n, 1);
    case DAY:
        return add(&s->days, n, 1);
    case HOUR:
    case MINUTE:
    case SECOND:
        return add(&s->seconds, n, field_seconds[f]) && settle(s, nanos);
    default:
        return false;
    }
}

/* ---- ODBC's structs ---- */

/* Days and time of day as one: ODBC's day-time intervals have a single sign. */
static bool day_time(const struct span *s, struct span *out)
{
    *out = (struct span){.seconds = s->seconds, .nanos = s->nanos};
    return add(&out->seconds, s->days, 86400) && settle(out, 0);
}

static int64_t magnitude(int64_t n)
{
    return n < 0 ? -n : n;
}

static int64_t power10(int n)
{
    int64_t p = 1;

    while (n-- > 0)
        p *= 10;
    return p;
}

static int fraction_digits(int precision)
{
    return precision >= 1 && precision <= 9 ? precision : 6;
}

/* The span's magnitude in fields first..last; *cut: something is left over below `last`. */
static bool spread(const struct span *s, enum field first, enum field last, int64_t field[FIELDS],
                   bool *cut)
{
    struct span all;
    int64_t rest;

    memset(field, 0, FIELDS * sizeof field[0]);
    if (last <= MONTH) {
        rest = magnitude(s->months);
        field[YEAR] = first == YEAR ? rest / 12 : 0;
        field[MONTH] = last == MONTH ? rest - field[YEAR] * 12 : 0;
        *cut = s->days || s->seconds || s->nanos || (last == YEAR && rest % 12);
        return true;
    }
    if (s->months != 0 || !day_time(s, &all))
        return false;
    rest = magnitude(all.seconds);
    for (enum field f = first; f <= last; f++) {
        field[f] = rest / field_seconds[f];
        rest %= field_seconds[f];
    }
    *cut = rest != 0 || (last != SECOND && all.nanos != 0);
    return true;
}

static bool is_negative(const struct span *s, SQLSMALLINT type)
{
    struct span all;

    if (span_is_year_month(type))
        return s->months < 0;
    return day_time(s, &all) && (all.seconds < 0 || all.nanos < 0);
}

static uint32_t nanos_of(const struct span *s)
{
    struct span all;

    return day_time(s, &all) ? (uint32_t)magnitude(all.nanos) : 0;
}

enum conv_result span_struct(const struct span *s, SQLSMALLINT type, int leading, int precision,
                             SQL_INTERVAL_STRUCT *out)
{
    int64_t field[FIELDS];
    enum field first = span_first(type);
    bool cut;
    int digits = leading > 0 && leading <= 9 ? leading : leading > 9 ? 9 : 2;

    if (!spread(s, first, span_last(type), field, &cut) || field[first] >= power10(digits))
        return CONV_INTERVAL;
    memset(out, 0, sizeof *out);
    out->interval_type = (SQLINTERVAL)(type - SQL_INTERVAL_YEAR + SQL_IS_YEAR);
    if (span_is_year_month(type)) {
        out->intval.year_month.year = (SQLUINTEGER)field[YEAR];
        out->intval.year_month.month = (SQLUINTEGER)field[MONTH];
        out->interval_sign = is_negative(s, type) && (field[YEAR] || field[MONTH]);
        return cut ? CONV_FRACTION : CONV_OK;
    }
    SQL_DAY_SECOND_STRUCT *d = &out->intval.day_second;
    d->day = (SQLUINTEGER)field[DAY];
    d->hour = (SQLUINTEGER)field[HOUR];
    d->minute = (SQLUINTEGER)field[MINUTE];
    d->second = (SQLUINTEGER)field[SECOND];
    if (span_last(type) == SECOND) {
        uint32_t unit = (uint32_t)power10(9 - fraction_digits(precision));
        d->fraction = nanos_of(s) / unit;
        cut = cut || nanos_of(s) % unit != 0;
    }
    bool any = d->day || d->hour || d->minute || d->second || d->fraction;
    out->interval_sign = is_negative(s, type) && any;
    return cut ? CONV_FRACTION : CONV_OK;
}

static void load_fields(const SQL_INTERVAL_STRUCT *s, SQLSMALLINT type, int64_t field[FIELDS])
{
    memset(field, 0, FIELDS * sizeof field[0]);
    if (span_is_year_month(type)) {
        field[YEAR] = s->intval.year_month.year;
        field[MONTH] = s->intval.year_month.month;
    } else {
        field[DAY] = s->intval.day_second.day;
        field[HOUR] = s->intval.day_second.hour;
        field[MINUTE] = s->intval.day_second.minute;
        field[SECOND] = s->intval.day_second.second;
    }
}

bool span_of_struct(const SQL_INTERVAL_STRUCT *s, SQLSMALLINT type, int precision, struct span *out)
{
    static const int64_t limit[FIELDS] = {0, 12, 0, 24, 60, 60};
    int64_t field[FIELDS], sign = s->interval_sign ? -1 : 1, nanos = 0;
    enum field first = span_first(type), last = span_last(type);

    *out = (struct span){.months = 0};
    load_fields(s, type, field);
    if (last == SECOND) {
        int digits = fraction_digits(precision);
        if (s->intval.day_second.fraction >= power10(digits))
            return false;
        nanos = s->intval.day_second.fraction * power10(9 - digits);
    }
    for (enum field f = first; f <= last; f++) {
        if (f > first && field[f] >= limit[f])
            return false;
        if (!span_add_field(out, f, field[f] * sign, f == SECOND ? nanos * sign : 0))
            return false;
    }
    return true;
}

struct whole span_field(const SQL_INTERVAL_STRUCT *s, SQLSMALLINT type)
{
    int64_t field[FIELDS];

    load_fields(s, type, field);
    return (struct whole){.negative = s->interval_sign != 0,
                          .magnitude = (uint64_t)field[span_first(type)]};
}

bool span_of_field(SQLSMALLINT type, struct whole n, uint32_t nanos, struct span *out)
{
    int64_t sign = n.negative ? -1 : 1;

    *out = (struct span){.months = 0};
    if (n.magnitude > INT64_MAX)
        return false;
    return span_add_field(out, span_first(type), (int64_t)n.magnitude * sign,
                          (int64_t)nanos * sign);
}

bool span_fits(const struct span *s, SQLSMALLINT type)
{
    int64_t field[FIELDS];
    bool cut;

    return spread(s, span_first(type), span_last(type), field, &cut) && !cut;
}

/* ---- writing ---- */

static int print_fraction(uint32_t nanos, char *text, size_t cap)
{
    int n = nanos ? snprintf(text, cap, ".%09u", (unsigned)nanos) : 0;

    while (n > 0 && text[n - 1] == '0')
        n--;
    return n;
}

struct text span_print(const struct span *s, char text[SPAN_TEXT])
{
    int64_t t = magnitude(s->seconds);
    int n =
        snprintf(text, SPAN_TEXT, "%lld mons %lld days %s%02lld:%02d:%02d", (long long)s->months,
                 (long long)s->days, s->seconds < 0 || s->nanos < 0 ? "-" : "+",
                 (long long)(t / 3600), (int)(t / 60 % 60), (int)(t % 60));

    n += print_fraction((uint32_t)magnitude(s->nanos), text + n, SPAN_TEXT - (size_t)n);
    return (struct text){text, (size_t)n};
}

struct text span_print_literal(const struct span *s, SQLSMALLINT type, char text[SPAN_TEXT])
{
    static const char before[FIELDS] = {
        [MONTH] = '-', [HOUR] = ' ', [MINUTE] = ':', [SECOND] = ':'};
    enum field first = span_first(type), last = span_last(type);
    int64_t field[FIELDS];
    bool cut;
    size_t n = 0;

    if (!spread(s, first, last, field, &cut))
        return TEXT("");
    if (is_negative(s, type))
        text[n++] = '-';
    for (enum field f = first; f <= last; f++) {
        if (f > first)
            text[n++] = before[f];
        const char *format = f > first && f != MONTH ? "%02lld" : "%lld";
        n += (size_t)snprintf(text + n, SPAN_TEXT - n, format, (long long)field[f]);
    }
    if (last == SECOND)
        n += (size_t)print_fraction(nanos_of(s), text + n, SPAN_TEXT - n);
    return (struct text){text, n};
}
