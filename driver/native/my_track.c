#include "native/my_priv.h"

#include <stdlib.h>
#include <string.h>

#define VARIABLES_MAX 4096 /* user names of variables cannot exceed what a server has */

static struct my_variable *find(const struct my *n, struct text name)
{
    for (size_t i = 0; i < n->nvariables; i++) {
        if (text_eq_ci(text_of(n->variables[i].name), name))
            return &n->variables[i];
    }
    return NULL;
}

static struct my_variable *add(struct my *n, struct text name)
{
    struct my_variable *v;

    if (n->nvariables >= VARIABLES_MAX)
        return NULL;
    if (n->nvariables == n->variables_cap) {
        size_t cap = n->variables_cap ? n->variables_cap * 2 : 8;
        v = reallocarray(n->variables, cap, sizeof *v);
        if (v == NULL)
            return NULL;
        n->variables = v;
        n->variables_cap = cap;
    }
    v = &n->variables[n->nvariables];
    *v = (struct my_variable){.name = strndup(name.s, name.n)};
    n->nvariables += v->name != NULL;
    return v->name ? v : NULL;
}

bool my_variable_set(struct my *n, struct text name, struct text value, bool touched)
{
    struct my_variable *v = find(n, name);
    char *copy = strndup(value.s ? value.s : "", value.n);

    if (v == NULL)
        v = add(n, name);
    if (v == NULL || copy == NULL) {
        free(copy);
        return false;
    }
    free(v->value);
    v->value = copy;
    v->touched = v->touched || touched;
    n->changes++;
    return true;
}

static void set_word(struct my *n, char **word, const char *s, size_t size)
{
    char *copy = strndup(s, size);

    if (copy == NULL)
        return;
    free(*word);
    *word = copy;
    n->changes++;
}

/* MySQL counts a session's statements in a variable, MariaDB with a binary log tells the last
 * commit's GTID in one: neither is a setting, and neither can be set. */
static bool is_setting(struct text name)
{
    return !text_eq_ci(name, TEXT("statement_id")) && !text_eq_ci(name, TEXT("last_gtid"));
}

static void track_variables(struct my *n)
{
    const char *name, *value;
    size_t name_n, value_n;

    if (mysql_session_track_get_first(n->mysql, SESSION_TRACK_SYSTEM_VARIABLES, &name, &name_n))
        return;
    while (mysql_session_track_get_next(n->mysql, SESSION_TRACK_SYSTEM_VARIABLES, &value,
                                        &value_n) == 0) {
        if (is_setting((struct text){name, name_n}))
            my_variable_set(n, (struct text){name, name_n}, (struct text){value, value_n}, true);
        if (mysql_session_track_get_next(n->mysql, SESSION_TRACK_SYSTEM_VARIABLES, &name, &name_n))
            return;
    }
}

/* What the OK of the last statement said of the session. */
void my_track(struct my *n)
{
    const char *s;
    size_t size;

    if (!(n->mysql->server_status & SERVER_SESSION_STATE_CHANGED))
        return;
    track_variables(n);
    if (mysql_session_track_get_first(n->mysql, SESSION_TRACK_SCHEMA, &s, &size) == 0)
        set_word(n, &n->schema, s, size);
    if (mysql_session_track_get_first(n->mysql, SESSION_TRACK_TRANSACTION_CHARACTERISTICS, &s,
                                      &size) == 0)
        set_word(n, &n->transaction, s, size);
}

void my_track_clear(struct my *n)
{
    while (n->nvariables > 0) {
        n->nvariables--;
        free(n->variables[n->nvariables].name);
        free(n->variables[n->nvariables].value);
    }
    free(n->transaction);
    n->transaction = NULL;
}

void my_track_free(struct my *n)
{
    my_track_clear(n);
    free(n->variables);
    free(n->schema);
}

const char *my_parameter(const struct native *base, const char *name)
{
    const struct my *n = my_of(base);
    const struct my_variable *v = find(n, text_of(name));

    if (v)
        return v->value;
    if (strcmp(name, "schema") == 0)
        return n->schema;
    if (strcmp(name, "transaction") == 0)
        return n->transaction;
    if (strcmp(name, "server_info") == 0)
        return n->server;
    if (strcmp(name, "transaction_is_read_only") == 0 && n->mysql)
        return n->mysql->server_status & SERVER_STATUS_IN_TRANS_READONLY ? "on" : NULL;
    return NULL;
}

unsigned my_parameters_changed(const struct native *base)
{
    return my_of(base)->changes;
}

bool my_touched(const struct native *base, size_t i, const char **name, const char **value)
{
    const struct my *n = my_of(base);

    for (size_t at = 0; at < n->nvariables; at++) {
        if (!n->variables[at].touched || i-- > 0)
            continue;
        *name = n->variables[at].name;
        *value = n->variables[at].value;
        return true;
    }
    return false;
}
