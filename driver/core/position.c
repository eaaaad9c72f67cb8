/* Which table's rows the rows of a result are, and by what they are found there. */
#include <stdlib.h>
#include <string.h>

#include "core/backend.h"
#include "core/catalog_priv.h"
#include "core/position.h"

static void scan_query(struct scanner *scanner, const struct stmt *s)
{
    scan_start(scanner, conn_rules(s->dbc->conn),
               s->is_prepared ? text_of(s->prep.sql) : buf_view(&s->sql));
}

/* SELECT ... FOR UPDATE, or PostgreSQL's FOR NO KEY UPDATE. */
static bool is_for_update(const struct stmt *s)
{
    struct scanner scanner;
    struct token t;
    enum { ELSEWHERE, FOR, NO, KEY } at = ELSEWHERE;
    scan_query(&scanner, s);
    while (scan_next(&scanner, &t)) {
        struct text word = t.kind == TOKEN_WORD ? t.text : TEXT("");
        if (t.kind == TOKEN_SPACE)
            continue;
        if ((at == FOR || at == KEY) && text_eq_ci(word, TEXT("update")))
            return true;
        at = text_eq_ci(word, TEXT("for"))               ? FOR
             : at == FOR && text_eq_ci(word, TEXT("no")) ? NO
             : at == NO && text_eq_ci(word, TEXT("key")) ? KEY
                                                         : ELSEWHERE;
    }
    return false;
}

bool position_allowed(const struct stmt *s, struct diag *g)
{
    if (s->attrs.concurrency != SQL_CONCUR_READ_ONLY ||
        (!s->attrs.concurrency_set && (backend.updates_unasked || is_for_update(s))))
        return true;
    diag_push(g, "HY092",
              "the cursor is read only: set SQL_ATTR_CONCURRENCY to SQL_CONCUR_VALUES before it is "
              "opened, or SELECT ... FOR UPDATE");
    return false;
}

/* ---- the table behind a result ---- */

static bool refuse(struct diag *g, const char *why)
{
    diag_fmt(g, "HYC00", "the rows of this result cannot be changed through it: %s", why);
    return false;
}

static bool is_one_of(struct text word, const char *const *words)
{
    for (; *words; words++)
        if (text_eq_ci(word, text_of(*words)))
            return true;
    return false;
}

/* What the text of a query says of where its rows come from. */
struct reading {
    struct text table; /* the one that is looked for */
    bool is_select;    /* it begins with SELECT */
    bool gathers;      /* a row may be many rows of a table */
    bool nests;        /* there is a query in its FROM */
    size_t tables;     /* how many tables stand in its FROM */
    size_t named;      /* how many of them have that name */
    /* while it is read */
    enum { BEFORE_FROM, IN_FROM, BEHIND_FROM } part;
    size_t depth, words;
    bool takes_table;  /* what comes now is a table's name */
    struct token last; /* that name, unless more of it follows; TOKEN_END: none */
    struct text was;   /* the word before */
};

static void table_ends(struct reading *r)
{
    if (r->last.kind == TOKEN_END)
        return;
    r->tables++;
    r->named += token_is(&r->last, r->table);
    r->last.kind = TOKEN_END;
    r->takes_table = false;
}

