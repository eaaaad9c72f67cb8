"""A MariaDB server with GTID replication, semi-synchronous to any one standby.

All data begins as a copy of one freshly made folder, and no node ever purges its binary log: a node that must be made
anew gets another copy and replays everything.  Every server starts read only; the lab opens the writer.
"""

import contextlib
import os
import pwd
import shutil
import signal

import dialect_my as dialect
import disks
import wire_my as wire
from server import Server, detach, run_as, together
from wire import LinkError, SqlError
from world import LabError, locked, remove_tree, wait_until

NAME = "my"
USER = "mysql"
PORT = 3306
DIALECTS = ("multi-az", "aurora", "plain")
PROXIED = ("aurora",)
AUTHS = ("native", "ed25519")
APP_PASSWORD = dialect.APP_PASSWORD
ADMIN = ("admin", dialect.ADMIN_PASSWORD)
FLOOR = ("floor_my.c", {"FLOOR_PASSWORD": dialect.FLOOR_PASSWORD, "HOME": "/nonexistent"},
         ("pkg-config", "--cflags", "libmariadb"), "-lmariadb")
SERVER = "/usr/sbin/mariadbd"
INSTALL = "/usr/bin/mariadb-install-db"

SETTINGS = """
[mariadbd]
port = 3306
user = mysql
pid_file = server.pid
skip_name_resolve
skip_slave_start
read_only = 1
init_rpl_role = SLAVE
log_slave_updates
gtid_strict_mode = 1
log_bin_trust_function_creators = 1
sync_binlog = 0
master_retry_count = 0
slave_net_timeout = 5
rpl_semi_sync_slave_enabled = 1
rpl_semi_sync_master_wait_point = AFTER_SYNC
rpl_semi_sync_master_timeout = 3600000
character_set_server = utf8mb4
default_time_zone = +00:00
max_connections = 1300
performance_schema = OFF
innodb_buffer_pool_size = 32M
innodb_log_file_size = 8M
innodb_flush_log_at_trx_commit = 2
innodb_flush_method = nosync
innodb_fast_shutdown = 2
innodb_buffer_pool_dump_at_shutdown = 0
innodb_buffer_pool_load_at_startup = 0
plugin_load_add = auth_ed25519
"""

# Only a writer waits to be confirmed: a standby's own replicating would wait too.
OPEN = "SET GLOBAL rpl_semi_sync_master_enabled = 1; SET GLOBAL read_only = 0"
LAG = "DO SLEEP(3599)"
SHUT = "SET GLOBAL read_only = 1; SET GLOBAL rpl_semi_sync_master_enabled = 0"


def check():
    """The programs must be there."""
    for program in (SERVER, INSTALL):
        if not os.path.exists(program):
            raise LabError(f"no {program}: install the package 'mariadb-server'")


def facts(_cluster, number):
    """What mysql.rds_topology tells of a node."""
    return {"id": str(1000 + number)}


