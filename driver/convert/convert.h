/* Values between the server's wire form and the application's C buffers (ODBC appendix D,
 * "Converting Data from SQL to C / C to SQL Data Types"). Pure functions: no locks, no I/O, no
 * allocation but in the caller's buf. Core picks a function once per (column, C type) and calls it
 * per cell. */
#ifndef HOLDFAST_CONVERT_CONVERT_H
#define HOLDFAST_CONVERT_CONVERT_H

#include <sql.h>
#include <sqlext.h>

#include "base/buf.h"
#include "convert/charset.h"
#include "native/native.h"

/* Order matters: everything from CONV_ERROR on means the cell was not delivered. */
enum conv_result {
    CONV_OK,
    CONV_TRUNCATED, /* 01004: text or bytes cut; the length tells how much there was */
    CONV_FRACTION,  /* 01S07: fractional digits or the time part cut off */
    CONV_ERROR,
    CONV_RANGE = CONV_ERROR, /* 22003 numeric value out of range */
    CONV_SYNTAX,             /* 22018 invalid character value for cast */
    CONV_DATETIME,           /* 22007 invalid datetime format */
    CONV_OVERFLOW,           /* 22008 datetime field overflow */
    CONV_INTERVAL,           /* 22015 interval field overflow */
    CONV_NO_INDICATOR,       /* 22002 NULL without an indicator variable */
    CONV_TYPE,               /* 07006 restricted data type attribute violation */
    CONV_LENGTH,             /* HY090 invalid string or buffer length */
    CONV_MEMORY,             /* HY001 */
    CONV_NO_DATA,            /* SQLGetData: everything was already returned (SQL_NO_DATA) */
    CONV_RIGHT_TRUNCATION,   /* 22001: a parameter too long for what the target type can hold */
    CONV_RESULTS
};
/* SQLSTATE and text of a result; CONV_OK and CONV_NO_DATA give "". */
const char *conv_sqlstate(enum conv_result);
const char *conv_message(enum conv_result);

#define NUMERIC_PRECISION 38 /* of an SQL_NUMERIC_STRUCT for which nobody says another */

/* Where one value goes. Core fills it from the ARD record or SQLGetData's arguments. */
struct conv_target {
    SQLSMALLINT ctype;     /* a concrete C type, never SQL_C_DEFAULT */
    void *buf;             /* NULL: only the length is wanted */
    SQLLEN cap;            /* bytes in buf (variable-length types only) */
    SQLLEN *octets;        /* SQL_DESC_OCTET_LENGTH_PTR, or NULL */
    SQLLEN *indicator;     /* SQL_DESC_INDICATOR_PTR, or NULL; may equal octets */
    SQLSMALLINT precision; /* SQL_C_NUMERIC digits (NUMERIC_PRECISION); fractional digits of
                              SQL_C_INTERVAL_* */
    SQLSMALLINT scale;     /* SQL_C_NUMERIC */
    bool own_scale;        /* SQL_C_NUMERIC: as many fractional digits as are written and precision
                              allows; the default precision becomes the number of digits */
    SQLINTEGER leading;    /* leading precision of SQL_C_INTERVAL_* (0: 2) */
    const struct charset *ansi; /* SQL_C_CHAR's codeset; NULL: UTF-8 */
    bool zero_null;             /* a date without month or day (MySQL) is SQL NULL */
    bool pieces;                /* SQLGetData: go on at `at`, and move it */
    size_t at;                  /* source units already delivered (see put_hex() for bytes as
                                   digits); SIZE_MAX: all of it */
};

typedef enum conv_result conv_fn(const struct nat_type *, struct nat_cell, struct conv_target *);

/* The function for this column type and C type, NULL when ODBC does not allow the pair (07006). The
 * function handles SQL NULL too. */
conv_fn *conv_pick(const struct nat_type *, SQLSMALLINT ctype);

/* SQL_C_DEFAULT for a column or parameter of this SQL type. */
SQLSMALLINT conv_default_ctype(SQLSMALLINT sql_type, bool is_unsigned);
/* Bytes of a fixed-length C type, 0 for character, binary and unknown types. */
SQLLEN conv_ctype_size(SQLSMALLINT ctype);
bool conv_ctype_known(SQLSMALLINT ctype);

/* ---- C to SQL ---- */

struct conv_source {
    SQLSMALLINT ctype;            /* concrete */
    SQLSMALLINT sql_type;         /* of the parameter as bound */
    SQLULEN column_size;          /* as bound; 0 not given */
    SQLSMALLINT digits;           /* as bound */
    SQLSMALLINT precision, scale; /* APD record, SQL_C_NUMERIC */
    bool scale_counts;            /* not the scale in an SQL_NUMERIC_STRUCT (as ODBC has it) */
    bool has_unsigned;            /* the server's integers may be unsigned */
    bool span_is_time;            /* the server has no intervals: a span of time is its TIME */
    bool holds_nul;               /* the server's text may have a NUL inside */
    const struct charset *ansi;
    const void *data;
    SQLLEN length; /* octet length or SQL_NTS; never SQL_NULL_DATA or a DAE value */
};

/* How a parameter of an SQL type goes over the wire. */
struct conv_wire {
    bool binary;      /* bytes as they are (binary types) */
    bool whole;       /* an integer or a bit: digits, whatever the type_id */
    uint32_t type_id; /* the server's number of the type as a hint, 0: the server infers */
};
struct conv_wire conv_param_wire(SQLSMALLINT sql_type, SQLSMALLINT ctype, enum nat_wire family);

/* Appends the value in wire form (text as the server reads it in any setting; bytes raw when the
 * wire is binary). CONV_FRACTION is an error for parameters where ODBC says so (22001/22008). */
enum conv_result conv_param(const struct conv_source *, struct buf *out);

#endif
