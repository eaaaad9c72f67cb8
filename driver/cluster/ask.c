#include "cluster/ask_priv.h"

#include <string.h>

void rows_init(struct rows *r)
{
    buf_init(&r->bytes);
    buf_init(&r->at);
    r->n = r->ncolumns = 0;
}

void rows_fini(struct rows *r)
{
    buf_fini(&r->bytes);
    buf_fini(&r->at);
    r->n = r->ncolumns = 0;
}

static void rows_reset(struct rows *r)
{
    buf_reset(&r->bytes);
    buf_reset(&r->at);
    r->n = r->ncolumns = 0;
}

bool rows_add(struct rows *r, const struct nat_cell *cells, size_t ncells)
{
    if (ncells > COLUMNS_MAX)
        ncells = COLUMNS_MAX;
    if (r->n == 0)
        r->ncolumns = ncells;
    if (ncells != r->ncolumns)
        return false;
    if (r->n == ROWS_MAX)
        return true;
    for (size_t i = 0; i < ncells; i++) {
        uint32_t at = cells[i].p ? (uint32_t)r->bytes.n : UINT32_MAX;
        buf_add(&r->at, &at, sizeof at);
        if (!cells[i].p)
            continue;
        buf_add(&r->bytes, cells[i].p, cells[i].n < CELL_MAX ? cells[i].n : CELL_MAX);
        buf_add(&r->bytes, "", 1);
    }
    r->n++;
    return buf_ok(&r->bytes) && buf_ok(&r->at);
}

struct text rows_cell(const struct rows *r, size_t row, size_t column)
{
    uint32_t at;

    if (row >= r->n || column >= r->ncolumns)
        return TEXT_NONE;
    memcpy(&at, r->at.p + (row * r->ncolumns + column) * sizeof at, sizeof at);
    return at == UINT32_MAX ? TEXT_NONE : text_of(r->bytes.p + at);
}

void ask_init(struct ask *a)
{
    memset(a, 0, sizeof *a);
    for (size_t i = 0; i < ASK_MAX; i++)
        rows_init(&a->rows[i]);
}

void ask_fini(struct ask *a)
{
    for (size_t i = 0; i < ASK_MAX; i++)
        rows_fini(&a->rows[i]);
}

void ask_begin(struct ask *a, const struct question *questions, size_t n)
{
    a->n = n < ASK_MAX ? n : ASK_MAX;
    a->current = 0;
    a->sent = a->inrows = a->begun = false;
    for (size_t i = 0; i < a->n; i++) {
        a->requests[i] = (struct nat_request){
            .kind = NAT_QUERY, .sql = text_of(questions[i].sql), .apart = true};
        a->columns[i] = questions[i].columns;
        rows_reset(&a->rows[i]);
        fault_clear(&a->failed[i]);
    }
}

/* The next piece of `list` up to the mark; *list is behind it. */
static struct text piece(struct text *list, char mark)
{
    size_t at = text_find(*list, mark, 0);
    struct text head = at == SIZE_MAX ? *list : text_sub(*list, 0, at);

    *list = at == SIZE_MAX ? TEXT_NONE : text_sub(*list, at + 1, list->n - at - 1);
    return head;
}

/* Where the first of these spellings stands; n: nowhere. */
static size_t column_named(const struct nat_column *columns, size_t n, struct text spellings)
{
    while (spellings.n > 0) {
        struct text name = piece(&spellings, '|');
        for (size_t i = 0; i < n; i++)
            if (text_eq_ci(columns[i].name, name))
                return i;
    }
    return n;
}

/* Which columns of the result set that begins are kept. A missing one fails the question. */
static void choose_columns(struct ask *a, struct native *n)
{
    size_t count = 0;
    const struct nat_column *columns = n->ops->columns(n, &count);
    const char *names = a->columns[a->current];

    a->ntake = 0;
    if (!names) {
        for (; a->ntake < count && a->ntake < COLUMNS_MAX; a->ntake++)
            a->take[a->ntake] = a->ntake;
        return;
    }
    for (struct text list = text_of(names); list.n > 0 && a->ntake < COLUMNS_MAX; a->ntake++) {
        struct text spellings = piece(&list, ',');
        size_t at = column_named(columns, count, spellings);
        if (at == count) {
            fault_set(&a->failed[a->current], "HY000", "the answer has no column %.*s",
                      TEXT_ARG(spellings));
            a->ntake = 0;
            return;
        }
        a->take[a->ntake] = at;
    }
}

/* The rows of the result set the native stands in. */
static enum nat_answer take_rows(struct ask *a, struct native *n, int64_t deadline, struct fault *f)
{
    struct nat_cell cells[COLUMNS_MAX];
    struct rows *rows = &a->rows[a->current];
    size_t got = 0;

    for (;;) {
        enum nat_answer r = n->ops->next(n, 64, &got, deadline, f);
        if (r != NAT_READY)
            return r;
        if (got == 0)
            break;
        for (size_t row = 0; row < got && a->ntake > 0; row++) {
            for (size_t i = 0; i < a->ntake; i++)
                cells[i] = n->ops->cell(n, row, a->take[i]);
            if (!rows_add(rows, cells, a->ntake) && !fault_is(&a->failed[a->current]))
                fault_set(&a->failed[a->current], "HY000", "the answer could not be kept");
        }
    }
    a->inrows = false;
    return NAT_READY;
}

/* The next outcome; *end when there is no more. */
static enum nat_answer take_outcome(struct ask *a, struct native *n, bool *end, int64_t deadline,
                                    struct fault *f)
{
    struct nat_outcome out;
    enum nat_answer r = n->ops->result(n, &out, deadline, f);

    if (r != NAT_READY)
        return r;
    if (out.kind == NAT_END) {
        *end = true;
        return NAT_READY;
    }
    a->current = out.request < a->n ? out.request : a->n - 1;
    if (out.kind == NAT_ROWS) {
        a->inrows = true;
        choose_columns(a, n);
    } else if (out.kind == NAT_FAILED)
        a->failed[a->current] = out.fault;
    else if (out.kind == NAT_SKIPPED)
        fault_set(&a->failed[a->current], "HY000", "the question was skipped");
    return NAT_READY;
}

enum nat_answer ask_step(struct ask *a, struct native *n, int64_t deadline, struct fault *f)
{
    bool end = false;

    if (!a->sent) {
        enum nat_answer r = n->ops->send(n, a->requests, a->n, &a->begun, deadline, f);
        if (r != NAT_READY)
            return r;
        a->sent = true;
    }
    while (!end) {
        enum nat_answer r =
            a->inrows ? take_rows(a, n, deadline, f) : take_outcome(a, n, &end, deadline, f);
        if (r != NAT_READY)
            return r;
    }
    return NAT_READY;
}
