/* ODBC's SQL text to the server's: parameter markers to placeholders, escape clauses to the
 * server's words (backend.h: the tables). One pass over the scanner's tokens; an escape clause
 * recurses for what stands inside it.
 *
 * Procedure calls: {? = call f(...)} is a function and becomes a SELECT of it; {call p(...)} is a
 * procedure and becomes CALL p(...). The return value's own marker stays parameter 1: the SELECT
 * names it where it changes nothing, so that the server knows of it and the others keep their
 * numbers. */
#include <stdio.h>
#include <string.h>

#include "base/utf.h"
#include "core/backend.h"

#define FN_ARGS   4
#define MAX_DEPTH 32 /* escape clauses inside escape clauses */

struct translation {
    struct scanner scanner;
    bool numbered; /* placeholders: $1, $2 ..., else ? */
    struct fault *f;
    size_t params;
    size_t counted; /* those of the statements before: each counts anew */
    unsigned depth;
    bool noscan;
    bool made;    /* what was written last is the driver's own words */
    bool escapes; /* some escape clause was translated */
    bool returns; /* {? = call} */
};

enum stop {
    STOP_END,   /* of the text */
    STOP_BRACE, /* the escape clause's closing brace */
    STOP_ARG    /* a comma or closing parenthesis outside inner ones */
};

static bool span(struct translation *x, struct buf *out, enum stop stop, char *end);

static bool bad(struct translation *x, const char *what)
{
    struct text rest = x->scanner.in;
    size_t at = x->scanner.at < rest.n ? x->scanner.at : rest.n;
    return fault_set(x->f, "42000", "malformed escape clause: %s (at byte %zu)", what, at);
}

/* ---- writing ---- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

/* A blank where the next text would run into the last. */
static void part(struct buf *out, struct text next)
{
    if (out->n && next.n && is_word(out->p[out->n - 1]) && is_word(next.s[0]))
        buf_char(out, ' ');
}

static void put_own(struct translation *x, struct buf *out, const char *words)
{
    part(out, text_of(words));
    buf_str(out, words);
    x->made = true;
}

static void put_token(struct translation *x, struct buf *out, const struct token *t)
{
    if (x->made)
        part(out, t->text);
    buf_text(out, t->text);
    x->made = false;
}

static void put_param(struct translation *x, struct buf *out)
{
    char name[24];
    x->params++;
    snprintf(name, sizeof(name), "$%zu", x->params - x->counted);
    put_own(x, out, x->numbered ? name : "?");
}

/* Inside an escape clause a comment must not swallow what the template puts behind it; a newline
 * stays one, because it joins two parts of a string literal. */
static void put_space(struct translation *x, struct buf *out, const struct token *t, bool escaped)
{
    if (!escaped) {
        put_token(x, out, t);
        return;
    }
    bool newline = text_find(t->text, '\n', 0) != SIZE_MAX;
    char last = out->n ? out->p[out->n - 1] : ' ';
    if (newline || (last != ' ' && last != '('))
        buf_char(out, newline ? '\n' : ' ');
    x->made = false;
}

/* ---- reading inside escape clauses ---- */

/* The next token that is no white space; TOKEN_END at the end. */
static void solid(struct translation *x, struct token *t)
{
    while (scan_next(&x->scanner, t) && t->kind == TOKEN_SPACE)
        ;
}

static bool is_op(const struct token *t, char c)
{
    return t->kind == TOKEN_OPERATOR && t->text.n == 1 && t->text.s[0] == c;
}

static bool is_plain_string(const struct token *t)
{
    return t->kind == TOKEN_STRING && !t->unterminated && t->text.s[0] == '\'';
}

static bool closed(struct translation *x)
{
    struct token t;
    solid(x, &t);
    return t.kind == TOKEN_CLOSE_BRACE || bad(x, "} expected");
}

/* ---- {d} {t} {ts} {guid}, {escape}, {interval}, {oj} ---- */

static bool do_literal(struct translation *x, struct buf *out, const char *prefix)
{
    struct token t;
    solid(x, &t);
    if (!is_plain_string(&t))
        return bad(x, "a literal in single quotes expected");
    put_own(x, out, prefix);
    buf_text(out, t.text);
    return closed(x);
}

/* Read byte by byte: whether '\' is a whole literal depends on a setting of the server. The
 * backslash goes out in a form that does not. */
