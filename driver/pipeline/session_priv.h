/* What a session was told to be, so that another one can be made like it after a failover.
 *
 * Known are: SET, RESET, DISCARD ALL, SET ROLE, SET SESSION AUTHORIZATION and SET SESSION
 * CHARACTERISTICS, sent by the application or made of its API calls; SELECT set_config() with
 * literals alone; and whatever the server reports of its settings (ParameterStatus), however it
 * was changed. Not known are: set_config() with other arguments or inside a larger statement, and
 * SET inside functions and DO blocks, of settings that the server does not report. A set_config()
 * of that kind is told with a notice after a failover; one that names a role, or a DO block that
 * takes one, makes the identity unknown, and the failover ends with 08S01: a new session never has
 * more rights than the old. (A role that a function took is not seen.)
 * SET LOCAL and SET TRANSACTION die with their transaction; temporary tables, LISTEN, advisory
 * locks, SQL cursors and SQL PREPARE are gone with the session.
 *
 * A statement counts once it has succeeded, inside a transaction once that commits; ROLLBACK and
 * ROLLBACK TO drop it. Latest of each name, replayed as text in the order the application made
 * them: a setting that needs the rights of a role comes behind the SET ROLE that gave them, and one
 * made before the rights were given up comes before that. Should a role be refused, the session
 * is not used, so nothing that ran before it matters. */
#ifndef HOLDFAST_PIPELINE_SESSION_PRIV_H
#define HOLDFAST_PIPELINE_SESSION_PRIV_H

#include "native/native.h"
#include "pipeline/scan.h"

enum session_kind { SESSION_SETTING, SESSION_IDENTITY, SESSION_RESET_ALL, SESSION_DISCARD_ALL };

#define SESSION_ACCESS 2u /* of `bits`: READ ONLY or READ WRITE */

struct session_entry {
    enum session_kind kind;
    char *key;     /* owned; folded name of the setting */
    char *text;    /* owned; the statement */
    unsigned bits; /* parts of SET SESSION CHARACTERISTICS; 0: the whole setting */
};

struct session_list {
    struct session_entry *entries; /* owned */
    size_t n, cap;
};

struct session_mark { /* SAVEPOINT */
    char *name;       /* owned */
    size_t at;        /* pending entries before it */
};

/* Settings the server reports. IDENTITY ones are only compared, the others set to their value. */
#define SESSION_PARAMETERS(X)                                                                      \
    X("application_name", false)                                                                   \
    X("DateStyle", false)                                                                          \
    X("IntervalStyle", false)                                                                      \
    X("TimeZone", false)                                                                           \
    X("standard_conforming_strings", false)                                                        \
    X("search_path", false)                                                                        \
    X("session_authorization", true)                                                               \
    X("is_superuser", true)

#define SESSION_PARAMETER_COUNT 8

struct session {
    struct session_list kept;
    struct session_list pending; /* of the open transaction, in order */
    struct session_mark *marks;  /* owned */
    size_t nmarks, marks_cap;
    char *reported[SESSION_PARAMETER_COUNT]; /* owned; as last seen outside of a transaction */
    unsigned reported_changes;
    bool unknown;          /* a set_config() whose values are not known */
    bool identity_unknown; /* one that named a role, or memory ran out over a role */
    bool forgot;           /* memory ran out over a setting */
    bool dropped_plans;    /* DISCARD or DEALLOCATE ALL: the server forgot prepared statements */
};

void session_init(struct session *);
void session_fini(struct session *);

/* A text has been executed: `done` of its statements succeeded, and `failed` says whether the next
 * one failed. before, after: the transaction's state around it. */
void session_note(struct session *, const struct scan_rules *, struct text sql, size_t done,
                  bool failed, enum nat_txn before, enum nat_txn after);
/* The transaction ended without a text (SQLEndTran, a lost link). */
void session_commit(struct session *);
void session_rollback(struct session *);
/* Has the session set its access mode itself, so that no configuration reaches it? */
bool session_sets_access(const struct session *);
/* Outside of a transaction: keeps what the server reports, when that has changed (true). */
bool session_reported(struct session *, struct native *, bool force);

enum session_restored { SESSION_RESTORED, SESSION_LINK_LOST, SESSION_TIMEOUT, SESSION_NO_IDENTITY };

/* Makes a fresh session like this one: one flush, no round trip when there is nothing to do. A
 * setting that fails is given to `tell` as a 01000; f is filled unless SESSION_RESTORED. */
typedef void session_tell(void *arg, const struct fault *warning);
enum session_restored session_restore(const struct session *, struct native *, int64_t deadline,
                                      session_tell *tell, void *arg, struct fault *f);

/* ---- for the session's own files ---- */

extern const char *const session_parameter_names[SESSION_PARAMETER_COUNT];
extern const bool session_parameter_identity[SESSION_PARAMETER_COUNT];
/* Index of a reported setting that is restored by value, or -1. */
int session_parameter_find(const char *key);

/* Takes key and text (NULL: memory ran out); what a newer entry makes void goes. */
void session_append(struct session *, struct session_entry);
void session_savepoint(struct session *, struct text name);
void session_rollback_to(struct session *, struct text name);
void session_release(struct session *, struct text name);

#endif
