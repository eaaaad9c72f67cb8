/* Which table's rows the rows of a result are, and by what they are found there. */
#include <stdlib.h>
#include <string.h>

#include "core/backend.h"
#include "core/catalog_priv.h"
#include "core/position.h"

bool position_allowed(const struct stmt *s, struct diag *g)
{
    bool unasked = backend.updates_unasked && !s->attrs.concurrency_set;
    if (s->attrs.concurrency != SQL_CONCUR_READ_ONLY || unasked)
        return true;
    diag_push(g, "HY092",
              "the cursor is read only: set SQL_ATTR_CONCURRENCY to SQL_CONCUR_VALUES before it is "
              "opened");
    return false;
}

/* ---- the table behind a result ---- */

static bool refuse(struct diag *g, const char *why)
{
    diag_fmt(g, "HYC00", "the rows of this result cannot be changed through it: %s", why);
    return false;
}

/* A row of such a result is none of a table, though its columns may be. */
static bool gathers_rows(const struct stmt *s)
{
    static const char *const words[] = {"distinct", "group", "union", "intersect", "except"};
    struct scanner scanner;
    struct token t;
    scan_start(&scanner, conn_rules(s->dbc->conn),
               s->is_prepared ? text_of(s->prep.sql) : buf_view(&s->sql));
    while (scan_next(&scanner, &t))
        for (size_t i = 0; t.kind == TOKEN_WORD && i < sizeof(words) / sizeof(*words); i++)
            if (text_eq_ci(t.text, text_of(words[i])))
                return true;
    return false;
}

/* Where the wire does not tell, the server has been asked. */
static struct origin origin_named(const struct stmt *s, const struct nat_column *c)
{
    const struct origin *asked = origin_of(s->dbc, c);
    return asked
               ? *asked
               : (struct origin){.schema = c->database, .table = c->table, .column = c->base_name};
}

/* In the arena; TEXT_NONE: out of memory. schema may be empty. */
static struct text quoted(struct arena *a, struct text schema, struct text name)
{
    struct buf b;
    buf_init(&b);
    if (schema.n) {
        sql_add_name(&b, schema);
        buf_char(&b, '.');
    }
    sql_add_name(&b, name);
    struct text kept = buf_ok(&b) ? arena_text(a, buf_view(&b)) : TEXT_NONE;
    buf_fini(&b);
    return kept;
}

/* How a column of this type is compared with a value of its own. Not every type of PostgreSQL has
 * an equality; each has a text, which depends on settings of the session, but on the same ones. A
 * float of MySQL is not equal to its text. */
static void choose_comparison(const struct nat_type *t, struct position_column *c)
{
    bool is_pg = t->wire == WIRE_PG_TEXT;
    c->before = c->after = "";
    if (is_pg && (t->kind == NAT_OTHER || t->kind == NAT_TEXT || t->kind == NAT_JSON)) {
        c->after = "::text";
    } else if (!is_pg && t->kind == NAT_JSON) {
        c->before = "CAST(";
        c->after = " AS CHAR)";
    } else if (!is_pg && t->kind == NAT_FLOAT4) {
        c->before = c->after = NULL;
    }
}

static bool is_earlier(const struct positions *p, size_t column)
{
    for (size_t i = 0; i < column; i++)
        if (p->columns[i].name.s && text_eq(p->columns[i].name, p->columns[column].name))
            return true;
    return false;
}

/* The result's columns, which are to be of one table: *from is that. */
static bool know_columns(struct stmt *s, struct diag *g, struct positions *p, struct origin *from)
{
    *from = (struct origin){.table = TEXT_NONE};
    for (size_t i = 0; i < p->n; i++) {
        const struct nat_column *c = &s->ird.recs[i].column;
        struct origin o = origin_named(s, c);
        if (!o.table.n || !o.column.n)
            continue;
        if (from->table.n && !(text_eq(from->table, o.table) && text_eq(from->schema, o.schema)))
            return refuse(g, "its columns are of more than one table");
        *from = o;
        p->columns[i].name = quoted(&p->arena, TEXT(""), o.column);
        if (!p->columns[i].name.s)
            return diag_push(g, "HY001", NULL), false;
        p->columns[i].twice = is_earlier(p, i);
        choose_comparison(&c->type, &p->columns[i]);
    }
    if (!from->table.n)
        return refuse(g, "its columns are of no table");
    from->schema = arena_text(&p->arena, from->schema); /* what was asked lives until the next */
    from->table = arena_text(&p->arena, from->table);
    p->table = quoted(&p->arena, from->schema, from->table);
    return p->table.s || (diag_push(g, "HY001", NULL), false);
}

