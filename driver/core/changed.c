/* What an application has changed through a cursor, and sees there from then on
 * (SQL_STATIC_SENSITIVITY: SQL_SS_UPDATES). Deleted rows keep their place and their values.
 * Added ones have no place, but a number. A change that its transaction takes back is forgotten. */
#include <stdlib.h>
#include <string.h>

#include "core/position.h"

struct change {
    SQLULEN row;            /* of the result, from 1 */
    SQLUSMALLINT status;    /* SQL_ROW_UPDATED, SQL_ROW_DELETED, SQL_ROW_SUCCESS */
    struct nat_cell *cells; /* owned, with their bytes behind; NULL: as they were read */
    bool is_known;          /* the values are those of the table */
    bool is_pending;        /* made in a transaction whose end was not seen yet */
    bool is_first;          /* before it the row was as it was read */
    struct conn_ends ends;  /* when it was made */
};

void positions_free(struct positions *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->nchanges; i++)
        free(p->changes[i].cells);
    free(p->changes);
    arena_fini(&p->arena);
    free(p);
}

/* Where the row is, or would be. */
static size_t place_of(const struct positions *p, SQLULEN row)
{
    size_t low = 0, high = p->nchanges;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->changes[middle].row < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What has become of the change with its transaction, if that can be told. */
static void settle(struct change *c, const struct conn_ends *now)
{
    unsigned ended = now->all - c->ends.all;
    bool commits = now->commits != c->ends.commits, rollbacks = now->rollbacks != c->ends.rollbacks;
    if (now->partial != c->ends.partial) /* before or behind it */
        c->is_known = false;
    c->ends.partial = now->partial;
    if (!ended)
        return;
    c->is_pending = false;
    if (ended == 1 && commits && !rollbacks) {
        c->is_first = false;
        return;
    }
    free(c->cells);
    c->cells = NULL;
    c->status = SQL_ROW_SUCCESS;
    c->is_known = c->is_first = ended == 1 && rollbacks && !commits && c->is_first;
}

void changed_settle(struct dbc *d)
{
    struct conn_ends now = conn_ends(d->conn);
    LIST_EACH(it, &d->stmts) {
        struct positions *p = LIST_ENTRY(it, struct stmt, node)->positions;
        for (size_t i = 0; p && i < p->nchanges; i++)
            if (p->changes[i].is_pending)
                settle(&p->changes[i], &now);
    }
}

static struct change *find(struct positions *p, SQLULEN row)
{
    size_t i = place_of(p, row);
    if (i == p->nchanges || p->changes[i].row != row)
        return NULL;
    struct change *c = &p->changes[i];
    struct conn_ends now = conn_ends(p->conn);
    if (c->is_pending)
        settle(c, &now);
    return c;
}

SQLUSMALLINT changed_status(struct positions *p, SQLULEN row)
{
    const struct change *c = find(p, row);
    return c ? c->status : SQL_ROW_SUCCESS;
}

bool changed_known(struct positions *p, SQLULEN row)
{
    const struct change *c = find(p, row);
    return !p->is_broken && (!c || c->is_known);
}

bool changed_has(struct positions *p, SQLULEN row)
{
    const struct change *c = find(p, row);
    return !p->is_broken && c && c->cells && c->is_known;
}

const struct nat_type *changed_cell(struct positions *p, SQLULEN row, size_t column,
                                    struct nat_cell *out)
{
    const struct change *c = find(p, row);
    if (!c || !c->cells || !p->columns[column].name.s)
        return NULL;
    *out = c->cells[column];
    return &p->types[column];
}

/* The same for all changes of a result, for the same is asked each time; but a question without
 * values comes in another form of the wire, and a column may have got another type meanwhile. */
static bool same_types(struct positions *p, const struct nat_column *columns)
{
    for (size_t i = 0; p->types && i < p->n; i++)
        if (p->columns[i].name.s &&
            (p->types[i].wire != columns[i].type.wire || p->types[i].kind != columns[i].type.kind ||
             p->types[i].is_unsigned != columns[i].type.is_unsigned))
            return false;
    if (p->types)
        return true;
    struct nat_type *types = arena_zalloc(&p->arena, (p->n + 1) * sizeof(*types));
    for (size_t i = 0; types && i < p->n; i++) {
        types[i] = columns[i].type;
        types[i].name = arena_z(&p->arena, text_of(columns[i].type.name));
    }
    p->types = types;
    return types;
}

static struct nat_cell *copy(const struct nat_cell *cells, size_t n)
{
    size_t bytes = (n + 1) * sizeof(*cells);
    for (size_t i = 0; i < n; i++)
        bytes += cells[i].n + 1;
    struct nat_cell *to = malloc(bytes);
    char *at = (char *)(to + n + 1);
    for (size_t i = 0; to && i < n; i++) {
        to[i] = (struct nat_cell){cells[i].p ? at : NULL, cells[i].n};
        if (cells[i].p)
            memcpy(at, cells[i].p, cells[i].n);
        at += cells[i].n;
        *at++ = 0;
    }
    return to;
}

static struct change *place_for(struct positions *p, SQLULEN row)
{
    struct change *known = find(p, row);
    if (known)
        return known;
    if (p->nchanges == p->changes_cap) {
        size_t cap = p->changes_cap ? p->changes_cap * 2 : 8;
        struct change *more = realloc(p->changes, cap * sizeof(*more));
        if (!more)
            return NULL;
        p->changes = more;
        p->changes_cap = cap;
    }
    size_t i = place_of(p, row);
    memmove(&p->changes[i + 1], &p->changes[i], (p->nchanges - i) * sizeof(*p->changes));
    p->changes[i] = (struct change){.row = row, .is_first = true};
    p->nchanges++;
    return &p->changes[i];
}

/* An entry to be changed; NULL: there is no memory, and nothing is certain any more. */
static struct change *begin_change(struct positions *p, SQLULEN row)
{
    struct change *c = place_for(p, row);
    if (!c) {
        p->is_broken = true;
        return NULL;
    }
    c->is_first = c->is_first && (c->is_pending || (!c->cells && c->status == SQL_ROW_SUCCESS));
    c->is_pending = conn_in_transaction(p->conn);
    c->ends = conn_ends(p->conn);
    return c;
}

void changed_note(struct positions *p, SQLULEN row, const struct nat_cell *cells,
                  const struct nat_column *columns)
{
    struct change *c = begin_change(p, row);
    struct nat_cell *kept = c && cells && same_types(p, columns) ? copy(cells, p->n) : NULL;
    if (!c)
        return;
    c->status = SQL_ROW_SUCCESS;
    c->is_known = kept;
    if (kept) {
        free(c->cells);
        c->cells = kept;
    }
}

void changed_mark(struct positions *p, SQLULEN row, SQLUSMALLINT status, bool is_known)
{
    bool was_noted = find(p, row);
    struct change *c = begin_change(p, row);
    if (!c)
        return;
    c->status = status;
    c->is_known = is_known && (!was_noted || c->is_known);
}
