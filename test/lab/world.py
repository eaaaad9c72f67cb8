"""A world: private network, mounts, processes and IPC, made by unshare(1); and the names that are known inside.

    BASE/NAME/world/      pid (of unshare), hosts, resolv.conf, nsswitch.conf, ready, log, floor, ram/
    BASE/NAME/CLUSTER/    one folder per cluster, see cluster.py

Killing process 1 of the world kills everything that runs inside, and its mounts go with it: nothing can stay behind.
"""

import contextlib
import errno
import fcntl
import os
import re
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import time

IP_WIDTH = 15
UNKNOWN = "#" + " " * (IP_WIDTH - 1)


class LabError(Exception):
    """Something the user is to be told, in one line that says what to do."""


def wait_until(test, seconds, what, step=0.002):
    """Call `test` until it is true; LabError with `what` after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        answer = test()
        if answer:
            return answer
        if time.monotonic() > end:
            raise LabError(f"gave up after {seconds:g} s: {what}")
        time.sleep(step)


@contextlib.contextmanager
def locked(path, seconds, what):
    """Hold an exclusive lock on the file `path` (made if missing); yields a function that deletes the file."""
    end = time.monotonic() + seconds
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.exists(path) and os.path.samestat(os.fstat(fd), os.stat(path)):
                break
        except BlockingIOError:
            pass
        os.close(fd)
        if time.monotonic() > end:
            raise LabError(f"{what}: another command is still at work on it after {seconds:g} s; try again")
        time.sleep(0.01)
    try:
        yield lambda: os.unlink(path)
    finally:
        os.close(fd)


class World:
    """The world called `name`; `base` is the folder that holds all worlds of this user."""

    def __init__(self, base, name):
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", name):
            raise LabError(f"LAB={name!r}: a world's name is made of letters, digits, '_', '.', '-' (at most 40)")
        self.base, self.name = os.path.abspath(base), name
        self.state = os.path.join(self.base, name)
        self.home = os.path.join(self.state, "world")
        self.ram = os.path.join(self.home, "ram")
        self.hosts_path = os.path.join(self.home, "hosts")

    # From outside: make, find, enter, end.

    def lock(self):
        """The lock that `up` and `down` of this world hold."""
        return locked(os.path.join(self.base, f".lock-{self.name}"), 60, f"world '{self.name}'")

    def prepare_base(self, uid):
        """Make the folder of all worlds, or refuse one that somebody else made."""
        os.makedirs(self.base, mode=0o755, exist_ok=True)
        facts = os.lstat(self.base)
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in (0, uid):
            raise LabError(f"{self.base} belongs to somebody else; set LAB_DIR to a folder of your own")

    def pids(self):
        """(pid of unshare, pid of the world's process 1), as seen from outside; (0, 0) if the world does not run."""
        try:
            with open(os.path.join(self.home, "pid"), encoding="ascii") as file:
                outer = int(file.read())
            if self.home not in _arguments(outer):
                return 0, 0
            with open(f"/proc/{outer}/task/{outer}/children", encoding="ascii") as file:
                children = [int(word) for word in file.read().split()]
        except (OSError, ValueError):
            return 0, 0
        return outer, children[0] if children else 0

    def runs(self):
        """True when the world is there and ready to be entered."""
        return self.pids()[1] != 0 and os.path.exists(os.path.join(self.home, "ready"))

    def create(self, program):
        """Start the world; `program` is the lab's own script, which becomes process 1 inside."""
        shutil.rmtree(self.home, ignore_errors=True)
        os.makedirs(self.home, mode=0o755)
        self._write_files()
        # The shell writes down the process id that unshare will have, so that no moment exists in which a killed
        # `up` would leave a world that `down` does not know.
        command = ["/bin/sh", "-c", 'echo $$ >"$1/pid"; shift; exec "$@"', "sh", self.home,
                   "unshare", "-n", "-m", "-p", "-i", "-f", "--propagation", "private", "--mount-proc",
                   "--kill-child=KILL", "/usr/bin/python3", program, "_init", self.home]
        with open(os.path.join(self.home, "log"), "ab") as log:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                                     env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, start_new_session=True)
        wait_until(lambda: self.runs() or child.poll() is not None, 10, "the world did not start")
        if not self.runs():
            with open(os.path.join(self.home, "log"), encoding="utf-8", errors="replace") as log:
                raise LabError(f"the world did not start (namespaces are needed): {log.read().strip()}")

    def _write_files(self):
        """The files that are mounted over those of /etc inside the world."""
        hosts = _read("/etc/hosts")
        if "localhost" not in hosts:
            hosts = "127.0.0.1 localhost\n" + hosts
        switch = [line for line in _read("/etc/nsswitch.conf").splitlines() if not line.startswith("hosts:")]
        texts = {"hosts": hosts.rstrip("\n") + "\n",
                 "resolv.conf": "nameserver 127.0.0.53\noptions timeout:1 attempts:1\n",
                 "nsswitch.conf": "\n".join(switch + ["hosts: files dns", ""])}
        for name, text in texts.items():
            with open(os.path.join(self.home, name), "w", encoding="utf-8") as file:
                file.write(text)

    def entry(self):
        """The command words that run what follows them inside the world."""
        inner = self.pids()[1]
        if not inner or not self.runs():
            raise LabError(f"world '{self.name}' is not up: run 'up' first")
        return ["nsenter", "-t", str(inner), "-n", "-m", "-p", "-i", "--"]

    def destroy(self):
        """End every process of the world and remove all its files."""
        outer, inner = self.pids()
        for pid in (inner, outer):
            if pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                wait_until(lambda gone=pid: not _alive(gone), 10, f"process {pid} of the world does not end")
        if os.path.isdir(self.home):
            remove_tree(self.state)
        elif os.path.isdir(self.state):
            raise LabError(f"{self.state} does not look like a world; remove it by hand")

    # Inside: process 1.

    def init(self):
        """Process 1 of the world: bring the loopback up, mount the files, then reap orphans for ever."""
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
            fcntl.ioctl(link, 0x8914, struct.pack("16sh14x", b"lo", 1 | 64))  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING
        for name in ("hosts", "resolv.conf", "nsswitch.conf"):
            mount = ["mount", "--bind", os.path.join(self.home, name), f"/etc/{name}"]
            if subprocess.run(mount, check=False).returncode and name == "hosts":
                sys.exit("cannot mount over /etc/hosts")
        os.mkdir(self.ram)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "lab", self.ram], check=True)
        with open(os.path.join(self.home, "ready"), "w", encoding="ascii"):
            pass
        while True:
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            signal.sigwait({signal.SIGCHLD})

    # Names.  A record never changes its length, and only its address is overwritten, by one write.

    def names(self):
        """Name -> address ('none' for a name that is made unknown) of all records of the lab."""
        return {name: address for name, (address, _) in self._records().items()}

    def _records(self):
        records, at = {}, 0
        with open(self.hosts_path, "rb") as file:
            for raw in file:
                line = raw.decode()
                match = re.fullmatch(r"(.{15}) (\S+) # lab\n", line)
                if match:
                    address = match[1].strip()
                    records[match[2]] = ("none" if address == "#" else address, at)
                at += len(raw)
        return records

    def add_names(self, names):
        """Append records for the dict name -> address, in one write."""
        text = "".join(f"{address:<{IP_WIDTH}} {name} # lab\n" for name, address in names.items())
        fd = os.open(self.hosts_path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)

    def set_name(self, name, address):
        """Point a record of the lab elsewhere; the address 'none' makes the name unknown."""
        records = self._records()
        if name not in records:
            raise LabError(f"no record {name}; there are: {', '.join(records)}")
        if address != "none":
            try:
                socket.inet_aton(address)
            except OSError:
                raise LabError(f"{address} is not an IPv4 address, a node, nor 'none'") from None
        field = UNKNOWN if address == "none" else f"{address:<{IP_WIDTH}}"
        fd = os.open(self.hosts_path, os.O_WRONLY)
        try:
            os.pwrite(fd, field.encode(), records[name][1])
        finally:
            os.close(fd)

    def drop_names(self, names):
        """Make records unusable for a removed cluster (their space in the file stays)."""
        records = self._records()
        fd = os.open(self.hosts_path, os.O_WRONLY)
        try:
            for name in names:
                if name in records:
                    os.pwrite(fd, b"#" * (IP_WIDTH + 1 + len(name)), records[name][1])
        finally:
            os.close(fd)


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _arguments(pid):
    """The command line of a process, as a list."""
    return _read(f"/proc/{pid}/cmdline").split("\0")


def _alive(pid):
    """False once the process is gone or only waits for its parent to ask for its status."""
    text = _read(f"/proc/{pid}/stat")
    return bool(text) and text.rpartition(")")[2].split()[0] not in "ZX"


def remove_tree(path):
    """Remove a folder; a file that appears or vanishes meanwhile does no harm."""
    for _ in range(5):
        shutil.rmtree(path, ignore_errors=True)
        if not os.path.lexists(path):
            return
        time.sleep(0.05)
    raise LabError(f"{os.strerror(errno.ENOTEMPTY)}: {path}")
