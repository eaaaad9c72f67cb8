#include "pipeline/session_priv.h"
#include <stdlib.h>
#include <string.h>

int session_parameter_find(const struct session *s, const char *key)
{
    for (size_t i = 0; i < s->family->nparameters; i++) {
        const struct session_parameter *p = &s->family->parameters[i];
        if (!p->identity && text_eq_ci(text_of(p->name), text_of(key)))
            return (int)i;
    }
    return -1;
}

bool session_value_find(const struct session *s, const char *key)
{
    for (size_t i = 0; i < s->nvalues; i++)
        if (text_eq_ci(text_of(s->values[i].name), text_of(key)))
            return true;
    return false;
}

static void entry_fini(struct session_entry *e)
{
    free(e->key);
    free(e->text);
}

static void list_truncate(struct session_list *l, size_t n)
{
    while (l->n > n)
        entry_fini(&l->entries[--l->n]);
}

static void marks_truncate(struct session *s, size_t n)
{
    while (s->nmarks > n)
        free(s->marks[--s->nmarks].name);
}

static void values_clear(struct session *s)
{
    while (s->nvalues > 0) {
        s->nvalues--;
        free(s->values[s->nvalues].name);
        free(s->values[s->nvalues].value);
    }
}

void session_init(struct session *s, const struct session_family *family)
{
    *s = (struct session){.family = family};
}

void session_fini(struct session *s)
{
    list_truncate(&s->kept, 0);
    list_truncate(&s->pending, 0);
    marks_truncate(s, 0);
    free(s->kept.entries);
    free(s->pending.entries);
    free(s->marks);
    for (size_t i = 0; i < SESSION_PARAMETERS_MAX; i++)
        free(s->reported[i]);
    values_clear(s);
    free(s->values);
    session_init(s, s->family);
}

/* Out of memory: what is not known must not be forgotten silently, and never a role. */
static void forget(struct session *s, const struct session_entry *e)
{
    if (e->kind == SESSION_IDENTITY)
        s->identity_unknown = true;
    s->forgot = true;
}

static bool list_add(struct session *s, struct session_list *l, struct session_entry e)
{
    if (e.key && e.text && l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 8;
        struct session_entry *p = realloc(l->entries, cap * sizeof(*p));
        if (p) {
            l->entries = p;
            l->cap = cap;
        }
    }
    if (!e.key || !e.text || l->n == l->cap) {
        forget(s, &e);
        entry_fini(&e);
        return false;
    }
    l->entries[l->n++] = e;
    return true;
}

/* Does the newer one leave nothing of the older? */
static bool voids(const struct session_entry *newer, const struct session_entry *older)
{
    switch (newer->kind) {
    case SESSION_DISCARD_ALL:
        return true;
    case SESSION_RESET_ALL: /* roles are not reset by it */
        return older->kind != SESSION_IDENTITY;
    case SESSION_IDENTITY: /* a new session user has no role set */
        return older->kind == SESSION_IDENTITY &&
               (strcmp(newer->key, older->key) == 0 ||
                strcmp(newer->key, "session_authorization") == 0);
    case SESSION_SETTING:
        return older->kind == SESSION_SETTING && strcmp(newer->key, older->key) == 0 &&
               (older->bits & ~newer->bits) == 0;
    }
    return false;
}

/* Adds e; of the entries from `from` on, those that it makes void go. */
static void keep_from(struct session *s, struct session_list *l, size_t from,
                      struct session_entry e)
{
    size_t n = from;
    for (size_t i = from; i < l->n; i++) {
        if (e.key && voids(&e, &l->entries[i]))
            entry_fini(&l->entries[i]);
        else
            l->entries[n++] = l->entries[i];
    }
    l->n = n;
    list_add(s, l, e);
}

void session_append(struct session *s, struct session_entry e)
{
    if (!s->family->transactional) {
        keep_from(s, &s->kept, 0, e);
        return;
    }
    /* What stands before the last savepoint may be what counts again. */
    keep_from(s, &s->pending, s->nmarks > 0 ? s->marks[s->nmarks - 1].at : 0, e);
}

void session_commit(struct session *s)
{
    s->commits++;
    for (size_t i = 0; i < s->pending.n; i++)
        keep_from(s, &s->kept, 0, s->pending.entries[i]);
    s->pending.n = 0; /* the entries have moved */
    marks_truncate(s, 0);
}

