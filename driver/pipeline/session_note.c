#include "pipeline/scan_priv.h"
#include "pipeline/session_priv.h"
#include <stdlib.h>
#include <string.h>

enum word session_word(const struct session_parts *p, size_t i)
{
    return i < p->n ? p->part[i].word : WORD_NONE;
}

bool session_part_is(const struct session_parts *p, size_t i, struct text t)
{
    return i < p->n && text_eq_ci(p->part[i].token.text, t);
}

bool session_names_identity(struct text literal)
{
    return text_eq_ci(literal, TEXT("'role'")) ||
           text_eq_ci(literal, TEXT("'session_authorization'"));
}

/* The name of a set_config() call: no role when it is a literal of its own that names none. */
static void follow_config(struct session_parts *p, const struct token *t)
{
    switch (p->at_config) {
    case CONFIG_CALLED:
        p->at_config = text_eq(t->text, TEXT("(")) ? CONFIG_OPEN : CONFIG_NONE;
        return;
    case CONFIG_OPEN:
        if (t->kind != TOKEN_STRING || t->text.s[0] != '\'' || session_names_identity(t->text))
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

static void add_part(struct session_parts *p, const struct scan_walk *w)
{
    const struct token *t = &w->token;
    if (p->total++ == 0)
        p->begin = t->text.s;
    p->end = t->text.s + t->text.n;
    if (p->n < SESSION_PARTS)
        p->part[p->n++] = (struct session_part){.token = *t, .word = w->word};
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

char *session_name(const struct session_parts *p, size_t i)
{
    struct buf b;
    buf_init(&b);
    for (; i < p->n; i += 2) {
        struct text t = p->part[i].token.text;
        bool quoted = p->part[i].token.kind == TOKEN_QUOTED_NAME && t.n >= 2;
        char quote = quoted ? t.s[0] : 0;
        for (size_t k = quoted; k < t.n - quoted; k++) {
            char c = t.s[k];
            buf_char(&b, (char)(!quoted && c >= 'A' && c <= 'Z' ? c | 0x20 : c));
            k += quoted && c == quote && k + 1 < t.n && t.s[k + 1] == quote;
        }
        if (i + 1 >= p->n || !text_eq(p->part[i + 1].token.text, TEXT(".")))
            break;
        buf_char(&b, '.');
    }
    char *z = buf_ok(&b) ? strdup(buf_z(&b)) : NULL;
    buf_fini(&b);
    return z;
}

struct session_entry session_entry_of(const struct session_parts *p, enum session_kind kind,
                                      const char *key, unsigned bits)
{
    return (struct session_entry){.kind = kind,
                                  .key = strdup(key),
                                  .text = strndup(p->begin, (size_t)(p->end - p->begin)),
                                  .bits = bits};
}

static void note_savepoint(struct session *s, const struct session_parts *p, enum scan_txn what)
{
    size_t i = 1;
    while (i < p->n && (session_word(p, i) == WORD_WORK || session_word(p, i) == WORD_TRANSACTION ||
                        session_word(p, i) == WORD_TO || session_word(p, i) == WORD_SAVEPOINT))
        i++;
    char *name = session_name(p, i);
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
static void note_statement(struct session *s, const struct scan_rules *rules,
                           const struct session_parts *p, bool *failed_txn)
{
    enum scan_txn txn = scan_txn_of(session_word(p, 0), session_word(p, 1), session_word(p, 2));
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
    s->family->note(s, rules, p);
}

/* What would be noted if it succeeded is asked about. */
bool session_allows(const struct session *s, const struct scan_rules *rules, struct text sql,
                    const struct scan_info *scan, struct fault *f)
{
    struct session would;
    bool allowed = true;
    if (!s->family->allows || (scan->statements <= 1 && !text_eq_ci(scan->verb, TEXT("set"))))
        return true;
    session_init(&would, s->family);
    session_note(&would, rules, sql, SIZE_MAX, false, NAT_TXN_IDLE, NAT_TXN_IDLE);
    for (size_t i = 0; allowed && i < would.kept.n; i++)
        allowed = s->family->allows(&would.kept.entries[i], rules, f);
    session_fini(&would);
    return allowed;
}

void session_note(struct session *s, const struct scan_rules *rules, struct text sql, size_t done,
                  bool failed, enum nat_txn before, enum nat_txn after)
{
    struct scan_walk w;
    struct session_parts p = {.n = 0};
    bool failed_txn = before == NAT_TXN_FAILED;
    bool more = true;
    unsigned ends = s->commits + s->rollbacks;
    scan_walk_start(&w, rules, sql);
    while (more && done > 0) {
        more = scan_walk_next(&w);
        if (more && !w.boundary) {
            add_part(&p, &w);
            continue;
        }
        if (p.total > 0) {
            note_statement(s, rules, &p, &failed_txn);
            done--;
        }
        p = (struct session_parts){.n = 0};
    }
    unsigned commits = s->commits, rollbacks = s->rollbacks;
    bool told = before == NAT_TXN_IDLE || commits + rollbacks != ends;
    /* Several statements of one text are one transaction, unless they say otherwise. */
    if (after == NAT_TXN_IDLE && failed)
        session_rollback(s);
    else if (after == NAT_TXN_IDLE)
        session_commit(s);
    if (told) { /* it ended with a word of its own, or there was nothing open */
        s->commits = commits;
        s->rollbacks = rollbacks;
    }
}
