/* The native on MariaDB Connector/C, for its own files: the only ones that see mysql.h. It runs
 * texts and streams their rows by the library's non-blocking calls; prepared statements are not
 * there yet (HYC00).
 *   my_native.c  login, send, outcomes, rows
 *   my_state.c   types, faults, what needs no I/O
 * One thread at a time is inside, but for interrupt (the twin only). */
#ifndef HOLDFAST_NATIVE_MY_PRIV_H
#define HOLDFAST_NATIVE_MY_PRIV_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "base/buf.h"
#include "base/wait.h"
#include "native/native_priv.h"

#include <mysql.h>

#define MY_BLOCK 64

/* The call of the library that is under way; it may stop to wait for the socket. */
enum my_op { MY_NONE, MY_CONNECT, MY_SEND, MY_READ, MY_NEXT_RESULT, MY_FETCH };

/* Where the session stands in the outcomes of a send. */
enum my_stage {
    MY_CLOSED,
    MY_IDLE,
    MY_SENT,   /* the first result is to be read */
    MY_ROWS,   /* inside a result set */
    MY_AFTER,  /* between two results */
    MY_SKIPPED /* one failed: nothing more comes */
};

/* A cell's bytes in the block; at SIZE_MAX: SQL NULL. */
struct my_place {
    size_t at;
    size_t n;
};

struct my {
    struct native base;
    char *host, *user, *password, *database; /* owned */
    int port;
    struct twin twin;
    MYSQL *mysql; /* owned */
    bool dead;

    enum my_op op;
    int events; /* MYSQL_WAIT_*: what op waits for */
    int rc;     /* what the library's call gave back */
    MYSQL_ROW row;

    enum my_stage stage;
    struct buf sql;
    size_t count, at; /* requests of the send; the one whose outcome comes next */
    enum nat_txn txn;

    MYSQL_RES *res; /* owned, streaming */
    bool ended;     /* its rows */
    int64_t rows;
    struct nat_column *columns; /* owned */
    size_t ncolumns, columns_cap;
    struct buf block;
    struct my_place *places; /* owned: MY_BLOCK x ncolumns */
    size_t places_cap, got;
    struct detach detach;
    char version[32], address[ADDRESS_MAX];
};

static inline struct my *my_of(const struct native *n)
{
    return (struct my *)(uintptr_t)n;
}

/* my_state.c */
extern const struct nat_caps my_caps;
void my_column_fill(struct nat_column *c, const MYSQL_FIELD *field);
enum nat_answer my_fault(struct my *n, bool opening, struct fault *f);
void my_status(const struct native *, struct nat_status *out);
void my_note_address(struct my *n);
const struct nat_column *my_columns(const struct native *, size_t *n);
const struct nat_type *my_params(const struct native *, size_t *n);
struct nat_cell my_cell(const struct native *, size_t row, size_t column);
bool my_notice(struct native *, struct fault *);
const char *my_parameter(const struct native *, const char *name);
unsigned my_parameters_changed(const struct native *);
const char *my_server_version(const struct native *);
const char *my_address(const struct native *);
int my_port(const struct native *);

#endif
