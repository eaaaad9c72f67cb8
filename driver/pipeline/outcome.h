/* What a lost link means to the application: the table of doc/FAILOVER.md as a pure function.
 *   08S02  certainly nothing was done: run it again
 *   08007  the outcome is unknown: look before you redo
 * (08S01, no new connection, is not decided here: failover itself failed.) */
#ifndef HOLDFAST_PIPELINE_OUTCOME_H
#define HOLDFAST_PIPELINE_OUTCOME_H

#include <stdbool.h>

enum outcome_reach {
    REACH_NOT_SENT, /* no byte of the request left the process */
    REACH_REFUSED,  /* the server refused it before it did anything (25006, 57P03) */
    REACH_SENT      /* the answer was lost */
};

struct outcome_facts {
    enum outcome_reach reach;
    bool in_transaction;   /* one was open on the server before this request, or it opens one */
    bool commit;           /* the request commits (COMMIT, or text that holds one) */
    bool rollback;         /* the request is a lone ROLLBACK */
    bool plain_read;       /* scan_info.plain_read */
    bool server_read_only; /* the server itself allowed no writes (hot standby, READ ONLY) */
    bool several;          /* parameter sets, or statements, each a transaction of its own */
    bool lax;              /* FAILOVER_AUTOCOMMIT_STATE=08S02 */
};

const char *outcome_sqlstate(const struct outcome_facts *);

/* May the same be sent again on the new connection, instead of ending with 08S02? The second table
 * of doc/FAILOVER.md. */
enum replay_mode { REPLAY_OFF, REPLAY_UNSENT, REPLAY_READS }; /* FAILOVER_REPLAY, as option.def */

struct replay_facts {
    enum replay_mode mode;
    bool tracked; /* the connection tracker is loaded */
    bool clean;   /* the session held nothing that went with it */
    bool asks;    /* the statement asks for what the session did before */
    bool refused; /* REACH_REFUSED by a reader, before the statement did anything */
    bool guarded; /* sent as a READ ONLY transaction of its own; nothing of it was handed out */
};

enum replay { REPLAY_NO, REPLAY_SILENT, REPLAY_TOLD };
enum replay outcome_replay(const struct outcome_facts *, const struct replay_facts *);

#endif
