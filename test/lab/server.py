"""What the servers of all kinds have in common: a folder, processes that are known by it, sessions.

A kind of server is a module (server_pg, server_my) with

    NAME, PORT, DIALECTS, AUTHS   the words of the command line, the first of each is the default
    PROXIED                       the dialects that exist only behind the proxy
    FLOOR                         (source file, environment, libraries) of the probe that finds the first write
    APP_PASSWORD, ADMIN           what `status` tells
    check()                       raises LabError when the programs are missing
    facts(cluster, number)        what is to be known of a node besides its names
    build(cluster)                from nothing to nodes that replicate, the first being the writer
    Node                          a Server
"""

import contextlib
import os
import pwd
import signal
import subprocess

import disks
from wire import LinkError, SqlError
from world import LabError, wait_until


def as_user(user, command, **more):
    """Arguments for subprocess that make `command` run as the system user `user`, apart from the caller."""
    facts = pwd.getpwnam(user)
    return {"args": command, "user": facts.pw_uid, "group": facts.pw_gid, "cwd": "/", "stdin": subprocess.DEVNULL,
            "extra_groups": os.getgrouplist(user, facts.pw_gid), "start_new_session": True,
            # Large pieces go back to the system when they are freed, so that a limit of memory is felt.
            "env": {"PATH": "/usr/bin:/bin:/usr/sbin", "LC_ALL": "C", "MALLOC_MMAP_THRESHOLD_": "1048576"}, **more}


def run_as(user, command, what):
    """Run `command` to its end; LabError with what it said if it fails."""
    done = subprocess.run(**as_user(user, command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT), timeout=60,
                          text=True, check=False)
    if done.returncode:
        raise LabError(f"{what} failed: {done.stdout.strip()}")