/* A word that is no name of a table. False: it is a name, after all. */
static bool read_word(struct reading *r, struct text word)
{
    static const char *const behind[] = {
        "where",  "group", "having", "order",  "limit", "offset",    "fetch",     "for",
        "window", "union", "into",   "except", "lock",  "procedure", "intersect", NULL};
    static const char *const gathering[] = {"group",     "having", "union",
                                            "intersect", "except", NULL};
    static const char *const queries[] = {"select", "values", "table", "with", NULL};
    static const char *const joins[] = {"join", "straight_join", NULL};
    static const char *const skipped[] = {"only", "lateral", "as", NULL};
    bool outer = r->depth == 0;
    if (r->words++ == 0)
        r->is_select = text_eq_ci(word, TEXT("select"));
    if (outer && text_eq_ci(word, TEXT("distinct")) && !text_eq_ci(r->was, TEXT("is")) &&
        !text_eq_ci(r->was, TEXT("not")))
        r->gathers = true;
    if (outer && text_eq_ci(word, TEXT("distinctrow")))
        r->gathers = true;
    r->gathers = r->gathers || (outer && is_one_of(word, gathering));
    if (outer && r->part == BEFORE_FROM && text_eq_ci(word, TEXT("from")) &&
        !text_eq_ci(r->was, TEXT("distinct"))) {
        r->part = IN_FROM;
        r->takes_table = true;
        return true;
    }
    if (r->part != IN_FROM)
        return true;
    r->nests = r->nests || is_one_of(word, queries);
    if (outer && is_one_of(word, behind))
        r->part = BEHIND_FROM;
    else if (is_one_of(word, joins))
        r->takes_table = true;
    else
        return r->takes_table && is_one_of(word, skipped);
    return true;
}

static void read_token(struct reading *r, const struct token *t)
{
    bool is_name = t->kind == TOKEN_WORD || t->kind == TOKEN_QUOTED_NAME;
    char sign = t->kind == TOKEN_OPERATOR ? t->text.s[0] : 0;
    if (sign == '.' && r->last.kind != TOKEN_END) { /* that was its schema's */
        r->last.kind = TOKEN_END;
        r->takes_table = true;
        return;
    }
    table_ends(r);
    r->depth += sign == '(';
    r->depth -= sign == ')' && r->depth;
    if (r->part == IN_FROM && (sign == ',' || sign == '('))
        r->takes_table = true;
    if (!(t->kind == TOKEN_WORD && read_word(r, t->text)) && is_name && r->takes_table)
        r->last = *t;
    if (t->kind == TOKEN_WORD)
        r->was = t->text;
}

static void read_query(const struct stmt *s, struct reading *r)
{
    struct scanner scanner;
    struct token t;
    scan_query(&scanner, s);
    while (scan_next(&scanner, &t))
        if (t.kind != TOKEN_SPACE)
            read_token(r, &t);
    table_ends(r);
}

