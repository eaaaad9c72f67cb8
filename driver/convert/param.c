/* C to SQL: the application's value is loaded into a value kind, and send_table[kind][class of the
 * SQL type] writes it in wire form. Wide text that has to be looked into is converted behind the
 * place in the caller's buf where the result will be written. */
#include "convert/param_priv.h"

#include "base/utf.h"

#include <string.h>

/* Bytes that the wire form may need beyond the text it was made from. */
#define WIRE_SLACK 512

typedef enum conv_result load_fn(struct param *p, struct buf *out);
typedef enum conv_result send_fn(const struct param *p, struct buf *out);

static bool to_characters(const struct param *p)
{
    return p->to->class == P_CHAR || p->to->class == P_LONG_CHAR;
}

/* ---- loading ---- */

static enum conv_result load_char(struct param *p, struct buf *out)
{
    const struct conv_source *s = p->source;

    (void)out;
    p->kind = V_TEXT;
    if (s->length == SQL_NTS)
        p->text = text_of(s->data);
    else
        p->text = (struct text){s->data, (size_t)s->length};
    while (!s->holds_nul && s->ctype == SQL_C_CHAR && p->text.s && p->text.n &&
           !p->text.s[p->text.n - 1])
        p->text.n--;
    return p->text.s || s->length == 0 ? CONV_OK : CONV_LENGTH;
}

static size_t wide_length(const struct conv_source *s)
{
    const char *z = s->data;
    uint16_t unit = 1;
    size_t n = 0;

    if (s->length != SQL_NTS)
        return (size_t)s->length / 2;
    for (; z; n++) {
        memcpy(&unit, z + 2 * n, sizeof unit);
        if (unit == 0)
            break;
    }
    return n;
}

/* UTF-8 of wide text, written so far behind the end of out that the wire form will fit before. */
static enum conv_result load_wide(struct param *p, struct buf *out)
{
    size_t n = wide_length(p->source), room, all;
    const uint16_t *units = p->source->data;

    p->kind = V_TEXT;
    if (units == NULL && (n > 0 || p->source->length == SQL_NTS))
        return CONV_LENGTH;
    if (to_characters(p))
        return CONV_OK; /* wide_to_char() reads the source itself */
    if (__builtin_mul_overflow(n, 3, &room) || __builtin_add_overflow(room, WIRE_SLACK, &room) ||
        __builtin_mul_overflow(room, 3, &all))
        return CONV_MEMORY;
    char *tail = buf_reserve(out, all);
    if (tail == NULL)
        return CONV_MEMORY;
    if ((uintptr_t)units & 1) { /* the application's buffer need not be aligned */
        char *copy = tail + 2 * room;
        copy += (uintptr_t)copy & 1;
        memcpy(copy, units, 2 * n);
        units = (const uint16_t *)(const void *)copy;
    }
    if (n > 0)
        p->text = (struct text){tail + room, utf_16to8(tail + room, room, units, n).out};
    return CONV_OK;
}

/* Without a length (SQLBindParameter's null pointer) bytes end at a NUL too, says ODBC. */
static enum conv_result load_bytes(struct param *p, struct buf *out)
{
    enum conv_result r = load_char(p, out);

    p->kind = V_BYTES;
    return r;
}

static enum conv_result set_number(struct param *p, enum value_kind kind, struct text literal)
{
    p->kind = kind;
    return number_parse(literal, true, &p->number) ? CONV_OK : CONV_RANGE;
}

static struct whole read_whole(const void *data, const struct ctype *c)
{
    uint8_t u1;
    uint16_t u2;
    uint32_t u4;
    uint64_t u = 0;

    if (c->size == 1) {
        memcpy(&u1, data, 1);
        u = c->min < 0 ? (uint64_t)(int8_t)u1 : u1;
    } else if (c->size == 2) {
        memcpy(&u2, data, 2);
        u = c->min < 0 ? (uint64_t)(int16_t)u2 : u2;
    } else if (c->size == 4) {
        memcpy(&u4, data, 4);
        u = c->min < 0 ? (uint64_t)(int32_t)u4 : u4;
    } else {
        memcpy(&u, data, 8);
    }
    bool negative = c->min < 0 && (int64_t)u < 0;
    return (struct whole){.negative = negative, .magnitude = negative ? (uint64_t)0 - u : u};
}

static enum conv_result load_int(struct param *p, struct buf *out)
{
    struct whole w = read_whole(p->source->data, ctype_of(p->source->ctype));

