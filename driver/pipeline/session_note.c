#include "pipeline/scan_priv.h"
#include "pipeline/session_priv.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The first tokens of one statement (no statement noted here needs more to be known), and where
 * it begins and ends. */
#define PARTS 12

struct part {
    struct token token;
    enum word word;
};

struct parts {
    struct part part[PARTS];
    size_t n;     /* of part */
    size_t total; /* tokens of the statement */
    const char *begin;
    const char *end;
    unsigned bits;        /* parts of SET SESSION CHARACTERISTICS, by words anywhere in it */
    bool config;          /* calls set_config( somewhere */
    bool config_identity; /* and may name role or session_authorization */
    enum { CONFIG_NONE, CONFIG_CALLED, CONFIG_OPEN, CONFIG_NAMED } at_config;
};

static enum word word_at(const struct parts *p, size_t i)
{
    return i < p->n ? p->part[i].word : WORD_NONE;
}

static bool text_at(const struct parts *p, size_t i, struct text t)
{
    return i < p->n && text_eq_ci(p->part[i].token.text, t);
}

static bool names_identity(struct text literal)
{
    return text_eq_ci(literal, TEXT("'role'")) ||
           text_eq_ci(literal, TEXT("'session_authorization'"));
}

/* The name of a set_config() call: no role when it is a literal of its own that names none. */
static void follow_config(struct parts *p, const struct token *t)
{
    switch (p->at_config) {
    case CONFIG_CALLED:
        p->at_config = text_eq(t->text, TEXT("(")) ? CONFIG_OPEN : CONFIG_NONE;
        return;
    case CONFIG_OPEN:
        if (t->kind != TOKEN_STRING || t->text.s[0] != '\'' || names_identity(t->text))
            p->config_identity = true;
        p->at_config = CONFIG_NAMED;
        return;
    case CONFIG_NAMED:
        if (!text_eq(t->text, TEXT(",")))
            p->config_identity = true;
        p->at_config = CONFIG_NONE;
        return;
    default:
        return;
    }
}

static void add_part(struct parts *p, const struct scan_walk *w)
{
    const struct token *t = &w->token;
    if (p->total++ == 0)
        p->begin = t->text.s;
    p->end = t->text.s + t->text.n;
    if (p->n < PARTS)
        p->part[p->n++] = (struct part){.token = *t, .word = w->word};
    if (w->word == WORD_ISOLATION)
        p->bits |= 1;
    else if (w->word == WORD_READ && !(p->bits & 8))
        p->bits |= SESSION_ACCESS;
    else if (w->word == WORD_DEFERRABLE)
        p->bits |= 4;
    /* In ISOLATION LEVEL READ ..., READ is no access mode. */
    p->bits = (p->bits & 7u) | (text_eq_ci(t->text, TEXT("level")) ? 8u : 0u);
    follow_config(p, t);
    if (w->word == WORD_SET_CONFIG || text_eq(t->text, TEXT("\"set_config\""))) {
        p->config = true;
        p->at_config = CONFIG_CALLED;
    }
}

/* Name at part i, folded as the server does, dotted parts joined; *next is behind it. Owned. */
static char *folded(const struct parts *p, size_t i, size_t *next)
{
    struct buf b;
    buf_init(&b);
    for (; i < p->n; i += 2) {
        struct text t = p->part[i].token.text;
        bool quoted = p->part[i].token.kind == TOKEN_QUOTED_NAME && t.n >= 2;
        for (size_t k = quoted; k < t.n - quoted; k++) {
            char c = t.s[k];
            buf_char(&b, (char)(!quoted && c >= 'A' && c <= 'Z' ? c | 0x20 : c));
            k += quoted && c == '"' && k + 1 < t.n && t.s[k + 1] == '"';
        }
        if (i + 1 >= p->n || !text_eq(p->part[i + 1].token.text, TEXT(".")))
            break;
        buf_char(&b, '.');
    }
    if (next)
        *next = i + 1;
    char *z = buf_ok(&b) ? strdup(buf_z(&b)) : NULL;
    buf_fini(&b);
    return z;
}

static struct session_entry entry(const struct parts *p, enum session_kind kind, const char *key,
                                  unsigned bits)
{
    return (struct session_entry){.kind = kind,
                                  .key = strdup(key),
                                  .text = strndup(p->begin, (size_t)(p->end - p->begin)),
                                  .bits = bits};
}

