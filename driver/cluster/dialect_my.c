#include "cluster/dialect_priv.h"

#include <stdio.h>
#include <string.h>

/* clang-format off: one clause a line */
#define FLAG(condition) "CASE WHEN " condition " THEN 1 ELSE 0 END"

/* super_read_only implies read_only; newer MariaDBs spell its values. */
#define WRITABLE                                                                                   \
    "CAST(@@global.read_only AS CHAR) IN ('0', 'OFF') AND @@global.innodb_read_only = 0"
#define NOT_WRITABLE "NOT (" WRITABLE ")"
#define OWN_ID       "CAST(@@global.server_id AS CHAR)"
#define TOOK         "TIMESTAMPDIFF(MICROSECOND, NOW(6), SYSDATE(6))"
#define MASTER       "s.SESSION_ID = 'MASTER_SESSION_ID'"

#define IDENTITY "SELECT " FLAG(WRITABLE) ", " FLAG(NOT_WRITABLE) ", " OWN_ID ", " TOOK

/* MariaDB reads the first of the two statements in the comments, and waits there, 2 ms at a time;
 * MySQL reads the second, answers at once and is asked again. */
#define AWAIT                                                                                      \
    "/*M! BEGIN NOT ATOMIC DECLARE i INT DEFAULT 0; "                                              \
    "WHILE i < 430 AND " NOT_WRITABLE " DO SET i = i + 1; DO SLEEP(0.002); END WHILE; END */"      \
    "/*!80000 DO 0 */; "

#define MULTI_AZ_TOPOLOGY                                                                          \
    "SELECT t.id, t.endpoint, t.port, NULL, " FLAG(                                                \
        "t.id = @@global.server_id") ", 0 "                                                        \
                                     "FROM mysql.rds_topology AS t LIMIT 257"

#define AURORA_IDENTITY                                                                            \
    "SELECT " FLAG(                                                                                \
        "EXISTS (SELECT 1 FROM information_schema.replica_host_status AS s "                       \
        "WHERE " MASTER                                                                            \
        " AND s.SERVER_ID = @@aurora_server_id)") ", " FLAG("@@innodb_read_only <> 0") ", "        \
                                                                                       "@@aurora_" \
                                                                                       "server_"   \
                                                                                       "id, " TOOK

#define AURORA_TOPOLOGY                                                                            \
    "SELECT s.SERVER_ID, s.SERVER_ID, NULL, " FLAG(MASTER) ", " FLAG(                              \
        "s.SERVER_ID = @@aurora_server_id") ", "                                                   \
                                            "CAST(UNIX_TIMESTAMP(s.LAST_UPDATE_TIMESTAMP) * "      \
                                            "1000000 AS SIGNED) "                                  \
                                            "FROM information_schema.replica_host_status AS s "    \
                                            "WHERE TIME_TO_SEC(TIMEDIFF(NOW(), "                   \
                                            "s.LAST_UPDATE_TIMESTAMP)) <= 300 OR "                 \
                                            "s.LAST_UPDATE_TIMESTAMP IS NULL OR " MASTER           \
                                            " LIMIT 257"
/* clang-format on */

static const struct dialect plain = {.id = DIALECT_PLAIN,
                                     .name = "MYSQL",
                                     .identity = {IDENTITY, NULL},
                                     .await = {AWAIT IDENTITY, NULL}};

static const struct dialect multi_az = {
    .id = DIALECT_MULTI_AZ,
    .name = "MULTI_AZ_MYSQL",
    .topology = {MULTI_AZ_TOPOLOGY, NULL},
    .source = {"SHOW REPLICA STATUS", "Source_Server_Id|Master_Server_Id"},
    .identity = {IDENTITY, NULL},
    .await = {AWAIT IDENTITY, NULL}};

/* Aurora's readers restart at a failover: a session waiting on one would only be cut. */
static const struct dialect aurora = {.id = DIALECT_AURORA,
                                      .name = "AURORA_MYSQL",
                                      .topology = {AURORA_TOPOLOGY, NULL},
                                      .identity = {AURORA_IDENTITY, NULL},
                                      .names_are_ids = true};

/* A table shows in information_schema only to who may use it. report_host tells a member of a
 * Multi-AZ cluster from an instance, which has the table in a blue/green deployment. */
static const struct question detection[] = {
    {"SELECT " FLAG(
         NOT_WRITABLE) ", CURRENT_USER(), "
                       "(SELECT COUNT(*) FROM information_schema.tables "
                       "WHERE table_schema = 'mysql' AND table_name = 'rds_topology'), " FLAG(
                           "@@global.report_host <> ''"),
     NULL},
    {"SHOW VARIABLES LIKE 'aurora_version'", NULL}};

static void add_quoted(struct buf *b, struct text t)
{
    buf_char(b, '\'');
    for (size_t i = 0; i < t.n; i++) {
        if (t.s[i] == '\'' || t.s[i] == '\\')
            buf_char(b, t.s[i]);
        buf_char(b, t.s[i]);
    }
    buf_char(b, '\'');
}

/* user@host as a GRANT wants it. */
static void account(struct text user, char *out, size_t room)
{
    size_t at = user.n;
    struct buf b;

    buf_init(&b);
    while (at > 0 && user.s[at - 1] != '@')
        at--;
    if (at > 0) {
        add_quoted(&b, text_sub(user, 0, at - 1));
        buf_char(&b, '@');
    }
    add_quoted(&b, text_sub(user, at, user.n - at));
    if (buf_ok(&b))
        snprintf(out, room, "%s", buf_z(&b));
    buf_fini(&b);
}

static bool detect(const struct rows *answers, struct detection *d)
{
    const struct rows *r = &answers[0];
    int reader = dialect_count(r, 0), tables = dialect_count(r, 2), member = dialect_count(r, 3);

    *d = (struct detection){.recovery = reader == 1, .id = DIALECT_PLAIN, .may_ask = tables > 0};
    if (r->n != 1 || reader < 0 || reader > 1 || tables < 0 || member < 0)
        return false;
    if (answers[1].n > 0)
        d->id = DIALECT_AURORA;
    else if (tables > 0 && member > 0)
        d->id = DIALECT_MULTI_AZ;
    account(rows_cell(r, 0, 1), d->account, sizeof d->account);
    if (!d->may_ask)
        fault_set(&d->grants, "01000",
                  "failover finds the writer by asking each host only: run "
                  "GRANT SELECT ON mysql.rds_topology TO %s",
                  d->account);
    return true;
}

/* Denied: for a database, a table, a column, a global privilege, a routine. Not there: database,
 * table, variable, table of information_schema. Not understood. */
static const char *const may_not_ask[] = {"1044", "1142", "1143", "1227", "1370", "1049",
                                          "1146", "1193", "1109", "1064", NULL};
/* Deadlock, lock wait, killed query, time limits of MySQL and MariaDB. */
static const char *const again[] = {"1213", "1205", "1317", "3024", "1969", NULL};
static const char *const no_database[] = {"1044", "1049", NULL};

const struct dialect_family dialect_family_my = {
    .port = 3306,
    .dialects =
        {[DIALECT_PLAIN] = &plain, [DIALECT_MULTI_AZ] = &multi_az, [DIALECT_AURORA] = &aurora},
    .detection = detection,
    .ndetection = sizeof detection / sizeof detection[0],
    .detect = detect,
    .source_grant = "GRANT REPLICATION CLIENT ON *.* (MariaDB: REPLICA MONITOR)",
    .may_not_ask = may_not_ask,
    .again = again,
    .no_database = no_database};