/* Each row of such a query is one row of the table, and all its columns are that one's. */
static bool reads_rows_of(struct stmt *s, struct diag *g, struct positions *p)
{
    const struct scan_info *scan = s->is_prepared ? &s->prep.scan : &s->scan;
    struct reading r = {.table = p->table};
    read_query(s, &r);
    if (!r.is_select || r.gathers || scan->statements != 1)
        return refuse(g, "a row of it may be many of its table, or none");
    if (r.nests || r.named != 1)
        return refuse(g, "it may take its columns from more than one row");
    p->joined = r.tables != 1;
    return true;
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

/* Not every type of PostgreSQL has an equality; each has a text, which depends on settings of the
 * session, but on the same ones. A FLOAT of MySQL is not equal to its text; its texts are equal to
 * what their collation takes for the same. */
static enum comparison comparison_of(const struct nat_type *t)
{
    bool is_text = t->kind == NAT_CHAR || t->kind == NAT_VARCHAR || t->kind == NAT_TEXT;
    if (t->wire != WIRE_PG_TEXT)
        return t->kind == NAT_FLOAT4             ? COMPARE_NOT
               : t->kind == NAT_JSON             ? COMPARE_JSON
               : is_text || t->kind == NAT_OTHER ? COMPARE_BYTES
                                                 : COMPARE_EQUAL;
    static const uint32_t collatable[] = {25, 1042, 1043}; /* text, char, varchar */
    for (size_t i = 0; i < sizeof(collatable) / sizeof(*collatable); i++)
        if (t->server_id == collatable[i])
            return COMPARE_EXACT;
    return is_text || t->kind == NAT_OTHER || t->kind == NAT_JSON || t->kind == NAT_INTERVAL
               ? COMPARE_OUTPUT
               : COMPARE_EQUAL;
}

static bool is_earlier(const struct positions *p, size_t column)
{
    for (size_t i = 0; i < column; i++)
        if (p->columns[i].name.s && text_eq(p->columns[i].name, p->columns[column].name))
            return true;
    return false;
}

/* The result's columns, which are to be of one table, under one name. */
static bool know_columns(struct stmt *s, struct diag *g, struct positions *p)
{
    struct text alias = TEXT_NONE;
    for (size_t i = 0; i < p->n; i++) {
        const struct nat_column *c = &s->ird.recs[i].column;
        struct origin o = origin_named(s, c);
        if (!o.table.n || !o.column.n || !o.schema.n)
            continue;
        if (p->table.n && !(text_eq(p->table, o.table) && text_eq(p->schema, o.schema) &&
                            p->table_id == c->table_id && text_eq(alias, c->alias)))
            return refuse(g, "its columns are of more than one table");
        alias = c->alias;
        p->table_id = c->table_id;
        p->schema = arena_text(&p->arena, o.schema); /* what was asked lives until the next */
        p->table = arena_text(&p->arena, o.table);
        p->columns[i].name = quoted(&p->arena, TEXT(""), o.column);
        if (!p->schema.s || !p->table.s || !p->columns[i].name.s)
            return diag_push(g, "HY001", NULL), false;
        p->columns[i].twice = is_earlier(p, i);
        p->columns[i].comparison = comparison_of(&c->type);
    }
    if (!p->table.n)
        return refuse(g, "its columns are of no table");
    p->name = quoted(&p->arena, p->schema, p->table);
    return p->name.s || (diag_push(g, "HY001", NULL), false);
}

static bool ask(struct stmt *s, struct diag *g, enum catalog_query query, const struct positions *p,
                catalog_put *put, void *to)
{
    bool has_schemas = s->dbc->naming == DATABASE_HAS_SCHEMAS;
    struct catalog_arg name = {.value = p->table, .match = MATCH_EXACT};
    struct catalog_args args = {
        .naming = s->dbc->naming, .table = {.name = name, .given = true}, .types = TEXT("VIEW")};
    struct catalog_arg *where = has_schemas ? &args.table.schema : &args.table.catalog;
    *where = (struct catalog_arg){.value = p->schema, .match = MATCH_EXACT};
    struct catalog_question q;
    struct fault f;
    fault_clear(&f);
    catalog_ask(&q, query, &args);
    bool ok = catalog_rows(s, &q, put, to, &f);
    buf_fini(&q.sql);
    return ok || (diag_fault(g, &f), false);
}

/* The result's column of this name in the table; NULL: it has none. */
static struct position_column *column_named(struct positions *p, struct text name, struct fault *f)
{
    struct text as_written = quoted(&p->arena, TEXT(""), name);
    if (!as_written.s)
        fault_oom(f);
    for (size_t i = 0; as_written.s && i < p->n; i++)
        if (p->columns[i].name.s && !p->columns[i].twice && text_eq(p->columns[i].name, as_written))
            return &p->columns[i];
    return NULL;
}

/* The first unique key whose columns are all in the result and never NULL. */
struct key_search {
    struct positions *p;
    struct text key; /* that the last row was of, in the arena */
    size_t number;   /* of it, from 1 */
    bool fits;
    bool found;
};

static void key_ends(struct key_search *x)
{
    for (size_t i = 0; x->fits && !x->found && i < x->p->n; i++)
        x->p->columns[i].is_key = x->p->columns[i].candidate == x->number;
    x->found = x->found || x->fits;
}

static void take_key_column(void *to, const struct cursor *c, size_t row, struct fault *f)
{
    enum { NOT_UNIQUE = 1, KEY = 2, COLUMN = 4, PART = 7, NULLABLE = 9 };
    struct key_search *x = to;
    struct text key = catalog_cell(c, row, KEY);
    if (!x->number || !text_eq(key, x->key)) {
        key_ends(x);
        x->key = arena_text(&x->p->arena, key);
        x->number++;
        x->fits = text_eq(catalog_cell(c, row, NOT_UNIQUE), TEXT("0"));
    }
    struct position_column *column = column_named(x->p, catalog_cell(c, row, COLUMN), f);
    bool whole = !catalog_cell(c, row, PART).s;
    if (column && whole && column->comparison != COMPARE_NOT &&
        !text_eq(catalog_cell(c, row, NULLABLE), TEXT("YES")))
        column->candidate = x->number;
    else
        x->fits = false;
}

/* Has the result all columns of the table, and what are they? */
struct column_search {
    struct positions *p;
    size_t n, found;
};

/* "STORED GENERATED"; not MySQL's "DEFAULT_GENERATED", which is a default. */
static bool is_generated(struct text extra)
{
    struct text word = TEXT(" GENERATED");
    for (size_t i = 0; i + word.n <= extra.n; i++)
        if (text_eq_ci(text_sub(extra, i, word.n), word))
            return true;
    return false;
}

static void take_column(void *to, const struct cursor *c, size_t row, struct fault *f)
{
    enum { NAME = 0, EXTRA = 5 };
    struct column_search *x = to;
    struct position_column *column = column_named(x->p, catalog_cell(c, row, NAME), f);
    x->n++;
    x->found += column != NULL;
    if (column)
        column->read_only = is_generated(catalog_cell(c, row, EXTRA));
}

/* A view may leave out columns of its table. */
static void take_view(void *to, const struct cursor *c, size_t row, struct fault *f)
{
    (void)c, (void)row, (void)f;
    ++*(size_t *)to;
}

static bool compares_all(const struct positions *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->columns[i].name.s && p->columns[i].comparison == COMPARE_NOT)
            return false;
    return true;
}

