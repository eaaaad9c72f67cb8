/* Intervals read from text: any IntervalStyle of the server, and ODBC's literals. */
#include "convert/span_priv.h"

#include <string.h>

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

    if (r->least > HOUR || !span_add_field(r->out, f, first * sign, 0))
        return false;
    while (peek(r, 0) == ':') {
        r->at++;
        f = bare_after(f);
        if (f == NO_FIELD || !read_digits(r, &n) || n >= 60)
            return false;
        if (f == SECOND && !read_fraction(r, &nanos))
            return false;
        if (!span_add_field(r->out, f, n * sign, nanos * sign))
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
               span_add_field(r->out, YEAR, n * sign, 0) &&
               span_add_field(r->out, MONTH, months * sign, 0);
    }
    if (peek(r, 0) == ':' && nanos == 0)
        return read_clock(r, n, sign);
    skip_blanks(r);
    enum field f = r->at < r->t.n ? DAY : r->bare; /* something follows: days */
    bool in_order = f >= r->least;
    r->bare = f == DAY ? HOUR : NO_FIELD;
    r->least = bare_after(f);
    return f != NO_FIELD && in_order && span_add_field(r->out, f, n * sign, nanos * sign);
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
        return span_add_field(r->out, f, n * sign, nanos * sign);
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
        if (!span_add_field(r->out, (enum field)((clock ? HOUR : YEAR) + (u - units)), n * sign,
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
    for (*type = SQL_INTERVAL_YEAR; *type <= SQL_INTERVAL_MINUTE_TO_SECOND; ++*type)
        if (span_first(*type) == field[0] && span_last(*type) == field[1])
            return true;
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
    struct reader r = {.t = t, .out = out, .bare = qualifier ? span_first(qualifier) : NO_FIELD};
    if (r.bare == NO_FIELD)
        r.bare = DAY;
    if (!read_parts(&r))
        return false;
    if (negative)
        *out = (struct span){-out->months, -out->days, -out->seconds, -out->nanos};
    return true;
}
