/* What is asked of a server (dialect_FAMILY.c) and what its answers mean (answer.c). Pure: no
 * locks, no I/O. A server's answer is checked as a stranger's would be. */
#ifndef HOLDFAST_CLUSTER_DIALECT_PRIV_H
#define HOLDFAST_CLUSTER_DIALECT_PRIV_H

#include "cluster/ask_priv.h"
#include "cluster/topology_priv.h"

/* ---- detection: looks only, cannot raise an error in a session that may be in use ---- */

struct detection {
    bool recovery;
    enum dialect_id id;            /* MULTI_AZ maybe on a plain RDS instance too */
    bool may_ask;                  /* the Multi-AZ questions, as this user */
    char database[HOST_ID_MAX];    /* where the topology is to be asked; "" anywhere */
    char account[2 * HOST_ID_MAX]; /* the user, as source_grant goes on; "" */
    struct fault grants;           /* when not: the statements an administrator is to run */
};

/* ---- families: one table each, dialect_pg.c and dialect_my.c ---- */

struct dialect_family {
    int port; /* the usual one */
    const struct dialect *dialects[DIALECT_AURORA + 1];
    const struct question *detection;
    size_t ndetection;
    /* answers[i] to detection[i]; false: they make no sense. */
    bool (*detect)(const struct rows *answers, struct detection *);
    const char *source_grant; /* what the question `source` needs */
    /* Ends with NULL each: SQLSTATEs, or the server's error numbers. */
    const char *const *may_not_ask; /* no such object, or no right to it */
    const char *const *again;       /* ask once more */
    const char *const *no_database; /* no such database, or no right to it */
};
extern const struct dialect_family dialect_family_pg, dialect_family_my;

const struct dialect_family *dialect_family(const struct native_ops *);
/* NULL: DIALECT_UNKNOWN. */
const struct dialect *dialect_get(const struct dialect_family *, enum dialect_id);
/* The dialect that DATABASE_DIALECT names, of whatever family; DIALECT_UNKNOWN for auto. */
enum dialect_id dialect_option(const struct options *);
/* A cell that must be a number from 0 to 10000; -1: it is not. */
int dialect_count(const struct rows *, size_t column);

/* ---- answers ---- */

struct identity {
    enum role role; /* unknown: not in recovery, but not yet the writer in the metadata */
    bool recovery;
    char id[HOST_ID_MAX];
    int64_t took_us; /* between the question's arrival and this answer, by the server's clock */
};
bool identity_parse(const struct rows *, struct identity *);

struct topology_rules {
    bool names_are_ids;
    const char *pattern;       /* HOST_PATTERN, "" none */
    struct text domain;        /* of the connected RDS host, TEXT_NONE none */
    int port;                  /* the connected port */
    const struct rows *source; /* the answer to the dialect's `source`; NULL: not known */
};
/* Hosts and roles as the server tells them; *self is the row of the server asked, or -1. Several
 * writers: the newest; none, or none known: writer -1. NULL: no sane row (f says why) or out of
 * memory. */
struct topology *topology_parse(const struct rows *, const struct topology_rules *, int *self,
                                struct fault *f);

#endif
