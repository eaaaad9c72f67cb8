/* What the files of this room share: value kinds, the classes of C and SQL types, and the three
 * small domains (numbers, dates and times, intervals) that both directions are made of. Everything
 * is a pure function over borrowed views; the only outside fact read is today's date. */
#ifndef HOLDFAST_CONVERT_CONVERT_PRIV_H
#define HOLDFAST_CONVERT_CONVERT_PRIV_H

#include "convert/convert.h"

_Static_assert(sizeof(SQLWCHAR) == 2, "SQLWCHAR must be two bytes (no SQL_WCHART_CONVERT)");

/* What a wire cell or a C buffer is decoded into. */
enum value_kind {
    V_BOOL,
    V_INT,
    V_UINT,
    V_DOUBLE,
    V_NUMERIC,
    V_TEXT,
    V_BYTES,
    V_DATE,
    V_TIME,
    V_TIMESTAMP,
    V_INTERVAL,
    V_GUID,
    V_KINDS
};

enum c_class {
    C_NONE,
    C_CHAR,
    C_WCHAR,
    C_BINARY,
    C_BIT,
    C_INT,
    C_FLOAT,
    C_NUMERIC,
    C_DATE,
    C_TIME,
    C_TIMESTAMP,
    C_GUID,
    C_INTERVAL,
    C_CLASSES
};

struct ctype {
    enum c_class class;
    uint8_t size;
    int64_t min;
    uint64_t max;
};

/* Never NULL; class C_NONE for an unknown code. */
const struct ctype *ctype_of(SQLSMALLINT ctype);

/* What a parameter is sent as. */
enum p_class {
    P_NONE,
    P_CHAR,
    P_LONG_CHAR,
    P_BIT,
    P_INT,
    P_REAL,
    P_DOUBLE,
    P_NUMERIC,
    P_DATE,
    P_TIME,
    P_TIMESTAMP,
    P_BINARY,
    P_GUID,
    P_INTERVAL,
    P_CLASSES
};

struct sqltype {
    SQLSMALLINT code;
    enum p_class class;
    SQLSMALLINT ctype;
    SQLSMALLINT unsigned_ctype;
    uint32_t pg_type;
    int64_t min;
    uint64_t max;
};

/* Never NULL; class P_NONE for an unknown code. */
const struct sqltype *sqltype_of(SQLSMALLINT sql_type);

/* ---- integers: sign and magnitude, so that one code serves int64 and uint64 ---- */

struct whole {
    bool negative;
    uint64_t magnitude;
};

bool whole_parse(struct text t, struct whole *out); /* digits with an optional sign only */
bool whole_in(struct whole w, int64_t min, uint64_t max);
bool whole_of_double(double d, struct whole *out); /* the whole part; false: does not fit */

/* ---- decimal numbers as written ---- */

#define NUMBER_TEXT 320 /* room for any number that number_of_*() writes, with its NUL */

struct number {
    bool negative;
    bool finite; /* false: NaN or an infinity */
    bool nan;
    struct text literal; /* without surrounding blanks */
    struct text a, b;    /* the significant digits, in two views; neither end is a zero */
    size_t digits;       /* a.n + b.n; 0: the number is zero */
    int64_t point;       /* the decimal point stands before digit number `point` */
};

/* Optional blanks, sign, point, exponent. `specials`: NaN and [-]Infinity are allowed too. */
bool number_parse(struct text t, bool specials, struct number *out);
bool number_has_fraction(const struct number *n); /* false for NaN and infinities */
/* The whole part; false when it does not fit. */
bool number_whole(const struct number *n, struct whole *out);
/* Nearest value; false when it is out of range. */
bool number_double(const struct number *n, double *out);
bool number_float(const struct number *n, float *out);
/* Text of C values, whatever LC_NUMERIC says; shortest form that reads back the same. */
struct text number_of_double(double d, char text[NUMBER_TEXT]);
struct text number_of_float(float f, char text[NUMBER_TEXT]);
struct text number_of_whole(struct whole w, char text[NUMBER_TEXT]);
struct text number_of_struct(const SQL_NUMERIC_STRUCT *s, char text[NUMBER_TEXT]);
/* How many digits stand behind the point as it is written, of those that precision (0: 38) has room
 * for; and how many there are in all with that scale, leading zeros aside (1 to 38). */
