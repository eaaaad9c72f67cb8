/* What a session was told to be, so that another one can be made like it after a failover. What is
 * noted of a statement, and how a reported value is set again, is a table a family of servers:
 * session_pg.c and session_my.c say what they know and what they cannot.
 *
 * A statement counts once it has succeeded, where settings are transactional once its transaction
 * commits; ROLLBACK and ROLLBACK TO drop it. Latest of each name, replayed as text in the order the
 * application made them: a setting that needs the rights of a role comes behind the SET ROLE that
 * gave them, and one made before the rights were given up comes before that. What the server
 * reports comes last. Should a role be refused, the session is not used, so nothing that ran before
 * it matters: a new session never has more rights than the old. */
#ifndef HOLDFAST_PIPELINE_SESSION_PRIV_H
#define HOLDFAST_PIPELINE_SESSION_PRIV_H

#include "native/native.h"
#include "pipeline/scan_priv.h"

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

/* A setting the server always reports. */
struct session_parameter {
    const char *name;
    bool identity; /* only compared, the others set to their value */
};

#define SESSION_PARAMETERS_MAX 8

/* Another setting that the server told of because somebody changed it. */
struct session_value {
    char *name, *value; /* owned */
};

struct session {
    const struct session_family *family;
    struct session_list kept;
    struct session_list pending; /* of the open transaction, in order */
    struct session_mark *marks;  /* owned */
    size_t nmarks, marks_cap;
    char *reported[SESSION_PARAMETERS_MAX]; /* owned; as last seen outside of a transaction */
    struct session_value *values;           /* owned; likewise */
    size_t nvalues, values_cap;
    unsigned reported_changes;
    bool unknown;          /* a setting whose value is not known; the family says which kind */
    bool identity_unknown; /* a role in such a way, or memory ran out over a role */
    bool forgot;           /* memory ran out over a setting */
    unsigned commits, rollbacks, partial; /* said of open transactions; ROLLBACK TO is partial */
    bool dropped_plans; /* DISCARD or DEALLOCATE ALL: the server forgot prepared statements */
};

void session_init(struct session *, const struct session_family *);
void session_fini(struct session *);

/* A text has been executed: `done` of its statements succeeded, and `failed` says whether the next
 * one failed. before, after: the transaction's state around it. */
void session_note(struct session *, const struct scan_rules *, struct text sql, size_t done,
                  bool failed, enum nat_txn before, enum nat_txn after);
/* May this text be sent? False: it would make the session speak what the driver does not; f says
 * which statement of it would (HYC00). */
bool session_allows(const struct session *, const struct scan_rules *, struct text sql,
                    const struct scan_info *, struct fault *f);
/* An open transaction ended without a text (SQLEndTran, a lost link). */
void session_commit(struct session *);
void session_rollback(struct session *);
/* Has the session set its access mode itself, so that no configuration reaches it? */
bool session_sets_access(const struct session *);
/* Outside of a transaction: keeps what the server reports, when that has changed (true). */
bool session_reported(struct session *, struct native *, bool force);

/* All that is known to have been set can be set again. */
static inline bool session_is_whole(const struct session *s)
{
    return !s->unknown && !s->identity_unknown && !s->forgot;
}

enum session_restored { SESSION_RESTORED, SESSION_LINK_LOST, SESSION_TIMEOUT, SESSION_NO_IDENTITY };

/* Makes a fresh session like this one: one flush, no round trip when there is nothing to do. A
 * setting that fails is given to `tell` as a 01000; f is filled unless SESSION_RESTORED. */
typedef void session_tell(void *arg, const struct fault *warning);
enum session_restored session_restore(const struct session *, struct native *, int64_t deadline,
                                      session_tell *tell, void *arg, struct fault *f);

/* ---- for the session's own files ---- */

/* The first tokens of one statement (no statement noted here needs more to be known), and where
 * it begins and ends. */
#define SESSION_PARTS 12

struct session_part {
    struct token token;
    enum word word;
};

struct session_parts {
    struct session_part part[SESSION_PARTS];
    size_t n;     /* of part */
    size_t total; /* tokens of the statement */
    const char *begin;
    const char *end;
    unsigned bits;        /* parts of a transaction's characteristics, by words anywhere in it */
    bool config;          /* calls set_config( somewhere */
    bool config_identity; /* and may name role or session_authorization */
    enum { CONFIG_NONE, CONFIG_CALLED, CONFIG_OPEN, CONFIG_NAMED } at_config;
};
enum word session_word(const struct session_parts *, size_t i);
bool session_part_is(const struct session_parts *, size_t i, struct text);
/* A literal that names PostgreSQL's role or session user. */
bool session_names_identity(struct text literal);
/* The whole statement under this key. */
struct session_entry session_entry_of(const struct session_parts *, enum session_kind,
                                      const char *key, unsigned bits);
/* Name at part i, folded as the server does, dotted parts joined. Owned. */
char *session_name(const struct session_parts *, size_t i);

struct session_family {
    struct session_parameter parameters[SESSION_PARAMETERS_MAX];
    size_t nparameters;
    bool transactional;         /* a rollback takes settings back */
    const char *unknown_told;   /* the warning for what is `unknown` */
    const char *const *as_said; /* beginnings of names: what was said counts, not what is told */
    /* A statement that succeeded and is about no transaction. */
    void (*note)(struct session *, const struct scan_rules *, const struct session_parts *);
    /* Of an entry that a text would make: see session_allows(). NULL: all are. */
    bool (*allows)(const struct session_entry *, const struct scan_rules *, struct fault *f);
    /* SQL that gives `name` this value. */
    void (*put)(struct buf *, const char *name, const char *value);
};
extern const struct session_family session_family_pg, session_family_my;

/* Index of a reported setting that is restored by value, or -1. */
int session_parameter_find(const struct session *, const char *key);
/* Is this setting among the values the server told of? */
bool session_value_find(const struct session *, const char *key);

/* Takes key and text (NULL: memory ran out); what a newer entry makes void goes. */
void session_append(struct session *, struct session_entry);
void session_savepoint(struct session *, struct text name);
void session_rollback_to(struct session *, struct text name);
void session_release(struct session *, struct text name);

#endif