    (void)out;
    return set_number(p, V_INT, number_of_whole(w, p->scratch));
}

static enum conv_result load_bit(struct param *p, struct buf *out)
{
    SQLCHAR bit;

    (void)out;
    memcpy(&bit, p->source->data, sizeof bit);
    return set_number(p, V_BOOL, bit ? TEXT("1") : TEXT("0"));
}

static enum conv_result load_float(struct param *p, struct buf *out)
{
    SQLREAL single;
    SQLDOUBLE d;

    (void)out;
    if (p->source->ctype == SQL_C_FLOAT) {
        memcpy(&single, p->source->data, sizeof single);
        p->real = (double)single;
        return set_number(p, V_DOUBLE, number_of_float(single, p->scratch));
    }
    memcpy(&d, p->source->data, sizeof d);
    p->real = d;
    return set_number(p, V_DOUBLE, number_of_double(d, p->scratch));
}

static enum conv_result load_numeric(struct param *p, struct buf *out)
{
    SQL_NUMERIC_STRUCT s;

    (void)out;
    memcpy(&s, p->source->data, sizeof s);
    if (p->source->scale_counts) {
        SQLSMALLINT scale = p->source->scale;
        s.scale = (SQLSCHAR)(scale > INT8_MAX ? INT8_MAX : scale < INT8_MIN ? INT8_MIN : scale);
    }
    return set_number(p, V_NUMERIC, number_of_struct(&s, p->scratch));
}

static enum conv_result load_date(struct param *p, struct buf *out)
{
    SQL_DATE_STRUCT s;

    (void)out;
    memcpy(&s, p->source->data, sizeof s);
    p->kind = V_DATE;
    p->moment = (struct moment){.has_date = true,
                                .date_ok = moment_date_valid(s.year, s.month, s.day),
                                .time_ok = true,
                                .year = s.year,
                                .month = s.month,
                                .day = s.day};
    return CONV_OK;
}

static enum conv_result load_time(struct param *p, struct buf *out)
{
    SQL_TIME_STRUCT s;

    (void)out;
    memcpy(&s, p->source->data, sizeof s);
    p->kind = V_TIME;
    p->moment = (struct moment){.has_time = true,
                                .date_ok = true,
                                .time_ok = s.hour < 24 && s.minute < 60 && s.second <= 60,
                                .hour = s.hour,
                                .minute = s.minute,
                                .second = s.second};
    return CONV_OK;
}

static enum conv_result load_timestamp(struct param *p, struct buf *out)
{
    SQL_TIMESTAMP_STRUCT s;

    (void)out;
    memcpy(&s, p->source->data, sizeof s);
    p->kind = V_TIMESTAMP;
    p->moment = (struct moment){.has_date = true,
                                .has_time = true,
                                .date_ok = moment_date_valid(s.year, s.month, s.day),
                                .time_ok = s.hour < 24 && s.minute < 60 && s.second <= 60 &&
                                           s.fraction < 1000000000,
                                .year = s.year,
                                .month = s.month,
                                .day = s.day,
                                .hour = s.hour,
                                .minute = s.minute,
                                .second = s.second,
                                .nanos = s.fraction};
    return CONV_OK;
}

static enum conv_result load_guid(struct param *p, struct buf *out)
{
    (void)out;
    p->kind = V_GUID;
    memcpy(&p->guid, p->source->data, sizeof p->guid);
    return CONV_OK;
}

static enum conv_result load_interval(struct param *p, struct buf *out)
{
    SQL_INTERVAL_STRUCT s;
    SQLSMALLINT type = p->source->ctype;

    (void)out;
    memcpy(&s, p->source->data, sizeof s);
    p->kind = V_INTERVAL;
    if (!span_of_struct(&s, type, p->source->precision, &p->span))
        return CONV_INTERVAL;
    if (!span_is_single(type))
        return CONV_OK;
    return set_number(p, V_INTERVAL, number_of_whole(span_field(&s, type), p->scratch));
}

static load_fn *const loaders[C_CLASSES] = {
    [C_CHAR] = load_char,       [C_WCHAR] = load_wide,
    [C_BINARY] = load_bytes,    [C_BIT] = load_bit,
    [C_INT] = load_int,         [C_FLOAT] = load_float,
    [C_NUMERIC] = load_numeric, [C_DATE] = load_date,
    [C_TIME] = load_time,       [C_TIMESTAMP] = load_timestamp,
    [C_GUID] = load_guid,       [C_INTERVAL] = load_interval,
};