int number_scale(const struct number *n, int precision);
int number_precision(const struct number *n, int scale);
/* CONV_OK, CONV_FRACTION (filled, digits cut) or CONV_RANGE. */
enum conv_result number_struct(const struct number *n, int precision, int scale,
                               SQL_NUMERIC_STRUCT *out);

/* ---- dates and times ---- */

#define MOMENT_TEXT 64

struct moment {
    bool has_date, has_time;
    bool date_ok, time_ok; /* the fields form a day of the calendar, a time of the day */
    bool infinite;
    bool cut;     /* the fraction had more than nine digits, not all zero */
    int32_t year; /* negative: BC; there is no year 0 */
    uint16_t month, day;
    uint32_t hour, minute, second, nanos;
    struct text zone; /* where the text told one; else empty */
};

/* [yyyy-mm-dd][ |T][hh:mm[:ss[.f]]][zone][ BC]; false when the text is not of that form. */
bool moment_parse(struct text t, struct moment *out);
/* Strips {d '...'}, {t '...'}, {ts '...'} or blanks. */
struct text moment_unwrap(struct text t);
bool moment_date_valid(int32_t year, unsigned month, unsigned day);
bool moment_has_clock(const struct moment *m); /* hour, minute, second or fraction is not zero */
void moment_set_today(struct moment *m);
/* Writes the date and/or time part; the fraction without trailing zeros. */
struct text moment_print(const struct moment *m, bool date, bool time, char text[MOMENT_TEXT]);

/* ---- intervals ---- */

#define SPAN_TEXT 128

/* As PostgreSQL keeps them: three parts, each with its own sign. */
struct span {
    int64_t months;
    int64_t days;
    int64_t seconds;
    int32_t nanos; /* sign of `seconds` */
};

/* Server text of any IntervalStyle, and ODBC interval literals. `qualifier` (SQL_INTERVAL_*, 0:
 * none) tells what a bare number counts. */
bool span_parse(struct text t, SQLSMALLINT qualifier, struct span *out);
bool span_is_year_month(SQLSMALLINT type);
bool span_is_single(SQLSMALLINT type); /* one field only: YEAR, MONTH, DAY, HOUR, MINUTE, SECOND */
/* n units of a single-field type; nanos for SECOND. */
bool span_of_field(SQLSMALLINT type, struct whole n, uint32_t nanos, struct span *out);
/* Fills the struct for an SQL_C_INTERVAL_* type: CONV_OK, CONV_FRACTION or CONV_INTERVAL. */
enum conv_result span_struct(const struct span *s, SQLSMALLINT type, int leading, int precision,
                             SQL_INTERVAL_STRUCT *out);
/* The other way; false when a field is out of range. */
bool span_of_struct(const SQL_INTERVAL_STRUCT *s, SQLSMALLINT type, int precision,
                    struct span *out);
/* The value of a single-field struct. */
struct whole span_field(const SQL_INTERVAL_STRUCT *s, SQLSMALLINT type);
/* Whether every field that `type` does not have is zero. */
bool span_fits(const struct span *s, SQLSMALLINT type);
struct text span_print(const struct span *s, char text[SPAN_TEXT]); /* PostgreSQL reads it */
/* The value part of an ODBC interval literal of that type. */
struct text span_print_literal(const struct span *s, SQLSMALLINT type, char text[SPAN_TEXT]);

/* ---- others ---- */

bool guid_parse(struct text t, SQLGUID *out); /* braces optional */
struct text guid_print(const SQLGUID *g, char text[MOMENT_TEXT]);
int hex_digit(char c); /* -1: none */

/* ---- delivery into a target ---- */

/* Bytes in one of the ways servers write them; positions count source units. */
struct bytes {
    enum { BYTES_RAW, BYTES_HEX, BYTES_ESCAPE } form;
    const char *p;
    size_t n;
};
struct bytes bytes_of_cell(enum nat_wire wire, struct nat_cell cell);

enum conv_result put_null(struct conv_target *t);
enum conv_result put_fixed(struct conv_target *t, const void *value, size_t size,
                           enum conv_result how);
/* Text of which the first `keep` bytes are worth nothing when cut (CONV_RANGE); 0 for plain text.
 */
enum conv_result put_char(struct conv_target *t, struct text text, size_t keep, bool plain);
enum conv_result put_wchar(struct conv_target *t, struct text text, size_t keep);
enum conv_result put_bytes(struct conv_target *t, struct bytes b);
enum conv_result put_hex(struct conv_target *t, struct bytes b, size_t unit);

#endif