static bool do_like_escape(struct translation *x, struct buf *out)
{
    struct text in = x->scanner.in;
    size_t i = x->scanner.at;
    while (i < in.n && (in.s[i] == ' ' || in.s[i] == '\t' || in.s[i] == '\n' || in.s[i] == '\r'))
        i++;
    size_t end = i < in.n && in.s[i] == '\'' ? text_find(in, '\'', i + 1) : SIZE_MAX;
    if (end == SIZE_MAX)
        return bad(x, "an escape character in single quotes expected");
    if (end == i + 1) /* '''' */
        end = i + 3 < in.n && in.s[i + 2] == '\'' && in.s[i + 3] == '\'' ? i + 3 : end;
    struct text quoted = text_sub(in, i, end + 1 - i);
    struct text inner = text_sub(quoted, 1, quoted.n - 2);
    if (inner.n && utf_chars(inner) != 1 && !text_eq(inner, TEXT("''")) &&
        !text_eq(inner, TEXT("\\\\")))
        return bad(x, "one escape character expected");
    bool backslash = inner.n && inner.s[0] == '\\';
    put_own(x, out, "ESCAPE ");
    if (backslash)
        buf_str(out, backend.like_backslash);
    if (!backslash)
        buf_text(out, quoted);
    x->scanner.at = end + 1;
    return closed(x);
}

/* A field of an interval with its precisions: FIELD, FIELD(n), SECOND(n, m). The server takes that
 * of the fraction only. *t: the token behind. */
static bool interval_field(struct translation *x, struct buf *out, struct token *t, bool trailing)
{
    struct token digits[2];
    size_t n = 0;
    if (t->kind != TOKEN_WORD)
        return bad(x, "an interval field expected");
    bool second = text_eq_ci(t->text, TEXT("SECOND"));
    buf_text(out, t->text);
    solid(x, t);
    if (!is_op(t, '('))
        return true;
    do {
        if (n == 2)
            return bad(x, ") expected");
        solid(x, &digits[n]);
        if (digits[n++].kind != TOKEN_NUMBER)
            return bad(x, "a precision expected");
        solid(x, t);
    } while (is_op(t, ','));
    if (!is_op(t, ')'))
        return bad(x, ") expected");
    if (second && (n == 2 || trailing) && backend.interval_standard)
        buf_fmt(out, "(%.*s)", TEXT_ARG(digits[n - 1].text));
    solid(x, t);
    return true;
}

static bool do_interval(struct translation *x, struct buf *out)
{
    struct token t;
    solid(x, &t);
    bool minus = is_op(&t, '-');
    if (minus || is_op(&t, '+'))
        solid(x, &t);
    if (!is_plain_string(&t))
        return bad(x, "an interval literal in single quotes expected");
    bool standard = backend.interval_standard;
    put_own(x, out, !minus ? "INTERVAL " : standard ? "(- INTERVAL " : "INTERVAL - ");
    buf_text(out, t.text);
    buf_char(out, ' ');
    solid(x, &t);
    if (!interval_field(x, out, &t, false))
        return false;
    if (t.kind == TOKEN_WORD && text_eq_ci(t.text, TEXT("TO"))) {
        buf_str(out, standard ? " TO " : "_");
        solid(x, &t);
        if (!interval_field(x, out, &t, true))
            return false;
    }
    if (minus && standard)
        buf_char(out, ')');
    return t.kind == TOKEN_CLOSE_BRACE || bad(x, "} expected");
}

static bool do_join(struct translation *x, struct buf *out)
{
    char end;
    x->made = true;
    return span(x, out, STOP_BRACE, &end);
}

/* ---- {fn} ---- */

static void expand(struct translation *x, struct buf *out, const char *template,
                   const struct buf *args)
{
    struct buf made;
    buf_init(&made);
    for (const char *p = template; *p; p++) {
        if (*p == '%')
            buf_text(&made, text_trim(buf_view(&args[*++p - '1'])));
        else
            buf_char(&made, *p);
    }
    put_own(x, out, buf_z(&made));
    if (!buf_ok(&made))
        out->broken = true;
    buf_fini(&made);
}

/* NULL: f says whether the name, the number of arguments or the key word is unknown. */
static const char *find_template(struct translation *x, struct text name, const struct buf *args,
                                 size_t nargs)
{
    bool name_known = false;
    struct text key = TEXT_NONE;
    for (size_t i = 0; i < backend.nfns; i++) {
        const struct escape_fn *row = &backend.fns[i];
        if (!text_eq_ci(name, text_of(row->name)))
            continue;
        name_known = true;
        if (row->nargs != nargs)
            continue;
        if (!row->key_arg)
            return row->words;
        key = text_trim(buf_view(&args[row->key_arg - 1]));
        if (text_eq_ci(key, text_of(row->key)))
            return row->words;
    }
    if (!name_known)
        fault_set(x->f, "HYC00", "{fn %.*s} has no equivalent on this server", TEXT_ARG(name));
    else if (key.s)
        fault_set(x->f, "HYC00", "{fn %.*s} does not know %.*s", TEXT_ARG(name), TEXT_ARG(key));
    else
        fault_set(x->f, "42000", "{fn %.*s} does not take %zu arguments", TEXT_ARG(name), nargs);
    return NULL;
}

