/* A result set aside: the outcomes of one send, recorded so that they can be read again in the
 * same way after the connection has gone on to other work. In memory up to SPOOL_MEMORY, beyond
 * that in an unlinked temporary file (TMPDIR, else /tmp). One writer (a native's detach), then one
 * reader; both may alternate. Not thread-safe; the connection's call lock guards it. */
#ifndef HOLDFAST_NATIVE_SPOOL_H
#define HOLDFAST_NATIVE_SPOOL_H

#include "native/native.h"

#define SPOOL_MEMORY (4u << 20) /* bytes kept in memory */

struct spool *spool_new(void); /* NULL: out of memory */
void spool_free(struct spool *);

/* Writing. False: out of memory or of disk; f says which (HY001, HY000 with the system's reason),
 * and the spool is broken: reading it gives the same fault at that place. */
bool spool_add_outcome(struct spool *, const struct nat_outcome *, const struct nat_column *,
                       size_t ncolumns, struct fault *f); /* columns: for NAT_ROWS */
bool spool_add_row(struct spool *, const struct nat_cell *, size_t n, struct fault *f);
/* Begin in the middle of a result set: its remaining rows follow, without a NAT_ROWS of their own.
 */
bool spool_add_open_rows(struct spool *, const struct nat_column *, size_t n, struct fault *f);

/* Reading: the same meaning as the native verbs of these names, never waits. */
bool spool_result(struct spool *, struct nat_outcome *out, struct fault *f);
/* The tag of the outcome behind the current one, and its count; NULL: not known yet. */
const char *spool_ahead(const struct spool *, int64_t *count);
/* What the n-th outcome behind the current one is (the next is 0), and of which parameter set;
 * false when there is none yet. */
bool spool_peek(const struct spool *, size_t n, enum nat_outcome_kind *kind, size_t *set);
/* How many rows of the current result set are in the spool, read or not; -1: there is none, or its
 * end has not been written. */
int64_t spool_rows(const struct spool *);
const struct nat_column *spool_columns(const struct spool *, size_t *n);
bool spool_next(struct spool *, size_t max, size_t *got, struct fault *f);
/* The next row to be read is row `row` of the current result set, the first being 0; its end is
 * told as before. False: there is no such row, or a fault of the file. */
bool spool_seek(struct spool *, uint64_t row, struct fault *f);
struct nat_cell spool_cell(const struct spool *, size_t row, size_t column);

#endif
