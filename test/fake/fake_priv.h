/* The fake's files: fake.c holds the world, fake_native.c a session of it, fake_run.c what a send
 * does to both. All of it is under fake_lock. */
#ifndef HOLDFAST_TEST_FAKE_PRIV_H
#define HOLDFAST_TEST_FAKE_PRIV_H

#include "fake/fake.h"
#include "base/list.h"
#include "native/native_priv.h"

#include <pthread.h>

#define FAKE_COLUMNS    16
#define FAKE_SERVERS    16
#define FAKE_PARAMETERS 16

struct fake_host {
    char name[64], address[32], password[64];
    int port;
    enum role role;
    enum fake_state state;
    unsigned epoch; /* sessions of an older one have lost their link */
    unsigned changes;
    struct {
        char name[48], value[64];
    } parameters[FAKE_PARAMETERS];
    size_t nparameters;
};

struct script {
    struct script *next;
    char host[64], statement[128]; /* host "": any */
    struct fake_reply reply;       /* its texts are owned */
    int used;
    struct nat_column columns[FAKE_COLUMNS];
    size_t ncolumns, nrows;
    struct text *cells; /* owned; views into reply.rows; s NULL: SQL NULL */
};

extern pthread_mutex_t fake_lock;
extern struct nat_caps fake_caps;

struct fake_host *fake_find(const char *name, const char *address, int port);
/* The script for a statement, or NULL; take: counts as used. */
struct script *fake_script(const struct fake_host *h, struct text sql, bool take);
void fake_note(unsigned session, const struct fake_host *h, const char *user, struct text sql,
               const struct nat_param *p, size_t nparams);
unsigned fake_login(void);
void fake_count_session(int by);
void fake_count_cancel(void);
void fake_wake_all(const struct fake_host *h); /* fake_native.c: their waits look again */

/* ---- a session ---- */

/* What the session will answer next, in order. */
struct item {
    enum { ITEM_OUTCOME, ITEM_LOST, ITEM_MUTE } what;
    struct nat_outcome out;
    struct script *script; /* of NAT_ROWS and NAT_DESCRIBED; NULL: no columns */
    size_t rows;           /* that come */
    size_t params;         /* NAT_DESCRIBED */
    int64_t at;            /* not before */
};

struct plan {
    struct plan *next;
    char *name, *sql; /* owned */
};

struct fake {
    struct native base;
    struct list link; /* in `sessions` */
    char name[64], address[64], user[32], password[64];
    int port, fd; /* a timer: readable when a wait should look again */
    struct fake_host *host;
    unsigned number, epoch;
    bool open, lost, interrupted;
    enum nat_txn txn;
    struct plan *plans;

    struct item *items; /* owned */
    size_t nitems, cap, at;
    const struct item *current; /* NAT_ROWS or NAT_DESCRIBED */
    bool row_set;
    size_t row, got; /* rows handed out before the block; in the block */
    struct nat_type params[64];
    char notice[256];
    struct detach detach;
};

static inline struct fake *fake_of(const struct native *n)
{
    return (struct fake *)(uintptr_t)n;
}

/* fake_run.c; the lock is held. */
void fake_run(struct fake *n, const struct nat_request *r, size_t count);
bool fake_loses_before(const struct fake *n, const struct nat_request *r, size_t count);
struct item *fake_add(struct fake *n, enum nat_outcome_kind kind, size_t request, size_t set);
bool fake_fail(struct fake *n, size_t request, size_t set, const char *state, const char *message);
void fake_plans_free(struct fake *n);

#endif
