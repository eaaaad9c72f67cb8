"""A MySQL server with GTID replication, semi-synchronous to any one standby, from the root of test/lab/sid.

What server_my.py says of MariaDB holds here too: all data begins as a copy of one freshly made folder, no binary log is
ever purged, every server starts read only (for superusers too) and the lab opens the writer.
"""

import contextlib
import os
import subprocess

import dialect_mysql as dialect
import server_my
from server import run_as, together
from wire import LinkError, SqlError
from world import LabError, locked, remove_tree, wait_until

NAME = "mysql"
USER = "mysql"
PORT = 3306
DIALECTS = ("multi-az", "plain")
PROXIED = ()
AUTHS = ("caching_sha2_password", "sha256_password")
APP_PASSWORD = dialect.APP_PASSWORD
ADMIN = ("admin", dialect.ADMIN_PASSWORD)
FLOOR = ("floor_my.c", {"FLOOR_PASSWORD": dialect.FLOOR_PASSWORD, "HOME": "/nonexistent"},
         ("pkg-config", "--cflags", "libmariadb"), "-lmariadb")
SID = os.path.join(os.path.dirname(os.path.realpath(__file__)), "sid")

SETTINGS = """
[mysqld]
port = 3306
user = mysql
pid_file = server.pid
skip_name_resolve
skip_replica_start
mysqlx = OFF
secure_file_priv =
read_only = 1
super_read_only = 1
gtid_mode = ON
enforce_gtid_consistency = ON
log_bin_trust_function_creators = 1
binlog_expire_logs_auto_purge = OFF
sync_binlog = 0
replica_net_timeout = 5
plugin_load_add = semisync_source.so
plugin_load_add = semisync_replica.so
loose_rpl_semi_sync_replica_enabled = 1
loose_rpl_semi_sync_source_timeout = 3600000
character_set_server = utf8mb4
default_time_zone = +00:00
max_connections = 400
performance_schema = OFF
innodb_buffer_pool_size = 32M
innodb_redo_log_capacity = 8M
innodb_flush_log_at_trx_commit = 2
innodb_doublewrite = OFF
innodb_fast_shutdown = 2
innodb_buffer_pool_dump_at_shutdown = 0
innodb_buffer_pool_load_at_startup = 0
"""

# Only a writer waits to be confirmed: a standby's own replicating would wait too.
OPEN = "SET GLOBAL rpl_semi_sync_source_enabled = 1; SET GLOBAL read_only = 0"
SHUT = "SET GLOBAL super_read_only = 1; SET GLOBAL rpl_semi_sync_source_enabled = 0"


