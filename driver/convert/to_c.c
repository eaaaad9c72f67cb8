/* SQL to C, fixed-size targets: a wire cell is decoded into a value kind, and
 * conv_table[kind][class of the C type] puts it into the target. */
#include "convert/to_c_priv.h"

#include <string.h>

typedef enum conv_result decode_fn(struct text wire, struct value *out);

/* ---- decoding ---- */

/* t and f from PostgreSQL; digits, or the byte of a BIT(1), from MySQL. */
bool wire_bool(struct text wire)
{
    char c = wire.n > 0 ? wire.s[wire.n - 1] : '\0';

    return c != 'f' && c != '0' && c != '\0';
}

static enum conv_result decode_bool(struct text wire, struct value *out)
{
    out->whole = (struct whole){.magnitude = wire_bool(wire)};
    return CONV_OK;
}

static enum conv_result decode_whole(struct text wire, struct value *out)
{
    return whole_parse(wire, &out->whole) ? CONV_OK : CONV_SYNTAX;
}

static enum conv_result decode_number(struct text wire, struct value *out)
{
    return number_parse(wire, true, &out->number) ? CONV_OK : CONV_SYNTAX;
}

static enum conv_result decode_text(struct text wire, struct value *out)
{
    out->text = wire;
    return CONV_OK;
}

enum conv_result moment_settled(const struct moment *m)
{
    if (m->infinite || !m->time_ok)
        return CONV_OVERFLOW;
    return m->has_date && !m->date_ok ? CONV_DATETIME : CONV_OK;
}

static enum conv_result decode_moment(struct text wire, struct value *out)
{
    return moment_parse(wire, &out->moment) ? moment_settled(&out->moment) : CONV_DATETIME;
}

static enum conv_result decode_span(struct text wire, struct value *out)
{
    return span_parse(wire, 0, &out->span) ? CONV_OK : CONV_INTERVAL;
}

static enum conv_result decode_guid(struct text wire, struct value *out)
{
    return guid_parse(wire, &out->guid) ? CONV_OK : CONV_SYNTAX;
}

static decode_fn *const decoders[V_KINDS] = {
    [V_BOOL] = decode_bool,     [V_INT] = decode_whole,      [V_UINT] = decode_whole,
    [V_DOUBLE] = decode_number, [V_NUMERIC] = decode_number, [V_TEXT] = decode_text,
    [V_DATE] = decode_moment,   [V_TIME] = decode_moment,    [V_TIMESTAMP] = decode_moment,
    [V_INTERVAL] = decode_span, [V_GUID] = decode_guid,
};

/* ---- integers ---- */

static enum conv_result put_whole(struct whole w, enum conv_result how, struct conv_target *t)
{
    const struct ctype *c = ctype_of(t->ctype);
    uint64_t bits = w.negative ? (uint64_t)0 - w.magnitude : w.magnitude;
    unsigned char bytes[8];

    if (!whole_in(w, c->min, c->max))
        return CONV_RANGE;
    if (c->size == 1)
        bytes[0] = (unsigned char)bits;
    else if (c->size == 2)
        memcpy(bytes, &(uint16_t){(uint16_t)bits}, 2);
    else if (c->size == 4)
        memcpy(bytes, &(uint32_t){(uint32_t)bits}, 4);
    else
        memcpy(bytes, &bits, 8);
    return put_fixed(t, bytes, c->size, how);
}

static enum conv_result whole_to_int(const struct value *v, struct conv_target *t)
{
    return put_whole(v->whole, CONV_OK, t);
}

static enum conv_result put_bit(struct whole w, enum conv_result how, bool fraction,
                                struct conv_target *t)
{
    SQLCHAR bit = (SQLCHAR)w.magnitude;

    if ((w.negative && (w.magnitude > 0 || fraction)) || w.magnitude > 1)
        return CONV_RANGE;
    return put_fixed(t, &bit, sizeof bit, how);
}

