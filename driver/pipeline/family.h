/* What the pipeline must know of a family of servers, as data: one table each in family.c. Lists of
 * codes are for fault_among(). */
#ifndef HOLDFAST_PIPELINE_FAMILY_H
#define HOLDFAST_PIPELINE_FAMILY_H

#include "pipeline/conn.h"

struct session_family;

struct family {
    const struct session_family *session;
    enum isolation isolation;          /* a new session's, before anybody has said otherwise */
    const char *set_isolation;         /* of the session; the level's name follows */
    const char *const *isolation_told; /* parameters that say it, once it has been changed; NULL */
    const char *set_read_only;
    const char *set_read_write;
    const char *read_only_next;   /* parameter that is "on" when transactions begin read only */
    const char *read_only_now;    /* the same of the open transaction */
    const char *begin_read_only;  /* one transaction that the server lets not write */
    const char *const *read_only; /* how it refuses a write in one */
    bool guards_parameters;       /* also around a statement with parameters: replay.c */
    const char *const *demoted;   /* a refused write: maybe the node is a reader by now */
    bool demoted_alive;           /* its sessions live on: under several statements, or one that
                                     commits inside, it may come half way */
    bool each_stands;             /* of several statements in one text, whatever comes behind it */
    const char *const *not_serving; /* not yet, or not any more */
    const char *const *cancelled;
    const char *const
        *forgotten; /* a prepared statement, and the session with it; nothing is done */
    const char *const *refused_for_good; /* a login that will not get better */
    const uint32_t *whole; /* parameter types of whole numbers that may be what is wrong with a
                              statement: bigint, integer, others, 0; NULL: none */
    const char *const *types_refused; /* that is wrong with it */
};

const struct family *family_of(const struct native_ops *);

#endif
