/* A scripted native: the whole driver runs on it without a server. A test makes servers, says what
 * they answer, and reads afterwards what they executed. Everything here is process-wide, guarded by
 * one lock, and may be changed while sessions run (also from another thread).
 *
 * A statement without a script: BEGIN, COMMIT and ROLLBACK move the transaction; SELECT, SHOW,
 * VALUES, TABLE and WITH give a set of no rows; a writing statement is refused with 25006 on a
 * reader; anything else is done, count 1. Several statements are told apart by ';'. A script
 * matches the start of a statement (any case): its own text, "PREPARE text", or "DEALLOCATE name".
 */
#ifndef HOLDFAST_TEST_FAKE_H
#define HOLDFAST_TEST_FAKE_H

#include "native/native.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct native_ops native_fake;

/* ---- servers, by host name (port 0: any; found by address "10.0.0.N" too, in order of making) */

enum fake_state {
    FAKE_UP,
    FAKE_DOWN,    /* refuses connections; its sessions' links are lost */
    FAKE_FROZEN,  /* accepts and says nothing; executes nothing */
    FAKE_STARTING /* refuses a login with 57P03; its sessions' links are lost */
};

void fake_reset(void); /* forgets all; no session may be open */
/* Whose SQL the servers speak (after a reset PostgreSQL's). MySQL's do not tell their role unasked,
 * and refuse a write on a reader with 1290. */
void fake_set_family(enum nat_family);
void fake_server(const char *host, int port, enum role role);
void fake_set_state(const char *host, enum fake_state);
void fake_set_role(const char *host, enum role); /* a promotion or demotion; links live */
void fake_set_password(const char *host, const char *password); /* NULL: any will do */
/* Of MySQL: a system variable that a SET has touched, but for "schema". */
void fake_set_parameter(const char *host, const char *name, const char *value);
void fake_kill_sessions(const char *host); /* their links are lost, the host stays as it is */

/* ---- scripts ---- */

enum fake_act {
    FAKE_ROWS,        /* rows, then done */
    FAKE_DONE,        /* count and tag */
    FAKE_FAIL,        /* state and message; nothing is executed */
    FAKE_LOST_BEFORE, /* the link is lost before the first byte of the whole send */
    FAKE_LOST_AFTER,  /* executed, then the link is lost without an answer */
    FAKE_LOST_MIDWAY, /* `midway` rows come, then the link is lost */
    FAKE_MUTE         /* executed, no answer ever comes; a cancel ends it with 57014 */
};

struct fake_reply {
    enum fake_act act;
    const char *rows;    /* "id:int4,name|1,one|2,\N": columns, then rows; \N is SQL NULL */
    size_t repeat;       /* the rows so many times over; 0: once */
    size_t midway;       /* FAKE_LOST_MIDWAY */
    int64_t count;       /* FAKE_DONE */
    const char *tag;     /* NULL: the statement's first word */
    const char *state;   /* FAKE_FAIL */
    const char *message; /* FAKE_FAIL */
    const char *notice;  /* NULL: none */
    int delay_ms;        /* before the answer */
    int times;           /* how often it applies, 0: always */
    int number;          /* FAKE_FAIL: the server's error number */
};

/* The first script that matches and is not used up applies. host NULL: on every server. */
void fake_on(const char *host, const char *statement, const struct fake_reply *reply);
void fake_on_rows(const char *host, const char *statement, const char *rows);
void fake_on_fail(const char *host, const char *statement, const char *state, const char *message);
void fake_on_act(const char *host, const char *statement, enum fake_act act, int times);

/* ---- what happened ---- */

struct fake_record {
    unsigned session; /* counted from 1 in order of login */
    char host[64];
    char user[32];
    char sql[512]; /* with " [a, b]" behind it when it had parameters */
};

size_t fake_executed(const char *statement);         /* how many so beginning were executed */
bool fake_record(size_t i, struct fake_record *out); /* in order; false: no more */
unsigned fake_logins(void);                          /* sessions ever opened */
unsigned fake_sessions(void);                        /* natives not closed yet */
unsigned fake_cancels(void);

#ifdef __cplusplus
}
#endif

#endif
