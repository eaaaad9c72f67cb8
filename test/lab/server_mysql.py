"""A MySQL server with GTID replication, semi-synchronous to any one standby, from the root of test/lab/sid.

As with MariaDB (server_my.py) all data begins as a copy of one freshly made folder, and every server starts read only (for
superusers too); the lab opens the writer.  But a node that must be made anew becomes a copy of the writer, as on RDS, by
MySQL's CLONE: to replay all that was ever written takes as long as it is much.
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
DIALECTS = ("multi-az", "aurora", "plain")
PROXIED = ("aurora",)
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
plugin_load_add = mysql_clone.so
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
innodb_use_native_aio = OFF
innodb_fast_shutdown = 2
innodb_buffer_pool_dump_at_shutdown = 0
innodb_buffer_pool_load_at_startup = 0
"""

# Only a writer waits to be confirmed: a standby's own replicating would wait too.
OPEN = "SET GLOBAL rpl_semi_sync_source_enabled = 1; SET GLOBAL read_only = 0"
NO_SUPERVISOR = 3707  # the server wanted to be started again by whoever watches it: it ends
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
        self.forget_killed()
        self.launch(server(f"--defaults-file={self.folder}/my.cnf") + list(more))

    def forget_killed(self):
        """A server that was killed leaves its socket's lock behind, and none starts beside the process that is named there:
        also if that is only a corpse, or another one by now. Wait until it has no thread that still has files and ports."""
        with contextlib.suppress(OSError, ValueError):
            with open(self.socket + ".lock", encoding="ascii") as file:
                pid = int(file.read())
            wait_until(lambda: not dies(pid), 5, f"{self.name} does not die", step=0.005)
            os.unlink(self.socket + ".lock")

    def start_writer(self):
        """Start it and let it take writes."""
        self.start()
        self.wait_ready()
        self.ask(OPEN)

    def promote(self, session):
        """Apply what was received, then follow nobody and take writes."""
        session.query("STOP REPLICA IO_THREAD", 10)
        received = session.row("SHOW REPLICA STATUS").get("Retrieved_Gtid_Set")
        self.end_lag(session)
        if received and session.query(f"SELECT WAIT_FOR_EXECUTED_GTID_SET('{one_line(received)}', 10)", 12)[0][0] != "0":
            raise LabError(f"{self.name} does not apply what it has received; see {self.folder}/log")
        session.query("STOP REPLICA; RESET REPLICA ALL; " + OPEN, 10)

    def lag(self):
        """As on MariaDB, once all that the writer has acknowledged until now is applied: the standby may be a little late."""
        writer = self.cluster.writer()
        done = writer.ask("SELECT @@gtid_executed") if writer else None
        if done and self.ask(f"SELECT WAIT_FOR_EXECUTED_GTID_SET('{one_line(done[0][0])}', 10)", seconds=12) != [("0",)]:
            raise LabError(f"{self.name} does not apply what {writer.name} has; see {self.folder}/log")
        super().lag()

    def follow(self, source):
        """Point a running standby at another writer."""
        try:
            with contextlib.closing(self.session(seconds=5)) as session:
                self.end_lag(session)
                session.query(SHUT + "; STOP REPLICA; RESET REPLICA ALL", 10)
                session.query(f"CHANGE REPLICATION SOURCE TO SOURCE_HOST = '{source.inner}', SOURCE_PORT = {PORT}, "
                              "SOURCE_USER = 'replicator', SOURCE_PASSWORD = 'replicator', SOURCE_CONNECT_RETRY = 1, "
                              "SOURCE_RETRY_COUNT = 86400, SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1; START REPLICA", 10)
        except (LinkError, SqlError) as error:
            raise LabError(f"{self.name} does not follow {source.name}: {error}") from None

    def renew(self, source):
        """After a crash: as it is, if it has nothing that `source` has not; else a copy."""
        if self.crashed() and self.has_data():
            with contextlib.suppress(LabError):
                self.start()
                self.wait_ready()
                if self.is_behind(source):
                    self.follow(source)
                    wait_until(lambda: source.followed_by(self), 5, "no", step=0.01)
                    return
        self.copy(source)

    def is_behind(self, source):
        """Whether it holds no change that `source` does not hold, and `source` still has all that it lacks."""
        own = self.ask("SELECT @@gtid_executed")
        told = source.ask(f"SELECT GTID_SUBSET('{one_line(own[0][0])}', @@gtid_executed), "
                          f"GTID_SUBSET(@@gtid_purged, '{one_line(own[0][0])}')") if own else None
        return bool(told) and told[0] == ("1", "1")

    def copy(self, source):
        """A server of its own identity that has what `source` has; it ends when the copy is there, and is started again."""
        self.kill()
        self.fill()
        self.start()
        self.wait_ready()
        try:
            with contextlib.closing(self.session(seconds=5)) as session:
                session.query(f"SET GLOBAL read_only = 0; SET GLOBAL clone_valid_donor_list = '{source.inner}:{PORT}'", 10)
                session.query(f"CLONE INSTANCE FROM replicator@'{source.inner}':{PORT} IDENTIFIED BY 'replicator'", 60)
        except SqlError as error:
            if error.code != NO_SUPERVISOR:
                raise LabError(f"{self.name} is no copy of {source.name}: {error}") from None
        except LinkError as error:
            raise LabError(f"{self.name} is no copy of {source.name}: {error}") from None
        wait_until(lambda: not self.processes(), 15, f"{self.name} does not end after its copy; see {self.folder}/log",
                   step=0.005)
        self.rejoin(source)

    def poke(self):
        """Go on to receive, if it was told not to (see stop())."""
        self.ask("START REPLICA IO_THREAD")

    def stop(self, seconds=30):
        """Stop in order. Sessions that send the binary log would be waited for, eight seconds long: they are ended when
        all that was acknowledged is sent, and the standbys, which connect again at once, are told not to."""
        with contextlib.suppress(LinkError, SqlError):
            with contextlib.closing(self.session(seconds=2.0)) as session:
                session.query(SHUT)
                streaming = self.streaming()
                together(lambda node: node.ask("STOP REPLICA IO_THREAD"),
                         [node for node in self.cluster.others(self) if node.name in streaming])
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


def dies(pid):
    """Whether a process is on its way out: it has no working directory any more, but threads that are no corpses yet."""
    with contextlib.suppress(OSError):
        os.readlink(f"/proc/{pid}/cwd")
        return False
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/stat", encoding="ascii", errors="replace") as file:
                if file.read().rpartition(")")[2].split()[0] not in "ZX":
                    return True
    return False


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
