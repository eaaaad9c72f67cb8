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

static const struct dialect dialects[] = {
    [DIALECT_PLAIN] = {.id = DIALECT_PLAIN,
                       .name = "POSTGRESQL",
                       .identity = PLAIN_IDENTITY,
                       .await = AWAIT PLAIN_IDENTITY},
    [DIALECT_MULTI_AZ] = {.id = DIALECT_MULTI_AZ,
                          .name = "MULTI_AZ_POSTGRESQL",
                          .topology = MULTI_AZ_TOPOLOGY,
                          .identity = MULTI_AZ_IDENTITY,
                          .await = AWAIT MULTI_AZ_IDENTITY},
    /* Aurora's readers restart at a failover: a session waiting on one would only be cut. */
    [DIALECT_AURORA] = {.id = DIALECT_AURORA,
                        .name = "AURORA_POSTGRESQL",
                        .topology = AURORA_TOPOLOGY,
                        .identity = AURORA_IDENTITY,
                        .names_are_ids = true},
};

const struct dialect *dialect_get(enum dialect_id id)
{
    return id >= DIALECT_PLAIN && id <= DIALECT_AURORA ? &dialects[id] : NULL;
}

enum dialect_id dialect_option(const struct options *o)
{
    struct text name = text_of(option_str(o, OPT_DATABASE_DIALECT));

    for (int id = DIALECT_PLAIN; id <= DIALECT_AURORA; id++)
        if (text_eq_ci(name, text_of(dialects[id].name)))
            return (enum dialect_id)id;
    return DIALECT_UNKNOWN;
}

/* clang-format off: one column a line */
#define OF_TOOLS    "n.nspname" EQ "'rds_tools'"
#define NAMED(name) "p.proname" EQ "'" name "'"

const char dialect_detection[] =
    "SELECT " RECOVERY ", "
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
    "WHERE (" OF_TOOLS " AND (" NAMED("show_topology") " OR " NAMED("dbi_resource_id") " OR " NAMED(
        "multi_az_db_cluster_source_dbi_resource_id") ")) "
                                                      "OR (n.nspname" EQ "'pg_catalog' AND " NAMED(
                                                          "aurora_replica_status") ")";
/* clang-format on */

static int small_int(const struct rows *r, size_t column)
{
    int64_t value;

    if (!text_to_i64(rows_cell(r, 0, column), &value) || value < 0 || value > 10000)
        return -1;
    return (int)value;
}

bool detection_parse(const struct rows *r, struct detection *d)
{
    int recovery = small_int(r, 0);
    int usage = small_int(r, 5);
    int aurora = small_int(r, 6);

    *d = (struct detection){.recovery = recovery == 1, .usage = usage > 0, .aurora = aurora > 0};
    d->functions = small_int(r, 3);
    d->executable = small_int(r, 4);
    snprintf(d->user, sizeof d->user, "%.*s", TEXT_ARG(rows_cell(r, 0, 1)));
    snprintf(d->database, sizeof d->database, "%.*s", TEXT_ARG(rows_cell(r, 0, 2)));
    return r->n == 1 && (recovery == 0 || recovery == 1) && d->functions >= 0 &&
           d->executable >= 0 && usage >= 0 && aurora >= 0;
}

enum dialect_id detection_dialect(const struct detection *d)
{
    if (d->aurora)
        return DIALECT_AURORA;
    return d->functions == 3 ? DIALECT_MULTI_AZ : DIALECT_PLAIN;
}

bool detection_may_ask(const struct detection *d)
{
    return d->functions == 3 && d->executable == 3 && d->usage;
}

/* name as an SQL identifier. */
static void add_quoted(struct fault *f, const char *name)
{
    char quoted[2 * HOST_ID_MAX + 3];
    size_t n = 0;

    quoted[n++] = '"';
    for (; *name && n < sizeof quoted - 3; name++) {
        if (*name == '"')
            quoted[n++] = '"';
        quoted[n++] = *name;
    }
    quoted[n++] = '"';
    quoted[n] = '\0';
    fault_add(f, "%s", quoted);
}

void detection_grants(const struct detection *d, struct fault *f)
{
    fault_set(f, "01000", "failover finds the writer by asking each host only: run ");
    if (d->functions < 3) {
        fault_add(f, "CREATE EXTENSION rds_tools in the database ");
        add_quoted(f, d->database);
        fault_add(f, "; ");
    }
    if (!d->usage) {
        fault_add(f, "GRANT USAGE ON SCHEMA rds_tools TO ");
        add_quoted(f, d->user);
    }
    if (d->executable < 3) {
        fault_add(f, "%sGRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA rds_tools TO ",
                  d->usage ? "" : "; ");
        add_quoted(f, d->user);
    }
}
