/* C to SQL: numbers, dates, times and intervals in wire form, with the checks of ODBC's tables. */
#include "convert/param_priv.h"

#include <stdio.h>
#include <stdlib.h>

static enum conv_result add(struct buf *out, struct text t)
{
    return buf_add(out, t.s, t.n) ? CONV_OK : CONV_MEMORY;
}

/* ---- numbers ---- */

static enum conv_result send_bit(const struct number *n, struct buf *out)
{
    struct whole w;

    if (!number_whole(n, &w) || (n->negative && n->digits > 0) || w.magnitude > 1)
        return CONV_RANGE;
    if (number_has_fraction(n))
        return CONV_RIGHT_TRUNCATION;
    return add(out, w.magnitude ? TEXT("1") : TEXT("0"));
}

static enum conv_result send_whole(const struct param *p, struct whole w, struct buf *out)
{
    char text[NUMBER_TEXT];

    uint64_t max = p->to->max;

    if (p->source->has_unsigned && p->to->min < 0)
        max = (uint64_t) - (p->to->min + 1) * 2 + 1;
    if (!whole_in(w, p->to->min, max))
        return CONV_RANGE;
    return add(out, number_of_whole(w, text));
}

static enum conv_result send_int(const struct param *p, const struct number *n, struct buf *out)
{
    struct whole w;

    return number_whole(n, &w) ? send_whole(p, w, out) : CONV_RANGE;
}

static enum conv_result send_real(const struct number *n, struct buf *out)
{
    float f;

    return n->finite && !number_float(n, &f) ? CONV_RANGE : add(out, n->literal);
}

static enum conv_result send_double(const struct number *n, struct buf *out)
{
    double d;

    return n->finite && !number_double(n, &d) ? CONV_RANGE : add(out, n->literal);
}

enum conv_result number_to_bit(const struct param *p, struct buf *out)
{
    return send_bit(&p->number, out);
}

enum conv_result number_to_int(const struct param *p, struct buf *out)
{
    return send_int(p, &p->number, out);
}

enum conv_result double_to_int(const struct param *p, struct buf *out)
{
    struct whole w;

    return whole_of_double(p->real, &w) ? send_whole(p, w, out) : CONV_RANGE;
}

enum conv_result number_to_real(const struct param *p, struct buf *out)
{
    return send_real(&p->number, out);
}

enum conv_result number_to_double(const struct param *p, struct buf *out)
{
    return send_double(&p->number, out);
}

enum conv_result number_to_numeric(const struct param *p, struct buf *out)
{
    return add(out, p->number.literal);
}

/* [-]hours:minutes:seconds */
static struct text clock_print(const struct span *s, char text[SPAN_TEXT])
{
    int64_t total = s->days * 86400 + s->seconds;
    bool negative = total < 0 || (total == 0 && s->nanos < 0);
    long long t = negative ? -total : total;
    int n = snprintf(text, SPAN_TEXT, "%s%02lld:%02d:%02d", negative ? "-" : "", t / 3600,
                     (int)(t / 60 % 60), (int)(t % 60));

    if (s->nanos)
        n += snprintf(text + n, SPAN_TEXT - (size_t)n, ".%09d", abs((int)s->nanos));
    return (struct text){text, (size_t)n};
}

static enum conv_result add_span(const struct param *p, const struct span *s, struct buf *out)
{
    char text[SPAN_TEXT];

    if (!p->source->span_is_time)
        return add(out, span_print(s, text));
    if (span_is_year_month(p->to->code))
        return add(out, span_print_literal(s, p->to->code, text));
    if (s->days > INT32_MAX || s->days < INT32_MIN)
        return CONV_INTERVAL;
    return add(out, clock_print(s, text));
}

static enum conv_result send_field(const struct param *p, const struct number *n, struct buf *out)
{
    struct whole w;
    struct span s;

    if (!span_is_single(p->to->code))
        return CONV_TYPE;
    if (!number_whole(n, &w) || !span_of_field(p->to->code, w, 0, &s))
        return CONV_INTERVAL;
    return add_span(p, &s, out);
}

enum conv_result number_to_interval(const struct param *p, struct buf *out)
{
    return send_field(p, &p->number, out);
}

/* ---- text that must be a number ---- */

/* The words that PostgreSQL's applications use beside 0 and 1. */
static bool bit_word(struct text t, struct text *digit)
{
    t = text_trim(t);
    bool yes = text_eq_ci(t, TEXT("t")) || text_eq_ci(t, TEXT("true"));
    bool no = text_eq_ci(t, TEXT("f")) || text_eq_ci(t, TEXT("false"));

    *digit = yes ? TEXT("1") : TEXT("0");
    return yes || no;
}

enum conv_result text_to_bit(const struct param *p, struct buf *out)
{
    struct number n;
    struct text digit;

    if (bit_word(p->text, &digit))
        return add(out, digit);
    return number_parse(p->text, false, &n) ? send_bit(&n, out) : CONV_SYNTAX;
}

enum conv_result text_to_int(const struct param *p, struct buf *out)
{
    struct number n;
    enum conv_result r;

    if (!number_parse(p->text, false, &n))
        return CONV_SYNTAX;
    r = send_int(p, &n, out);
    return r == CONV_OK && number_has_fraction(&n) ? CONV_RIGHT_TRUNCATION : r;
}

