/* Intervals: what span.c and span_read.c share. */
#ifndef HOLDFAST_CONVERT_SPAN_PRIV_H
#define HOLDFAST_CONVERT_SPAN_PRIV_H

#include "convert/convert_priv.h"

#define NANOS 1000000000

enum field { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, FIELDS, NO_FIELD = FIELDS };

/* The first and last field of SQL_INTERVAL_YEAR (101) to _MINUTE_TO_SECOND (113). */
enum field span_first(SQLSMALLINT type);
enum field span_last(SQLSMALLINT type);
/* Adds n of a field, and nanoseconds to a second's. False: too much, or parts of a larger field. */
bool span_add_field(struct span *, enum field, int64_t n, int64_t nanos);

#endif