/* ---- characters and bytes ---- */

static enum conv_result add(struct buf *out, struct text t)
{
    return buf_add(out, t.s, t.n) ? CONV_OK : CONV_MEMORY;
}

/* At the end NULs are no part of the text: a length that counts the end, a field filled up. */
static enum conv_result check_nul(const struct param *p, struct buf *out, size_t from)
{
    if (p->source->holds_nul)
        return CONV_OK;
    while (out->n > from && !out->p[out->n - 1])
        out->n--;
    return out->n > from && memchr(out->p + from, '\0', out->n - from) ? CONV_SYNTAX : CONV_OK;
}

static bool wide_to_char(const struct conv_source *s, struct buf *out)
{
    uint16_t chunk[256];
    const char *from = s->data;
    size_t left = wide_length(s);

    if (((uintptr_t)from & 1) == 0)
        return utf_add16(out, s->data, left);
    while (left > 0) { /* the application's buffer need not be aligned */
        size_t n = left < 256 ? left : 256;
        memcpy(chunk, from, 2 * n);
        if (n < left && chunk[n - 1] >= 0xd800 && chunk[n - 1] < 0xdc00)
            n--; /* keep the pair together */
        if (!utf_add16(out, chunk, n))
            return false;
        from += 2 * n;
        left -= n;
    }
    return true;
}

/* Character data goes as it is: what the column can hold is the server's to judge, because the
 * column size of a binding is too often a guess. */
static enum conv_result text_to_char(const struct param *p, struct buf *out)
{
    size_t from = out->n;
    bool done;

    if (p->source->ctype == SQL_C_WCHAR)
        done = wide_to_char(p->source, out);
    else if (p->source->ansi && p->source->ctype == SQL_C_CHAR)
        done = charset_to_utf8(p->source->ansi, p->text, out);
    else
        done = buf_text(out, p->text);
    return done ? check_nul(p, out, from) : CONV_MEMORY;
}

static enum conv_result text_to_binary(const struct param *p, struct buf *out)
{
    struct text t = p->text;
    char *to = t.n % 2 ? NULL : buf_reserve(out, t.n / 2);

    if (t.n % 2)
        return CONV_SYNTAX;
    if (to == NULL)
        return CONV_MEMORY;
    for (size_t i = 0; i < t.n / 2; i++) {
        int hi = hex_digit(t.s[2 * i]), lo = hex_digit(t.s[2 * i + 1]);
        if (hi < 0 || lo < 0)
            return CONV_SYNTAX;
        to[i] = (char)(hi << 4 | lo);
    }
    to[t.n / 2] = '\0';
    out->n += t.n / 2;
    return CONV_OK;
}

static enum conv_result bytes_to_binary(const struct param *p, struct buf *out)
{
    return add(out, p->text);
}

static enum conv_result text_to_guid(const struct param *p, struct buf *out)
{
    char text[MOMENT_TEXT];
    SQLGUID g;

    if (!guid_parse(p->text, &g))
        return CONV_SYNTAX;
    return add(out, guid_print(&g, text));
}

/* What the driver itself turns into characters must fit the column as bound. */
static enum conv_result add_fitting(const struct param *p, struct text t, struct buf *out)
{
    if (p->to->class == P_CHAR && p->source->column_size > 0 && t.n > p->source->column_size)
        return CONV_RIGHT_TRUNCATION;
    return add(out, t);
}

static enum conv_result number_to_char(const struct param *p, struct buf *out)
{
    return add_fitting(p, p->number.literal, out);
}

static enum conv_result moment_to_char(const struct param *p, struct buf *out)
{
    char text[MOMENT_TEXT];
    const struct moment *m = &p->moment;

    if (!m->date_ok || !m->time_ok)
        return CONV_OVERFLOW;
    return add_fitting(p, moment_print(m, m->has_date, m->has_time, text), out);
}

static enum conv_result guid_to_char(const struct param *p, struct buf *out)
{
    char text[MOMENT_TEXT];

    return add_fitting(p, guid_print(&p->guid, text), out);
}

static enum conv_result span_to_char(const struct param *p, struct buf *out)
{
    char text[SPAN_TEXT];

    return add_fitting(p, span_print_literal(&p->span, p->source->ctype, text), out);
}

