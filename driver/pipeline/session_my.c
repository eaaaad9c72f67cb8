/* MySQL and MariaDB. Known are: what session tracking tells, however it came about: the system
 * variables that a SET has touched (autocommit, sql_mode, time_zone, the transactions'
 * characteristics ...) and the database in use; SET ROLE; SET of user variables to literals; SET
 * NAMES and character sets, whose collations are not tracked, as they were written. Where a server
 * or proxy tracks nothing, each SET of a session's variable is noted as it was written, and USE. A
 * user variable set to anything else is told with a notice after a failover. Not known are: user
 * variables set by SELECT, INTO or inside routines. SET TRANSACTION without SESSION dies with its
 * transaction; SET STATEMENT with its statement; GLOBAL and PERSIST are the server's. Temporary
 * tables, LOCK TABLES, GET_LOCK, HANDLER and SQL PREPARE are gone with the session. */
#include "pipeline/session_priv.h"
#include <stdlib.h>
#include <string.h>

/* One of the assignments of a SET, as it is read. */
struct assignment {
    bool global;             /* of the server; a scope word counts for those behind it too */
    size_t ats;              /* @ and @@ before the name */
    struct buf name;         /* lower case */
    const char *begin, *end; /* of the value */
    size_t tokens;           /* of the value */
    bool plain;              /* the value is a literal or a word */
};

static bool is_scope(struct text t, bool *global)
{
    *global = text_eq_ci(t, TEXT("global")) || text_eq_ci(t, TEXT("persist")) ||
              text_eq_ci(t, TEXT("persist_only"));
    return *global || text_eq_ci(t, TEXT("session")) || text_eq_ci(t, TEXT("local"));
}

static char *joined(const char *head, const char *name, const struct assignment *a)
{
    struct buf b;
    buf_init(&b);
    buf_str(&b, head);
    buf_str(&b, name);
    buf_str(&b, " = ");
    buf_add(&b, a->begin, (size_t)(a->end - a->begin));
    char *z = buf_ok(&b) ? strdup(buf_z(&b)) : NULL;
    buf_fini(&b);
    return z;
}

static void note_assignment(struct session *s, struct assignment *a)
{
    const char *name = buf_ok(&a->name) ? buf_z(&a->name) : "";
    struct session_entry e = {.kind = SESSION_SETTING};
    if (a->tokens == 0 || !name[0] || (a->global && a->ats != 1))
        return;
    if (a->ats == 1 && !a->plain) {
        s->unknown = true;
        return;
    }
    if (a->ats == 1) {
        struct buf key;
        buf_init(&key);
        buf_char(&key, '@');
        buf_str(&key, name);
        e.key = buf_ok(&key) ? strdup(buf_z(&key)) : NULL;
        buf_fini(&key);
        e.text = joined("SET @", name, a);
    } else {
        e.key = strdup(name);
        e.text = joined("SET SESSION ", name, a);
    }
    session_append(s, e);
}

static void add_name(struct assignment *a, const struct token *t)
{
    bool quoted = t->kind == TOKEN_QUOTED_NAME && t->text.n >= 2;
    bool global;
    if (text_eq(t->text, TEXT("@"))) {
        a->ats++;
        return;
    }
    if (text_eq(t->text, TEXT(".")) && is_scope(buf_view(&a->name), &global)) { /* @@global.x */
        a->global = global;
        buf_reset(&a->name);
        return;
    }
    /* A scope word before the name, not a name itself. */
    if (a->name.n > 0 && is_scope(buf_view(&a->name), &a->global))
        buf_reset(&a->name);
    for (size_t i = quoted; i < t->text.n - quoted; i++) {
        char c = t->text.s[i];
        buf_char(&a->name, (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c));
    }
}

static void add_value(struct assignment *a, const struct token *t)
{
    bool sign = text_eq(t->text, TEXT("-")) && a->tokens == 0;
    bool literal =
        t->kind == TOKEN_STRING || t->kind == TOKEN_NUMBER || t->kind == TOKEN_WORD || sign;
    if (a->tokens == 0) {
        a->begin = t->text.s;
        a->plain = literal;
    } else {
        bool signed_number = a->tokens == 1 && a->begin[0] == '-' && t->kind == TOKEN_NUMBER;
        a->plain = a->plain && signed_number;
    }
    a->end = t->text.s + t->text.n;
    a->tokens++;
}

static void next_assignment(struct assignment *a)
{
    bool global = a->global && a->ats == 0;
    buf_reset(&a->name);
    a->ats = a->tokens = 0;
    a->global = global;
}

/* SET [scope] name = value, ... */
static void note_assignments(struct session *s, const struct scan_rules *rules,
                             const struct session_parts *p)
{
    struct assignment a = {.global = false};
    struct scan_walk w;
    bool in_value = false, first = true;
    buf_init(&a.name);
    scan_walk_start(&w, rules, (struct text){p->begin, (size_t)(p->end - p->begin)});
    while (scan_walk_next(&w) && !w.boundary) {
        bool top = w.depth == 0;
        if (first) {
            first = false; /* SET itself */
        } else if (top && text_eq(w.token.text, TEXT(","))) {
            note_assignment(s, &a);
            next_assignment(&a);
            in_value = false;
        } else if (in_value) {
            add_value(&a, &w.token);
        } else if (text_eq(w.token.text, TEXT("="))) {
            in_value = true;
        } else if (!text_eq(w.token.text, TEXT(":"))) {
            add_name(&a, &w.token);
        }
    }
    note_assignment(s, &a);
    buf_fini(&a.name);
}

