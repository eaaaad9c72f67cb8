#include "pipeline/scan.h"
#include <string.h>

struct reader {
    struct scanner scanner;
    struct token token; /* no white space; TOKEN_END at the end */
    bool odd;           /* a comment, which may be executable, or a quote without an end */
};

static void next(struct reader *r)
{
    while (scan_next(&r->scanner, &r->token)) {
        struct text t = r->token.text;
        bool space = r->token.kind == TOKEN_SPACE;
        r->odd = r->odd || r->token.unterminated || (space && memmem(t.s, t.n, "/*", 2));
        if (!space)
            return;
    }
}

static bool is_word(const struct reader *r, const char *word)
{
    return r->token.kind == TOKEN_WORD && text_eq_ci(r->token.text, text_of(word));
}

static bool is_mark(const struct reader *r, char mark)
{
    return r->token.kind == TOKEN_OPERATOR && r->token.text.s[0] == mark;
}

static bool is_name(const struct reader *r)
{
    return r->token.kind == TOKEN_WORD || r->token.kind == TOKEN_QUOTED_NAME;
}

static bool take_word(struct reader *r, const char *word)
{
    bool is = is_word(r, word);
    if (is)
        next(r);
    return is;
}

static bool take_mark(struct reader *r, char mark)
{
    bool is = is_mark(r, mark);
    if (is)
        next(r);
    return is;
}

/* A parameter or a literal. */
static bool take_value(struct reader *r)
{
    bool negative = take_mark(r, '-');
    bool is = r->token.kind == TOKEN_NUMBER ||
              (!negative && (r->token.kind == TOKEN_PARAM || r->token.kind == TOKEN_STRING ||
                             is_word(r, "null") || is_word(r, "default") || is_word(r, "true") ||
                             is_word(r, "false")));
    if (is)
        next(r);
    return is;
}

/* "name = ?", "name = VALUES(name)" */
static bool take_assignment(struct reader *r)
{
    if (!is_name(r))
        return false;
    next(r);
    if (!take_mark(r, '='))
        return false;
    if (!take_word(r, "values") && !take_word(r, "value"))
        return take_value(r);
    if (!take_mark(r, '(') || !is_name(r))
        return false;
    next(r);
    return take_mark(r, ')');
}

/* ON DUPLICATE KEY UPDATE, where there is one. */
static bool take_update(struct reader *r)
{
    if (!take_word(r, "on"))
        return true;
    if (!take_word(r, "duplicate") || !take_word(r, "key") || !take_word(r, "update"))
        return false;
    do {
        if (!take_assignment(r))
            return false;
    } while (take_mark(r, ','));
    return true;
}

static bool is_values(const struct reader *r)
{
    return is_word(r, "values") || is_word(r, "value");
}

/* Names alone, up to the VALUES or SELECT outside of parentheses. */
static bool pass_head(struct reader *r)
{
    size_t depth = 0;
    for (;; next(r)) {
        if (depth == 0 && (is_values(r) || is_word(r, "select")))
            return true;
        if (is_mark(r, '('))
            depth++;
        else if (is_mark(r, ')') && depth > 0)
            depth--;
        else if (!is_name(r) && !is_mark(r, '.') && !is_mark(r, ','))
            return false;
    }
}

static bool is_plain_insert(struct reader *r)
{
    if (!pass_head(r) || !is_values(r))
        return false;
    next(r);
    if (!take_mark(r, '('))
        return false;
    do {
        if (!take_value(r))
            return false;
    } while (take_mark(r, ','));
    if (!take_mark(r, ')') || !take_update(r))
        return false;
    if (r->token.kind == TOKEN_SEMICOLON)
        next(r);
    return r->token.kind == TOKEN_END && !r->odd;
}

bool scan_alike(const struct scan_rules *rules, struct text sql)
{
    struct reader r = {.odd = false};
    scan_start(&r.scanner, rules, sql);
    next(&r);
    if (is_word(&r, "update") || is_word(&r, "delete"))
        return true;
    return (is_word(&r, "insert") || is_word(&r, "replace")) && is_plain_insert(&r);
}

/* ---- markers that a column is made of ---- */

static bool is_end_of_values(const struct reader *r)
{
    return r->token.kind == TOKEN_END || r->token.kind == TOKEN_SEMICOLON || is_word(r, "where") ||
           is_word(r, "from") || is_word(r, "returning");
}

/* One value, up to the comma or the end behind it. False: a marker is a part of it only, or it has
 * no end. */
static bool pass_value(struct reader *r, size_t *assigned)
{
    size_t depth = 0, tokens = 0, markers = 0;
    for (;; next(r), tokens++) {
        if (depth == 0 && (is_mark(r, ',') || is_mark(r, ')') || is_end_of_values(r)))
            break;
        if (r->token.kind == TOKEN_END)
            return false;
        if (is_mark(r, '('))
            depth++;
        else if (is_mark(r, ')'))
            depth--;
        else if (r->token.kind == TOKEN_PARAM)
            markers++;
    }
    if (markers == 0)
        return true;
    *assigned += tokens == 1;
    return tokens == 1;
}

/* What gives a column of a SELECT a type before anybody asks what becomes of it. */
static bool settles_types(const struct reader *r)
{
    static const char *const words[] = {"distinct", "union", "intersect",
                                        "except",   "group", "order"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (is_word(r, words[i]))
            return true;
    return false;
}

/* INSERT INTO t (a, b) SELECT ?, c */
static size_t assigned_by_select(struct reader *r)
{
    struct reader rest = *r;
    size_t assigned = 0;
    for (; rest.token.kind != TOKEN_END; next(&rest))
        if (settles_types(&rest))
            return 0;
    do {
        if (!pass_value(r, &assigned))
            break;
    } while (take_mark(r, ','));
    return assigned;
}

/* VALUES (?, 1), (?, now()) */
static size_t assigned_by_insert(struct reader *r)
{
    size_t assigned = 0;
    if (!pass_head(r))
        return 0;
    bool values = is_values(r);
    next(r);
    if (!values)
        return assigned_by_select(r);
    do {
        if (!take_mark(r, '('))
            break;
        do {
            if (!pass_value(r, &assigned))
                return assigned;
        } while (take_mark(r, ','));
    } while (take_mark(r, ')') && take_mark(r, ','));
    return assigned;
}

/* UPDATE [ONLY] a.t [AS x] SET a = ?, b = f(1) */
static size_t assigned_by_update(struct reader *r)
{
    size_t assigned = 0;
    while (!take_word(r, "set")) {
        if (!is_name(r) && !is_mark(r, '.') && !is_mark(r, '*'))
            return 0;
        next(r);
    }
    do {
        while (is_name(r) || is_mark(r, '.'))
            next(r);
        if (!take_mark(r, '=') || !pass_value(r, &assigned))
            break;
    } while (take_mark(r, ','));
    return assigned;
}

size_t scan_assigned(const struct scan_rules *rules, struct text sql)
{
    struct reader r = {.odd = false};
    scan_start(&r.scanner, rules, sql);
    next(&r);
    if (take_word(&r, "insert"))
        return assigned_by_insert(&r);
    return take_word(&r, "update") ? assigned_by_update(&r) : 0;
}
