/* Intervals: read from server text of any IntervalStyle and from ODBC literals, and spread over the
 * fields of ODBC's interval types. */
#include "convert/convert_priv.h"

#include <stdio.h>
#include <string.h>

#define NANOS   1000000000
#define SUM_MAX (INT64_MAX / 2) /* so that a sum can always be negated and rounded */

enum field { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, FIELDS, NO_FIELD = FIELDS };

static const int64_t field_seconds[FIELDS] = {
    [DAY] = 86400, [HOUR] = 3600, [MINUTE] = 60, [SECOND] = 1};

/* The first and last field of SQL_INTERVAL_YEAR (101) to _MINUTE_TO_SECOND (113). */
static const struct {
    enum field first, last;
} interval_fields[] = {
    {YEAR, YEAR},     {MONTH, MONTH}, {DAY, DAY},       {HOUR, HOUR},  {MINUTE, MINUTE},
    {SECOND, SECOND}, {YEAR, MONTH},  {DAY, HOUR},      {DAY, MINUTE}, {DAY, SECOND},
    {HOUR, MINUTE},   {HOUR, SECOND}, {MINUTE, SECOND},
};

static enum field first_field(SQLSMALLINT type)
{
    return interval_fields[type - SQL_INTERVAL_YEAR].first;
}

static enum field last_field(SQLSMALLINT type)
{
    return interval_fields[type - SQL_INTERVAL_YEAR].last;
}

bool span_is_year_month(SQLSMALLINT type)
{
    return last_field(type) <= MONTH;
}

