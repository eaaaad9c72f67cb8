/* The room's tables: results, C types, SQL types. */
#include "convert/convert_priv.h"

#define CTYPE_LOW  (-28) /* SQL_C_UTINYINT */
#define CTYPE_HIGH 113   /* SQL_C_INTERVAL_MINUTE_TO_SECOND */

static const struct {
    const char *sqlstate;
    const char *message;
} results[CONV_RESULTS] = {
#define RESULT(id, state, text) [id] = {state, text},
#include "convert/result.def"
#undef RESULT
};

const char *conv_sqlstate(enum conv_result r)
{
    return (unsigned)r < CONV_RESULTS ? results[r].sqlstate : "HY000";
}

const char *conv_message(enum conv_result r)
{
    return (unsigned)r < CONV_RESULTS ? results[r].message : "General error";
}

const struct ctype *ctype_of(SQLSMALLINT code)
{
    static const struct ctype none = {.class = C_NONE};
    static const struct ctype ctypes[CTYPE_HIGH - CTYPE_LOW + 1] = {
#define CTYPE(code, kind, bytes, lowest, highest)                                                  \
    [(code)-CTYPE_LOW] = {.class = (kind), .size = (bytes), .min = (lowest), .max = (highest)},
#include "convert/ctype.def"
#undef CTYPE
    };

    return code < CTYPE_LOW || code > CTYPE_HIGH ? &none : &ctypes[code - CTYPE_LOW];
}

const struct sqltype *sqltype_of(SQLSMALLINT code)
{
    static const struct sqltype none = {.class = P_NONE};
    static const struct sqltype sqltypes[] = {
#define SQLTYPE(id, kind, c, unsigned_c, oid, lowest, highest)                                     \
    {.code = (id),                                                                                 \
     .class = (kind),                                                                              \
     .ctype = (c),                                                                                 \
     .unsigned_ctype = (unsigned_c),                                                               \
     .pg_type = (oid),                                                                             \
     .min = (lowest),                                                                              \
     .max = (highest)},
#include "convert/sqltype.def"
#undef SQLTYPE
    };

    for (size_t i = 0; i < sizeof sqltypes / sizeof sqltypes[0]; i++) {
        if (sqltypes[i].code == code)
            return &sqltypes[i];
    }
    return &none;
}

SQLLEN conv_ctype_size(SQLSMALLINT ctype)
{
    return ctype_of(ctype)->size;
}

bool conv_ctype_known(SQLSMALLINT ctype)
{
    return ctype_of(ctype)->class != C_NONE;
}

SQLSMALLINT conv_default_ctype(SQLSMALLINT sql_type, bool is_unsigned)
{
    const struct sqltype *s = sqltype_of(sql_type);

    if (s->class == P_NONE)
        return SQL_C_CHAR;
    return is_unsigned ? s->unsigned_ctype : s->ctype;
}

/* SQLDescribeParam says long text of every parameter, so it is the value that tells what is meant:
 * as text a 1 would be too long for bit(1), and no number in JSON. */
static uint32_t my_described(const struct ctype *from)
{
    switch (from->class) {
    case C_BINARY:
        return MY_PARAM_BYTES;
    case C_BIT:
        return MY_PARAM_INT;
    case C_INT:
        return from->min == 0 ? MY_PARAM_UNSIGNED : MY_PARAM_INT;
    default:
        return 0;
    }
}

/* A number must be sent as one: a comparison with text would be one of floating point numbers. */
static uint32_t my_type(enum p_class class, const struct ctype *from)
{
    switch (class) {
    case P_BIT:
    case P_INT:
        return from->class == C_INT && from->min == 0 ? MY_PARAM_UNSIGNED : MY_PARAM_INT;
    case P_REAL:
    case P_DOUBLE:
        return MY_PARAM_DOUBLE;
    case P_NUMERIC:
        return MY_PARAM_DECIMAL;
    case P_BINARY:
        return MY_PARAM_BYTES;
    case P_CHAR: /* bytes for a column of text */
        return from->class == C_BINARY ? MY_PARAM_BYTES : 0;
    case P_LONG_CHAR:
        return my_described(from);
    default:
        return 0;
    }
}

struct conv_wire conv_param_wire(SQLSMALLINT sql_type, SQLSMALLINT ctype, enum nat_wire family)
{
    const struct sqltype *s = sqltype_of(sql_type);

    return (struct conv_wire){
        .binary = s->class == P_BINARY,
        .whole = s->class == P_INT || s->class == P_BIT,
        .type_id = family == WIRE_PG_TEXT ? s->pg_type : my_type(s->class, ctype_of(ctype))};
}