static enum conv_result whole_to_bit(const struct value *v, struct conv_target *t)
{
    return put_bit(v->whole, CONV_OK, false, t);
}

static enum conv_result put_float(double d, struct conv_target *t)
{
    /* A double is not tried as a float: in a program that has exceptions of its overflows (Lisp,
     * Pascal) that would be one. */
    if (t->ctype != SQL_C_FLOAT)
        return put_fixed(t, &d, sizeof d, CONV_OK);
    SQLREAL single = (SQLREAL)d;
    return put_fixed(t, &single, sizeof single, CONV_OK);
}

static enum conv_result whole_to_float(const struct value *v, struct conv_target *t)
{
    SQLREAL single = (SQLREAL)v->whole.magnitude;
    double d = (double)v->whole.magnitude;

    if (t->ctype == SQL_C_FLOAT)
        return put_float((double)(v->whole.negative ? -single : single), t);
    return put_float(v->whole.negative ? -d : d, t);
}

/* The exact ways through the decimal form are good enough for the rare pairs. */
static struct number number_of(struct whole w, char text[NUMBER_TEXT])
{
    struct number n;

    number_parse(number_of_whole(w, text), false, &n);
    return n;
}

static enum conv_result put_numeric(const struct number *n, struct conv_target *t)
{
    SQL_NUMERIC_STRUCT s;
    int scale = t->own_scale ? number_scale(n, t->precision) : t->scale;
    enum conv_result r = number_struct(n, t->precision, scale, &s);

    if (t->own_scale && t->precision == NUMERIC_PRECISION && r < CONV_ERROR)
        s.precision = (SQLCHAR)number_precision(n, scale);
    return put_fixed(t, &s, sizeof s, r);
}

static enum conv_result whole_to_numeric(const struct value *v, struct conv_target *t)
{
    char text[NUMBER_TEXT];
    struct number n = number_of(v->whole, text);

    return put_numeric(&n, t);
}

static enum conv_result put_digits(const struct span *s, int leading, enum conv_result how,
                                   struct conv_target *t)
{
    SQL_INTERVAL_STRUCT i;
    enum conv_result r = span_struct(s, t->ctype, leading, t->precision, &i);

    return put_fixed(t, &i, sizeof i, r == CONV_OK ? how : r);
}

static enum conv_result put_span(const struct span *s, enum conv_result how, struct conv_target *t)
{
    return put_digits(s, t->leading, how, t);
}

static enum conv_result put_field(struct whole w, uint32_t nanos, enum conv_result how,
                                  struct conv_target *t)
{
    struct span s;

    if (!span_of_field(t->ctype, w, nanos, &s))
        return CONV_INTERVAL;
    return put_span(&s, how, t);
}

static enum conv_result whole_to_interval(const struct value *v, struct conv_target *t)
{
    return put_field(v->whole, 0, CONV_OK, t);
}

/* ---- numbers ---- */

static enum conv_result put_number_int(const struct number *n, struct conv_target *t)
{
    struct whole w;

    if (!number_whole(n, &w))
        return CONV_RANGE;
    return put_whole(w, number_has_fraction(n) ? CONV_FRACTION : CONV_OK, t);
}

static enum conv_result put_number_bit(const struct number *n, struct conv_target *t)
{
    bool fraction = number_has_fraction(n);
    struct whole w;

    if (!number_whole(n, &w))
        return CONV_RANGE;
    w.negative = n->negative && n->digits > 0;
    return put_bit(w, fraction ? CONV_FRACTION : CONV_OK, fraction, t);
}

static enum conv_result put_number_float(const struct number *n, struct conv_target *t)
{
    SQLREAL single;
    double d;

    if (t->ctype == SQL_C_FLOAT) {
        if (!number_float(n, &single) && n->finite)
            return CONV_RANGE;
        return put_fixed(t, &single, sizeof single, CONV_OK);
    }
    if (!number_double(n, &d) && n->finite)
        return CONV_RANGE;
    return put_float(d, t);
}

