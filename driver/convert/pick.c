/* SQL to C: which function serves a column and a C type, and the variable-length targets. Character
 * forms are taken straight from the wire. */
#include "convert/to_c_priv.h"

#include <string.h>

enum value_kind cell_kind(const struct nat_type *type)
{
    static const unsigned char kinds[NAT_KINDS] = {
        [NAT_BOOL] = V_BOOL,
        [NAT_INT1] = V_INT,
        [NAT_INT2] = V_INT,
        [NAT_INT4] = V_INT,
        [NAT_INT8] = V_INT,
        [NAT_FLOAT4] = V_DOUBLE,
        [NAT_FLOAT8] = V_DOUBLE,
        [NAT_NUMERIC] = V_NUMERIC,
        [NAT_CHAR] = V_TEXT,
        [NAT_VARCHAR] = V_TEXT,
        [NAT_TEXT] = V_TEXT,
        [NAT_BINARY] = V_BYTES,
        [NAT_VARBINARY] = V_BYTES,
        [NAT_BLOB] = V_BYTES,
        [NAT_DATE] = V_DATE,
        [NAT_TIME] = V_TIME,
        [NAT_TIMESTAMP] = V_TIMESTAMP,
        [NAT_TIMESTAMPTZ] = V_TIMESTAMP,
        [NAT_INTERVAL] = V_INTERVAL,
        [NAT_UUID] = V_GUID,
        [NAT_JSON] = V_TEXT,
        [NAT_OTHER] = V_TEXT,
    };

    if ((unsigned)type->kind >= NAT_KINDS)
        return V_TEXT;
    enum value_kind kind = (enum value_kind)kinds[type->kind];
    return kind == V_INT && type->is_unsigned ? V_UINT : kind;
}

/* ---- character forms ---- */

/* Digits before the point; all of it where cutting would change the value's magnitude. */
static size_t keep_number(struct text t)
{
    size_t point = text_find(t, '.', 0);

    if (point == SIZE_MAX || text_find(t, 'e', point) != SIZE_MAX)
        return t.n;
    return point;
}

/* The server's text without its time zone: ODBC's form has none. */
static struct text strip_zone(struct text wire, char form[FORM_TEXT])
{
    struct moment m;

    if (wire.n >= FORM_TEXT || !moment_parse(wire, &m) || m.zone.n == 0)
        return wire;
    size_t head = (size_t)(m.zone.s - wire.s);
    size_t tail = wire.n - head - m.zone.n;
    memcpy(form, wire.s, head);
    memcpy(form + head, m.zone.s + m.zone.n, tail);
    return (struct text){form, head + tail};
}

/* The character form of a cell, and how much of it must fit. TEXT_NONE: the cell has none. */
static struct text form_of(const struct nat_type *type, struct nat_cell cell, char form[FORM_TEXT],
                           size_t *keep)
{
    struct text wire = {cell.p, cell.n};
    size_t point;

    if (cell_is_binary(type) && !binary_text(type, cell, form, &wire))
        return TEXT_NONE;
    *keep = wire.n;
    switch (cell_kind(type)) {
    case V_BOOL:
        *keep = 1;
        return wire_bool(wire) ? TEXT("1") : TEXT("0");
    case V_DOUBLE:
    case V_NUMERIC:
        *keep = keep_number(wire);
        return wire;
    case V_TIMESTAMP:
        wire = strip_zone(wire, form);
        *keep = wire.n;
        /* fall through */
    case V_TIME:
        point = text_find(wire, '.', 0);
        if (point != SIZE_MAX && wire.s[wire.n - 1] != 'C') /* the era is not to be lost */
            *keep = point;
        return wire;
    case V_TEXT:
    case V_INTERVAL:
        *keep = 0;
        return wire;
    default:
        return wire;
    }
}

/* ---- the functions that conv_pick gives ---- */