enum conv_result text_to_real(const struct param *p, struct buf *out)
{
    struct number n;

    return number_parse(p->text, true, &n) ? send_real(&n, out) : CONV_SYNTAX;
}

enum conv_result text_to_double(const struct param *p, struct buf *out)
{
    struct number n;

    return number_parse(p->text, true, &n) ? send_double(&n, out) : CONV_SYNTAX;
}

enum conv_result text_to_numeric(const struct param *p, struct buf *out)
{
    struct number n;

    return number_parse(p->text, true, &n) ? add(out, n.literal) : CONV_SYNTAX;
}

/* ---- dates and times ---- */

/* Whether the fraction fits the decimal digits as bound; 0 digits count as not told. */
static bool fraction_fits(const struct param *p, const struct moment *m)
{
    uint32_t unit = 1000000000;

    for (int i = 0; i < p->source->digits && unit > 1; i++)
        unit /= 10;
    return p->source->digits <= 0 || (m->nanos % unit == 0 && !(m->cut && p->source->digits >= 9));
}

static enum conv_result send_moment(const struct moment *m, bool date, bool clock, struct buf *out)
{
    char text[MOMENT_TEXT];

    return add(out, moment_print(m, date, clock, text));
}

static enum conv_result send_date(const struct moment *m, struct buf *out)
{
    return moment_has_clock(m) ? CONV_OVERFLOW : send_moment(m, true, false, out);
}

/* The time of a timestamp: its fraction goes along only when the binding has digits for it. */
static enum conv_result send_time(const struct param *p, const struct moment *m, struct buf *out)
{
    if (m->nanos != 0 && (p->source->digits <= 0 || !fraction_fits(p, m)))
        return CONV_OVERFLOW;
    return send_moment(m, false, true, out);
}

static enum conv_result send_today(const struct moment *m, struct buf *out)
{
    struct moment today = *m;

    moment_set_today(&today);
    return send_moment(&today, true, true, out);
}

enum conv_result moment_to_date(const struct param *p, struct buf *out)
{
    return p->moment.date_ok && p->moment.time_ok ? send_date(&p->moment, out) : CONV_DATETIME;
}

enum conv_result moment_to_time(const struct param *p, struct buf *out)
{
    return p->moment.time_ok ? send_time(p, &p->moment, out) : CONV_DATETIME;
}

enum conv_result moment_to_timestamp(const struct param *p, struct buf *out)
{
    if (!p->moment.date_ok || !p->moment.time_ok)
        return CONV_DATETIME;
    if (!fraction_fits(p, &p->moment))
        return CONV_OVERFLOW;
    return p->moment.has_date ? send_moment(&p->moment, true, true, out)
                              : send_today(&p->moment, out);
}

/* Parses a literal; *t becomes its text without escapes and blanks. */
static bool read_moment(struct text *t, struct moment *m)
{
    *t = moment_unwrap(*t);
    return moment_parse(*t, m) && (m->infinite || m->date_ok || !m->has_date);
}

enum conv_result text_to_date(const struct param *p, struct buf *out)
{
    struct text t = p->text;
    struct moment m;

    if (!read_moment(&t, &m) || !m.has_date || !m.time_ok)
        return CONV_SYNTAX;
    return m.infinite || !m.has_time ? add(out, t) : send_date(&m, out);
}

enum conv_result text_to_time(const struct param *p, struct buf *out)
{
    struct text t = p->text;
    struct moment m;

    if (!read_moment(&t, &m) || !m.has_time || m.infinite)
        return CONV_SYNTAX;
    bool midnight = m.hour == 24 && m.minute == 0 && m.second == 0 && m.nanos == 0 && !m.cut;
    if (!m.time_ok && !(midnight && !m.has_date && t.s[0] != '-'))
        return CONV_SYNTAX;
    return m.has_date ? send_time(p, &m, out) : add(out, t);
}

enum conv_result text_to_timestamp(const struct param *p, struct buf *out)
{
    struct text t = p->text;
    struct moment m;

    if (!read_moment(&t, &m) || !m.time_ok)
        return CONV_SYNTAX;
    if (!fraction_fits(p, &m))
        return CONV_OVERFLOW;
    return m.has_date ? add(out, t) : send_today(&m, out);
}

/* ---- intervals ---- */

enum conv_result span_to_number(const struct param *p, struct buf *out)
{
    if (!span_is_single(p->source->ctype))
        return CONV_TYPE;
    return p->to->class == P_INT ? send_int(p, &p->number, out) : add(out, p->number.literal);
}

static enum conv_result send_span(const struct param *p, const struct span *s, struct buf *out)
{
    return span_fits(s, p->to->code) ? add_span(p, s, out) : CONV_INTERVAL;
}

enum conv_result span_to_interval(const struct param *p, struct buf *out)
{
    if (span_is_year_month(p->source->ctype) != span_is_year_month(p->to->code))
        return CONV_TYPE;
    return send_span(p, &p->span, out);
}

enum conv_result text_to_interval(const struct param *p, struct buf *out)
{
    struct span s;

    return span_parse(p->text, p->to->code, &s) ? send_span(p, &s, out) : CONV_SYNTAX;
}
