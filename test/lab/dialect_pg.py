"""The SQL that makes a plain PostgreSQL server answer like RDS Multi-AZ or Aurora, and the users of the lab.

A node knows who it is by two settings of its own configuration file (lab.instance_id, lab.dbi_resource_id), because the
catalog is replicated and therefore the same on all nodes.  Who the writer is follows from pg_is_in_recovery() and, on a
standby, from the address that primary_conninfo names: right at once when the standby is pointed elsewhere, stale
before that, as on RDS.
"""

import base64
import hashlib

APP_PASSWORD = "app-secret"
POSTGRES_PASSWORD = "postgres"
DIALECTS = ("multi-az", "aurora", "plain")

EXTENSIONS = {
    "multi-az": "rds_tools,plpgsql",
    "aurora": "aurora_stat_utils,plpgsql",
    "plain": "",
}


def resource_id(cluster, number):
    """A value that looks like an RDS DbiResourceId, the same each time for one node."""
    digest = hashlib.sha256(f"{cluster}/{number}".encode()).digest()
    return "db-" + base64.b32encode(digest).decode()[:26]


def users_sql(auth):
    """Roles and the probe's table; to be run in the database postgres."""
    return f"""
        SET password_encryption = '{'md5' if auth == 'md5' else 'scram-sha-256'}';
        ALTER ROLE postgres PASSWORD '{POSTGRES_PASSWORD}';
        CREATE ROLE replicator LOGIN REPLICATION;
        CREATE ROLE app LOGIN PASSWORD '{APP_PASSWORD}';
        CREATE ROLE auditor;
        GRANT auditor TO app;
        CREATE TABLE floor (at timestamptz);"""


def settings_sql():
    """Makes rds.extensions appear in pg_settings, where a setting of one's own is not listed otherwise."""
    return """
        SET allow_system_table_mods = on;
        CREATE OR REPLACE VIEW pg_catalog.pg_settings AS
        SELECT * FROM pg_catalog.pg_show_all_settings()
        UNION ALL
        SELECT 'rds.extensions', current_setting('rds.extensions', true), NULL, 'Customized Options',
               'Extensions that RDS offers.', NULL, 'user', 'string', 'configuration file', NULL, NULL,
               NULL::text[], '', '', NULL, NULL::int, false
        WHERE current_setting('rds.extensions', true) IS NOT NULL;"""


def _values(nodes, *fields):
    rows = ("(" + ", ".join(f"'{n[f]}'" for f in fields) + ")" for n in nodes)
    return "VALUES " + ", ".join(rows)


def _writer_expression(nodes, field, own):
    """SQL for the writer's `field` (id or name) as this node knows it."""
    return f"""
        CASE WHEN pg_catalog.pg_is_in_recovery() THEN
            (SELECT n.me FROM ({_values(nodes, field, 'inner')}) AS n (me, address)
              WHERE pg_catalog.current_setting('primary_conninfo') LIKE '%host=' || n.address || ' %')
        ELSE pg_catalog.current_setting('{own}') END"""


def multi_az_sql(nodes, port, grants):
    """The schema rds_tools; to be run in the database app (an extension exists per database)."""
    topology = _values(nodes, "id", "host")
    text = f"""
        CREATE SCHEMA rds_tools;
        CREATE FUNCTION rds_tools.dbi_resource_id(OUT dbi_resource_id text) LANGUAGE sql STABLE
            AS $$ SELECT pg_catalog.current_setting('lab.dbi_resource_id') $$;
        CREATE FUNCTION rds_tools.multi_az_db_cluster_source_dbi_resource_id(
                OUT multi_az_db_cluster_source_dbi_resource_id text)
            LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
            AS $$ SELECT {_writer_expression(nodes, 'id', 'lab.dbi_resource_id')} $$;
        CREATE FUNCTION rds_tools.show_topology(client text DEFAULT '')
            RETURNS TABLE (id text, endpoint text, port int) LANGUAGE sql STABLE
            AS $$ SELECT n.id, n.endpoint, {port} FROM ({topology}) AS n (id, endpoint) $$;
        REVOKE ALL ON ALL FUNCTIONS IN SCHEMA rds_tools FROM PUBLIC;"""
    if grants:
        text += """
        GRANT USAGE ON SCHEMA rds_tools TO app;
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA rds_tools TO app;"""
    return text


def aurora_sql(nodes):
    """The functions of Aurora in pg_catalog; to be run in template1 and in every database that exists already."""
    return f"""
        SET allow_system_table_mods = on;
        CREATE FUNCTION pg_catalog.aurora_db_instance_identifier() RETURNS text LANGUAGE sql STABLE
            AS $$ SELECT pg_catalog.current_setting('lab.instance_id') $$;
        CREATE FUNCTION pg_catalog.aurora_replica_status(
                OUT server_id text, OUT session_id text, OUT cpu double precision,
                OUT replica_lag_in_msec double precision, OUT last_update_timestamp timestamptz)
            RETURNS SETOF record LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
            AS $$
            SELECT n.name,
                   CASE WHEN n.name = w.name THEN 'MASTER_SESSION_ID' ELSE md5(n.name)::uuid::text END,
                   CASE WHEN n.name = w.name THEN 12.5 ELSE 5.0 END::double precision,
                   CASE WHEN n.name = w.name THEN NULL ELSE 15.0 END::double precision,
                   clock_timestamp()
              FROM ({_values(nodes, 'name')}) AS n (name)
             CROSS JOIN (SELECT {_writer_expression(nodes, 'name', 'lab.instance_id')}) AS w (name)
            $$;"""