class Node(Server):
    """One MariaDB server."""

    USER, PID_FILE, DATA_FILE = USER, "server.pid", "ibdata1"
    CLIENTS = "SELECT id FROM information_schema.processlist WHERE user = 'app'"
    TERMINATE = "KILL {}"
    SETTINGS, SHUT = SETTINGS, SHUT

    def make_template(self):
        """The folder that its data is a copy of."""
        return template(self.cluster)

    @property
    def socket(self):
        """The Unix socket's path."""
        return os.path.join(self.folder, "socket")

    def configure(self):
        """Write my.cnf, once."""
        lines = [f"datadir = {self.data}", f"tmpdir = {self.folder}", f"socket = {self.socket}", f"log_bin = {self.log}/binlog",
                 f"bind_address = {self.inner}", f"server_id = {self.facts['id']}"]
        if self.cluster.facts["dialect"] != "aurora":
            lines.append(f"report_host = {self.address}")
        if self.cluster.facts["tls"]:
            tls = self.cluster.folder + "/tls"
            lines += [f"ssl_ca = {tls}/ca.pem", f"ssl_cert = {tls}/server.crt", f"ssl_key = {tls}/server.key"]
        path = os.path.join(self.folder, "my.cnf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.SETTINGS + "\n".join(lines) + "\n")
        os.chmod(path, 0o644)

    def fill(self):
        """The data of a server that nothing has happened to."""
        remove_tree(self.data)
        remove_tree(self.log)
        os.mkdir(self.log)
        shutil.chown(self.log, USER, USER)
        shutil.copytree(self.make_template(), self.data)
        for folder, _, names in os.walk(self.data):
            for path in [folder] + [os.path.join(folder, name) for name in names]:
                shutil.chown(path, USER, USER)

    # Processes.

    def start(self, *more):
        """Start the server, read only and following nobody; does not wait."""
        self.launch([SERVER, f"--defaults-file={self.folder}/my.cnf", *more])

    def start_writer(self):
        """Start it and let it take writes."""
        self.start()
        self.wait_ready()
        self.ask(OPEN)

    def promote(self, session):
        """Apply what was received, then follow nobody and take writes."""
        session.query("STOP SLAVE IO_THREAD", 10)
        position = session.row("SHOW SLAVE STATUS").get("Gtid_IO_Pos")
        self.end_lag(session)
        if position:
            session.query(f"SELECT MASTER_GTID_WAIT('{position}', 10)", 12)
        session.query("STOP SLAVE; RESET SLAVE ALL; " + OPEN, 10)

    def follow(self, source):
        """Point a running standby at another writer."""
        try:
            with contextlib.closing(self.session(seconds=5)) as session:
                session.query(SHUT + "; STOP SLAVE", 10)
                session.query(f"CHANGE MASTER TO MASTER_HOST = '{source.inner}', MASTER_PORT = {PORT}, "
                              "MASTER_USER = 'replicator', MASTER_PASSWORD = 'replicator', MASTER_CONNECT_RETRY = 1, "
                              "MASTER_USE_GTID = current_pos; START SLAVE", 10)
        except (LinkError, SqlError) as error:
            raise LabError(f"{self.name} does not follow {source.name}: {error}") from None

    def demote(self):
        """Take no more writes; the sessions stay, and a commit that is under way comes to its end first."""
        try:
            with contextlib.closing(self.session(seconds=5)) as session:
                session.query(self.SHUT, 10)
        except (LinkError, SqlError) as error:
            raise LabError(f"{self.name} is not shut to writes: {error}") from None

    def wake(self):
        """Who waits for room looks again each minute, or when its statement is ended; then that is done all the same."""
        def awake():
            with contextlib.closing(self.session(seconds=5)) as session:
                rows = session.query("SELECT id FROM information_schema.processlist WHERE state = "
                                     "'Waiting for someone to free space'")
                for row in rows:
                    with contextlib.suppress(SqlError):  # it may have gone by itself
                        session.query(f"KILL QUERY {row[0]}")
                return not rows
        try:
            wait_until(awake, 10, f"{self.name} goes on waiting for room", step=0.01)
        except (LinkError, SqlError) as error:
            raise LabError(f"{self.name} does not answer: {error}") from None

    def lag(self):
        """A session of a process of its own holds a lock that stops the applier; the promotion ends it."""
        session = self.session(seconds=5)
        session.query("FLUSH TABLES WITH READ LOCK", 5)
        if not detach():
            return
        link = session.socket.fileno()  # all else is closed, the cluster's lock among them
        os.closerange(3, link)
        os.closerange(link + 1, 1024)
        with contextlib.suppress(LinkError, SqlError):
            session.query(LAG, 3600)
        os._exit(0)

    def end_lag(self, session):
        """End the session that stops the applier, if there is one."""
        for row in session.query(f"SELECT ID FROM information_schema.processlist WHERE INFO = '{LAG}'"):
            session.query(f"KILL {row[0]}")

    def rejoin(self, source):
        """Start what was stopped as a standby of `source`."""
        self.start()
        self.wait_ready()
        self.follow(source)

    def renew(self, source):
        """After a crash: as it is, if it has nothing that `source` has not; else from nothing."""
        if self.crashed() and self.has_data():
            with contextlib.suppress(LabError):
                self.rejoin(source)
                wait_until(lambda: source.followed_by(self), 2, "no", step=0.01)
                return
        self.replay(source)

    def replay(self, source):
        """An empty server that replays everything, under another id at first: its own changes it would skip."""
        self.kill()
        self.fill()
        self.start(f"--server-id={int(self.facts['id']) + 1000}")
        self.wait_ready()
        self.follow(source)
        done = source.ask("SELECT @@gtid_binlog_pos")
        try:
            with contextlib.closing(self.session(seconds=5)) as session:
                if done and session.query(f"SELECT MASTER_GTID_WAIT('{done[0][0]}', 30)", 32)[0][0] != "0":
                    told = session.row("SHOW SLAVE STATUS")
                    why = told.get("Last_IO_Error") or told.get("Last_SQL_Error") or told.get("Slave_SQL_Running_State")
                    raise LabError(f"{self.name} does not catch up with {source.name}: {why}; see {self.folder}/log")
                session.query(f"STOP SLAVE; SET GLOBAL server_id = {self.facts['id']}; START SLAVE", 10)
        except (LinkError, SqlError) as error:
            raise LabError(f"{self.name} does not replay what {source.name} has: {error}") from None

    # Questions.

    def session(self, database=None, seconds=2.0):
        """A superuser's session; LinkError or SqlError if there is none to be had."""
        return wire.Session(self.socket, database or "", seconds=seconds)

    def takes_writes(self, session):
        """Not read only."""
        return session.query("SELECT @@read_only")[0][0] == "0"

    def age(self):
        """The number of the last change in its binary log; 0 if it does not answer."""
        rows = self.ask("SELECT @@gtid_binlog_pos")
        return number_of(rows[0][0]) if rows else 0

    def received(self, session):
        """(number of the last change received, whether the receiver is connected)."""
        told = session.row("SHOW SLAVE STATUS")
        return number_of(told.get("Gtid_IO_Pos")), told.get("Slave_IO_Running") == "Yes"

    def follows(self):
        """The address of the node it replicates from at this moment, '' if from none."""
        try:
            with contextlib.closing(self.session(seconds=1.0)) as session:
                told = session.row("SHOW SLAVE STATUS")
        except (LinkError, SqlError):
            return ""
        running = told.get("Slave_IO_Running") == told.get("Slave_SQL_Running") == "Yes"
        return told["Master_Host"] if running else ""

    def streaming(self):
        """On a writer: the names of the standbys that replicate from it now."""
        return {node.name for node in self.cluster.others(self)
                if node.pid() and not node.paused() and node.follows() == self.inner}


def number_of(position):
    """The last part of a GTID of one domain: '0-1001-27' is 27."""
    return int(position.split("-")[2]) if position else 0


# Building.

def template(cluster):
    """The folder that all data is copied from, one for the whole world."""
    path = os.path.join(cluster.world.ram, ".my")
    with locked(path + ".lock", 60, "the first data"):
        if not os.path.exists(path):
            remove_tree(path + ".new")
            # A server that starts removes what others keep in the same folder for a moment.
            os.makedirs(path + ".tmp", exist_ok=True)
            shutil.chown(path + ".tmp", USER, USER)
            run_as(USER_OF_INSTALL, [INSTALL, "--no-defaults", f"--datadir={path}.new", f"--tmpdir={path}.tmp",
                                     "--user=mysql",
                                     "--auth-root-authentication-method=normal", "--skip-test-db",
                                     "--innodb-log-file-size=8M"], "mariadb-install-db")
            os.rename(path + ".new", path)
    return path


USER_OF_INSTALL = "root"  # the script changes the owner by itself


def build_nodes(cluster):
    """From an empty folder to three nodes that run."""
    for node in cluster.nodes:
        os.makedirs(node.folder, mode=0o755)
        shutil.chown(node.folder, USER, USER)
        node.configure()
    disks.make(cluster, pwd.getpwnam(USER))
    cluster.nodes[0].make_template()

    def start(node):
        node.fill()
        node.start()
        node.wait_ready()
    together(start, cluster.nodes)


def build(cluster):
    """From an empty folder to three nodes that replicate."""
    build_nodes(cluster)
    first, rest = cluster.nodes[0], cluster.nodes[1:]
    known = cluster.facts
    with contextlib.closing(first.session()) as session:  # no standby exists yet that could confirm
        session.query("SET GLOBAL read_only = 0; "
                      "DELETE FROM mysql.global_priv WHERE User = ''; FLUSH PRIVILEGES")
        session.query(dialect.users_sql(known["auth"]).strip().rstrip(";"), 20)
        if known["dialect"] == "multi-az":
            session.query(dialect.multi_az_sql(known["nodes"], PORT, known["grants"]).strip().rstrip(";"), 20)
        session.query(OPEN)
    together(lambda node: node.follow(first), rest)
    wait_until(lambda: len(first.streaming()) == len(rest), 20, "the standbys do not replicate; see their logs")