void session_rollback(struct session *s)
{
    s->rollbacks++;
    list_truncate(&s->pending, 0);
    marks_truncate(s, 0);
}

void session_savepoint(struct session *s, struct text name)
{
    if (s->nmarks == s->marks_cap) {
        size_t cap = s->marks_cap ? s->marks_cap * 2 : 8;
        struct session_mark *p = realloc(s->marks, cap * sizeof(*p));
        if (!p) {
            s->forgot = true;
            return;
        }
        s->marks = p;
        s->marks_cap = cap;
    }
    char *copy = strndup(name.s ? name.s : "", name.n);
    if (!copy)
        s->forgot = true;
    else
        s->marks[s->nmarks++] = (struct session_mark){.name = copy, .at = s->pending.n};
}

/* Index of the newest mark of this name, or -1. */
static ptrdiff_t mark_find(const struct session *s, struct text name)
{
    for (size_t i = s->nmarks; i-- > 0;)
        if (text_eq(text_of(s->marks[i].name), name))
            return (ptrdiff_t)i;
    return -1;
}

void session_rollback_to(struct session *s, struct text name)
{
    ptrdiff_t i = mark_find(s, name);
    s->partial++;
    if (i < 0)
        return;
    list_truncate(&s->pending, s->marks[i].at);
    marks_truncate(s, (size_t)i + 1);
}

void session_release(struct session *s, struct text name)
{
    ptrdiff_t i = mark_find(s, name);
    if (i >= 0)
        marks_truncate(s, (size_t)i);
}

static void keep_value(struct session *s, const char *name, const char *value)
{
    for (const char *const *head = s->family->as_said; *head; head++)
        if (text_starts_ci(text_of(name), text_of(*head)))
            return;
    if (s->nvalues == s->values_cap) {
        size_t cap = s->values_cap ? s->values_cap * 2 : 8;
        struct session_value *p = realloc(s->values, cap * sizeof(*p));
        if (!p) {
            s->forgot = true;
            return;
        }
        s->values = p;
        s->values_cap = cap;
    }
    struct session_value v = {.name = strdup(name), .value = strdup(value)};
    if (!v.name || !v.value) {
        free(v.name);
        free(v.value);
        s->forgot = true;
        return;
    }
    s->values[s->nvalues++] = v;
}

/* A native of another connection knows nothing of what was changed on this one: only news counts.
 */
static void take_values(struct session *s, struct native *n)
{
    const char *name, *value;
    if (!n->ops->touched || !n->ops->touched(n, 0, &name, &value))
        return;
    values_clear(s);
    for (size_t i = 0; n->ops->touched(n, i, &name, &value); i++)
        keep_value(s, name, value ? value : "");
}

/* RESET x, SET x TO DEFAULT: the configuration's value. */
static bool is_default(struct text sql)
{
    return text_starts_ci(sql, TEXT("reset")) || text_ends_ci(sql, TEXT("default"));
}

bool session_sets_access(const struct session *s)
{
    bool sets = false;
    for (size_t i = 0; i < s->kept.n; i++) {
        const struct session_entry *e = &s->kept.entries[i];
        if (e->kind == SESSION_SETTING &&
            ((e->bits & SESSION_ACCESS) || strcmp(e->key, "default_transaction_read_only") == 0))
            sets = !is_default(text_of(e->text));
    }
    return sets;
}

bool session_reported(struct session *s, struct native *n, bool force)
{
    unsigned changes = n->ops->parameters_changed(n);
    if (changes == s->reported_changes && !force)
        return false;
    s->reported_changes = changes;
    take_values(s, n);
    for (size_t i = 0; i < s->family->nparameters; i++) {
        const struct session_parameter *p = &s->family->parameters[i];
        const char *now = n->ops->parameter(n, p->name);
        if (now && s->reported[i] && strcmp(now, s->reported[i]) == 0)
            continue;
        free(s->reported[i]);
        s->reported[i] = now ? strdup(now) : NULL;
        if (now && !s->reported[i]) {
            s->forgot = true;
            s->identity_unknown = s->identity_unknown || p->identity;
        }
    }
    return true;
}