/* A table's columns, and which of them the result has. */
struct search {
    struct positions *p;
    size_t columns, columns_found, keys, keys_found;
};

static void look_for(void *to, const struct cursor *c, size_t row, struct fault *f)
{
    enum { NAME = 0, KEY = 3 }; /* columns of QUERY_ROW_KEY */
    struct search *x = to;
    struct text name = quoted(&x->p->arena, TEXT(""), catalog_cell(c, row, NAME));
    bool is_key = text_eq(catalog_cell(c, row, KEY), TEXT("PRI"));
    if (!name.s)
        fault_oom(f);
    x->columns++;
    x->keys += is_key;
    for (size_t i = 0; name.s && i < x->p->n; i++) {
        struct position_column *column = &x->p->columns[i];
        if (!column->name.s || column->twice || !text_eq(column->name, name))
            continue;
        column->is_key = is_key;
        x->columns_found++;
        x->keys_found += is_key;
    }
}

static bool ask(struct stmt *s, const struct origin *from, struct search *x, struct fault *f)
{
    bool has_schemas = s->dbc->naming == DATABASE_HAS_SCHEMAS;
    struct catalog_arg name = {.value = from->table, .match = MATCH_EXACT};
    struct catalog_args args = {.naming = s->dbc->naming, .table = {.name = name, .given = true}};
    struct catalog_arg *where = has_schemas ? &args.table.schema : &args.table.catalog;
    *where = (struct catalog_arg){.value = from->schema, .match = MATCH_EXACT};
    struct catalog_question q;
    fault_clear(f);
    catalog_ask(&q, QUERY_ROW_KEY, &args);
    bool ok = catalog_rows(s, &q, look_for, x, f);
    buf_fini(&q.sql);
    return ok;
}

static bool compares_all(const struct positions *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->columns[i].name.s && !p->columns[i].before)
            return false;
    return true;
}

/* Has the result what tells one row from the others? */
static bool know_key(struct stmt *s, struct diag *g, struct positions *p, const struct origin *from)
{
    struct search x = {.p = p};
    struct fault f;
    if (!ask(s, from, &x, &f))
        return diag_fault(g, &f), false;
    if (x.keys && x.keys_found == x.keys)
        return true;
    for (size_t i = 0; i < p->n; i++)
        p->columns[i].is_key = false;
    p->whole = true;
    if (!x.columns || x.columns_found < x.columns)
        return refuse(g, x.keys ? "it lacks columns of the table's key"
                                : "the table has no key, and it lacks columns of the table");
    return compares_all(p) ||
           refuse(g, "the table has no key, and a column that cannot be compared");
}

bool position_know(struct stmt *s, struct diag *g)
{
    if (s->positions)
        return true;
    if (gathers_rows(s))
        return refuse(g, "a row of it may be many of its table");
    if (!SQL_SUCCEEDED(origin_ask(s, g)))
        return false;
    struct positions *p = calloc(1, sizeof(*p));
    if (!p)
        return diag_push(g, "HY001", NULL), false;
    arena_init(&p->arena);
    p->n = s->ncols;
    p->columns = arena_zalloc(&p->arena, (p->n + 1) * sizeof(*p->columns));
    struct origin from;
    if (p->columns && know_columns(s, g, p, &from) && know_key(s, g, p, &from)) {
        s->positions = p;
        return true;
    }
    if (!p->columns)
        diag_push(g, "HY001", NULL);
    positions_free(p);
    return false;
}
