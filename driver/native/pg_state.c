#include "native/pg_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pg_txn_refresh(struct pg *n)
{
    switch (PQtransactionStatus(n->conn)) {
    case PQTRANS_IDLE:
        n->txn = NAT_TXN_IDLE;
        break;
    case PQTRANS_INTRANS:
        n->txn = NAT_TXN_OPEN;
        break;
    case PQTRANS_INERROR:
        n->txn = NAT_TXN_FAILED;
        break;
    default:
        break; /* busy or lost: what was known last stays */
    }
}

/* A writer never turns into a standby without a restart, so that answer is kept. */
static enum role role_told(struct pg *n)
{
    if (n->role == ROLE_WRITER || !n->conn)
        return n->role;
    const char *standby = PQparameterStatus(n->conn, "in_hot_standby");
    n->role = standby == NULL              ? ROLE_UNKNOWN
              : strcmp(standby, "on") == 0 ? ROLE_READER
                                           : ROLE_WRITER;
    return n->role;
}

static void status(const struct native *base, struct nat_status *out)
{
    /* What is remembered of the role is no part of the session's state. */
    struct pg *n = (struct pg *)(uintptr_t)base;

    out->alive =
        n->conn && !n->dead && !twin_interrupted(&n->twin) && PQstatus(n->conn) != CONNECTION_BAD;
    out->busy = n->busy;
    out->txn = n->txn;
    out->hint = role_told(n);
}

static const char *parameter(const struct native *base, const char *name)
{
    const struct pg *n = pg_of_const(base);
    return n->conn ? PQparameterStatus(n->conn, name) : NULL;
}

/* libpq tells of no change, so the reported values are compared when somebody asks. */
static unsigned parameters_changed(const struct native *base)
{
    static const char *const names[] = {
        "application_name",
        "client_encoding",
        "DateStyle",
        "IntervalStyle",
        "TimeZone",
        "default_transaction_read_only",
        "in_hot_standby",
        "session_authorization",
        "standard_conforming_strings",
        "is_superuser",
        "search_path",
    };
    /* A memory of what was seen, no part of the session's state. */
    struct pg *n = (struct pg *)(uintptr_t)base;
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = parameter(base, names[i]);
        for (; value && *value; value++)
            hash = (hash ^ (unsigned char)*value) * 1099511628211u;
        hash = (hash ^ 0xff) * 1099511628211u;
    }
    if (hash != n->reported) {
        n->reported = hash;
        n->reported_changes++;
    }
    return n->reported_changes;
}

static const char *server_version(const struct native *base)
{
    return pg_of_const(base)->version;
}

static const char *address(const struct native *base)
{
    const struct pg *n = pg_of_const(base);
    const char *s = n->conn ? PQhostaddr(n->conn) : NULL;
    return s ? s : "";
}

static int port(const struct native *base)
{
    const struct pg *n = pg_of_const(base);
    const char *s = n->conn ? PQport(n->conn) : NULL;
    return s ? atoi(s) : 0;
}

static char lib_version[24] = "libpq";

static void name_library(void)
{
    int v = PQlibVersion();
    snprintf(lib_version, sizeof lib_version, "libpq %d.%d", v / 10000, v % 10000);
}

void pg_name_library(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, name_library);
}

static const struct nat_caps caps = {
    .family = NAT_FAMILY_PG,
    .dbms = "PostgreSQL",
    .parameters = "$",
    .lib_version = lib_version,
    .quote = '"',
    .backslash_escapes = false,
};

const struct native_ops native_pg = {
    .create = pg_create,
    .open = pg_open,
    .reset = pg_reset,
    .close = pg_close,
    .poll_fd = pg_poll_fd,
    .interrupt = pg_interrupt,
    .cancel = pg_cancel,
    .status = status,
    .send = pg_send,
    .result = pg_result,
    .columns = pg_columns,
    .params = pg_params,
    .next = pg_next,
    .cell = pg_cell,
    .row = pg_row,
    .last = pg_last,
    .detach = pg_detach,
    .finish = pg_finish,
    .notice = pg_notice,
    .parameter = parameter,
    .parameters_changed = parameters_changed,
    .server_version = server_version,
    .address = address,
    .port = port,
    .caps = &caps,
};
