#include "cluster/dialect_priv.h"

#include <stdio.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.1.0"
#endif

/* Everything is schema-qualified, operators too: a hostile search_path must not matter. */
/* clang-format off: one clause a line */
#define EQ    " OPERATOR(pg_catalog.=) "
#define NE    " OPERATOR(pg_catalog.!=) "
#define LE    " OPERATOR(pg_catalog.<=) "
#define MINUS " OPERATOR(pg_catalog.-) "
#define TIMES " OPERATOR(pg_catalog.*) "

#define FLAG(condition) "CASE WHEN " condition " THEN 1 ELSE 0 END"
#define MICROSECONDS(interval)                                                                     \
    "(pg_catalog.date_part('epoch', " interval ")" TIMES "1000000)::pg_catalog.int8"

#define SOURCE_ID "rds_tools.multi_az_db_cluster_source_dbi_resource_id()"
#define OWN_ID    "rds_tools.dbi_resource_id()"
#define AURORA_ID "pg_catalog.aurora_db_instance_identifier()"
#define MASTER    "s.session_id" EQ "'MASTER_SESSION_ID'"

#define RECOVERY FLAG("pg_catalog.pg_is_in_recovery()")
#define TOOK     MICROSECONDS("pg_catalog.clock_timestamp()" MINUS "pg_catalog.statement_timestamp()")

/* Waits for the promotion on the server's side, 2 ms at a time; a statement_timeout of the role
 * must not end it. */
#define AWAIT                                                                                      \
    "SET LOCAL statement_timeout = 0; "                                                            \
    "DO $holdfast$ BEGIN FOR i IN 1..430 LOOP "                                                    \
    "EXIT WHEN NOT pg_catalog.pg_is_in_recovery(); "                                               \
    "PERFORM pg_catalog.pg_sleep(0.002); "                                                         \
    "END LOOP; END $holdfast$; "

#define PLAIN_IDENTITY                                                                             \
    "SELECT " FLAG("NOT pg_catalog.pg_is_in_recovery()") ", " RECOVERY ", '', " TOOK

/* The source is the writer; no row, or the own id, means that the node itself is. */
#define MULTI_AZ_IDENTITY                                                                          \
    "SELECT " FLAG("NOT EXISTS (SELECT 1 FROM " SOURCE_ID                                          \
                   " AS s(id) WHERE s.id IS NULL OR s.id" NE                                       \
                   "o.id)") ", " RECOVERY ", o.id, " TOOK " FROM " OWN_ID " AS o(id)"

/* A source that is NULL: not (yet) a member of a Multi-AZ cluster, no topology then. */
#define MULTI_AZ_TOPOLOGY                                                                          \
    "SELECT t.id, t.endpoint, t.port, " FLAG(                                                      \
        "t.id" EQ "COALESCE((SELECT s.id FROM " SOURCE_ID                                          \
        " AS s(id) LIMIT 1), o.id)") ", " FLAG("t.id" EQ "o.id") ", 0"                             \
                                                                 " FROM "                          \
                                                                 "rds_tools.show_topology('"       \
                                                                 "holdfast-" PACKAGE_VERSION       \
                                                                 "') AS t"                         \
                                                                 " CROSS JOIN " OWN_ID " AS o(id)" \
                                                                 " WHERE NOT EXISTS (SELECT 1 "    \
                                                                 "FROM " SOURCE_ID                 \
                                                                 " AS s(id) WHERE s.id IS NULL)"   \
                                                                 " LIMIT 257"

#define AURORA_IDENTITY                                                                            \
    "SELECT " FLAG("EXISTS (SELECT 1 FROM pg_catalog.aurora_replica_status() AS s"                 \
                   " WHERE " MASTER " AND s.server_id" EQ AURORA_ID ")") ", " RECOVERY             \
                                                                         ", " AURORA_ID ", " TOOK

#define AURORA_TOPOLOGY                                                                            \
    "SELECT s.server_id, s.server_id, NULL, " FLAG(MASTER) ", " FLAG(                              \
        "s.server_id" EQ                                                                           \
            AURORA_ID) ", " MICROSECONDS("s.last_update_timestamp") " FROM "                       \
                                                                    "pg_catalog.aurora_replica_"   \
                                                                    "status() AS s"                \
                                                                    " WHERE "                      \
                                                                    "pg_catalog.date_part('epoch'" \
                                                                    ", pg_catalog.now()" MINUS     \
                                                                    "s.last_update_timestamp)" LE  \
                                                                    "300"                          \
                                                                    " OR " MASTER                  \
                                                                    " OR s.last_update_timestamp " \
                                                                    "IS NULL"                      \
                                                                    " LIMIT 257"
/* clang-format on */

static const struct dialect plain = {.id = DIALECT_PLAIN,
                                     .name = "POSTGRESQL",
                                     .identity = {PLAIN_IDENTITY, NULL},
                                     .await = {AWAIT PLAIN_IDENTITY, NULL}};

static const struct dialect multi_az = {.id = DIALECT_MULTI_AZ,
                                        .name = "MULTI_AZ_POSTGRESQL",
                                        .topology = {MULTI_AZ_TOPOLOGY, NULL},
                                        .identity = {MULTI_AZ_IDENTITY, NULL},
                                        .await = {AWAIT MULTI_AZ_IDENTITY, NULL}};