bool span_is_single(SQLSMALLINT type)
{
    return first_field(type) == last_field(type);
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

static bool add_field(struct span *s, enum field f, int64_t n, int64_t nanos)
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

/* ---- reading ---- */

struct reader {
    struct text t;
    size_t at;
    bool negative;    /* a leading sign of bare fields holds for the fields after it */
    enum field bare;  /* what the next bare number counts */
    enum field least; /* bare fields come largest first: the largest that may still come */
    struct span *out;
};

static char peek(const struct reader *r, size_t ahead)
{
    return r->at + ahead < r->t.n ? r->t.s[r->at + ahead] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void skip_blanks(struct reader *r)
{
    while (is_blank(peek(r, 0)))
        r->at++;
}

/* 1 to 15 digits. */
static bool read_digits(struct reader *r, int64_t *out)
{
    size_t n = 0;

    for (*out = 0; is_digit(peek(r, 0)); n++, r->at++) {
        if (n >= 15)
            return false;
        *out = *out * 10 + (peek(r, 0) - '0');
    }
    return n > 0;
}

/* ".fff" if there is one; digits beyond nanoseconds are dropped. */
static bool read_fraction(struct reader *r, int64_t *nanos)
{
    int64_t unit = NANOS / 10;

    *nanos = 0;
    if (peek(r, 0) != '.')
        return true;
    r->at++;
    if (!is_digit(peek(r, 0)))
        return false;
    for (; is_digit(peek(r, 0)); r->at++, unit /= 10)
        *nanos += (peek(r, 0) - '0') * unit;
    return true;
}

/* A unit by its name: singular, plural or the short forms servers use. */
static enum field unit_named(struct text word)
{
    static const struct {
        const char *name;
        enum field field;
    } units[] = {
        {"year", YEAR}, {"yr", YEAR},       {"y", YEAR},        {"month", MONTH},
        {"mon", MONTH}, {"day", DAY},       {"d", DAY},         {"hour", HOUR},
        {"hr", HOUR},   {"h", HOUR},        {"minute", MINUTE}, {"min", MINUTE},
        {"m", MINUTE},  {"second", SECOND}, {"sec", SECOND},    {"s", SECOND},
    };

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        struct text name = text_of(units[i].name);
        if (text_eq_ci(word, name))
            return units[i].field;
        if (word.n == name.n + 1 && text_starts_ci(word, name) && text_ends_ci(word, TEXT("s")))
            return units[i].field;
    }
    return NO_FIELD;
}

static struct text read_word(struct reader *r)
{
    size_t from = r->at;

    while (is_letter(peek(r, 0)))
        r->at++;
    return text_sub(r->t, from, r->at - from);
}

static enum field bare_after(enum field f)
{
    return f < SECOND ? (enum field)(f + 1) : NO_FIELD;
}

/* Whether the clock time at hand has two parts only. */
static bool two_parts(const struct reader *r)
{
    size_t i = 1;

    while (is_digit(peek(r, i)))
        i++;
    return peek(r, i) != ':';
}

/* The rest of h:m[:s[.f]] behind its first number; m:s[.f] where the first one counts minutes. */
static bool read_clock(struct reader *r, int64_t first, int64_t sign)
{
    enum field f = r->bare == MINUTE && two_parts(r) ? MINUTE : HOUR;
    int64_t n, nanos = 0;

    if (r->least > HOUR || !add_field(r->out, f, first * sign, 0))
        return false;
    while (peek(r, 0) == ':') {
        r->at++;
        f = bare_after(f);
        if (f == NO_FIELD || !read_digits(r, &n) || n >= 60)
            return false;
        if (f == SECOND && !read_fraction(r, &nanos))
            return false;
        if (!add_field(r->out, f, n * sign, nanos * sign))
            return false;
    }
    r->bare = r->least = NO_FIELD;
    return true;
}

/* A number without a unit: years-months, a clock time, or what `bare` says. */
static bool read_bare(struct reader *r, int64_t n, int64_t nanos, int64_t sign)
{
    int64_t months;

    if (peek(r, 0) == '-' && nanos == 0) {
        bool first = r->least == YEAR;
        r->at++;
        r->bare = r->least = DAY;
        return first && read_digits(r, &months) && months < 12 &&
               add_field(r->out, YEAR, n * sign, 0) && add_field(r->out, MONTH, months * sign, 0);
    }
    if (peek(r, 0) == ':' && nanos == 0)
        return read_clock(r, n, sign);
    skip_blanks(r);
    enum field f = r->at < r->t.n ? DAY : r->bare; /* something follows: days */
    bool in_order = f >= r->least;
    r->bare = f == DAY ? HOUR : NO_FIELD;
    r->least = bare_after(f);
    return f != NO_FIELD && in_order && add_field(r->out, f, n * sign, nanos * sign);
}

/* One "[sign]number[ unit]". */
static bool read_part(struct reader *r)
{
    int64_t n = 0, nanos = 0, sign = r->negative ? -1 : 1;
    bool signed_here = peek(r, 0) == '-' || peek(r, 0) == '+';

    if (signed_here)
        sign = r->t.s[r->at++] == '-' ? -1 : 1;
    if ((peek(r, 0) != '.' && !read_digits(r, &n)) || !read_fraction(r, &nanos))
        return false;
    size_t mark = r->at;
    skip_blanks(r);
    if (is_letter(peek(r, 0))) {
        enum field f = unit_named(read_word(r));
        return add_field(r->out, f, n * sign, nanos * sign);
    }
    r->at = mark;
    if (signed_here)
        r->negative = sign < 0;
    return read_bare(r, n, nanos, sign);
}

/* P1Y2M3DT4H5M6.7S, each number with a sign of its own. */
static bool read_iso(struct reader *r)
{
    bool clock = false;

    for (r->at = 1; r->at < r->t.n;) {
        int64_t n, nanos, sign = 1;
        if (peek(r, 0) == 'T') {
            clock = true;
            r->at++;
            continue;
        }
        if (peek(r, 0) == '-' || peek(r, 0) == '+')
            sign = r->t.s[r->at++] == '-' ? -1 : 1;
        if (!read_digits(r, &n) || !read_fraction(r, &nanos))
            return false;
        const char *units = clock ? "HMS" : "YMD";
        const char *u = peek(r, 0) ? strchr(units, peek(r, 0)) : NULL;
        if (u == NULL)
            return false;
        r->at++;
        if (!add_field(r->out, (enum field)((clock ? HOUR : YEAR) + (u - units)), n * sign,
                       nanos * sign))
            return false;
    }
    return r->t.n > 1;
}

static bool read_parts(struct reader *r)
{
    bool any = false;

    if (peek(r, 0) == 'P' && r->t.n > 1)
        return read_iso(r);
    if (peek(r, 0) == '@')
        r->at++;
    for (skip_blanks(r); r->at < r->t.n; skip_blanks(r)) {
        if (is_letter(peek(r, 0))) {
            if (!any || !text_eq_ci(read_word(r), TEXT("ago")) || r->at != r->t.n)
                return false;
            *r->out =
                (struct span){-r->out->months, -r->out->days, -r->out->seconds, -r->out->nanos};
            return true;
        }
        if (!read_part(r) || (peek(r, 0) && !is_blank(peek(r, 0)) && !is_blank(r->t.s[r->at - 1])))
            return false;
        any = true;
    }
    return any;
}

/* The words behind the quoted value of a literal: FIELD[(p)] [TO FIELD[(p)]]. */
static bool read_qualifier(struct text t, SQLSMALLINT *type)
{
    struct reader r = {.t = t};
    enum field field[2] = {NO_FIELD, NO_FIELD};

    for (size_t i = 0; i < 2; i++) {
        skip_blanks(&r);
        field[i] = unit_named(read_word(&r));
        if (field[i] == NO_FIELD)
            return false;
        if (peek(&r, 0) == '(') {
            size_t end = text_find(r.t, ')', r.at);
            if (end == SIZE_MAX)
                return false;
            r.at = end + 1;
        }
        skip_blanks(&r);
        if (r.at == r.t.n)
            break;
        if (i > 0 || !text_eq_ci(read_word(&r), TEXT("to")))
            return false;
    }
    if (field[1] == NO_FIELD)
        field[1] = field[0];
    for (size_t i = 0; i < sizeof interval_fields / sizeof interval_fields[0]; i++) {
        if (interval_fields[i].first == field[0] && interval_fields[i].last == field[1]) {
            *type = (SQLSMALLINT)(SQL_INTERVAL_YEAR + (int)i);
            return true;
        }
    }
    return false;
}

/* {INTERVAL [sign]'value' qualifier}, with or without the braces. *t becomes the value. */
static bool unwrap(struct text *t, SQLSMALLINT *qualifier, bool *negative)
{
    *t = text_trim(*t);
    if (t->n >= 2 && t->s[0] == '{' && t->s[t->n - 1] == '}')
        *t = text_trim(text_sub(*t, 1, t->n - 2));
    if (!text_starts_ci(*t, TEXT("interval")))
        return true;
    size_t open = text_find(*t, '\'', 0);
    size_t close = open == SIZE_MAX ? SIZE_MAX : text_find(*t, '\'', open + 1);
    if (close == SIZE_MAX)
        return false;
    struct text sign = text_trim(text_sub(*t, 8, open - 8));
    *negative = text_eq(sign, TEXT("-"));
    if (sign.n > 0 && !*negative && !text_eq(sign, TEXT("+")))
        return false;
    if (!read_qualifier(text_trim(text_sub(*t, close + 1, t->n)), qualifier))
        return false;
    *t = text_trim(text_sub(*t, open + 1, close - open - 1));
    return true;
}

bool span_parse(struct text t, SQLSMALLINT qualifier, struct span *out)
{
    bool negative = false;

    *out = (struct span){.months = 0};
    if (!unwrap(&t, &qualifier, &negative))
        return false;
    struct reader r = {.t = t, .out = out, .bare = qualifier ? first_field(qualifier) : NO_FIELD};
    if (r.bare == NO_FIELD)
        r.bare = DAY;
    if (!read_parts(&r))
        return false;
    if (negative)
        *out = (struct span){-out->months, -out->days, -out->seconds, -out->nanos};
    return true;
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
    enum field first = first_field(type);
    bool cut;
    int digits = leading > 0 && leading <= 9 ? leading : leading > 9 ? 9 : 2;

    if (!spread(s, first, last_field(type), field, &cut) || field[first] >= power10(digits))
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
    if (last_field(type) == SECOND) {
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
    enum field first = first_field(type), last = last_field(type);

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
        if (!add_field(out, f, field[f] * sign, f == SECOND ? nanos * sign : 0))
            return false;
    }
    return true;
}

struct whole span_field(const SQL_INTERVAL_STRUCT *s, SQLSMALLINT type)
{
    int64_t field[FIELDS];

    load_fields(s, type, field);
    return (struct whole){.negative = s->interval_sign != 0,
                          .magnitude = (uint64_t)field[first_field(type)]};
}

bool span_of_field(SQLSMALLINT type, struct whole n, uint32_t nanos, struct span *out)
{
    int64_t sign = n.negative ? -1 : 1;

    *out = (struct span){.months = 0};
    if (n.magnitude > INT64_MAX)
        return false;
    return add_field(out, first_field(type), (int64_t)n.magnitude * sign, (int64_t)nanos * sign);
}

bool span_fits(const struct span *s, SQLSMALLINT type)
{
    int64_t field[FIELDS];
    bool cut;

    return spread(s, first_field(type), last_field(type), field, &cut) && !cut;
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
    enum field first = first_field(type), last = last_field(type);
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
