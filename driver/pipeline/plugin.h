/* The plugin chain. A plugin is one file and one row in plugin.def; two verbs, both optional: an
 * empty slot passes through to the next, the tail opens and runs the native connection. Plugins see
 * the wrapper connection, never an ODBC handle.
 * `connect` returns a native and installs nothing: only conn_swap() installs, so a plugin may dial
 * candidates through the rest of the chain without touching the live one.
 * `execute` sees every request that touches the network as one tagged union. */
#ifndef HOLDFAST_PIPELINE_PLUGIN_H
#define HOLDFAST_PIPELINE_PLUGIN_H

#include "pipeline/conn.h"
#include "pipeline/outcome.h"

enum plugin_verb { DO_SEND, DO_RESULT, DO_NEXT, DO_FINISH };

struct plugin_call {
    enum plugin_verb verb;
    struct cursor *cursor;      /* for whom, NULL: the connection's own (transactions, settings) */
    struct outcome_facts facts; /* what a loss at this place means; see outcome.h */
    int64_t deadline;
    union {
        struct {
            const struct nat_request *requests;
            size_t n;
            bool opens; /* a BEGIN travels along: once sent, facts.in_transaction holds */
            bool sent;  /* out */
        } send;
        struct nat_outcome *result; /* out */
        struct {
            size_t max;
            size_t got; /* out */
        } next;
        enum nat_finish finish;
    } u;
};

struct plugin;

struct plugin_ops {
    const char *name;  /* as PLUGINS spells it */
    const char *alias; /* another spelling; NULL none */
    bool last;         /* next to the native, wherever PLUGINS names it */
    /* Has the plugin anything to do for these options? False: it is left out of the chain, and
     * costs nothing. NULL: always. */
    bool (*wanted)(const struct options *);
    /* State for one connection; false: f. NULL slot: no state. */
    bool (*create)(struct plugin *, struct conn *, struct fault *f);
    void (*destroy)(struct plugin *, struct conn *);
    /* NULL result: f. The native is the caller's. */
    struct native *(*connect)(struct plugin *, struct conn *, const struct nat_target *,
                              int64_t deadline, struct fault *f);
    enum nat_answer (*execute)(struct plugin *, struct conn *, struct plugin_call *,
                               struct fault *f);
    /* Told before the installed native is taken away and closed; no I/O. */
    void (*leaving)(struct plugin *, struct conn *);
    void (*swapped)(struct plugin *, struct conn *); /* told after conn_swap to another one */
};

struct plugin {
    const struct plugin_ops *ops;
    struct plugin *next; /* owned chain; the tail has next == NULL */
    void *state;
};

/* Pass on to the next plugin (skipping empty slots). */
struct native *plugin_connect(struct plugin *next, struct conn *, const struct nat_target *,
                              int64_t deadline, struct fault *f);
enum nat_answer plugin_execute(struct plugin *next, struct conn *, struct plugin_call *,
                               struct fault *f);
/* Builds the chain for a PLUGINS list; false: HY024 names the unknown plugin and the known ones. */
bool plugin_chain(struct conn *, struct text list, struct plugin **out, struct fault *f);
void plugin_chain_free(struct conn *, struct plugin *);

#endif