/* The first nine digits after the point. */
static uint32_t nanos_of_number(const struct number *n, bool *cut)
{
    SQL_NUMERIC_STRUCT s;
    struct number fraction = *n;
    uint64_t v = 0;

    /* Without its whole digits the number is a pure fraction. */
    while (fraction.point > 0 && fraction.digits > 0) {
        if (fraction.a.n > 0)
            fraction.a = text_sub(fraction.a, 1, fraction.a.n);
        else
            fraction.b = text_sub(fraction.b, 1, fraction.b.n);
        fraction.point--;
        fraction.digits--;
    }
    if (fraction.digits == 0)
        return 0;
    enum conv_result r = number_struct(&fraction, NUMERIC_PRECISION, 9, &s);
    *cut = r == CONV_FRACTION;
    memcpy(&v, s.val, sizeof v);
    return r <= CONV_FRACTION ? (uint32_t)v : 0;
}

static enum conv_result put_number_interval(const struct number *n, struct conv_target *t)
{
    struct whole w;
    bool cut = number_has_fraction(n);
    uint32_t nanos = 0;

    if (!number_whole(n, &w))
        return CONV_INTERVAL;
    w.negative = n->negative;
    if (t->ctype == SQL_C_INTERVAL_SECOND && cut) {
        cut = false;
        nanos = nanos_of_number(n, &cut);
    }
    return put_field(w, nanos, cut ? CONV_FRACTION : CONV_OK, t);
}

/* A float is what the double nearest to its text is, not the text. */
static enum conv_result double_to_int(const struct value *v, struct conv_target *t)
{
    struct whole w;
    double d;

    if (!number_double(&v->number, &d) || !whole_of_double(d, &w))
        return CONV_RANGE;
    return put_whole(w, (double)w.magnitude == (d < 0 ? -d : d) ? CONV_OK : CONV_FRACTION, t);
}

static enum conv_result number_to_int(const struct value *v, struct conv_target *t)
{
    return put_number_int(&v->number, t);
}

static enum conv_result number_to_bit(const struct value *v, struct conv_target *t)
{
    return put_number_bit(&v->number, t);
}

static enum conv_result number_to_float(const struct value *v, struct conv_target *t)
{
    return put_number_float(&v->number, t);
}

static enum conv_result number_to_numeric(const struct value *v, struct conv_target *t)
{
    return put_numeric(&v->number, t);
}

static enum conv_result number_to_interval(const struct value *v, struct conv_target *t)
{
    return put_number_interval(&v->number, t);
}

/* ---- dates and times ---- */

static enum conv_result put_date(const struct moment *m, struct conv_target *t)
{
    SQL_DATE_STRUCT d = {.year = (SQLSMALLINT)m->year, .month = m->month, .day = m->day};

    if (m->year > INT16_MAX || m->year < INT16_MIN)
        return CONV_OVERFLOW;
    return put_fixed(t, &d, sizeof d, moment_has_clock(m) ? CONV_FRACTION : CONV_OK);
}

static enum conv_result put_time(const struct moment *m, struct conv_target *t)
{
    SQL_TIME_STRUCT s = {.hour = (SQLUSMALLINT)m->hour,
                         .minute = (SQLUSMALLINT)m->minute,
                         .second = (SQLUSMALLINT)m->second};

    return put_fixed(t, &s, sizeof s, m->nanos || m->cut ? CONV_FRACTION : CONV_OK);
}

static enum conv_result put_timestamp(const struct moment *m, struct conv_target *t)
{
    struct moment with_date = *m;