/* Has the result what tells one row from the others? */
static bool know_key(struct stmt *s, struct diag *g, struct positions *p)
{
    struct key_search key = {.p = p};
    size_t views = 0;
    p->whole = false;
    if (!ask(s, g, QUERY_ROW_KEYS, p, take_key_column, &key))
        return false;
    key_ends(&key);
    if (key.found)
        return true;
    p->whole = true;
    if (p->joined)
        return refuse(g, "it has no key of the table, and others are joined with it");
    if (!ask(s, g, QUERY_TABLES, p, take_view, &views))
        return false;
    if (views || !p->has_all)
        return refuse(g, "it has no key of the table, nor all columns");
    return compares_all(p) ||
           refuse(g, "it has no key of the table, and a column that cannot be compared");
}

static bool know_table(struct stmt *s, struct diag *g, struct positions *p)
{
    struct column_search all = {.p = p};
    if (!know_columns(s, g, p) || !reads_rows_of(s, g, p) ||
        !ask(s, g, QUERY_ROW_COLUMNS, p, take_column, &all))
        return false;
    p->has_all = all.n && all.found == all.n;
    return true;
}

bool position_know_table(struct stmt *s, struct diag *g)
{
    if (s->positions)
        return true;
    if (conn_transaction_failed(s->dbc->conn))
        return diag_push(g, "25000", "the transaction has failed: roll it back"), false;
    origins_forget(&s->dbc->origins); /* somebody else may have renamed a table */
    if (!SQL_SUCCEEDED(origin_ask(s, g)))
        return false;
    struct positions *p = calloc(1, sizeof(*p));
    if (!p)
        return diag_push(g, "HY001", NULL), false;
    arena_init(&p->arena);
    p->conn = s->dbc->conn;
    p->n = s->ncols;
    p->columns = arena_zalloc(&p->arena, (p->n + 1) * sizeof(*p->columns));
    if (p->columns && know_table(s, g, p)) {
        s->positions = p;
        s->dbc->has_positions = true;
        return true;
    }
    if (!p->columns)
        diag_push(g, "HY001", NULL);
    positions_free(p);
    return false;
}

bool position_know(struct stmt *s, struct diag *g)
{
    if (!position_know_table(s, g))
        return false;
    s->positions->is_keyed = s->positions->is_keyed || know_key(s, g, s->positions);
    return s->positions->is_keyed;
}
