/* PostgreSQL. Known are: SET, RESET, DISCARD ALL, SET ROLE, SET SESSION AUTHORIZATION and SET
 * SESSION CHARACTERISTICS, sent by the application or made of its API calls; SELECT set_config()
 * with literals alone; and whatever the server reports of its settings (ParameterStatus), however
 * it was changed. Not known are: set_config() with other arguments or inside a larger statement,
 * and SET inside functions and DO blocks, of settings that the server does not report. A
 * set_config() of that kind is told with a notice after a failover; one that names a role, or a DO
 * block that takes one, makes the identity unknown, and the failover ends with 08S01. (A role that
 * a function took is not seen.) SET LOCAL and SET TRANSACTION die with their transaction; temporary
 * tables, LISTEN, advisory locks, SQL cursors and SQL PREPARE are gone with the session. */
#include "pipeline/session_priv.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void note_identity(struct session *s, const struct session_parts *p, const char *key)
{
    session_append(s, session_entry_of(p, SESSION_IDENTITY, key, 0));
}

static void note_name(struct session *s, const struct session_parts *p, size_t i)
{
    char *key = session_name(p, i);
    struct session_entry e = session_entry_of(p, SESSION_SETTING, key ? key : "", 0);
    if (!key) {
        free(e.key);
        e.key = NULL;
    } else if (strcmp(key, "role") == 0 || strcmp(key, "session_authorization") == 0) {
        e.kind = SESSION_IDENTITY;
    }
    free(key);
    session_append(s, e);
}

static void note_set(struct session *s, const struct session_parts *p, bool reset)
{
    size_t i = 1;
    if (session_word(p, i) == WORD_LOCAL && !reset)
        return;
    if (session_word(p, i) == WORD_SESSION && session_word(p, 2) == WORD_CHARACTERISTICS) {
        session_append(
            s, session_entry_of(p, SESSION_SETTING, "session characteristics", p->bits & 7u));
        return;
    }
    if (session_word(p, i) == WORD_SESSION && session_word(p, 2) != WORD_AUTHORIZATION)
        i++;
    switch (session_word(p, i)) {
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
            session_append(s, session_entry_of(p, SESSION_RESET_ALL, "", 0));
        return;
    case WORD_TIME:
        session_append(s, session_entry_of(p, SESSION_SETTING, "timezone", 0));
        return;
    default:
        if (session_part_is(p, i, TEXT("schema")))
            session_append(s, session_entry_of(p, SESSION_SETTING, "search_path", 0));
        else if (!session_part_is(p, i, TEXT("client_encoding")))
            note_name(s, p, i);
    }
}

static void note_discard_all(struct session *s, const struct session_parts *p)
{
    struct session_entry e = session_entry_of(p, SESSION_DISCARD_ALL, "", 0);
    free(e.text);
    e.text = strdup("RESET ALL");
    session_append(s, e);
    e = session_entry_of(p, SESSION_IDENTITY, "session_authorization", 0);
    free(e.text);
    e.text = strdup("RESET SESSION AUTHORIZATION");
    session_append(s, e);
    s->unknown = false;
}

/* SELECT [pg_catalog.]set_config('name', 'value', false) and nothing else: as good as a SET. */
static bool note_config(struct session *s, const struct session_parts *p)
{
    size_t i =
        session_part_is(p, 1, TEXT("pg_catalog")) && session_part_is(p, 2, TEXT(".")) ? 3 : 1;
    if (session_word(p, 0) != WORD_SELECT || session_word(p, i) != WORD_SET_CONFIG ||
        p->total != i + 8)
        return false;
    const struct token *name = &p->part[i + 2].token, *value = &p->part[i + 4].token;
    if (name->kind != TOKEN_STRING || value->kind != TOKEN_STRING || name->text.s[0] != '\'')
        return false;
    if (session_part_is(p, i + 6, TEXT("true")))
        return true;
    if (!session_part_is(p, i + 6, TEXT("false")))
        return false;
    struct session_entry e = session_entry_of(p, SESSION_SETTING, "", 0);
    free(e.key);
    e.key = strndup(name->text.s + 1, name->text.n - 2);
    for (char *k = e.key; k && *k; k++)
        *k = (char)(*k >= 'A' && *k <= 'Z' ? *k | 0x20 : *k);
    if (session_names_identity(name->text))
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

static void note_do(struct session *s, const struct session_parts *p)
{
    for (size_t i = 1; i < p->n; i++)
        if (p->part[i].token.kind == TOKEN_STRING && takes_role(p->part[i].token.text))
            s->identity_unknown = true;
}

static void note(struct session *s, const struct scan_rules *rules, const struct session_parts *p)
{
    (void)rules;
    switch (session_word(p, 0)) {
    case WORD_SET:
    case WORD_RESET:
        note_set(s, p, session_word(p, 0) == WORD_RESET);
        return;
    case WORD_DISCARD:
        if (session_word(p, 1) == WORD_ALL)
            note_discard_all(s, p);
        s->dropped_plans = s->dropped_plans || session_word(p, 1) == WORD_ALL;
        return;
    case WORD_DEALLOCATE:
        s->dropped_plans = s->dropped_plans || session_word(p, 1) == WORD_ALL ||
                           (session_word(p, 1) == WORD_PREPARE && session_word(p, 2) == WORD_ALL);
        return;
    default:
        if (session_part_is(p, 0, TEXT("do")))
            note_do(s, p);
        if (p->config && !note_config(s, p)) {
            s->unknown = true;
            s->identity_unknown = s->identity_unknown || p->config_identity;
        }
    }
}

/* E'' reads the same whatever standard_conforming_strings says. */
static void literal(struct buf *b, const char *z)
{
    buf_str(b, "E'");
    for (; *z; z++) {
        if (*z == '\'' || *z == '\\')
            buf_char(b, *z);
        buf_char(b, *z);
    }
    buf_char(b, '\'');
}

/* set_config() and not SET: search_path is a list, which a SET would take as one name. */
static void put(struct buf *b, const char *name, const char *value)
{
    buf_str(b, "SELECT pg_catalog.set_config(");
    literal(b, name);
    buf_char(b, ',');
    literal(b, value);
    buf_str(b, ",false)");
}

const struct session_family session_family_pg = {
    .parameters = {{"application_name", false},
                   {"DateStyle", false},
                   {"IntervalStyle", false},
                   {"TimeZone", false},
                   {"standard_conforming_strings", false},
                   {"search_path", false},
                   {"session_authorization", true},
                   {"is_superuser", true}},
    .nparameters = 8,
    .transactional = true,
    .unknown_told = "settings made by set_config() are not restored after a failover",
    .as_said = (const char *const[]){NULL},
    .note = note,
    .put = put,
};