    if (!m->has_date)
        moment_set_today(&with_date);
    if (m->year > INT16_MAX || m->year < INT16_MIN)
        return CONV_OVERFLOW;
    SQL_TIMESTAMP_STRUCT s = {.year = (SQLSMALLINT)with_date.year,
                              .month = with_date.month,
                              .day = with_date.day,
                              .hour = (SQLUSMALLINT)m->hour,
                              .minute = (SQLUSMALLINT)m->minute,
                              .second = (SQLUSMALLINT)m->second,
                              .fraction = m->nanos};
    return put_fixed(t, &s, sizeof s, m->cut ? CONV_FRACTION : CONV_OK);
}

static enum conv_result moment_to_date(const struct value *v, struct conv_target *t)
{
    return put_date(&v->moment, t);
}

static enum conv_result moment_to_time(const struct value *v, struct conv_target *t)
{
    return put_time(&v->moment, t);
}

static enum conv_result moment_to_timestamp(const struct value *v, struct conv_target *t)
{
    return put_timestamp(&v->moment, t);
}

/* ---- intervals, GUIDs ---- */

/* The two digits that ODBC gives the first field where nobody asks for more are meant for types
 * that say how many they have: neither PostgreSQL's interval nor MySQL's TIME does. */
static enum conv_result span_to_interval(const struct value *v, struct conv_target *t)
{
    enum { DEFAULT_DIGITS = 2, MOST_DIGITS = 9 };

    return put_digits(&v->span, t->leading <= DEFAULT_DIGITS ? MOST_DIGITS : t->leading, CONV_OK,
                      t);
}

static enum conv_result guid_to_guid(const struct value *v, struct conv_target *t)
{
    return put_fixed(t, &v->guid, sizeof v->guid, CONV_OK);
}

/* ---- text ---- */

static enum conv_result text_to_int(const struct value *v, struct conv_target *t)
{
    struct number n;

    return number_parse(v->text, false, &n) ? put_number_int(&n, t) : CONV_SYNTAX;
}

static enum conv_result text_to_bit(const struct value *v, struct conv_target *t)
{
    struct number n;

    return number_parse(v->text, false, &n) ? put_number_bit(&n, t) : CONV_SYNTAX;
}

static enum conv_result text_to_float(const struct value *v, struct conv_target *t)
{
    struct number n;

    return number_parse(v->text, true, &n) ? put_number_float(&n, t) : CONV_SYNTAX;
}

static enum conv_result text_to_numeric(const struct value *v, struct conv_target *t)
{
    struct number n;

    return number_parse(v->text, false, &n) ? put_numeric(&n, t) : CONV_SYNTAX;
}

static bool moment_of_text(struct text text, struct moment *m)
{
    return moment_parse(moment_unwrap(text), m) && !m->infinite && m->time_ok &&
           (m->date_ok || !m->has_date);
}

static enum conv_result text_to_date(const struct value *v, struct conv_target *t)
{
    struct moment m;

    return moment_of_text(v->text, &m) && m.has_date ? put_date(&m, t) : CONV_SYNTAX;
}

static enum conv_result text_to_time(const struct value *v, struct conv_target *t)
{
    struct moment m;

    return moment_of_text(v->text, &m) && m.has_time ? put_time(&m, t) : CONV_SYNTAX;
}

static enum conv_result text_to_timestamp(const struct value *v, struct conv_target *t)
{
    struct moment m;

    return moment_of_text(v->text, &m) ? put_timestamp(&m, t) : CONV_SYNTAX;
}

static enum conv_result text_to_interval(const struct value *v, struct conv_target *t)
{
    struct span s;

    return span_parse(v->text, t->ctype, &s) ? put_span(&s, CONV_OK, t) : CONV_SYNTAX;
}

static enum conv_result text_to_guid(const struct value *v, struct conv_target *t)
{
    SQLGUID g;

    return guid_parse(v->text, &g) ? put_fixed(t, &g, sizeof g, CONV_OK) : CONV_SYNTAX;
}

#define WHOLE_ROW                                                                                  \
    {                                                                                              \
        [C_BIT] = whole_to_bit, [C_INT] = whole_to_int, [C_FLOAT] = whole_to_float,                \
        [C_NUMERIC] = whole_to_numeric, [C_INTERVAL] = whole_to_interval,                          \
    }

