/* What a statement leaves in its session. Where this errs it errs towards "something": a session
 * with something in it is not replaced without an error. What a function does inside is not seen;
 * CALL, DO and every statement that is not known here count as leaving something. */
#include "pipeline/scan_priv.h"

static bool starts(struct text t, struct text head)
{
    return text_starts_ci(t, head);
}

/* Advisory locks of the session; those of a transaction (..._xact_...) end with it. */
static bool is_lock(struct text name)
{
    if (!starts(name, TEXT("pg_advisory_")) && !starts(name, TEXT("pg_try_advisory_")))
        return false;
    return !starts(name, TEXT("pg_advisory_xact_")) && !starts(name, TEXT("pg_try_advisory_xact_"));
}

/* Names too long for the table of words, or known by their beginning. dblink and NOTIFY act where
 * no READ ONLY transaction of this session reaches. */
static bool keeps_by_name(struct text name)
{
    if (name.n >= 2 && name.s[0] == '"')
        name = text_sub(name, 1, name.n - 2);
    return is_lock(name) || starts(name, TEXT("dblink")) || text_eq_ci(name, TEXT("pg_temp")) ||
           text_eq_ci(name, TEXT("pg_notify"));
}

static bool is_temporary(const struct scan_keep *k, enum word w)
{
    if (w != WORD_TEMP && w != WORD_TEMPORARY)
        return false;
    return k->before == WORD_CREATE || k->before == WORD_REPLACE || k->before == WORD_LOCAL ||
           k->before == WORD_GLOBAL || k->before == WORD_INTO;
}

static void first_word(struct scan_keep *k, enum word w, bool my)
{
    k->verb = w;
    /* PostgreSQL's LOCK ends with its transaction. */
    k->keeps = k->keeps ||
               !((scan_word_flags(w) & W_LEAVES) || (w == WORD_LOCK && !my) || w == WORD_PREPARE);
}

static void word(struct scan_keep *k, const struct scan_walk *w)
{
    bool my = w->scanner.rules->backtick;
    unsigned flags = scan_word_flags(w->word);
    k->words++;
    if (k->words == 1)
        first_word(k, w->word, my);
    if (k->words == 2 && k->verb == WORD_PREPARE && w->word != WORD_TRANSACTION)
        k->keeps = true;
    if (k->words == 2 && k->verb == WORD_DISCARD)
        k->all = w->word == WORD_ALL;
    if (k->words == 2 && k->verb == WORD_SHOW &&
        (w->word == WORD_WARNINGS || w->word == WORD_ERRORS))
        k->asks = true;
    if (my && k->mark == '@' && text_eq_ci(w->token.text, TEXT("identity")))
        k->asks = true;
    if ((flags & W_KEEPS) || is_temporary(k, w->word) || keeps_by_name(w->token.text))
        k->keeps = true;
    if (flags & W_ASKS)
        k->asks = true;
    k->before = w->word;
    k->mark = 0;
}

/* MySQL's user variables: INTO @x, @x := ...; what SET gives them, session_my.c knows. */
static void mark(struct scan_keep *k, const struct scan_walk *w)
{
    bool my = w->scanner.rules->backtick;
    char c = w->token.text.s[0];
    if (my && c == '@' && k->before == WORD_INTO)
        k->keeps = true;
    if (my && c == '=' && k->mark == ':' && k->verb != WORD_SET)
        k->keeps = true;
    k->before = WORD_NONE;
    k->mark = c;
}

void scan_keep_token(struct scan_keep *k, const struct scan_walk *w)
{
    switch (w->token.kind) {
    case TOKEN_WORD:
        word(k, w);
        return;
    case TOKEN_QUOTED_NAME:
        k->keeps = k->keeps || keeps_by_name(w->token.text);
        k->before = WORD_NONE;
        k->mark = 0;
        return;
    case TOKEN_OPERATOR:
        mark(k, w);
        return;
    default:
        k->before = WORD_NONE;
        k->mark = 0;
    }
}
