#include "native/my_priv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The text from here on, and its next token: a word, a quoted name, a string, a number, or one
 * character; kind '\0' at the end. What is not known here (a comment, say) is a kind of its own. */
struct reader {
    struct text left, word;
    char kind; /* 'w', '`', '\'', '0', or the character itself */
};

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* The length of what is quoted, quotes and all; 0: it has no plain end. A backslash may escape or
 * not, which is the session's to say. */
static size_t quoted(struct text t)
{
    size_t i = 1;

    while (i < t.n && t.s[i] != t.s[0] && t.s[i] != '\\')
        i++;
    return i < t.n && t.s[i] == t.s[0] ? i + 1 : 0;
}

static char next(struct reader *r)
{
    struct text *t = &r->left;
    size_t n = 0;

    while (t->n > 0 && isspace((unsigned char)t->s[0]))
        *t = (struct text){t->s + 1, t->n - 1};
    r->word = *t;
    if (t->n == 0)
        return r->kind = '\0';
    r->kind = t->s[0];
    if (r->kind == '`' || r->kind == '\'') {
        n = quoted(*t);
        r->kind = n > 0 ? r->kind : '#';
    } else if (in_word(r->kind)) {
        while (n < t->n && in_word(t->s[n]))
            n++;
        r->kind = isdigit((unsigned char)r->kind) ? '0' : 'w';
    }
    n = n > 0 ? n : 1;
    r->word.n = n;
    *t = (struct text){t->s + n, t->n - n};
    return r->kind;
}

static bool is(const struct reader *r, const char *word)
{
    return r->kind == 'w' && r->word.n == strlen(word) &&
           strncasecmp(r->word.s, word, r->word.n) == 0;
}

static bool is_name(const struct reader *r)
{
    return r->kind == 'w' || r->kind == '`';
}

/* A parameter or a literal, and on to what is behind it. */
static bool value(struct reader *r)
{
    static const char *const words[] = {"NULL", "DEFAULT", "TRUE", "FALSE"};
    bool ok = r->kind == '?' || r->kind == '\'';

    if (r->kind == '-' && next(r) != '0')
        return false;
    if (r->kind == '0') {
        ok = true;
        if (next(r) != '.')
            return true;
        ok = next(r) == '0';
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        ok = ok || is(r, words[i]);
    next(r);
    return ok;
}

/* "name = ?", "name = VALUES(name)" */
static bool assignment(struct reader *r)
{
    if (!is_name(r) || next(r) != '=')
        return false;
    next(r);
    if (!is(r, "VALUES") && !is(r, "VALUE"))
        return value(r);
    if (next(r) != '(')
        return false;
    next(r);
    if (!is_name(r) || next(r) != ')')
        return false;
    next(r);
    return true;
}

static bool update_clause(struct reader *r)
{
    static const char *const words[] = {"ON", "DUPLICATE", "KEY", "UPDATE"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!is(r, words[i]))
            return false;
        next(r);
    }
    while (assignment(r)) {
        if (r->kind != ',')
            return true;
        next(r);
    }
    return false;
}

/* Up to the VALUES outside of parentheses: names alone. */
static bool head(struct reader *r)
{
    int depth = 0;

    while (next(r) != '\0') {
        if (depth == 0 && (is(r, "VALUES") || is(r, "VALUE")))
            return true;
        depth += (r->kind == '(') - (r->kind == ')');
        if (!is_name(r) && strchr("().,", r->kind) == NULL)
            return false;
    }
    return false;
}

bool my_plain_insert(struct text sql)
{
    struct reader r = {.left = sql};

    if (!head(&r) || next(&r) != '(')
        return false;
    do {
        next(&r);
        if (!value(&r))
            return false;
    } while (r.kind == ',');
    if (r.kind != ')')
        return false;
    next(&r);
    if (r.kind == 'w' && !update_clause(&r))
        return false;
    if (r.kind == ';')
        next(&r);
    return r.kind == '\0';
}