put_fn *const conv_table[V_KINDS][C_CLASSES] = {
    [V_BOOL] = {[C_BIT] = whole_to_bit,
                [C_INT] = whole_to_int,
                [C_FLOAT] = whole_to_float,
                [C_NUMERIC] = whole_to_numeric},
    [V_INT] = WHOLE_ROW,
    [V_UINT] = WHOLE_ROW,
    [V_DOUBLE] = {[C_BIT] = number_to_bit,
                  [C_INT] = double_to_int,
                  [C_FLOAT] = number_to_float,
                  [C_NUMERIC] = number_to_numeric},
    [V_NUMERIC] = {[C_BIT] = number_to_bit,
                   [C_INT] = number_to_int,
                   [C_FLOAT] = number_to_float,
                   [C_NUMERIC] = number_to_numeric,
                   [C_INTERVAL] = number_to_interval},
    [V_TEXT] = {[C_BIT] = text_to_bit,
                [C_INT] = text_to_int,
                [C_FLOAT] = text_to_float,
                [C_NUMERIC] = text_to_numeric,
                [C_DATE] = text_to_date,
                [C_TIME] = text_to_time,
                [C_TIMESTAMP] = text_to_timestamp,
                [C_INTERVAL] = text_to_interval,
                [C_GUID] = text_to_guid},
    [V_DATE] = {[C_DATE] = moment_to_date, [C_TIMESTAMP] = moment_to_timestamp},
    [V_TIME] = {[C_TIME] = moment_to_time, [C_TIMESTAMP] = moment_to_timestamp},
    [V_TIMESTAMP] =
        {[C_DATE] = moment_to_date, [C_TIME] = moment_to_time, [C_TIMESTAMP] = moment_to_timestamp},
    [V_INTERVAL] = {[C_INTERVAL] = span_to_interval},
    [V_GUID] = {[C_GUID] = guid_to_guid},
};

/* ---- a cell ---- */

/* MySQL's dates may lack a month or a day. */
static bool is_zero_date(const struct nat_type *type, struct nat_cell cell)
{
    struct nat_moment m;
    enum value_kind kind = cell_kind(type);

    if ((kind != V_DATE && kind != V_TIMESTAMP) || type->wire == WIRE_PG_TEXT)
        return false;
    if (type->wire == WIRE_MY_TEXT)
        return cell.n >= 10 &&
               (memcmp(cell.p + 5, "00", 2) == 0 || memcmp(cell.p + 8, "00", 2) == 0);
    if (cell.n != sizeof m)
        return false;
    memcpy(&m, cell.p, sizeof m);
    return m.month == 0 || m.day == 0;
}

bool cell_settled(struct nat_cell cell, struct conv_target *t, enum conv_result *r)
{
    if (t->pieces && t->at == SIZE_MAX) {
        *r = CONV_NO_DATA;
        return true;
    }
    if (cell.p == NULL) {
        *r = put_null(t);
        return true;
    }
    return false;
}

enum conv_result cell_to_fixed(const struct nat_type *type, struct nat_cell cell,
                               struct conv_target *t)
{
    enum value_kind kind = cell_kind(type);
    char form[FORM_TEXT];
    struct value v;
    enum conv_result r;
    double d;

    if (cell_settled(cell, t, &r))
        return r;
    if (t->ctype == SQL_C_DOUBLE && binary_double(type, cell, &d))
        return put_float(d, t);
    if (t->zero_null && is_zero_date(type, cell))
        return put_null(t);
    if (cell_is_binary(type))
        r = binary_decode(type, cell, form, &v);
    else
        r = decoders[kind]((struct text){cell.p, cell.n}, &v);
    return r >= CONV_ERROR ? r : conv_table[kind][ctype_of(t->ctype)->class](&v, t);
}
