"""The SQL that makes a plain MySQL server answer like RDS Multi-AZ, and the users of the lab.

As on MariaDB (dialect_my.py), in MySQL's words: passwords are caching_sha2_password's, and who may see the replication's
state holds REPLICATION CLIENT.
"""

import dialect_my

APP_PASSWORD = dialect_my.APP_PASSWORD
ADMIN_PASSWORD = dialect_my.ADMIN_PASSWORD
FLOOR_PASSWORD = dialect_my.FLOOR_PASSWORD


def users_sql(auth):
    """Users, roles and the probe's table."""
    return f"""
        CREATE DATABASE app;
        CREATE DATABASE lab;
        CREATE TABLE lab.floor (at datetime(6));
        CREATE USER replicator IDENTIFIED BY 'replicator';
        GRANT REPLICATION SLAVE, BACKUP_ADMIN ON *.* TO replicator;
        CREATE USER floor IDENTIFIED BY '{FLOOR_PASSWORD}';
        GRANT INSERT ON lab.floor TO floor;
        CREATE USER admin IDENTIFIED BY '{ADMIN_PASSWORD}';
        GRANT ALL ON *.* TO admin WITH GRANT OPTION;
        CREATE USER app IDENTIFIED WITH {auth} BY '{APP_PASSWORD}';
        GRANT ALL ON app.* TO app;
        CREATE ROLE auditor;
        GRANT auditor TO app;
        GRANT auditor TO admin WITH ADMIN OPTION;"""


def multi_az_sql(nodes, port, grants):
    """The topology's table."""
    return dialect_my.multi_az_sql(nodes, port, grants).replace("REPLICA MONITOR", "REPLICATION CLIENT")
