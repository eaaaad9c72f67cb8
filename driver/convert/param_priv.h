/* A parameter value on its way from the application's buffer (param.c) to the wire (send.c). */
#ifndef HOLDFAST_CONVERT_PARAM_PRIV_H
#define HOLDFAST_CONVERT_PARAM_PRIV_H

#include "convert/convert_priv.h"

struct param {
    const struct conv_source *source;
    const struct sqltype *to;
    enum value_kind kind;
    struct number number; /* V_BOOL V_INT V_DOUBLE V_NUMERIC; V_INTERVAL of a single field */
    double real;          /* V_DOUBLE */
    struct text text;     /* V_TEXT V_BYTES */
    struct moment moment;
    struct span span;
    SQLGUID guid;
    char scratch[NUMBER_TEXT]; /* what number.literal views */
};

/* One function for each pair of kind and class that is more than a copy. */
enum conv_result number_to_bit(const struct param *p, struct buf *out);
enum conv_result number_to_int(const struct param *p, struct buf *out);
enum conv_result double_to_int(const struct param *p, struct buf *out);
enum conv_result number_to_real(const struct param *p, struct buf *out);
enum conv_result number_to_double(const struct param *p, struct buf *out);
enum conv_result number_to_numeric(const struct param *p, struct buf *out);
enum conv_result number_to_interval(const struct param *p, struct buf *out);
enum conv_result text_to_bit(const struct param *p, struct buf *out);
enum conv_result text_to_int(const struct param *p, struct buf *out);
enum conv_result text_to_real(const struct param *p, struct buf *out);
enum conv_result text_to_double(const struct param *p, struct buf *out);
enum conv_result text_to_numeric(const struct param *p, struct buf *out);
enum conv_result text_to_date(const struct param *p, struct buf *out);
enum conv_result text_to_time(const struct param *p, struct buf *out);
enum conv_result text_to_timestamp(const struct param *p, struct buf *out);
enum conv_result text_to_interval(const struct param *p, struct buf *out);
enum conv_result moment_to_date(const struct param *p, struct buf *out);
enum conv_result moment_to_time(const struct param *p, struct buf *out);
enum conv_result moment_to_timestamp(const struct param *p, struct buf *out);
enum conv_result span_to_number(const struct param *p, struct buf *out);
enum conv_result span_to_interval(const struct param *p, struct buf *out);

#endif