/* Behind the opening parenthesis, through the closing one. */
static bool read_args(struct translation *x, struct buf *args, size_t *nargs)
{
    char end;
    do {
        if (*nargs == FN_ARGS)
            return bad(x, "too many arguments");
        if (!span(x, &args[(*nargs)++], STOP_ARG, &end))
            return false;
    } while (end == ',');
    if (*nargs == 1 && text_trim(buf_view(&args[0])).n == 0 && buf_ok(&args[0]))
        *nargs = 0;
    return true;
}

static bool do_function(struct translation *x, struct buf *out)
{
    struct token name, t;
    struct buf args[FN_ARGS];
    size_t nargs = 0;
    solid(x, &name);
    if (name.kind != TOKEN_WORD)
        return bad(x, "a function's name expected");
    for (size_t i = 0; i < FN_ARGS; i++)
        buf_init(&args[i]);
    solid(x, &t);
    bool parentheses = is_op(&t, '(');
    bool ok = parentheses ? read_args(x, args, &nargs) && closed(x)
                          : t.kind == TOKEN_CLOSE_BRACE || bad(x, "( expected");
    const char *template = ok ? find_template(x, name.text, args, nargs) : NULL;
    if (template)
        expand(x, out, template, args);
    for (size_t i = 0; i < FN_ARGS; i++) {
        if (args[i].broken)
            out->broken = true;
        buf_fini(&args[i]);
    }
    return template;
}

/* ---- {call} ---- */

/* A name of several parts; *t: the token behind. */
static bool put_name(struct translation *x, struct buf *out, struct token *t)
{
    size_t parts = 0;
    for (;; solid(x, t)) {
        if (t->kind != TOKEN_WORD && t->kind != TOKEN_QUOTED_NAME)
            return bad(x, "a procedure's name expected");
        buf_text(out, t->text);
        parts++;
        solid(x, t);
        if (!is_op(t, '.') || parts == 3)
            return true;
        buf_char(out, '.');
    }
}

static bool do_call(struct translation *x, struct buf *out, bool returns)
{
    struct token t;
    char end = ')';
    solid(x, &t);
    put_own(x, out, returns ? backend.call_returns[0] : "CALL ");
    if (!put_name(x, out, &t))
        return false;
    buf_char(out, '(');
    if (is_op(&t, '(')) {
        for (end = ','; end == ',';) {
            if (!span(x, out, STOP_ARG, &end))
                return false;
            buf_char(out, end);
        }
        if (!closed(x))
            return false;
    } else {
        if (t.kind != TOKEN_CLOSE_BRACE)
            return bad(x, "( or } expected");
        buf_char(out, ')');
    }
    if (returns)
        buf_str(out, backend.call_returns[1]);
    x->made = true;
    return true;
}

/* Behind "{?"; the marker must be the text's first. */
static bool do_returning_call(struct translation *x, struct buf *out)
{
    struct token t;
    if (++x->params != 1)
        return bad(x, "{? = call} must come first");
    solid(x, &t);
    if (!is_op(&t, '='))
        return bad(x, "= expected");
    solid(x, &t);
    if (t.kind != TOKEN_WORD || !text_eq_ci(t.text, TEXT("call")))
        return bad(x, "call expected");
    x->returns = true;
    return do_call(x, out, true);
}

/* ---- all of them ---- */

static bool do_procedure(struct translation *x, struct buf *out)
{
    return do_call(x, out, false);
}

static const struct {
    const char *word;
    bool (*translate)(struct translation *, struct buf *);
} escape_table[] = {
    {"fn", do_function},        {"oj", do_join},           {"call", do_procedure},
    {"escape", do_like_escape}, {"interval", do_interval},
};

/* Behind the opening brace. */
static bool escape_body(struct translation *x, struct buf *out)
{
    struct token t;
    solid(x, &t);
    if (t.kind == TOKEN_PARAM)
        return do_returning_call(x, out);
    if (t.kind == TOKEN_WORD) {
        for (size_t i = 0; i < backend.nliterals; i++)
            if (text_eq_ci(t.text, text_of(backend.literals[i].word)))
                return do_literal(x, out, backend.literals[i].prefix);
        for (size_t i = 0; i < sizeof(escape_table) / sizeof(escape_table[0]); i++)
            if (text_eq_ci(t.text, text_of(escape_table[i].word)))
                return escape_table[i].translate(x, out);
    }
    return bad(x, "one of d, t, ts, guid, fn, oj, escape, call, ? = call, interval expected");
}

