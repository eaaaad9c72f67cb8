#include "native/pg_priv.h"

#include <stdlib.h>
#include <string.h>

#define COPY_MOST  512 /* bytes of a row that is worth a copy */
#define COPY_FIRST 1024

/* Each row is a PGresult of its own. Small ones are copied, so that the memory of one serves the
 * next: to have a block of them at once costs malloc() more than a small row itself. */

void pg_rows_clear(struct pg *n)
{
    while (n->nkept > 0)
        PQclear(n->kept[--n->nkept]);
    n->nrows = n->copied = 0;
}

void pg_rows_fini(struct pg *n)
{
    pg_rows_clear(n);
    free(n->cells);
    free(n->copies);
    n->cells = NULL;
    n->copies = NULL;
    n->cells_cap = n->copies_cap = 0;
    n->crowded = false;
}

/* For a block; nobody has a view of the one before any more. */
static bool make_room(struct pg *n, struct fault *f)
{
    size_t bytes = n->copies_cap ? n->copies_cap : COPY_FIRST;

    if (n->crowded && bytes < (size_t)COPY_MOST * PG_BLOCK)
        bytes *= 2;
    n->crowded = false;
    return (native_room(&n->cells, &n->cells_cap, n->ncolumns * PG_BLOCK, sizeof *n->cells) &&
            native_room(&n->copies, &n->copies_cap, bytes, 1)) ||
           fault_oom(f);
}

/* Views of the row's values; how many bytes they are. */
static size_t view_cells(const struct pg *n, const PGresult *res, struct nat_cell *c)
{
    size_t size = 0;

    for (size_t i = 0; i < n->ncolumns; i++) {
        int at = (int)i;
        c[i] = (struct nat_cell){NULL, 0};
        if (PQgetisnull(res, 0, at))
            continue;
        c[i] = (struct nat_cell){PQgetvalue(res, 0, at), (size_t)PQgetlength(res, 0, at)};
        size += c[i].n;
    }
    return size;
}

static void copy_cells(struct pg *n, struct nat_cell *c)
{
    for (size_t i = 0; i < n->ncolumns; i++) {
        if (c[i].p == NULL)
            continue;
        char *to = n->copies + n->copied;
        memcpy(to, c[i].p, c[i].n);
        c[i].p = to;
        n->copied += c[i].n;
    }
}

/* The set's description, of which the columns' names are part, stays where it is. */
static void add_row(struct pg *n, PGresult *res)
{
    struct nat_cell *c = n->cells + n->nrows++ * n->ncolumns;
    size_t size = view_cells(n, res, c);

    if (res == n->desc)
        return;
    if (size <= COPY_MOST && size <= n->copies_cap - n->copied) {
        copy_cells(n, c);
        PQclear(res);
        return;
    }
    n->crowded = n->crowded || size <= COPY_MOST;
    n->kept[n->nkept++] = res;
}

/* A row, or the end of the set, which stays behind as `tail`. */
static void take_row(struct pg *n, PGresult *res)
{
    if (res && PQresultStatus(res) == PGRES_SINGLE_TUPLE) {
        add_row(n, res);
        return;
    }
    n->tail = res;
    n->in_rows = false;
}

enum nat_answer pg_next(struct native *base, size_t max, size_t *got, int64_t deadline,
                        struct fault *f)
{
    struct pg *n = pg_of(base);
    PGresult *res;

    *got = 0;
    pg_rows_clear(n);
    if (!make_room(n, f))
        return NAT_FAULT;
    if (n->first) {
        add_row(n, n->first);
        n->first = NULL;
    } else if (n->in_rows) {
        enum nat_answer a = pg_fetch(n, &res, deadline, f);
        if (a != NAT_READY)
            return a;
        take_row(n, res);
    }
    while (n->in_rows && n->nrows < max && n->nrows < PG_BLOCK && !PQisBusy(n->conn))
        take_row(n, PQgetResult(n->conn));
    *got = n->nrows;
    if (n->nrows == 0 && n->tail && pg_result_lost(n, n->tail))
        return pg_lost(n, n->tail, f);
    return NAT_READY;
}

bool pg_last(const struct native *base)
{
    const struct pg *n = pg_of_const(base);

    return n->tail && PQresultStatus(n->tail) == PGRES_TUPLES_OK;
}

struct nat_cell pg_cell(const struct native *base, size_t row, size_t column)
{
    const struct pg *n = pg_of_const(base);

    if (row >= n->nrows || column >= n->ncolumns)
        return (struct nat_cell){NULL, 0};
    return n->cells[row * n->ncolumns + column];
}

const struct nat_cell *pg_row(const struct native *base, size_t row)
{
    const struct pg *n = pg_of_const(base);

    return row < n->nrows ? n->cells + row * n->ncolumns : NULL;
}