static enum conv_result text_to_char(const struct nat_type *type, struct nat_cell cell,
                                     struct conv_target *t)
{
    enum conv_result r;

    (void)type;
    if (cell_settled(cell, t, &r))
        return r;
    return put_char(t, (struct text){cell.p, cell.n}, 0, false);
}

static enum conv_result text_to_wchar(const struct nat_type *type, struct nat_cell cell,
                                      struct conv_target *t)
{
    enum conv_result r;

    (void)type;
    if (cell_settled(cell, t, &r))
        return r;
    return put_wchar(t, (struct text){cell.p, cell.n}, 0);
}

static enum conv_result form_to_char(const struct nat_type *type, struct nat_cell cell,
                                     struct conv_target *t)
{
    char form[FORM_TEXT];
    size_t keep;
    enum conv_result r;

    if (cell_settled(cell, t, &r))
        return r;
    struct text text = form_of(type, cell, form, &keep);
    return text.s ? put_char(t, text, keep, true) : CONV_SYNTAX;
}

static enum conv_result form_to_wchar(const struct nat_type *type, struct nat_cell cell,
                                      struct conv_target *t)
{
    char form[FORM_TEXT];
    size_t keep;
    enum conv_result r;

    if (cell_settled(cell, t, &r))
        return r;
    struct text text = form_of(type, cell, form, &keep);
    return text.s ? put_wchar(t, text, keep) : CONV_SYNTAX;
}

static enum conv_result bytes_to_char(const struct nat_type *type, struct nat_cell cell,
                                      struct conv_target *t)
{
    enum conv_result r;

    if (cell_settled(cell, t, &r))
        return r;
    return put_hex(t, bytes_of_cell(type->wire, cell), t->ctype == SQL_C_WCHAR ? 2 : 1);
}

static enum conv_result cell_to_binary(const struct nat_type *type, struct nat_cell cell,
                                       struct conv_target *t)
{
    enum conv_result r;

    if (cell_settled(cell, t, &r))
        return r;
    enum nat_wire wire = cell_kind(type) == V_BYTES ? type->wire : WIRE_MY_TEXT;
    return put_bytes(t, bytes_of_cell(wire, cell));
}

/* MySQL's TIME is a time of day and a span of time alike. */
static enum conv_result time_to_interval(const struct nat_type *type, struct nat_cell cell,
                                         struct conv_target *t)
{
    char form[FORM_TEXT];
    struct text text = {cell.p, cell.n};
    struct conv_target as = *t;
    struct value v;
    enum conv_result r;

    if (cell_settled(cell, t, &r))
        return r;
    if (cell_is_binary(type) && !binary_text(type, cell, form, &text))
        return CONV_SYNTAX;
    if (!span_parse(text, 0, &v.span))
        return CONV_INTERVAL;
    r = conv_table[V_INTERVAL][C_INTERVAL](&v, &as);
    t->at = as.at;
    return r;
}

/* MySQL's bit(n) is bytes to ODBC, and a number to the server and to the C types of numbers. */
static bool is_bits(const struct nat_type *type)
{
    return type->kind == NAT_BINARY && type->wire != WIRE_PG_TEXT && type->name &&
           strcmp(type->name, "bit") == 0;
}

static enum conv_result bits_to_number(const struct nat_type *type, struct nat_cell cell,
                                       struct conv_target *t)
{
    struct value v = {.whole = {.magnitude = 0}};
    enum conv_result r;

    (void)type;
    if (cell_settled(cell, t, &r))
        return r;
    if (cell.n > sizeof v.whole.magnitude)
        return CONV_RANGE;
    for (size_t i = 0; i < cell.n; i++)
        v.whole.magnitude = v.whole.magnitude << 8 | (unsigned char)cell.p[i];
    return conv_table[V_UINT][ctype_of(t->ctype)->class](&v, t);
}