static void note_identity(struct session *s, const struct parts *p, const char *key)
{
    session_append(s, entry(p, SESSION_IDENTITY, key, 0));
}

static void note_name(struct session *s, const struct parts *p, size_t i)
{
    char *key = folded(p, i, NULL);
    struct session_entry e = entry(p, SESSION_SETTING, key ? key : "", 0);
    if (!key) {
        free(e.key);
        e.key = NULL;
    } else if (strcmp(key, "role") == 0 || strcmp(key, "session_authorization") == 0) {
        e.kind = SESSION_IDENTITY;
    }
    free(key);
    session_append(s, e);
}

static void note_set(struct session *s, const struct parts *p, bool reset)
{
    size_t i = 1;
    if (word_at(p, i) == WORD_LOCAL && !reset)
        return;
    if (word_at(p, i) == WORD_SESSION && word_at(p, 2) == WORD_CHARACTERISTICS) {
        session_append(s, entry(p, SESSION_SETTING, "session characteristics", p->bits & 7u));
        return;
    }
    if (word_at(p, i) == WORD_SESSION && word_at(p, 2) != WORD_AUTHORIZATION)
        i++;
    switch (word_at(p, i)) {
    case WORD_SESSION:
        note_identity(s, p, "session_authorization");
        return;
    case WORD_ROLE:
        note_identity(s, p, "role");
        return;
    case WORD_TRANSACTION:
    case WORD_CONSTRAINTS:
    case WORD_NAMES: /* the driver's own */
        return;
    case WORD_ALL:
        if (reset)
            session_append(s, entry(p, SESSION_RESET_ALL, "", 0));
        return;
    case WORD_TIME:
        session_append(s, entry(p, SESSION_SETTING, "timezone", 0));
        return;
    default:
        if (text_at(p, i, TEXT("schema")))
            session_append(s, entry(p, SESSION_SETTING, "search_path", 0));
        else if (!text_at(p, i, TEXT("client_encoding")))
            note_name(s, p, i);
    }
}

static void note_discard_all(struct session *s, const struct parts *p)
{
    struct session_entry e = entry(p, SESSION_DISCARD_ALL, "", 0);
    free(e.text);
    e.text = strdup("RESET ALL");
    session_append(s, e);
    e = entry(p, SESSION_IDENTITY, "session_authorization", 0);
    free(e.text);
    e.text = strdup("RESET SESSION AUTHORIZATION");
    session_append(s, e);
    s->unknown = false;
}

/* SELECT [pg_catalog.]set_config('name', 'value', false) and nothing else: as good as a SET. */
static bool note_config(struct session *s, const struct parts *p)
{
    size_t i = text_at(p, 1, TEXT("pg_catalog")) && text_at(p, 2, TEXT(".")) ? 3 : 1;
    if (word_at(p, 0) != WORD_SELECT || word_at(p, i) != WORD_SET_CONFIG || p->total != i + 8)
        return false;
    const struct token *name = &p->part[i + 2].token, *value = &p->part[i + 4].token;
    if (name->kind != TOKEN_STRING || value->kind != TOKEN_STRING || name->text.s[0] != '\'')
        return false;
    if (text_at(p, i + 6, TEXT("true")))
        return true;
    if (!text_at(p, i + 6, TEXT("false")))
        return false;
    struct session_entry e = entry(p, SESSION_SETTING, "", 0);
    free(e.key);
    e.key = strndup(name->text.s + 1, name->text.n - 2);
    for (char *k = e.key; k && *k; k++)
        *k = (char)(*k >= 'A' && *k <= 'Z' ? *k | 0x20 : *k);
    if (names_identity(name->text))
        e.kind = SESSION_IDENTITY;
    session_append(s, e);
    return true;
}

/* The next run of letters, digits and '_' at *at. */
static struct text next_name(struct text s, size_t *at)
{
    size_t i = *at, from;
    while (i < s.n && !(isalnum((unsigned char)s.s[i]) || s.s[i] == '_'))
        i++;
    for (from = i; i < s.n && (isalnum((unsigned char)s.s[i]) || s.s[i] == '_');)
        i++;
    *at = i;
    return text_sub(s, from, i - from);
}

