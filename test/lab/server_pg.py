"""A PostgreSQL server with streaming replication, synchronous to any one standby."""

import contextlib
import glob
import os
import pwd
import signal
import socket

import dialect_pg as dialect
import disks
import wire_pg as wire
from server import Server, run_as, together
from world import LabError, remove_tree, wait_until

NAME = "pg"
USER = "postgres"
PORT = 5432
DIALECTS = ("multi-az", "aurora", "plain")
PROXIED = ()
AUTHS = ("md5", "trust", "scram")
APP_PASSWORD = dialect.APP_PASSWORD
ADMIN = ("postgres", dialect.POSTGRES_PASSWORD)
FLOOR = ("floor_pg.c", {"PGPASSWORD": dialect.POSTGRES_PASSWORD, "HOME": "/nonexistent"}, ("pg_config", "--includedir"),
         "-lpq")
RECEIVED = ("SELECT pg_wal_lsn_diff(COALESCE(pg_last_wal_receive_lsn(), '0/0'), '0/0'),"
            " (SELECT count(*) FROM pg_stat_wal_receiver)")

SETTINGS = """
port = 5432
max_connections = 1300
superuser_reserved_connections = 10
unix_socket_permissions = 0700
dynamic_shared_memory_type = mmap
shared_buffers = 32MB
fsync = off
autovacuum = off
jit = off
wal_level = replica
wal_log_hints = on
wal_keep_size = 64MB
max_wal_size = 256MB
min_wal_size = 32MB
wal_init_zero = off
wal_recycle = off
max_wal_senders = 20
hot_standby = on
synchronous_commit = on
synchronous_standby_names = 'ANY 1 (*)'
wal_retrieve_retry_interval = 50ms
wal_receiver_status_interval = 1s
wal_receiver_timeout = 5s
wal_sender_timeout = 5s
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
"""


def binary_folder():
    """The newest installed PostgreSQL server's programs."""
    found = [path for path in glob.glob("/usr/lib/postgresql/*/bin") if os.path.exists(path + "/postgres")]
    if not found:
        raise LabError("no PostgreSQL server in /usr/lib/postgresql: install the package 'postgresql'")
    return max(found, key=lambda path: float(path.split("/")[4]))


def check():
    """The programs must be there."""
    binary_folder()


def facts(cluster, number):
    """What rds_tools tells of a node."""
    return {"id": dialect.resource_id(cluster, number)}


class Node(Server):
    """One PostgreSQL server."""

    USER, PID_FILE, DATA_FILE, STOP = USER, "postmaster.pid", "PG_VERSION", signal.SIGINT
    CLIENTS = "SELECT pid FROM pg_stat_activity WHERE usename = 'app'"
    TERMINATE = "SELECT pg_terminate_backend({})"

    @property
    def socket(self):
        """The Unix socket's path."""
        return os.path.join(self.folder, f".s.PGSQL.{PORT}")

    # Processes.

    def _tell(self, number):
        """Send a signal to the postmaster."""
        pid = self.pid()
        if not pid:
            raise LabError(f"{self.name} is not running; run 'status' and look into {self.folder}/log")
        os.kill(pid, number)

    def start(self):
        """Start the server; does not wait."""
        self.launch([binary_folder() + "/postgres", "-D", self.data, "-c",
                     f"config_file={self.folder}/postgresql.conf"])

    def promote(self, session):
        """Make this standby the writer, as pg_ctl promote does; does not wait."""
        with open(os.path.join(self.data, "promote"), "w", encoding="ascii"):
            pass
        self._tell(signal.SIGUSR1)

    def promoted(self):
        """It follows nobody any more."""
        self.configure()

    # Configuration and data.

    def configure(self, source=None):
        """Write postgresql.conf; `source` is the node to follow."""
        lines = [f"listen_addresses = '{self.inner}'", f"unix_socket_directories = '{self.folder}'",
                 f"hba_file = '{self.cluster.folder}/pg_hba.conf'", f"lab.instance_id = '{self.name}'",
                 f"cluster_name = '{self.name}'", f"lab.dbi_resource_id = '{self.facts['id']}'"]
        extensions = dialect.EXTENSIONS[self.cluster.facts["dialect"]]
        if extensions:
            lines.append(f"rds.extensions = '{extensions}'")
        if self.cluster.facts["tls"]:
            tls = self.cluster.folder + "/tls"
            lines += ["ssl = on", f"ssl_cert_file = '{tls}/server.crt'", f"ssl_key_file = '{tls}/server.key'"]
        if source:
            lines.append(f"primary_conninfo = 'host={source.inner} port={PORT} user=replicator connect_timeout=2 "
                         f"application_name={self.name} sslmode=disable gssencmode=disable'")
        path = os.path.join(self.folder, "postgresql.conf")
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n" + SETTINGS)
        os.chmod(path + ".new", 0o644)
        os.rename(path + ".new", path)

    def follow(self, source):
        """Point a running standby at another writer; takes effect without a restart."""
        self.configure(source)
        self._tell(signal.SIGHUP)

    def poke(self):
        """Open and close a connection, so that the postmaster goes once round its loop.

        Up to PostgreSQL 15 a postmaster that is asked for a new WAL receiver just before it reaps the old one may sleep
        over the request until something else happens; the standby would follow only 10 to 15 s later.
        """
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as link:
            link.setblocking(False)
            link.connect(self.socket)

    def mark_standby(self):
        """The file that makes the next start a standby's."""
        path = os.path.join(self.data, "standby.signal")
        with open(path, "w", encoding="ascii"):
            pass
        os.chmod(path, 0o644)

    def copy_from(self, source):
        """Throw the data away and take a base backup of `source`."""
        remove_tree(self.data)
        remove_tree(self.log)
        command = [binary_folder() + "/pg_basebackup", "-D", self.data, "-X", "stream", "-c", "fast", "--no-sync",
                   "--no-manifest", f"--waldir={self.log}", "-d", f"host={source.inner} port={PORT} user=replicator sslmode=disable"]
        run_as(USER, command, f"pg_basebackup of {source.name}")
        self.mark_standby()
        self.configure(source)

    def rejoin(self, source):
        """Start what was stopped as a standby of `source`."""
        self.mark_standby()
        self.configure(source)
        self.start()

    def renew(self, source):
        """A new base backup of `source`."""
        self.kill()
        self.copy_from(source)
        self.start()

    def lag(self):
        """Pause the replay; a promotion ends the pause."""
        if self.ask("SELECT pg_wal_replay_pause()") is None:
            raise LabError(f"{self.name} does not answer")

    def serving(self):
        return [int(row[0]) for row in self.ask(self.CLIENTS) or []]

    def before_stop(self):
        """What is written now need not be written between stop and promotion."""
        self.ask("CHECKPOINT", seconds=10)

    # Questions.

    def session(self, database=None, seconds=2.0):
        """A superuser's session; LinkError or SqlError if there is none to be had."""
        return wire.Session(self.socket, database or "postgres", seconds=seconds)

    def takes_writes(self, session):
        """Out of recovery."""
        return session.query("SELECT pg_is_in_recovery()")[0][0] == "f"

    def received(self, session):
        """(position of the WAL received, whether a receiver runs)."""
        position, receivers = session.query(RECEIVED)[0]
        return int(position), int(receivers) > 0

    def age(self):
        """The timeline of the WAL that it writes now; 0 if it does not answer."""
        rows = self.ask("SELECT ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int")
        return int(rows[0][0]) if rows else 0

    def streaming(self):
        """On a writer: the names of the standbys that stream from it now (a paused one does not)."""
        rows = self.ask("SELECT application_name FROM pg_stat_replication WHERE state = 'streaming'")
        found = {row[0] for row in rows or []}
        return {node.name for node in self.cluster.nodes if node.name in found and not node.paused()}


