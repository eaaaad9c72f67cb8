/* What the server refuses inside a transaction block (PostgreSQL: "cannot run inside a transaction
 * block"). */
#include "pipeline/scan_priv.h"

struct words {
    struct scanner sc;
    struct token t; /* the current one, never space */
    unsigned depth; /* of parentheses */
};

static bool next(struct words *w)
{
    while (scan_next(&w->sc, &w->t))
        if (w->t.kind != TOKEN_SPACE) {
            if (w->t.kind == TOKEN_OPERATOR)
                w->depth += w->t.text.s[0] == '(' ? 1U : w->t.text.s[0] == ')' ? -1U : 0;
            return true;
        }
    return false;
}

static bool is(const struct words *w, const char *word)
{
    return w->t.kind == TOKEN_WORD && text_eq_ci(w->t.text, text_of(word));
}

static bool among(const struct words *w, const char *const *words)
{
    for (; *words; words++)
        if (is(w, *words))
            return true;
    return false;
}

/* The word behind the options, which stand in parentheses. */
static bool past_options(struct words *w, bool *concurrently)
{
    while (next(w)) {
        *concurrently = *concurrently || is(w, "concurrently");
        if (w->t.kind == TOKEN_WORD && w->depth == 0 && !is(w, "verbose"))
            return true;
    }
    return false;
}

static bool reindex_alone(struct words *w)
{
    static const char *const all[] = {"database", "system", "schema", NULL};
    bool concurrently = false;
    if (!past_options(w, &concurrently))
        return false;
    return concurrently || among(w, all) || (next(w) && is(w, "concurrently"));
}

/* CREATE and DROP. */
static bool object_alone(struct words *w)
{
    static const char *const whole[] = {"database", "tablespace", NULL};
    if (!next(w))
        return false;
    if (is(w, "unique") && !next(w))
        return false;
    return among(w, whole) || (is(w, "index") && next(w) && is(w, "concurrently"));
}

/* ALTER SYSTEM; ALTER DATABASE name SET TABLESPACE; ALTER TABLE ... DETACH ... CONCURRENTLY. */
static bool alter_alone(struct words *w)
{
    if (!next(w) || is(w, "system"))
        return w->t.kind == TOKEN_WORD;
    if (is(w, "database"))
        return next(w) && next(w) && is(w, "set") && next(w) && is(w, "tablespace");
    bool table = is(w, "table"), detach = false;
    while (table && next(w)) {
        if (detach && is(w, "concurrently"))
            return true;
        detach = detach || is(w, "detach");
    }
    return false;
}

/* Without a table. */
static bool cluster_alone(struct words *w)
{
    while (next(w))
        if (w->depth == 0 && w->t.kind != TOKEN_OPERATOR && w->t.kind != TOKEN_SEMICOLON &&
            !is(w, "verbose"))
            return false;
    return true;
}

bool scan_alone(const struct scan_rules *rules, struct text sql)
{
    struct words w = {.depth = 0};
    if (!rules->dollar_quotes)
        return false;
    scan_start(&w.sc, rules, sql);
    if (!next(&w))
        return false;
    if (is(&w, "vacuum"))
        return true;
    if (is(&w, "create") || is(&w, "drop"))
        return object_alone(&w);
    if (is(&w, "reindex"))
        return reindex_alone(&w);
    if (is(&w, "alter"))
        return alter_alone(&w);
    if (is(&w, "cluster"))
        return cluster_alone(&w);
    return is(&w, "discard") && next(&w) && is(&w, "all");
}
