"""The SQL that makes a plain MariaDB server answer like RDS Multi-AZ, and the users of the lab.

A node knows who it is by its own configuration (server_id, report_host); mysql.rds_topology is a table and therefore the
same on all nodes; who the writer is follows from SHOW SLAVE STATUS, which a writer answers with no row.  `app` has no
global privilege that read_only makes an exception for.
"""

APP_PASSWORD = "app-secret"
ADMIN_PASSWORD = "admin-secret"
FLOOR_PASSWORD = "floor-secret"

PLUGINS = {"native": "mysql_native_password", "ed25519": "ed25519"}


def users_sql(auth):
    """Users, roles and the probe's table."""
    plugin = PLUGINS[auth]
    return f"""
        CREATE DATABASE app;
        CREATE DATABASE lab;
        CREATE TABLE lab.floor (at datetime(6));
        CREATE USER replicator IDENTIFIED BY 'replicator';
        GRANT REPLICATION SLAVE ON *.* TO replicator;
        CREATE USER floor IDENTIFIED BY '{FLOOR_PASSWORD}';
        GRANT INSERT ON lab.floor TO floor;
        CREATE USER admin IDENTIFIED BY '{ADMIN_PASSWORD}';
        GRANT ALL ON *.* TO admin WITH GRANT OPTION;
        CREATE USER app IDENTIFIED VIA {plugin} USING PASSWORD('{APP_PASSWORD}');
        GRANT ALL ON app.* TO app;
        CREATE ROLE auditor;
        GRANT auditor TO app;
        GRANT auditor TO admin WITH ADMIN OPTION;"""


def multi_az_sql(nodes, port, grants):
    """The topology's table."""
    rows = ", ".join(f"('{node['id']}', '{node['host']}', {port})" for node in nodes)
    text = f"""
        CREATE TABLE mysql.rds_topology (id varchar(64) PRIMARY KEY, endpoint varchar(255), port int);
        INSERT INTO mysql.rds_topology VALUES {rows};"""
    if grants:
        text += """
        GRANT SELECT ON mysql.rds_topology TO app;
        GRANT REPLICA MONITOR ON *.* TO app;"""
    return text
