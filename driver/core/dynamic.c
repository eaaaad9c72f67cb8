/* Which of ODBC's dynamic functions a statement is (SQLGetDiagField). */
#include "core/core_priv.h"

static const struct dynamic dynamic_table[] = {
    {"", "", "", SQL_DIAG_UNKNOWN_STATEMENT},
#define DYNAMIC(verb, object, name, code) {verb, object, name, code},
#include "core/dynamic.def"
#undef DYNAMIC
};

static bool is_one_of(struct text t, const char *const *list)
{
    for (; *list; list++)
        if (text_eq_ci(t, text_of(*list)))
            return true;
    return false;
}

/* The next word that stands in no parentheses and is not in `skip`; empty at the end. */
static struct text next_word(struct scanner *sc, const char *const *skip)
{
    struct token t;
    int depth = 0;
    while (scan_next(sc, &t)) {
        if (t.kind == TOKEN_OPERATOR && t.text.s[0] == '(')
            depth++;
        else if (t.kind == TOKEN_OPERATOR && t.text.s[0] == ')')
            depth--;
        else if (t.kind == TOKEN_WORD && depth <= 0 && !is_one_of(t.text, skip))
            return t.text;
    }
    return TEXT("");
}

/* WITH: the statement behind the common table expressions. */
static struct text behind_with(struct scanner *sc)
{
    static const char *const verbs[] = {"SELECT", "INSERT", "UPDATE", "DELETE",
                                        "VALUES", "TABLE",  NULL};
    static const char *const none[] = {NULL};
    struct text word;
    do
        word = next_word(sc, none);
    while (word.n && !is_one_of(word, verbs));
    return word;
}

const struct dynamic *dynamic_of(const struct scan_rules *rules, struct text sql)
{
    static const char *const adjectives[] = {"OR",     "REPLACE", "TEMP",     "TEMPORARY", "LOCAL",
                                             "GLOBAL", "UNIQUE",  "UNLOGGED", "RECURSIVE", NULL};
    static const char *const objects[] = {"CREATE", "ALTER", "DROP", NULL};
    static const char *const none[] = {NULL};
    struct scanner sc;
    scan_start(&sc, rules, sql);
    struct text verb = next_word(&sc, none);
    if (text_eq_ci(verb, TEXT("WITH")))
        verb = behind_with(&sc);
    struct text object = is_one_of(verb, objects) ? next_word(&sc, adjectives) : TEXT("");
    for (size_t i = 1; i < sizeof(dynamic_table) / sizeof(dynamic_table[0]); i++)
        if (text_eq_ci(verb, text_of(dynamic_table[i].verb)) &&
            text_eq_ci(object, text_of(dynamic_table[i].object)))
            return &dynamic_table[i];
    return &dynamic_table[0];
}
