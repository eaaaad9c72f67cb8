/* Cells in native C form (WIRE_MY_BINARY): whole numbers, floating point numbers, dates and times.
 * The other kinds of such a row are as in the text protocol. */
#include "convert/to_c_priv.h"

#include <stdio.h>
#include <string.h>

bool cell_is_binary(const struct nat_type *type)
{
    if (type->wire != WIRE_MY_BINARY)
        return false;
    switch (cell_kind(type)) {
    case V_INT:
    case V_UINT:
    case V_DOUBLE:
    case V_DATE:
    case V_TIME:
    case V_TIMESTAMP:
        return true;
    default:
        return false;
    }
}

/* ---- numbers ---- */

static bool read_whole(const struct nat_type *type, struct nat_cell cell, struct whole *out)
{
    uint64_t u;

    if (cell.n != sizeof u)
        return false;
    memcpy(&u, cell.p, sizeof u);
    bool negative = !type->is_unsigned && (int64_t)u < 0;
    *out = (struct whole){.negative = negative, .magnitude = negative ? (uint64_t)0 - u : u};
    return true;
}

/* A float's text is the shortest that reads back the same float, as it is in the text protocol. */
static bool read_double(const struct nat_type *type, struct nat_cell cell, char text[NUMBER_TEXT],
                        struct text *out)
{
    double d;
    float f;

    if (cell.n != (type->kind == NAT_FLOAT4 ? sizeof f : sizeof d))
        return false;
    if (type->kind == NAT_FLOAT4) {
        memcpy(&f, cell.p, sizeof f);
        *out = number_of_float(f, text);
    } else {
        memcpy(&d, cell.p, sizeof d);
        *out = number_of_double(d, text);
    }
    return true;
}

bool binary_double(const struct nat_type *type, struct nat_cell cell, double *out)
{
    if (type->wire != WIRE_MY_BINARY || type->kind != NAT_FLOAT8 || cell.n != sizeof *out)
        return false;
    memcpy(out, cell.p, sizeof *out);
    return true;
}

/* ---- dates and times ---- */

static bool read_moment(struct nat_cell cell, struct nat_moment *out)
{
    if (cell.n != sizeof *out)
        return false;
    memcpy(out, cell.p, sizeof *out);
    return out->year >= 0 && out->year <= 9999 && out->month >= 0 && out->month <= 12 &&
           out->day >= 0 && out->day <= 31 && out->hour >= 0 && out->hour <= 838 &&
           out->minute >= 0 && out->minute < 60 && out->second >= 0 && out->second < 60 &&
           out->microsecond >= 0 && out->microsecond < 1000000;
}

static void load_moment(enum value_kind kind, const struct nat_moment *m, struct moment *out)
{
    *out = (struct moment){.has_date = kind != V_TIME, .has_time = kind != V_DATE};
    if (out->has_date) {
        out->year = m->year;
        out->month = (uint16_t)m->month;
        out->day = (uint16_t)m->day;
    }
    if (out->has_time) {
        out->hour = (uint32_t)m->hour;
        out->minute = (uint32_t)m->minute;
        out->second = (uint32_t)m->second;
        out->nanos = (uint32_t)m->microsecond * 1000;
    }
    out->date_ok = out->has_date && moment_date_valid(m->year, out->month, out->day);
    out->time_ok = !m->negative && m->hour < 24;
}

/* In the text protocol's form: as many digits of the fraction as the column has. */
static struct text print_moment(const struct nat_type *type, const struct nat_moment *m,
                                char form[FORM_TEXT])
{
    enum value_kind kind = cell_kind(type);
    int n = 0, digits = type->precision > 6 ? 6 : type->precision;

    if (kind != V_TIME)
        n = snprintf(form, FORM_TEXT, "%04d-%02d-%02d%s", m->year, m->month, m->day,
                     kind == V_DATE ? "" : " ");
    if (kind != V_DATE)
        n += snprintf(form + n, FORM_TEXT - (size_t)n, "%s%02d:%02d:%02d", m->negative ? "-" : "",
                      m->hour, m->minute, m->second);
    if (kind != V_DATE && digits > 0) {
        snprintf(form + n, FORM_TEXT - (size_t)n, ".%06d", m->microsecond);
        n += 1 + digits;
    }
    return (struct text){form, (size_t)n};
}

/* ---- a cell ---- */

bool binary_text(const struct nat_type *type, struct nat_cell cell, char form[FORM_TEXT],
                 struct text *out)
{
    struct nat_moment m;
    struct whole w;

    switch (cell_kind(type)) {
    case V_INT:
    case V_UINT:
        if (!read_whole(type, cell, &w))
            return false;
        *out = number_of_whole(w, form);
        return true;
    case V_DOUBLE:
        return read_double(type, cell, form, out);
    default:
        if (!read_moment(cell, &m))
            return false;
        *out = print_moment(type, &m, form);
        return true;
    }
}

enum conv_result binary_decode(const struct nat_type *type, struct nat_cell cell,
                               char form[FORM_TEXT], struct value *out)
{
    enum value_kind kind = cell_kind(type);
    struct nat_moment m;
    struct text text;

    if (kind == V_INT || kind == V_UINT)
        return read_whole(type, cell, &out->whole) ? CONV_OK : CONV_SYNTAX;
    if (kind == V_DOUBLE)
        return read_double(type, cell, form, &text) && number_parse(text, true, &out->number)
                   ? CONV_OK
                   : CONV_SYNTAX;
    if (!read_moment(cell, &m))
        return CONV_DATETIME;
    load_moment(kind, &m, &out->moment);
    return moment_settled(&out->moment);
}