class Server:
    """One server of a cluster."""

    USER = PID_FILE = DATA_FILE = None  # system user; files in the data: while it runs, always
    STOP = signal.SIGTERM
    TERMINATE = CLIENTS = None  # SQL that ends the session {}; that lists the application's sessions

    def __init__(self, cluster, facts):
        self.cluster, self.facts = cluster, facts
        self.number, self.name = facts["number"], facts["name"]
        self.address, self.inner = facts["address"], facts["inner"]
        self.folder = os.path.join(cluster.folder, str(self.number))
        self.disks = {part: os.path.join(cluster.data, f"{self.number}-{part}") for part in disks.PARTS}
        self.data, self.log = os.path.join(self.disks["data"], "data"), os.path.join(self.disks["log"], "log")

    # Processes.

    def pid(self):
        """The main process's id, 0 if it does not run."""
        try:
            with open(os.path.join(self.data, self.PID_FILE), encoding="ascii") as file:
                pid = int(file.readline())
            return pid if os.readlink(f"/proc/{pid}/cwd") == self.data else 0
        except (OSError, ValueError):
            return 0

    def processes(self):
        """Every process of this server, known by its working directory; the main one first."""
        found = []
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError):
                    if os.readlink(f"/proc/{entry}/cwd") == self.data:
                        found.append(int(entry))
        main = self.pid()
        return sorted(found, key=lambda pid: pid != main)

    def paused(self):
        """True when the main process is stopped by SIGSTOP."""
        try:
            with open(f"/proc/{self.pid()}/stat", encoding="ascii", errors="replace") as file:
                return file.read().rpartition(")")[2].split()[0] == "T"
        except OSError:
            return False

    def signal_all(self, number):
        """Signal every process of the server, the main one first (a stopped one forks no more); returns them."""
        pids = self.processes()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return pids

    def kill(self):
        """kill -9 of all processes; returns when none is left."""
        self.signal_all(signal.SIGSTOP)

        def gone():
            return not self.signal_all(signal.SIGKILL)
        wait_until(gone, 5, f"{self.name} does not die", step=0.001)

    def stop(self, seconds=15):
        """Stop in order; returns when no process is left."""
        pid = self.pid()
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, self.STOP)
        wait_until(lambda: not self.processes(), seconds,
                   f"{self.name} does not stop; see {self.folder}/log, or use 'kill'", step=0.001)

    def crashed(self):
        """True when it is down without having been stopped."""
        return not self.pid() and os.path.exists(os.path.join(self.data, self.PID_FILE))

    def has_data(self):
        """False before the data was made, or while it is being replaced."""
        return os.path.exists(os.path.join(self.data, self.DATA_FILE))

    def launch(self, command):
        """Start the server's main process; does not wait."""
        with open(os.path.join(self.folder, "log"), "ab") as log:
            subprocess.Popen(**as_user(self.USER, command, stdout=log, stderr=log))

    def wait_ready(self, seconds=15):
        """Wait until the server answers on its Unix socket."""
        def ready():
            with contextlib.suppress(LinkError, SqlError):
                self.session().close()
                return True
        wait_until(ready, seconds, f"{self.name} does not start; see {self.folder}/log", step=0.005)

    # Questions.

    def ask(self, sql, database=None, seconds=2.0):
        """The rows that `sql` gives, in a session of its own; None if the server does not answer."""
        try:
            with contextlib.closing(self.session(database, seconds)) as session:
                return session.query(sql, seconds)
        except (LinkError, SqlError):
            return None

    def role(self):
        """'writer', 'reader', 'paused' or 'down', as the node itself says now."""
        if not self.pid():
            return "down"
        if self.paused():
            return "paused"
        try:
            with contextlib.closing(self.session(seconds=1.0)) as session:
                return "writer" if self.takes_writes(session) else "reader"
        except (LinkError, SqlError):
            return "down"

    # What differs, with what serves where nothing is to be done.

    def session(self, database=None, seconds=2.0):
        """A superuser's session; LinkError or SqlError if there is none to be had."""
        raise NotImplementedError

    def takes_writes(self, session):
        """Is this node the writer, by its own word?"""
        raise NotImplementedError

    def clients(self, session):
        """The application's sessions."""
        return [row[0] for row in session.query(self.CLIENTS)]

    def age(self):
        """Of two nodes that both say to be the writer the one with the greater age is the newer."""
        raise NotImplementedError

    def streaming(self):
        """On a writer: the names of the standbys that replicate from it now (a paused one does not)."""
        raise NotImplementedError

    def received(self, session):
        """On a standby: (how much it has received, whether it still receives)."""
        raise NotImplementedError

    def start(self):
        """Start the server; does not wait."""
        raise NotImplementedError

    def start_writer(self):
        """Start the server that was the writer and is it again; returns when it is."""
        self.start()
        self.wait_ready()

    def promote(self, session):
        """Make this standby the writer; need not wait."""
        raise NotImplementedError

    def promoted(self):
        """After the promotion is over."""

    def follow(self, source):
        """Point a running standby at another writer; takes effect without a restart."""
        raise NotImplementedError

    def rejoin(self, source):
        """Start a node that was stopped in order as a standby of `source`."""
        raise NotImplementedError

    def renew(self, source):
        """Kill it, throw the data away and make it a standby of `source`."""
        raise NotImplementedError

    def poke(self):
        """Nudge a standby that seems to sleep."""

    def lag(self):
        """On a standby: receive, but apply nothing until it is promoted."""
        raise NotImplementedError

    def wake(self):
        """After a disk has room again: end the waits for it."""

    def serving(self):
        """The processes that serve the application's sessions."""
        return [self.pid()]

    def demote(self):
        """Shut the writer to writes; its sessions stay."""
        raise LabError("a server of this kind cannot become a standby while it runs")

    def before_stop(self):
        """Shortly before a writer is stopped in order."""

    def followed_by(self, node):
        """True when `node` replicates from this writer; nudges it if it does not."""
        if node.name in self.streaming():
            return True
        node.poke()
        return False


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


def detach():
    """Let a child process do the rest: the caller goes on as the parent (False), the child is told True."""
    if os.fork():
        return False
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    return True