static bool escape(struct translation *x, struct buf *out)
{
    if (++x->depth > MAX_DEPTH)
        return bad(x, "too many clauses inside each other");
    x->escapes = true;
    bool ok = escape_body(x, out);
    x->depth--;
    x->made = true;
    return ok;
}

/* Translates up to what stops it; *end is the stopping character. */
static bool span(struct translation *x, struct buf *out, enum stop stop, char *end)
{
    struct token t;
    size_t open = 0;
    while (scan_next(&x->scanner, &t)) {
        if (stop == STOP_ARG && !open && (is_op(&t, ',') || is_op(&t, ')'))) {
            *end = t.text.s[0];
            return true;
        }
        if (is_op(&t, '(') || is_op(&t, '['))
            open++;
        else if ((is_op(&t, ')') || is_op(&t, ']')) && open)
            open--;
        if (t.kind == TOKEN_SEMICOLON)
            x->counted = x->params;
        if (t.kind == TOKEN_PARAM) {
            put_param(x, out);
        } else if (t.kind == TOKEN_PARAM_LITERAL) {
            buf_char(out, '?');
            x->made = false;
        } else if (t.kind == TOKEN_OPEN_BRACE && !x->noscan) {
            if (!escape(x, out))
                return false;
        } else if (t.kind == TOKEN_CLOSE_BRACE && !x->noscan) {
            *end = '}';
            return stop == STOP_BRACE || bad(x, "} without {");
        } else if (t.kind == TOKEN_SPACE) {
            put_space(x, out, &t, stop != STOP_END);
        } else {
            put_token(x, out, &t);
        }
    }
    *end = 0;
    return stop == STOP_END || bad(x, "} or ) missing");
}

/* ---- the door ---- */

struct text token_name(const struct token *t)
{
    bool is_quoted = t->kind == TOKEN_QUOTED_NAME || t->kind == TOKEN_STRING;
    return is_quoted && t->text.n >= 2 ? text_sub(t->text, 1, t->text.n - 2) : t->text;
}

/* A quote within quotes is written twice. */
bool token_is(const struct token *t, struct text name)
{
    struct text w = token_name(t);
    bool quoted = t->kind == TOKEN_QUOTED_NAME, folds = backend.folds_names;
    size_t at = 0;
    for (size_t i = 0; i < w.n; i++, at++) {
        if (at == name.n)
            return false;
        struct text a = text_sub(w, i, 1), b = text_sub(name, at, 1);
        bool is_upper = *b.s >= 'A' && *b.s <= 'Z';
        if (quoted && folds ? !text_eq(a, b) : !text_eq_ci(a, b) || (folds && is_upper))
            return false;
        i += quoted && *a.s == t->text.s[0];
    }
    return at == name.n;
}

void sql_add_name(struct buf *b, struct text name)
{
    char quote = backend.rules->backtick ? '`' : '"';
    buf_char(b, quote);
    for (size_t i = 0; i < name.n; i++) {
        if (name.s[i] == quote)
            buf_char(b, quote);
        buf_char(b, name.s[i]);
    }
    buf_char(b, quote);
}

bool sql_is_plain(struct text in)
{
    return in.n == 0 ||
           (!memchr(in.s, '?', in.n) && !memchr(in.s, '{', in.n) && !memchr(in.s, '}', in.n));
}

bool sql_translate(const struct dbc *d, struct text in, bool noscan, struct buf *out,
                   struct scan_info *scan, struct fault *f)
{
    const struct scan_rules *rules = d->conn ? conn_rules(d->conn) : backend.rules;
    struct translation x = {.f = f, .noscan = noscan};
    x.numbered = backend.native->caps->parameters[0] == '$';
    char end;
    buf_reset(out);
    if (in.n && memchr(in.s, 0, in.n))
        return fault_set(f, "42000", "the statement has a NUL character in it");
    scan_start(&x.scanner, rules, in);
    if (sql_is_plain(in))
        buf_text(out, in);
    else if (!span(&x, out, STOP_END, &end))
        return false;
    if (!buf_ok(out))
        return fault_oom(f);
    /* {fn INSERT(...)} is no INSERT: where clauses were translated, the translation is what is. */
    scan_classify(rules, x.escapes ? buf_view(out) : in, scan);
    scan->params = x.params;
    if (x.params && backend.type_hints)
        scan->assigned = scan_assigned(rules, in);
    if (x.returns) {
        scan->verb = TEXT("CALL");
        scan->plain_read = false;
        scan->returns_value = true;
    }
    return true;
}