def server(*first):
    """The words that start mysqld; `first` are its own first options."""
    done = subprocess.run([SID, "server"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(done.stderr.strip())
    words = done.stdout.splitlines()
    return words[:4] + list(first) + words[4:]


def check():
    """The root must be there, or be made."""
    server()


facts = server_my.facts


class Node(server_my.Node):
    """One MySQL server."""

    SETTINGS, SHUT = SETTINGS, SHUT

    def make_template(self):
        return template(self.cluster)

    def start(self, *more):
        """Start the server, read only and following nobody; does not wait."""
        self.launch(server(f"--defaults-file={self.folder}/my.cnf") + list(more))

    def start_writer(self):
        """Start it and let it take writes."""
        self.start()
        self.wait_ready()
        self.ask(OPEN)

    def promote(self, session):
        """Apply what was received, then follow nobody and take writes."""
        session.query("STOP REPLICA IO_THREAD", 10)
        received = session.row("SHOW REPLICA STATUS").get("Retrieved_Gtid_Set")
        if received:
            session.query(f"SELECT WAIT_FOR_EXECUTED_GTID_SET('{one_line(received)}', 10)", 12)
        session.query("STOP REPLICA; RESET REPLICA ALL; " + OPEN, 10)

    def follow(self, source):
        """Point a running standby at another writer."""
        try:
            with contextlib.closing(self.session(seconds=5)) as session:
                session.query(SHUT + "; STOP REPLICA; RESET REPLICA ALL", 10)
                session.query(f"CHANGE REPLICATION SOURCE TO SOURCE_HOST = '{source.inner}', SOURCE_PORT = {PORT}, "
                              "SOURCE_USER = 'replicator', SOURCE_PASSWORD = 'replicator', SOURCE_CONNECT_RETRY = 1, "
                              "SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1; START REPLICA", 10)
        except (LinkError, SqlError) as error:
            raise LabError(f"{self.name} does not follow {source.name}: {error}") from None

    def renew(self, source):
        """After a crash: as it is, if it has nothing that `source` has not; else from nothing."""
        if self.crashed() and self.has_data():
            with contextlib.suppress(LabError):
                self.start()
                self.wait_ready()
                if self.is_behind(source):
                    self.follow(source)
                    wait_until(lambda: source.followed_by(self), 5, "no", step=0.01)
                    return
        self.replay(source)

    def is_behind(self, source):
        """Whether it holds no change that `source` does not hold."""
        own = self.ask("SELECT @@gtid_executed")
        told = source.ask(f"SELECT GTID_SUBSET('{one_line(own[0][0])}', @@gtid_executed)") if own else None
        return bool(told) and told[0][0] == "1"

    def replay(self, source):
        """An empty server that replays everything, under another id at first: its own changes it would skip."""
        self.kill()
        self.fill()
        self.start(f"--server-id={int(self.facts['id']) + 1000}")
        self.wait_ready()
        self.follow(source)
        done = source.ask("SELECT @@gtid_executed")
        try:
            with contextlib.closing(self.session(seconds=5)) as session:
                wait = f"SELECT WAIT_FOR_EXECUTED_GTID_SET('{one_line(done[0][0])}', 30)" if done else ""
                if wait and session.query(wait, 32)[0][0] != "0":
                    raise LabError(f"{self.name} does not catch up with {source.name}; see {self.folder}/log")
                session.query(f"STOP REPLICA; SET GLOBAL server_id = {self.facts['id']}; START REPLICA", 10)
        except (LinkError, SqlError) as error:
            raise LabError(f"{self.name} does not replay what {source.name} has: {error}") from None

    def stop(self, seconds=30):
        """Stop in order. Sessions that send the binary log would be waited for, eight seconds long."""
        with contextlib.suppress(LinkError, SqlError):
            with contextlib.closing(self.session(seconds=2.0)) as session:
                session.query(SHUT)
                for row in session.query("SHOW PROCESSLIST"):
                    if row[4].startswith("Binlog Dump"):
                        session.query(f"KILL {row[0]}")
        super().stop(seconds)

    # Questions.

    def age(self):
        """The number of changes that it has; 0 if it does not answer."""
        rows = self.ask("SELECT @@gtid_executed")
        return count_of(rows[0][0]) if rows else 0

    def received(self, session):
        """(number of changes received, whether the receiver is connected)."""
        told = session.row("SHOW REPLICA STATUS")
        both = f"{told.get('Retrieved_Gtid_Set') or ''},{told.get('Executed_Gtid_Set') or ''}"
        return count_of(both), told.get("Replica_IO_Running") == "Yes"

    def follows(self):
        """The address of the node it replicates from at this moment, '' if from none."""
        try:
            with contextlib.closing(self.session(seconds=1.0)) as session:
                told = session.row("SHOW REPLICA STATUS")
        except (LinkError, SqlError):
            return ""
        running = told.get("Replica_IO_Running") == told.get("Replica_SQL_Running") == "Yes"
        return told["Source_Host"] if running else ""


def one_line(gtids):
    """A set of GTIDs without its line ends."""
    return gtids.replace("\n", "")


def count_of(gtids):
    """How many changes a set of GTIDs holds: 'a:1-7,b:1-2' are 9. None is missing in between."""
    last = {}
    for part in one_line(gtids).split(","):
        source, _, ranges = part.strip().partition(":")
        for each in filter(None, ranges.split(":")):
            last[source] = max(last.get(source, 0), int(each.rpartition("-")[2]))
    return sum(last.values())


def template(cluster):
    """The folder that all data is copied from, one for the whole world."""
    path = os.path.join(cluster.world.ram, ".mysql")
    with locked(path + ".lock", 120, "the first data"):
        if not os.path.exists(path):
            remove_tree(path + ".new")
            run_as("root", server("--no-defaults") + ["--initialize-insecure", f"--datadir={path}.new", "--user=mysql",
                                                      "--innodb-redo-log-capacity=8M", "--log-error-verbosity=1"],
                   "mysqld --initialize")
            os.unlink(path + ".new/auto.cnf")  # each server is to have an identity of its own
            os.rename(path + ".new", path)
    return path


def build(cluster):
    """From an empty folder to three nodes that replicate."""
    server_my.build_nodes(cluster)
    first, rest = cluster.nodes[0], cluster.nodes[1:]
    known = cluster.facts
    with contextlib.closing(first.session()) as session:  # no standby exists yet that could confirm
        session.query("SET GLOBAL read_only = 0")
        session.query(dialect.users_sql(known["auth"]).strip().rstrip(";"), 20)
        if known["dialect"] == "multi-az":
            session.query(dialect.multi_az_sql(known["nodes"], PORT, known["grants"]).strip().rstrip(";"), 20)
        with open(os.path.join(os.path.dirname(SID), "sequences.sql"), encoding="utf-8") as file:
            lines = [line for line in file.read().splitlines() if not line.startswith("--")]
        session.query("USE app; " + "\n".join(lines).rstrip(";"), 20)
        session.query(OPEN)
    together(lambda node: node.follow(first), rest)
    wait_until(lambda: len(first.streaming()) == len(rest), 30, "the standbys do not replicate; see their logs")