/* SQL_C_BINARY of a number or date: the C struct that is the type's own. */
static SQLSMALLINT own_ctype(const struct nat_type *type)
{
    static const SQLSMALLINT own[NAT_KINDS] = {
        [NAT_BOOL] = SQL_C_BIT,
        [NAT_INT1] = SQL_C_STINYINT,
        [NAT_INT2] = SQL_C_SSHORT,
        [NAT_INT4] = SQL_C_SLONG,
        [NAT_INT8] = SQL_C_SBIGINT,
        [NAT_FLOAT4] = SQL_C_FLOAT,
        [NAT_FLOAT8] = SQL_C_DOUBLE,
        [NAT_NUMERIC] = SQL_C_NUMERIC,
        [NAT_DATE] = SQL_C_TYPE_DATE,
        [NAT_TIME] = SQL_C_TYPE_TIME,
        [NAT_TIMESTAMP] = SQL_C_TYPE_TIMESTAMP,
        [NAT_TIMESTAMPTZ] = SQL_C_TYPE_TIMESTAMP,
        [NAT_INTERVAL] = SQL_C_INTERVAL_DAY_TO_SECOND,
        [NAT_UUID] = SQL_C_GUID,
    };
    static const SQLSMALLINT own_unsigned[NAT_KINDS] = {
        [NAT_INT1] = SQL_C_UTINYINT,
        [NAT_INT2] = SQL_C_USHORT,
        [NAT_INT4] = SQL_C_ULONG,
        [NAT_INT8] = SQL_C_UBIGINT,
    };

    if (type->is_unsigned && own_unsigned[type->kind])
        return own_unsigned[type->kind];
    return own[type->kind];
}

static int clamp(int64_t n, int low, int high)
{
    return n < low ? low : n > high ? high : (int)n;
}

static enum conv_result struct_to_binary(const struct nat_type *type, struct nat_cell cell,
                                         struct conv_target *t)
{
    struct conv_target as = *t;
    enum conv_result r;
    struct number n;

    if (cell_settled(cell, t, &r))
        return r;
    as.ctype = own_ctype(type);
    as.leading = 9;
    as.precision = 6;
    if (t->buf && t->cap < conv_ctype_size(as.ctype))
        return t->cap < 0 ? CONV_LENGTH : CONV_RANGE;
    if (as.ctype == SQL_C_NUMERIC && number_parse((struct text){cell.p, cell.n}, true, &n)) {
        as.precision = 38;
        as.scale = (SQLSMALLINT)clamp((int64_t)n.digits - n.point, 0, 38);
    }
    r = cell_to_fixed(type, cell, &as);
    t->at = as.at;
    return r;
}

conv_fn *conv_pick(const struct nat_type *type, SQLSMALLINT ctype)
{
    enum value_kind kind = cell_kind(type);
    enum c_class class = ctype_of(ctype)->class;

    if (class == C_NONE)
        return NULL;
    if (class == C_CHAR || class == C_WCHAR) {
        if (kind == V_BYTES)
            return bytes_to_char;
        if (kind == V_TEXT)
            return class == C_CHAR ? text_to_char : text_to_wchar;
        return class == C_CHAR ? form_to_char : form_to_wchar;
    }
    if (class == C_BINARY)
        return kind == V_TEXT || kind == V_BYTES ? cell_to_binary : struct_to_binary;
    if (kind == V_TIME && class == C_INTERVAL && type->wire != WIRE_PG_TEXT)
        return span_is_year_month(ctype) ? NULL : time_to_interval;
    if (is_bits(type) && class != C_INTERVAL && conv_table[V_UINT][class] != NULL)
        return bits_to_number;
    if (conv_table[kind][class] == NULL)
        return NULL;
    /* A number has no parts to spread over several fields. */
    if (class == C_INTERVAL && kind != V_TEXT && kind != V_INTERVAL && !span_is_single(ctype))
        return NULL;
    conv_fn *quick = quick_pick(type, ctype);
    return quick ? quick : cell_to_fixed;
}