static void note_set(struct session *s, const struct scan_rules *rules,
                     const struct session_parts *p)
{
    bool global = false, scoped = is_scope(p->part[1].token.text, &global);
    size_t i = scoped ? 2 : 1;
    if (p->n < 2)
        return;
    if (session_word(p, i) == WORD_TRANSACTION) {
        if (scoped && !global)
            session_append(
                s, session_entry_of(p, SESSION_SETTING, "session transaction", p->bits & 3u));
        return;
    }
    if (session_word(p, 1) == WORD_ROLE) {
        session_append(s, session_entry_of(p, SESSION_IDENTITY, "role", 0));
        return;
    }
    if (session_word(p, 1) == WORD_NAMES || session_part_is(p, 1, TEXT("charset")) ||
        (session_part_is(p, 1, TEXT("character")) && session_word(p, 2) == WORD_SET)) {
        session_append(s, session_entry_of(p, SESSION_SETTING, "names", 0));
        return;
    }
    if (session_part_is(p, 1, TEXT("statement")) || session_part_is(p, 1, TEXT("password")) ||
        (session_part_is(p, 1, TEXT("default")) && session_word(p, 2) == WORD_ROLE) ||
        session_part_is(p, 1, TEXT("resource")))
        return;
    note_assignments(s, rules, p);
}

static void note(struct session *s, const struct scan_rules *rules, const struct session_parts *p)
{
    if (session_word(p, 0) == WORD_SET)
        note_set(s, rules, p);
    else if (session_word(p, 0) == WORD_USE)
        session_append(s, session_entry_of(p, SESSION_SETTING, "schema", 0));
}

/* ---- what is not allowed ---- */

static bool is_about_characters(const char *key)
{
    return strcmp(key, "names") == 0 || strcmp(key, "character_set_client") == 0 ||
           strcmp(key, "character_set_results") == 0;
}

static struct text unquoted(struct text t)
{
    bool quoted = t.n >= 2 && strchr("'\"`", t.s[0]) && t.s[t.n - 1] == t.s[0];
    return quoted ? (struct text){t.s + 1, t.n - 2} : t;
}

/* The word behind SET NAMES, SET CHARACTER SET or =. */
static struct text character_set(const struct scan_rules *rules, struct text sql)
{
    struct scan_walk w;
    struct text before = TEXT(""), last = TEXT("");
    scan_walk_start(&w, rules, sql);
    while (scan_walk_next(&w)) {
        if (text_eq_ci(last, TEXT("names")) || text_eq_ci(last, TEXT("charset")) ||
            text_eq(last, TEXT("=")) ||
            (text_eq_ci(last, TEXT("set")) && text_eq_ci(before, TEXT("character"))))
            return unquoted(w.token.text);
        before = last;
        last = w.token.text;
    }
    return TEXT("");
}

/* Texts go both ways as utf8mb4. Where the server took them for anything else, it would store and
 * tell other characters, and nobody would see an error. A variable's value is not known. */
static bool allows(const struct session_entry *e, const struct scan_rules *rules, struct fault *f)
{
    if (e->kind != SESSION_SETTING || !e->key || !e->text || !is_about_characters(e->key))
        return true;
    struct text set = character_set(rules, text_of(e->text));
    return text_starts_ci(set, TEXT("utf8")) || text_eq_ci(set, TEXT("default")) || !set.n ||
           set.s[0] == '@' ||
           fault_set(f, "HYC00",
                     "the driver speaks utf8mb4 with the server: its character set cannot be "
                     "set to %.*s (collation_connection can be set)",
                     TEXT_ARG(set));
}

/* No setting of the session changes how this reads: no backslash stands in it. */
static void literal(struct buf *b, const char *z)
{
    bool plain = true;
    for (const char *c = z; *c && plain; c++)
        plain = *c != '\\' && *c != '\'';
    if (plain) {
        buf_char(b, '\'');
        buf_str(b, z);
        buf_char(b, '\'');
        return;
    }
    buf_str(b, "_utf8mb4 0x");
    for (; *z; z++)
        buf_fmt(b, "%02x", (unsigned char)*z);
}

static bool is_number(const char *z)
{
    size_t digits = strspn(z, "0123456789"), rest = strlen(z) - digits;
    return digits > 0 &&
           (rest == 0 || (z[digits] == '.' && strspn(z + digits + 1, "0123456789") == rest - 1));
}

static void put(struct buf *b, const char *name, const char *value)
{
    bool schema = strcmp(name, "schema") == 0;
    buf_str(b, schema ? "USE `" : "SET SESSION `");
    for (const char *z = schema ? value : name; *z; z++) {
        buf_char(b, *z);
        if (*z == '`')
            buf_char(b, *z);
    }
    buf_char(b, '`');
    if (schema)
        return;
    buf_str(b, " = ");
    if (is_number(value))
        buf_str(b, value);
    else
        literal(b, value);
}

const struct session_family session_family_my = {
    .parameters = {{"schema", false}},
    .nparameters = 1,
    .unknown_told = "user variables set to expressions are not restored after a failover",
    .as_said = (const char *const[]){"character_set_", "collation_", NULL},
    .note = note,
    .allows = allows,
    .put = put,
};
