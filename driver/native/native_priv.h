/* What the natives share among themselves. */
#ifndef HOLDFAST_NATIVE_NATIVE_PRIV_H
#define HOLDFAST_NATIVE_NATIVE_PRIV_H

#include "native/native.h"
#include "native/spool.h"

/* Where a detach stands between two calls; all zero when none is under way. */
struct detach {
    bool begun;
    bool in_rows;
};

/* The detach verb over the verbs next, cell, columns and result. `in_rows`: the caller stands
 * inside a result set; rows of the block handed out last are the caller's already. */
enum nat_answer native_detach(struct native *n, struct detach *d, bool in_rows, struct spool *to,
                              int64_t deadline, struct fault *f);

#endif
