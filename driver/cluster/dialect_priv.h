/* What is asked of a server (dialect.c) and what its answers mean (answer.c). Pure: no locks, no
 * I/O. A server's answer is checked as a stranger's would be. */
#ifndef HOLDFAST_CLUSTER_DIALECT_PRIV_H
#define HOLDFAST_CLUSTER_DIALECT_PRIV_H

#include "cluster/ask_priv.h"
#include "cluster/topology_priv.h"

const struct dialect *dialect_get(enum dialect_id);
/* The dialect that DATABASE_DIALECT names; DIALECT_UNKNOWN for auto. */
enum dialect_id dialect_option(const struct options *);

/* ---- detection: looks into the catalogue only, cannot raise an error ---- */

extern const char dialect_detection[];

struct detection {
    bool recovery;
    char user[HOST_ID_MAX]; /* as the server names it, unquoted */
    char database[HOST_ID_MAX];
    int functions;  /* of rds_tools that are there, 0..3 */
    int executable; /* and that the user may execute */
    bool usage;     /* of the schema */
    bool aurora;
};
bool detection_parse(const struct rows *, struct detection *);
/* What the catalogue says: may be MULTI_AZ on a plain RDS instance with the extension too. */
enum dialect_id detection_dialect(const struct detection *);
bool detection_may_ask(const struct detection *); /* rds_tools is usable by this user */
/* The statements an administrator is to run, for a warning. */
void detection_grants(const struct detection *, struct fault *warning);

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
    const char *pattern; /* HOST_PATTERN, "" none */
    struct text domain;  /* of the connected RDS host, TEXT_NONE none */
    int port;            /* the connected port */
};
/* Hosts and roles as the server tells them; *self is the row of the server asked, or -1. Several
 * writers: the newest; none: writer -1. NULL: no sane row (f says why) or out of memory. */
struct topology *topology_parse(const struct rows *, const struct topology_rules *, int *self,
                                struct fault *f);

#endif
