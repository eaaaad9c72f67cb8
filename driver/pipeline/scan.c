#include "pipeline/scan.h"
#include <string.h>

const struct scan_rules scan_rules_pg = {
    .dollar_quotes = true, .nested_comments = true, .setting = "standard_conforming_strings"};
const struct scan_rules scan_rules_my = {.backslash_escapes = true,
                                         .double_quote_string = true,
                                         .backtick = true,
                                         .hash_comment = true,
                                         .block_bodies = true,
                                         .setting = "sql_mode"};

/* A word of a list that commas separate. */
static bool has_mode(const char *modes, struct text mode)
{
    struct text rest = text_of(modes);
    while (rest.n) {
        size_t comma = text_find(rest, ',', 0);
        if (text_eq_ci(text_trim(text_sub(rest, 0, comma)), mode))
            return true;
        rest = comma == SIZE_MAX ? TEXT("") : text_sub(rest, comma + 1, SIZE_MAX);
    }
    return false;
}

void scan_rules_set(struct scan_rules *r, const char *value)
{
    if (r->dollar_quotes) {
        r->backslash_escapes = strcmp(value, "off") == 0;
    } else {
        r->backslash_escapes = !has_mode(value, TEXT("NO_BACKSLASH_ESCAPES"));
        r->double_quote_string = !has_mode(value, TEXT("ANSI_QUOTES")); /* ANSI lists it too */
    }
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_word(char c)
{
    return is_word_start(c) || is_digit(c) || c == '$';
}

/* The character at i, or NUL behind the end (a NUL in the text is an operator of its own). */
static char at(const struct text *in, size_t i)
{
    return i < in->n ? in->s[i] : '\0';
}

static size_t skip_line(const struct text *in, size_t i)
{
    const char *nl = i < in->n ? memchr(in->s + i, '\n', in->n - i) : NULL;
    return nl ? (size_t)(nl - in->s) + 1 : in->n;
}

/* i is behind the opening slash-star. */
static size_t skip_comment(const struct scan_rules *rules, const struct text *in, size_t i,
                           bool *unterminated)
{
    size_t depth = 1;
    while (i + 1 < in->n) {
        if (in->s[i] == '*' && in->s[i + 1] == '/') {
            i += 2;
            if (--depth == 0)
                return i;
        } else if (rules->nested_comments && in->s[i] == '/' && in->s[i + 1] == '*') {
            i += 2;
            depth++;
        } else {
            i++;
        }
    }
    *unterminated = true;
    return in->n;
}

/* An escape string goes on behind white space that holds a newline: 'a' <newline> 'b'. Returns the
 * place behind the next opening quote, or 0. */
static size_t continued(const struct text *in, size_t i)
{
    bool newline = false;
    for (;;) {
        char c = at(in, i);
        if (c == '-' && at(in, i + 1) == '-') {
            i = skip_line(in, i);
            newline = true;
        } else if (i < in->n && is_space(c)) {
            newline = newline || c == '\n' || c == '\r';
            i++;
        } else {
            return newline && c == '\'' ? i + 1 : 0;
        }
    }
}

/* i is behind the opening quote; the quote doubled stands for itself. */
static size_t skip_quoted(const struct text *in, size_t i, char quote, bool backslash,
                          bool *unterminated)
{
    while (i < in->n) {
        char c = in->s[i++];
        if (c == '\\' && backslash) {
            i += i < in->n;
        } else if (c == quote) {
            size_t more;
            if (at(in, i) == quote)
                i++;
            else if (backslash && quote == '\'' && (more = continued(in, i)) > 0)
                i = more;
            else
                return i;
        }
    }
    *unterminated = true;
    return in->n;
}

/* Length of "$tag$" at i, or 0. */
static size_t dollar_tag(const struct text *in, size_t i)
{
    size_t end = i + 1;
    if (is_word_start(at(in, end)))
        while (end < in->n && is_word(in->s[end]) && in->s[end] != '$')
            end++;
    return at(in, end) == '$' ? end + 1 - i : 0;
}

/* i is behind the opening tag of n bytes. A tag holds no `$` inside, so a failed comparison never
 * looks beyond the next one: linear. */
static size_t skip_dollar(const struct text *in, size_t i, size_t n, bool *unterminated)
{
    const char *tag = in->s + i - n;
    while (i < in->n) {
        const char *p = memchr(in->s + i, '$', in->n - i);
        if (!p)
            break;
        i = (size_t)(p - in->s);
        if (in->n - i >= n && memcmp(p, tag, n) == 0)
            return i + n;
        i++;
    }
    *unterminated = true;
    return in->n;
}

static size_t skip_number(const struct text *in, size_t i)
{
    while (is_digit(at(in, i)) || (at(in, i) == '_' && is_digit(at(in, i + 1))))
        i++;
    if (at(in, i) == '.') {
        i++;
        while (is_digit(at(in, i)) || (at(in, i) == '_' && is_digit(at(in, i + 1))))
            i++;
    }
    if (at(in, i) == 'e' || at(in, i) == 'E') {
        size_t e = i + 1;
        if (at(in, e) == '+' || at(in, e) == '-')
            e++;
        if (is_digit(at(in, e)))
            for (i = e; is_digit(at(in, i));)
                i++;
    }
    return i;
}

/* A quoted thing that begins with a letter: E'', B'', X'', N'', U&'', U&"". Returns its end, 0 when
 * there is none at i. */
static size_t prefixed(const struct scanner *s, size_t i, struct token *t)
{
    char c = (char)(at(&s->in, i) | 0x20), next = at(&s->in, i + 1);
    if (next == '\'' && (c == 'e' || c == 'b' || c == 'x' || c == 'n')) {
        bool backslash = s->rules->dollar_quotes ? c == 'e' : false;
        backslash = backslash || s->rules->backslash_escapes;
        t->kind = TOKEN_STRING;
        return skip_quoted(&s->in, i + 2, '\'', backslash, &t->unterminated);
    }
    if (c != 'u' || next != '&' || !s->rules->dollar_quotes)
        return 0;
    char quote = at(&s->in, i + 2);
    if (quote != '\'' && quote != '"')
        return 0;
    t->kind = quote == '"' ? TOKEN_QUOTED_NAME : TOKEN_STRING;
    return skip_quoted(&s->in, i + 3, quote, false, &t->unterminated);
}

static size_t scan_space(const struct scanner *s, size_t i, bool *unterminated)
{
    const struct text *in = &s->in;
    char c = at(in, i), next = at(in, i + 1);
    if (is_space(c)) {
        while (i < in->n && is_space(in->s[i]))
            i++;
        return i;
    }
    if (c == '-' && next == '-') {
        /* MySQL wants white space behind the dashes: 5--1 is arithmetic there. */
        char third = at(in, i + 2);
        if (!s->rules->hash_comment || i + 2 >= in->n || (unsigned char)third <= ' ')
            return skip_line(in, i + 2);
    }
    if (c == '#' && s->rules->hash_comment)
        return skip_line(in, i + 1);
    /* MySQL executes what stands in its version comments: those are no comments here. */
    if (c == '/' && next == '*' && !(s->rules->hash_comment && at(in, i + 2) == '!'))
        return skip_comment(s->rules, in, i + 2, unterminated);
    return 0;
}

static size_t scan_quote(const struct scanner *s, size_t i, struct token *t)
{
    const struct text *in = &s->in;
    char c = at(in, i);
    size_t n;
    if (c == '\'') {
        t->kind = TOKEN_STRING;
        return skip_quoted(in, i + 1, c, s->rules->backslash_escapes, &t->unterminated);
    }
    if (c == '"') {
        bool string = s->rules->double_quote_string;
        t->kind = string ? TOKEN_STRING : TOKEN_QUOTED_NAME;
        return skip_quoted(in, i + 1, c, string && s->rules->backslash_escapes, &t->unterminated);
    }
    if (c == '`' && s->rules->backtick) {
        t->kind = TOKEN_QUOTED_NAME;
        return skip_quoted(in, i + 1, c, false, &t->unterminated);
    }
    if (c == '$' && s->rules->dollar_quotes && (n = dollar_tag(in, i)) > 0) {
        t->kind = TOKEN_STRING;
        return skip_dollar(in, i + n, n, &t->unterminated);
    }
    return 0;
}

static size_t scan_single(const struct scanner *s, size_t i, struct token *t)
{
    switch (at(&s->in, i)) {
    case '?':
        if (at(&s->in, i + 1) == '?') {
            t->kind = TOKEN_PARAM_LITERAL;
            return i + 2;
        }
        t->kind = TOKEN_PARAM;
        break;
    case ';':
        t->kind = TOKEN_SEMICOLON;
        break;
    case '{':
        t->kind = TOKEN_OPEN_BRACE;
        break;
    case '}':
        t->kind = TOKEN_CLOSE_BRACE;
        break;
    default:
        t->kind = TOKEN_OPERATOR;
    }
    return i + 1;
}

void scan_start(struct scanner *s, const struct scan_rules *rules, struct text sql)
{
    s->rules = rules;
    s->in = sql.s ? sql : TEXT("");
    s->at = 0;
}

bool scan_next(struct scanner *s, struct token *t)
{
    size_t i = s->at, end;
    t->unterminated = false;
    t->kind = TOKEN_END;
    t->text = (struct text){s->in.s + i, 0};
    if (i >= s->in.n)
        return false;
    char c = s->in.s[i];
    if (is_word_start(c)) {
        end = prefixed(s, i, t);
        if (end == 0) {
            t->kind = TOKEN_WORD;
            for (end = i + 1; end < s->in.n && is_word(s->in.s[end]);)
                end++;
        }
    } else if ((end = scan_space(s, i, &t->unterminated)) > 0) {
        t->kind = TOKEN_SPACE;
    } else if (is_digit(c) || (c == '.' && is_digit(at(&s->in, i + 1)))) {
        t->kind = TOKEN_NUMBER;
        end = skip_number(&s->in, i);
    } else if ((end = scan_quote(s, i, t)) == 0) {
        end = scan_single(s, i, t);
    }
    t->text.n = end - i;
    s->at = end;
    return true;
}
