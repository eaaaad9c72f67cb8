#include "native/native_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory ---- */

bool native_room(void *array, size_t *cap, size_t count, size_t size)
{
    void *p;

    if (count <= *cap)
        return true;
    memcpy(&p, array, sizeof p);
    p = reallocarray(p, count, size);
    if (p == NULL)
        return false;
    memcpy(array, &p, sizeof p);
    *cap = count;
    return true;
}

/* ---- SQLSTATEs ---- */

static const struct {
    const char *server, *odbc;
} states[] = {
#define STATE(server, odbc) {server, odbc},
#define CLASS(server, odbc) {server, odbc},
#include "native/sqlstate.def"
#undef STATE
#undef CLASS
};

static const struct {
    const char *server, *start, *odbc;
} texts[] = {
#define TEXT_STATE(server, start, odbc) {server, start, odbc},
#include "native/sqlstate.def"
#undef TEXT_STATE
};

/* The message behind "ERROR 42601: ". */
static const char *message_of(const struct fault *f)
{
    const char *at = strstr(f->text, f->server_state);
    return at && strncmp(at + 5, ": ", 2) == 0 ? at + 7 : f->text;
}

void native_map_sqlstate(struct fault *f)
{
    const char *odbc = "HY000", *message;

    if (strlen(f->server_state) == 5) {
        /* Exact rows stand before their class in the table. */
        for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
            if (strncmp(f->server_state, states[i].server, strlen(states[i].server)) == 0) {
                odbc = states[i].odbc;
                break;
            }
        }
        message = message_of(f);
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            if (strcmp(f->server_state, texts[i].server) == 0 &&
                strncmp(message, texts[i].start, strlen(texts[i].start)) == 0)
                odbc = texts[i].odbc;
        }
    }
    snprintf(f->sqlstate, sizeof f->sqlstate, "%s", odbc);
}

/* ---- detach ---- */

static enum nat_answer detach_rows(struct native *n, struct spool *to, struct nat_cell *cells,
                                   size_t ncells, bool *ended, int64_t deadline, struct fault *f)
{
    size_t got;
    enum nat_answer a = n->ops->next(n, SIZE_MAX, &got, deadline, f);

    for (size_t row = 0; a == NAT_READY && row < got; row++) {
        for (size_t i = 0; i < ncells; i++)
            cells[i] = n->ops->cell(n, row, i);
        if (!spool_add_row(to, cells, ncells, f))
            return NAT_FAULT;
    }
    *ended = a == NAT_READY && got == 0;
    return a;
}

static enum nat_answer detach_set(struct native *n, struct detach *d, struct spool *to,
                                  int64_t deadline, struct fault *f)
{
    enum nat_answer a = NAT_READY;
    bool ended = false;
    size_t ncells;
    struct nat_cell *cells;

    n->ops->columns(n, &ncells);
    cells = calloc(ncells + 1, sizeof *cells);
    if (cells == NULL) {
        fault_oom(f);
        return NAT_FAULT;
    }
    while (a == NAT_READY && !ended)
        a = detach_rows(n, to, cells, ncells, &ended, deadline, f);
    free(cells);
    d->in_rows = !ended;
    return a;
}

enum nat_answer native_detach(struct native *n, struct detach *d, bool in_rows, struct spool *to,
                              int64_t deadline, struct fault *f)
{
    struct nat_outcome out;
    size_t ncolumns;
    const struct nat_column *columns;
    enum nat_answer a = NAT_READY;

    if (!d->begun) {
        columns = n->ops->columns(n, &ncolumns);
        if (in_rows && !spool_add_open_rows(to, columns, ncolumns, f))
            return NAT_FAULT;
        *d = (struct detach){.begun = true, .in_rows = in_rows};
    }
    do {
        if (d->in_rows)
            a = detach_set(n, d, to, deadline, f);
        if (a == NAT_READY)
            a = n->ops->result(n, &out, deadline, f);
        if (a == NAT_WAIT)
            return a;
        if (a == NAT_READY) {
            columns = n->ops->columns(n, &ncolumns);
            if (!spool_add_outcome(to, &out, columns, ncolumns, f))
                a = NAT_FAULT;
            d->in_rows = out.kind == NAT_ROWS;
        }
    } while (a == NAT_READY && out.kind != NAT_END);
    *d = (struct detach){.begun = false};
    return a;
}

/* ---- a question of the driver's own ---- */

static bool keep_cells(struct native *n, char **cells, size_t ncells, struct fault *f)
{
    size_t ncolumns;

    n->ops->columns(n, &ncolumns);
    for (size_t i = 0; i < ncells && i < ncolumns; i++) {
        struct nat_cell c = n->ops->cell(n, 0, i);
        if (c.p && (cells[i] = strndup(c.p, c.n)) == NULL)
            return fault_oom(f);
    }
    return true;
}

static enum nat_answer ask(struct native *n, struct text sql, char **cells, size_t ncells,
                           size_t *rows, int64_t deadline, struct fault *f)
{
    struct nat_request query = {.kind = NAT_QUERY, .sql = sql};
    struct nat_outcome out;
    struct fault failed;
    bool sent;
    size_t got;
    enum nat_answer a = n->ops->send(n, &query, 1, &sent, deadline, f);

    fault_clear(&failed);
    while (a == NAT_READY) {
        a = n->ops->result(n, &out, deadline, f);
        if (a != NAT_READY || out.kind == NAT_END)
            break;
        if (out.kind == NAT_FAILED && !fault_is(&failed))
            failed = out.fault;
        if (out.kind != NAT_ROWS || *rows > 0)
            continue;
        a = n->ops->next(n, 1, &got, deadline, f);
        if (a == NAT_READY && got > 0) {
            *rows = 1;
            a = keep_cells(n, cells, ncells, f) ? NAT_READY : NAT_FAULT;
        }
    }
    if (a == NAT_READY && fault_is(&failed)) {
        *f = failed;
        a = NAT_FAULT;
    }
    return a;
}

bool native_ask(struct native *n, struct text sql, char **cells, size_t ncells, size_t *rows,
                int64_t deadline, struct fault *f)
{
    enum nat_answer a;

    *rows = 0;
    for (size_t i = 0; i < ncells; i++)
        cells[i] = NULL;
    a = ask(n, sql, cells, ncells, rows, deadline, f);
    if (a == NAT_READY)
        return true;
    for (size_t i = 0; i < ncells; i++) {
        free(cells[i]);
        cells[i] = NULL;
    }
    *rows = 0;
    if (a == NAT_WAIT)
        fault_set(f, "HYT00", "the server has not answered in time");
    return false;
}