# Building.

def build(cluster):
    """From an empty folder to three nodes that stream."""
    write_hba(cluster)
    first, rest = cluster.nodes[0], cluster.nodes[1:]
    initdb(cluster, first)
    first.configure()
    first.start()
    first.wait_ready()
    load_sql(cluster, first)

    def copy(node):
        node.copy_from(first)
        node.start()
    together(copy, rest)
    wait_until(lambda: len(first.streaming()) == len(rest), 20, "the standbys do not stream; see their logs")
    for node in rest:
        node.wait_ready()


def write_hba(cluster):
    """Who may log in, and how."""
    method = {"trust": "trust", "md5": "md5", "scram": "scram-sha-256"}[cluster.facts["auth"]]
    text = ("local all postgres trust\n"
            "host replication replicator 127.0.0.0/8 trust\n"
            f"host all all 127.0.0.0/8 {method}\n")
    with open(os.path.join(cluster.folder, "pg_hba.conf"), "w", encoding="ascii") as file:
        file.write(text)
    os.chmod(file.name, 0o644)


def initdb(cluster, node):
    """Folders for all, data for the first."""
    user = pwd.getpwnam("postgres")
    disks.make(cluster, user)
    for each in cluster.nodes:
        os.makedirs(each.folder, mode=0o755)
        os.chown(each.folder, user.pw_uid, user.pw_gid)
    command = [binary_folder() + "/initdb", "-A", "trust", "-N", "--no-instructions", "--locale=C",
               "-E", "UTF8", "-U", "postgres", "-D", node.data, "-X", node.log]
    run_as(USER, command, "initdb")


def load_sql(cluster, node):
    """Users, databases and the dialect's objects.  No standby exists yet, so commits must not wait for one."""
    known = cluster.facts
    alone = "SET synchronous_commit = local; "
    everywhere = {"multi-az": dialect.settings_sql(), "plain": "",
                  "aurora": dialect.settings_sql() + dialect.aurora_sql(known["nodes"])}[known["dialect"]]
    run_sql(node, "postgres", alone + dialect.users_sql(known["auth"]))
    for database in ("template1", "postgres"):
        if everywhere:
            run_sql(node, database, alone + everywhere)
    with contextlib.closing(node.session()) as session:
        session.query(alone)
        session.query("CREATE DATABASE app OWNER app", seconds=20)
    if known["dialect"] == "multi-az":
        run_sql(node, "app", alone + dialect.multi_az_sql(known["nodes"], PORT, known["grants"]))


def run_sql(node, database, sql):
    """Run a script as the superuser."""
    with contextlib.closing(node.session(database)) as session:
        session.query(sql, seconds=20)
