"""One cluster of three PostgreSQL servers.  Everything here runs inside the world.

    BASE/NAME/CLUSTER/cluster.json   what `up` was asked for, the nodes and their names
    BASE/NAME/CLUSTER/writer         the node that was promoted last
    BASE/NAME/CLUSTER/events         MONO_MS EVENT NODE [detail]
    BASE/NAME/CLUSTER/N/             one folder per node: log, postgresql.conf, the Unix socket
    BASE/NAME/CLUSTER/data/N/        the data, if on disk; else in the world's own memory (world/ram/CLUSTER/N)
    BASE/NAME/CLUSTER/tls/           ca.pem, server.crt, server.key (with --tls)
"""

import contextlib
import glob
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time

import dialect
import wire
from world import LabError, remove_tree, wait_until

PORT = 5432
REGION = "eu-central-1.rds.amazonaws.com"

SETTINGS = """
port = 5432
max_connections = 400
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


def now_ms():
    """CLOCK_MONOTONIC in milliseconds."""
    return time.clock_gettime(time.CLOCK_MONOTONIC) * 1e3


def describe(name, index, options):
    """What is written to cluster.json: names and addresses of cluster number `index` (0 is the first)."""
    domain = f"cxyzlab{index + 1}.{REGION}"
    nodes = []
    for number in (1, 2, 3):
        instance = f"{name}-instance-{number}"
        nodes.append({"number": number, "name": instance, "host": f"{instance}.{domain}",
                      "address": f"127.0.0.{11 + 10 * index + number - 1}",
                      "id": dialect.resource_id(name, number)})
    return {"name": name, "index": index, "stamp": now_ms(), "port": PORT, "nodes": nodes, **options,
            "endpoints": {"writer": f"{name}.cluster-{domain}", "reader": f"{name}.cluster-ro-{domain}"}}


def as_postgres(command, **more):
    """Arguments for subprocess that make `command` run as the system user postgres, apart from the caller."""
    user = pwd.getpwnam("postgres")
    return {"args": command, "user": user.pw_uid, "group": user.pw_gid, "cwd": "/", "stdin": subprocess.DEVNULL,
            "extra_groups": os.getgrouplist("postgres", user.pw_gid), "start_new_session": True,
            "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, **more}


class Node:
    """One server: its folder, its processes, its sessions."""

    def __init__(self, cluster, facts):
        self.cluster, self.facts = cluster, facts
        self.number, self.name, self.address = facts["number"], facts["name"], facts["address"]
        self.folder = os.path.join(cluster.folder, str(self.number))
        self.data = os.path.join(cluster.data, str(self.number))
        self.socket = os.path.join(self.folder, f".s.PGSQL.{PORT}")

    # Processes.

    def pid(self):
        """The postmaster's process id, 0 if it does not run."""
        try:
            with open(os.path.join(self.data, "postmaster.pid"), encoding="ascii") as file:
                pid = int(file.readline())
            return pid if os.readlink(f"/proc/{pid}/cwd") == self.data else 0
        except (OSError, ValueError):
            return 0

    def processes(self):
        """Every process of this server, known by its working directory; the postmaster first."""
        found = []
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError):
                    if os.readlink(f"/proc/{entry}/cwd") == self.data:
                        found.append(int(entry))
        postmaster = self.pid()
        return sorted(found, key=lambda pid: pid != postmaster)

    def paused(self):
        """True when the postmaster is stopped by SIGSTOP."""
        try:
            with open(f"/proc/{self.pid()}/stat", encoding="ascii", errors="replace") as file:
                return file.read().rpartition(")")[2].split()[0] == "T"
        except OSError:
            return False

    def signal_all(self, number):
        """Signal every process of the server, the postmaster first (a stopped one forks no more); returns them."""
        pids = self.processes()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return pids

    def kill(self):
        """kill -9 of the postmaster and all its backends; returns when none is left."""
        self.signal_all(signal.SIGSTOP)

        def gone():
            return not self.signal_all(signal.SIGKILL)
        wait_until(gone, 5, f"{self.name} does not die", step=0.001)

    def stop(self, seconds=15):
        """Fast stop (SIGINT to the postmaster); returns when no process is left."""
        pid = self.pid()
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
        wait_until(lambda: not self.processes(), seconds,
                   f"{self.name} does not stop; see {self.folder}/log, or use 'kill'", step=0.001)

    def _tell(self, number):
        """Send a signal to the postmaster."""
        pid = self.pid()
        if not pid:
            raise LabError(f"{self.name} is not running; run 'test/lab/pg status' and look into {self.folder}/log")
        os.kill(pid, number)

    def promote(self):
        """Make this standby the writer, as pg_ctl promote does; does not wait."""
        with open(os.path.join(self.data, "promote"), "w", encoding="ascii"):
            pass
        self._tell(signal.SIGUSR1)

    # Configuration and data.

    def configure(self, source=None):
        """Write postgresql.conf; `source` is the node to follow."""
        lines = [f"listen_addresses = '{self.address}'", f"unix_socket_directories = '{self.folder}'",
                 f"hba_file = '{self.cluster.folder}/pg_hba.conf'", f"lab.instance_id = '{self.name}'",
                 f"cluster_name = '{self.name}'", f"lab.dbi_resource_id = '{self.facts['id']}'"]
        extensions = dialect.EXTENSIONS[self.cluster.facts["dialect"]]
        if extensions:
            lines.append(f"rds.extensions = '{extensions}'")
        if self.cluster.facts["tls"]:
            tls = self.cluster.folder + "/tls"
            lines += ["ssl = on", f"ssl_cert_file = '{tls}/server.crt'", f"ssl_key_file = '{tls}/server.key'"]
        if source:
            lines.append(f"primary_conninfo = 'host={source.address} port={PORT} user=replicator connect_timeout=2 "
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
        command = [binary_folder() + "/pg_basebackup", "-D", self.data, "-X", "stream", "-c", "fast", "--no-sync",
                   "--no-manifest", "-d", f"host={source.address} port={PORT} user=replicator sslmode=disable"]
        done = subprocess.run(**as_postgres(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT), timeout=60,
                              text=True, check=False)
        if done.returncode:
            raise LabError(f"pg_basebackup of {source.name} failed: {done.stdout.strip()}")
        self.mark_standby()
        self.configure(source)

    def start(self):
        """Start the server; does not wait."""
        command = [binary_folder() + "/postgres", "-D", self.data, "-c",
                   f"config_file={self.folder}/postgresql.conf"]
        with open(os.path.join(self.folder, "log"), "ab") as log:
            subprocess.Popen(**as_postgres(command, stdout=log, stderr=log))

    def wait_ready(self, seconds=15):
        """Wait until the server answers on its Unix socket."""
        def ready():
            with contextlib.suppress(wire.LinkError, wire.SqlError):
                self.session().close()
                return True
        wait_until(ready, seconds, f"{self.name} does not start; see {self.folder}/log", step=0.005)

    # Questions.

    def session(self, database="postgres", seconds=2.0):
        """A superuser's session; wire.LinkError or wire.SqlError if there is none to be had."""
        return wire.Session(self.socket, database, seconds=seconds)

    def ask(self, sql, database="postgres", seconds=2.0):
        """The rows that `sql` gives, in a session of its own; None if the server does not answer."""
        try:
            with contextlib.closing(self.session(database, seconds)) as session:
                return session.query(sql, seconds)
        except (wire.LinkError, wire.SqlError):
            return None

    def role(self):
        """'writer', 'reader', 'paused' or 'down', as the node itself says now."""
        if not self.pid():
            return "down"
        if self.paused():
            return "paused"
        rows = self.ask("SELECT pg_is_in_recovery()", seconds=1.0)
        return {"t": "reader", "f": "writer"}[rows[0][0]] if rows else "down"

    def timeline(self):
        """The timeline of the WAL that a writer writes now; 0 if it does not answer."""
        rows = self.ask("SELECT ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int")
        return int(rows[0][0]) if rows else 0

    def streaming(self):
        """On a writer: the names of the standbys that stream from it now (a paused one does not)."""
        rows = self.ask("SELECT application_name FROM pg_stat_replication WHERE state = 'streaming'")
        found = {row[0] for row in rows or []}
        return {node.name for node in self.cluster.nodes if node.name in found and not node.paused()}

    def followed_by(self, node):
        """True when `node` streams from this writer; nudges it if it does not."""
        if node.name in self.streaming():
            return True
        node.poke()
        return False


class Cluster:
    """Three nodes, their names, and the record of what happens to them."""

    def __init__(self, world, name):
        self.world, self.name = world, name
        self.folder = os.path.join(world.state, name)
        try:
            with open(os.path.join(self.folder, "cluster.json"), encoding="utf-8") as file:
                self.facts = json.load(file)
        except OSError:
            known = ", ".join(names(world)) or "none"
            raise LabError(f"no cluster '{name}' in world '{world.name}' (there: {known}): "
                           f"run 'test/lab/pg up --cluster {name}' first") from None
        self.data = os.path.join(self.folder, "data") if self.facts["disk"] else os.path.join(world.ram, name)
        self.nodes = [Node(self, facts) for facts in self.facts["nodes"]]
        self.endpoints = self.facts["endpoints"]
        self.lock_path = os.path.join(self.folder, "lock")

    def event(self, what, node="-", detail="", at=None):
        """Append one line to the events file and print it."""
        name = node if isinstance(node, str) else node.name
        line = f"{now_ms() if at is None else at:.3f} {what} {name} {detail}".rstrip()
        with open(os.path.join(self.folder, "events"), "a", encoding="utf-8") as file:
            file.write(line + "\n")
        with contextlib.suppress(OSError):
            print(line, flush=True)

    def writer(self):
        """The node that is the writer now, or None; the newest if there should be two."""
        found = [node for node in self.nodes if node.role() == "writer"]
        if len(found) > 1:
            found.sort(key=lambda node: node.timeline())
        return found[-1] if found else None

    def node(self, word):
        """The node called `word`: a name, a number, an address, 'writer' or 'standby'."""
        for node in self.nodes:
            if word in (str(node.number), node.name, node.facts["host"], node.address):
                return node
        if word == "writer":
            writer = self.writer()
            if writer:
                return writer
            raise LabError("there is no writer now; name the node")
        if word == "standby":
            for node in self.nodes:
                if node.role() == "reader":
                    return node
            raise LabError("there is no standby now; name the node")
        raise LabError(f"no node '{word}'; there are: 1, 2, 3, writer, standby, "
                       + ", ".join(node.name for node in self.nodes))

    def note_writer(self, node):
        """Write down which node the lab made the writer, for the time when it does not answer."""
        with open(os.path.join(self.folder, "writer"), "w", encoding="utf-8") as file:
            file.write(node.name)

    def noted_writer(self):
        """The node that the lab made the writer last."""
        with open(os.path.join(self.folder, "writer"), encoding="utf-8") as file:
            return self.node(file.read())

    def others(self, node):
        """All nodes but this one."""
        return [other for other in self.nodes if other is not node]

    # Building.

    def build(self):
        """From an empty folder to three nodes that stream; `up` has written cluster.json."""
        self._write_hba()
        first, rest = self.nodes[0], self.nodes[1:]
        self._initdb(first)
        first.configure()
        first.start()
        first.wait_ready()
        self._load_sql(first)

        def copy(node):
            node.copy_from(first)
            node.start()
        together(copy, rest)
        wait_until(lambda: len(first.streaming()) == len(rest), 20, "the standbys do not stream; see their logs")
        for node in rest:
            node.wait_ready()
        self.world.add_names({**{node.facts["host"]: node.address for node in self.nodes},
                              self.endpoints["writer"]: first.address, self.endpoints["reader"]: rest[0].address})
        self.note_writer(first)
        self.event("up", first, f"dialect={self.facts['dialect']} auth={self.facts['auth']}")

    def _write_hba(self):
        method = {"trust": "trust", "md5": "md5", "scram": "scram-sha-256"}[self.facts["auth"]]
        text = ("local all postgres trust\n"
                "host replication replicator 127.0.0.0/8 trust\n"
                f"host all all 127.0.0.0/8 {method}\n")
        with open(os.path.join(self.folder, "pg_hba.conf"), "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(file.name, 0o644)

    def _initdb(self, node):
        user = pwd.getpwnam("postgres")
        for folder in [self.data] + [each.folder for each in self.nodes]:
            os.makedirs(folder, mode=0o755)
            os.chown(folder, user.pw_uid, user.pw_gid)
        command = [binary_folder() + "/initdb", "-A", "trust", "-N", "--no-instructions", "--locale=C",
                   "-E", "UTF8", "-U", "postgres", "-D", node.data]
        done = subprocess.run(**as_postgres(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT), timeout=60,
                              text=True, check=False)
        if done.returncode:
            raise LabError(f"initdb failed: {done.stdout.strip()}")

    def _load_sql(self, node):
        """Users, databases and the dialect's objects.  No standby exists yet, so commits must not wait for one."""
        facts = self.facts
        alone = "SET synchronous_commit = local; "
        everywhere = {"multi-az": dialect.settings_sql(), "plain": "",
                      "aurora": dialect.settings_sql() + dialect.aurora_sql(facts["nodes"])}[facts["dialect"]]
        self._run(node, "postgres", alone + dialect.users_sql(facts["auth"]))
        for database in ("template1", "postgres"):
            if everywhere:
                self._run(node, database, alone + everywhere)
        with contextlib.closing(node.session()) as session:
            session.query(alone)
            session.query("CREATE DATABASE app OWNER app", seconds=20)
        if facts["dialect"] == "multi-az":
            self._run(node, "app", alone + dialect.multi_az_sql(facts["nodes"], PORT, facts["grants"]))

    @staticmethod
    def _run(node, database, sql):
        with contextlib.closing(node.session(database)) as session:
            session.query(sql, seconds=20)

    def remove(self):
        """End the servers of this cluster and remove its files; the world stays."""
        for node in self.nodes:
            node.kill()
        self.world.drop_names([node.facts["host"] for node in self.nodes] + list(self.endpoints.values()))
        remove_tree(self.data)
        remove_tree(self.folder)


def together(work, items):
    """Call work(item) for all items at the same time; the first error is raised when all have ended."""
    import threading  # here, because most commands never need it
    errors = []

    def guarded(item):
        try:
            work(item)
        except Exception as error:  # handed on to the caller below
            errors.append(error)
    threads = [threading.Thread(target=guarded, args=(item,)) for item in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def names(world):
    """The clusters that this world has, in the order of their addresses."""
    found = []
    for path in glob.glob(os.path.join(world.state, "*", "cluster.json")):
        with contextlib.suppress(OSError, ValueError):
            with open(path, encoding="utf-8") as file:
                facts = json.load(file)
            found.append((facts["index"], facts["name"]))
    return [name for _, name in sorted(found)]


def make_certificates(folder, hosts, addresses):
    """An own CA and one server certificate for all the names, by openssl(1)."""
    os.makedirs(folder, mode=0o755)
    names_line = ",".join([f"DNS:{host}" for host in hosts] + [f"IP:{address}" for address in addresses])
    files = {"leaf.cnf": f"subjectAltName={names_line}\nbasicConstraints=CA:FALSE\n"}
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256"]
    steps = (
        ["req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=Lab CA",
         "-addext", "keyUsage=critical,keyCertSign,cRLSign"],
        ["req", "-new", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={addresses[0]}"],
        ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-sha256",
         "-days", "30", "-extfile", "leaf.cnf", "-out", "server.crt"])
    for step in steps:
        done = subprocess.run(["openssl", *step], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(f"openssl {step[0]} failed: {done.stderr.strip()}")
    user = pwd.getpwnam("postgres")
    shutil.chown(os.path.join(folder, "server.key"), user.pw_uid, user.pw_gid)
    os.chmod(os.path.join(folder, "server.key"), 0o600)
    os.chmod(os.path.join(folder, "ca.key"), 0o600)