#define BOTH_CHAR(fn) [P_CHAR] = fn, [P_LONG_CHAR] = fn
#define NUMBER_ROW                                                                                 \
    BOTH_CHAR(number_to_char), [P_BIT] = number_to_bit, [P_INT] = number_to_int,                   \
                               [P_REAL] = number_to_real, [P_DOUBLE] = number_to_double,           \
                               [P_NUMERIC] = number_to_numeric

static send_fn *const send_table[V_KINDS][P_CLASSES] = {
    [V_BOOL] = {NUMBER_ROW},
    [V_INT] = {NUMBER_ROW, [P_INTERVAL] = number_to_interval},
    [V_DOUBLE] =
        {BOTH_CHAR(number_to_char), [P_BIT] = number_to_bit, [P_INT] = double_to_int,
         [P_REAL] = number_to_real, [P_DOUBLE] = number_to_double, [P_NUMERIC] = number_to_numeric},
    [V_NUMERIC] = {NUMBER_ROW, [P_INTERVAL] = number_to_interval},
    [V_TEXT] =
        {BOTH_CHAR(text_to_char), [P_BIT] = text_to_bit, [P_INT] = text_to_int,
         [P_REAL] = text_to_real, [P_DOUBLE] = text_to_double, [P_NUMERIC] = text_to_numeric,
         [P_DATE] = text_to_date, [P_TIME] = text_to_time, [P_TIMESTAMP] = text_to_timestamp,
         [P_BINARY] = text_to_binary, [P_GUID] = text_to_guid, [P_INTERVAL] = text_to_interval},
    [V_BYTES] = {BOTH_CHAR(text_to_char), [P_BINARY] = bytes_to_binary},
    [V_DATE] =
        {BOTH_CHAR(moment_to_char), [P_DATE] = moment_to_date, [P_TIMESTAMP] = moment_to_timestamp},
    [V_TIME] =
        {BOTH_CHAR(moment_to_char), [P_TIME] = moment_to_time, [P_TIMESTAMP] = moment_to_timestamp},
    [V_TIMESTAMP] = {BOTH_CHAR(moment_to_char), [P_DATE] = moment_to_date,
                     [P_TIME] = moment_to_time, [P_TIMESTAMP] = moment_to_timestamp},
    [V_INTERVAL] = {BOTH_CHAR(span_to_char), [P_INT] = span_to_number, [P_NUMERIC] = span_to_number,
                    [P_INTERVAL] = span_to_interval},
    [V_GUID] = {BOTH_CHAR(guid_to_char), [P_GUID] = guid_to_char},
};

/* ---- the whole way ---- */

/* Bytes for an SQL type of fixed size are that type's own C struct. */
static enum conv_result as_struct(struct conv_source *s, const struct sqltype *to)
{
    SQLSMALLINT own = to->class == P_NUMERIC ? SQL_C_NUMERIC : to->ctype;

    if (s->length != conv_ctype_size(own))
        return CONV_RANGE;
    s->ctype = own;
    return CONV_OK;
}

static enum conv_result check_source(const struct conv_source *s, enum c_class class)
{
    bool varying = class == C_CHAR || class == C_WCHAR || class == C_BINARY;

    if (class == C_NONE)
        return CONV_TYPE;
    if (varying)
        return s->length >= 0 || s->length == SQL_NTS ? CONV_OK : CONV_LENGTH;
    return s->data ? CONV_OK : CONV_LENGTH;
}

static enum conv_result convert(const struct conv_source *source, struct buf *out)
{
    struct conv_source s = *source;
    struct param p = {.source = &s, .to = sqltype_of(s.sql_type)};
    enum c_class class = ctype_of(s.ctype)->class;
    enum conv_result r = check_source(&s, class);

    if (r == CONV_OK && p.to->class == P_NONE)
        r = CONV_TYPE;
    if (r == CONV_OK && class == C_BINARY && !to_characters(&p) && p.to->class != P_BINARY) {
        r = as_struct(&s, p.to);
        class = ctype_of(s.ctype)->class;
    }
    if (r == CONV_OK)
        r = loaders[class](&p, out);
    if (r != CONV_OK)
        return r;
    send_fn *send = send_table[p.kind][p.to->class];
    return send ? send(&p, out) : CONV_TYPE;
}

enum conv_result conv_param(const struct conv_source *source, struct buf *out)
{
    size_t mark = out->n;
    enum conv_result r = buf_reserve(out, 0) ? convert(source, out) : CONV_MEMORY;

    if (r != CONV_OK && !out->broken) {
        out->n = mark;
        out->p[mark] = '\0';
    }
    return r;
}