/* Does the code of a DO block take a role, in whatever quotes? */
static bool takes_role(struct text code)
{
    struct text before = TEXT(""), word;
    for (size_t at = 0; (word = next_name(code, &at)).n > 0; before = word) {
        bool role = text_eq_ci(word, TEXT("role")) &&
                    (text_eq_ci(before, TEXT("set")) || text_eq_ci(before, TEXT("session")) ||
                     text_eq_ci(before, TEXT("reset")) || text_eq_ci(before, TEXT("set_config")));
        bool user = text_eq_ci(word, TEXT("authorization")) && text_eq_ci(before, TEXT("session"));
        if (role || user || text_eq_ci(word, TEXT("session_authorization")))
            return true;
    }
    return false;
}

static void note_do(struct session *s, const struct parts *p)
{
    for (size_t i = 1; i < p->n; i++)
        if (p->part[i].token.kind == TOKEN_STRING && takes_role(p->part[i].token.text))
            s->identity_unknown = true;
}

static void note_savepoint(struct session *s, const struct parts *p, enum scan_txn what)
{
    size_t i = 1;
    while (i < p->n && (word_at(p, i) == WORD_WORK || word_at(p, i) == WORD_TRANSACTION ||
                        word_at(p, i) == WORD_TO || word_at(p, i) == WORD_SAVEPOINT))
        i++;
    char *name = folded(p, i, NULL);
    if (!name) {
        s->forgot = true;
        return;
    }
    if (what == SCAN_TXN_SAVEPOINT)
        session_savepoint(s, text_of(name));
    else if (what == SCAN_TXN_RELEASE)
        session_release(s, text_of(name));
    else
        session_rollback_to(s, text_of(name));
    free(name);
}

/* One statement that succeeded. A COMMIT of a failed transaction is a rollback. */
static void note_statement(struct session *s, const struct parts *p, bool *failed_txn)
{
    enum scan_txn txn = scan_txn_of(word_at(p, 0), word_at(p, 1), word_at(p, 2));
    switch (txn) {
    case SCAN_TXN_COMMIT:
        if (*failed_txn)
            session_rollback(s);
        else
            session_commit(s);
        *failed_txn = false;
        return;
    case SCAN_TXN_ROLLBACK:
        session_rollback(s);
        *failed_txn = false;
        return;
    case SCAN_TXN_SAVEPOINT:
    case SCAN_TXN_RELEASE:
        note_savepoint(s, p, txn);
        return;
    case SCAN_TXN_ROLLBACK_TO:
        note_savepoint(s, p, txn);
        *failed_txn = false;
        return;
    default:
        break;
    }
    switch (word_at(p, 0)) {
    case WORD_SET:
    case WORD_RESET:
        note_set(s, p, word_at(p, 0) == WORD_RESET);
        return;
    case WORD_DISCARD:
        if (word_at(p, 1) == WORD_ALL)
            note_discard_all(s, p);
        s->dropped_plans = s->dropped_plans || word_at(p, 1) == WORD_ALL;
        return;
    case WORD_DEALLOCATE:
        s->dropped_plans = s->dropped_plans || word_at(p, 1) == WORD_ALL ||
                           (word_at(p, 1) == WORD_PREPARE && word_at(p, 2) == WORD_ALL);
        return;
    default:
        if (text_at(p, 0, TEXT("do")))
            note_do(s, p);
        if (p->config && !note_config(s, p)) {
            s->unknown = true;
            s->identity_unknown = s->identity_unknown || p->config_identity;
        }
    }
}

void session_note(struct session *s, const struct scan_rules *rules, struct text sql, size_t done,
                  bool failed, enum nat_txn before, enum nat_txn after)
{
    struct scan_walk w;
    struct parts p = {.n = 0};
    bool failed_txn = before == NAT_TXN_FAILED;
    bool more = true;
    scan_walk_start(&w, rules, sql);
    while (more && done > 0) {
        more = scan_walk_next(&w);
        if (more && !w.boundary) {
            add_part(&p, &w);
            continue;
        }
        if (p.total > 0) {
            note_statement(s, &p, &failed_txn);
            done--;
        }
        p = (struct parts){.n = 0};
    }
    /* Several statements of one text are one transaction, unless they say otherwise. */
    if (after == NAT_TXN_IDLE && failed)
        session_rollback(s);
    else if (after == NAT_TXN_IDLE)
        session_commit(s);
}
