/* Questions to a server that may be asked without blocking: several queries in one flush, their
 * rows kept. Every verb may be called with DEADLINE_NOW and resumed, as those of native.h. */
#ifndef HOLDFAST_CLUSTER_ASK_PRIV_H
#define HOLDFAST_CLUSTER_ASK_PRIV_H

#include "cluster/cluster.h"

#define ROWS_MAX    257 /* one more than a cluster may have hosts */
#define COLUMNS_MAX 10
#define CELL_MAX    300 /* longer cells are cut: nothing sane is as long */
#define ASK_MAX     3

/* An answer's rows, copied. */
struct rows {
    struct buf bytes; /* NUL-terminated cells */
    struct buf at;    /* uint32_t offsets into bytes, row by row; UINT32_MAX: SQL NULL */
    size_t n;
    size_t ncolumns;
};
void rows_init(struct rows *);
void rows_fini(struct rows *);
/* False: out of memory, or the shape is not that of the rows before. More than ROWS_MAX rows and
 * COLUMNS_MAX columns are left out. */
bool rows_add(struct rows *, const struct nat_cell *, size_t ncells);
/* TEXT_NONE: SQL NULL, or no such cell. */
struct text rows_cell(const struct rows *, size_t row, size_t column);

struct ask {
    struct nat_request requests[ASK_MAX];
    const char *columns[ASK_MAX]; /* of the question; borrowed */
    size_t take[COLUMNS_MAX];     /* the kept columns of the current rows */
    size_t ntake;
    struct rows rows[ASK_MAX];
    struct fault failed[ASK_MAX]; /* what the server said to this query; none: it was answered */
    size_t n;
    size_t current;
    bool sent; /* send() is done */
    bool inrows;
    bool begun; /* a byte may have left the process */
};
void ask_init(struct ask *); /* once; then any number of asks */
void ask_fini(struct ask *);
/* The texts must live as long as the question is under way. */
void ask_begin(struct ask *, const struct question *, size_t n);
/* W. NAT_READY: all answered, see rows and failed. NAT_FAULT: no answer to any of them. */
enum nat_answer ask_step(struct ask *, struct native *, int64_t deadline, struct fault *f);

#endif