/* Aurora's readers restart at a failover: a session waiting on one would only be cut. */
static const struct dialect aurora = {.id = DIALECT_AURORA,
                                      .name = "AURORA_POSTGRESQL",
                                      .topology = {AURORA_TOPOLOGY, NULL},
                                      .identity = {AURORA_IDENTITY, NULL},
                                      .names_are_ids = true};

/* clang-format off: one column a line */
#define OF_TOOLS    "n.nspname" EQ "'rds_tools'"
#define NAMED(name) "p.proname" EQ "'" name "'"

static const struct question detection[] = {
    {"SELECT " RECOVERY ", "
     "CURRENT_USER::pg_catalog.text, "
     "pg_catalog.current_database()::pg_catalog.text, "
     "pg_catalog.count(DISTINCT CASE WHEN " OF_TOOLS " THEN p.proname END), "
     "pg_catalog.count(DISTINCT CASE WHEN " OF_TOOLS
     " AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE') THEN p.proname END), "
     "pg_catalog.count(CASE WHEN " OF_TOOLS
     " AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') THEN 1 END), "
     "pg_catalog.count(CASE WHEN n.nspname" EQ "'pg_catalog' THEN 1 END) "
     "FROM pg_catalog.pg_proc AS p "
     "JOIN pg_catalog.pg_namespace AS n ON n.oid" EQ "p.pronamespace "
     "WHERE (" OF_TOOLS
     " AND (" NAMED("show_topology") " OR " NAMED("dbi_resource_id") " OR " NAMED(
         "multi_az_db_cluster_source_dbi_resource_id") ")) "
                                                       "OR (n.nspname" EQ "'pg_catalog' AND " NAMED(
                                                           "aurora_replica_status") ")",
     NULL}};
/* clang-format on */

/* name as an SQL identifier. */
static void add_quoted(struct fault *f, struct text name)
{
    char quoted[2 * HOST_ID_MAX + 3];
    size_t n = 0;

    quoted[n++] = '"';
    for (size_t i = 0; i < name.n && n < sizeof quoted - 3; i++) {
        if (name.s[i] == '"')
            quoted[n++] = '"';
        quoted[n++] = name.s[i];
    }
    quoted[n++] = '"';
    quoted[n] = '\0';
    fault_add(f, "%s", quoted);
}

/* What rds_tools has and this user may use. */
struct tools {
    struct text user, database;
    int functions;  /* that are there, of 3 */
    int executable; /* and that the user may execute */
    int usage;      /* of the schema: more than 0 */
};

static void grants(const struct tools *t, struct fault *f)
{
    fault_set(f, "01000", "failover finds the writer by asking each host only: run ");
    if (t->functions < 3) {
        fault_add(f, "CREATE EXTENSION rds_tools in the database ");
        add_quoted(f, t->database);
        fault_add(f, "; ");
    }
    if (t->usage == 0) {
        fault_add(f, "GRANT USAGE ON SCHEMA rds_tools TO ");
        add_quoted(f, t->user);
    }
    if (t->executable < 3) {
        fault_add(f, "%sGRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA rds_tools TO ",
                  t->usage ? "" : "; ");
        add_quoted(f, t->user);
    }
}

static bool detect(const struct rows *r, struct detection *d)
{
    struct tools t = {.user = rows_cell(r, 0, 1),
                      .database = rows_cell(r, 0, 2),
                      .functions = dialect_count(r, 3),
                      .executable = dialect_count(r, 4),
                      .usage = dialect_count(r, 5)};
    int recovery = dialect_count(r, 0), in_aurora = dialect_count(r, 6);

    *d = (struct detection){.recovery = recovery == 1, .id = DIALECT_PLAIN};
    if (r->n != 1 || recovery < 0 || recovery > 1 || t.functions < 0 || t.executable < 0 ||
        t.usage < 0 || in_aurora < 0)
        return false;
    if (in_aurora > 0)
        d->id = DIALECT_AURORA;
    else if (t.functions == 3)
        d->id = DIALECT_MULTI_AZ;
    d->may_ask = t.functions == 3 && t.executable == 3 && t.usage > 0;
    if (!d->may_ask)
        grants(&t, &d->grants);
    snprintf(d->database, sizeof d->database, "%.*s", TEXT_ARG(t.database));
    return true;
}

static const char *const may_not_ask[] = {"42883", "3F000", "42501", "42P01",
                                          "42704", "42601", NULL};
static const char *const again[] = {"40001", "57014", NULL};
static const char *const no_database[] = {"3D000", "42501", NULL};

const struct dialect_family dialect_family_pg = {
    .port = 5432,
    .dialects =
        {[DIALECT_PLAIN] = &plain, [DIALECT_MULTI_AZ] = &multi_az, [DIALECT_AURORA] = &aurora},
    .detection = detection,
    .ndetection = sizeof detection / sizeof detection[0],
    .detect = detect,
    .may_not_ask = may_not_ask,
    .again = again,
    .no_database = no_database};
