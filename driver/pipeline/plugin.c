#include "pipeline/conn_priv.h"
#include <stdlib.h>

#define PLUGIN(ops) extern const struct plugin_ops ops;
#include "pipeline/plugin.def"
#undef PLUGIN

static const struct plugin_ops *const plugins[] = {
#define PLUGIN(ops) &ops,
#include "pipeline/plugin.def"
#undef PLUGIN
};
#define PLUGINS (sizeof(plugins) / sizeof(plugins[0]))

struct native *plugin_connect(struct plugin *p, struct conn *c, const struct nat_target *target,
                              int64_t deadline, struct fault *f)
{
    while (p && !p->ops->connect)
        p = p->next;
    if (p)
        return p->ops->connect(p, c, target, deadline, f);
    fault_set(f, "HY000", "no plugin opens connections");
    return NULL;
}

enum nat_answer plugin_execute(struct plugin *p, struct conn *c, struct plugin_call *call,
                               struct fault *f)
{
    while (p && !p->ops->execute)
        p = p->next;
    if (p)
        return p->ops->execute(p, c, call, f);
    fault_lost(f, "the connection is not open");
    return NAT_FAULT;
}

static const struct plugin_ops *find(struct text name)
{
    for (size_t i = 0; i < PLUGINS; i++)
        if (text_eq_ci(text_of(plugins[i]->name), name) ||
            (plugins[i]->alias && text_eq_ci(text_of(plugins[i]->alias), name)))
            return plugins[i];
    return NULL;
}

static bool unknown(struct text name, struct fault *f)
{
    fault_set(f, "HY024", "PLUGINS names \"%.*s\", which is none of: none", TEXT_ARG(name));
    for (size_t i = 0; i < PLUGINS; i++)
        fault_add(f, ", %s", plugins[i]->name);
    return false;
}

/* Appends one plugin to the chain whose last link is *last. */
static bool append(struct conn *c, const struct plugin_ops *ops, struct plugin ***last,
                   struct fault *f)
{
    struct plugin *p = calloc(1, sizeof(*p));
    if (!p)
        return fault_oom(f);
    p->ops = ops;
    if (ops->create && !ops->create(p, c, f)) {
        free(p);
        return false;
    }
    **last = p;
    *last = &p->next;
    return true;
}

static bool listed(const struct plugin *p, const struct plugin_ops *ops)
{
    while (p && p->ops != ops)
        p = p->next;
    return p != NULL;
}

/* Those of the list that stand last, or those that do not. */
static bool append_list(struct conn *c, struct text list, bool stands_last, struct plugin **head,
                        struct plugin ***last, struct fault *f)
{
    for (size_t at = 0; at <= list.n;) {
        size_t comma = text_find(list, ',', at);
        size_t end = comma == SIZE_MAX ? list.n : comma;
        struct text name = text_trim(text_sub(list, at, end - at));
        at = end + 1;
        if (name.n == 0 || text_eq_ci(name, TEXT("none")))
            continue;
        const struct plugin_ops *ops = find(name);
        if (!ops)
            return unknown(name, f);
        if (ops->last != stands_last || listed(*head, ops) ||
            (ops->wanted && !ops->wanted(&c->options)))
            continue;
        if (!append(c, ops, last, f))
            return false;
    }
    return true;
}

bool plugin_chain(struct conn *c, struct text list, struct plugin **out, struct fault *f)
{
    struct plugin *head = NULL, **last = &head;
    if (append_list(c, list, false, &head, &last, f) &&
        append_list(c, list, true, &head, &last, f) && append(c, &plugin_native, &last, f)) {
        *out = head;
        return true;
    }
    plugin_chain_free(c, head);
    return false;
}

void plugin_chain_free(struct conn *c, struct plugin *p)
{
    while (p) {
        struct plugin *next = p->next;
        if (p->ops->destroy)
            p->ops->destroy(p, c);
        free(p);
        p = next;
    }
}
