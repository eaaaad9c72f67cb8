"""What the demo and the benchmarks stand on: a lab of their own, data sources, compiled clients, and the judgement
over what a client wrote down.  Imported by test/demo/show.py and test/bench/*.py."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BUILD = os.path.realpath(os.environ.get("HF_BUILD") or os.path.join(TOP, "build"))
OURS, OTHER = "holdfast-demo", "other-demo"
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes"]


class Kind:
    """What differs from one kind of server to the other: the lab, our driver, the distribution's, and the bare client
    library as pkg-config names it."""

    def __init__(self, name, servers, ours, other, bare, table):
        self.name, self.servers, self.table = name, servers, table
        self.lab = os.path.join(TOP, "test/lab", {"pg": "pg", "my": "mariadb"}[name])
        self.driver, self.library = ours
        self.other, self.other_library = other
        self.bare = bare


# A row says which node took it.
KINDS = {
    "pg": Kind("pg", "PostgreSQL", ("Holdfast PostgreSQL", "libholdfastpg.so"), ("psqlodbc", "psqlodbcw.so"),
               "libpq", """DROP TABLE IF EXISTS demo_row;
        CREATE TABLE demo_row (run text, k bigint, host text DEFAULT current_setting('cluster_name'));
        CREATE INDEX ON demo_row (run, k)"""),
    "my": Kind("my", "MariaDB", ("Holdfast MySQL", "libholdfastmy.so"), ("odbc-mariadb", "libmaodbc.so"),
               "libmariadb", """DROP TABLE IF EXISTS demo_row;
        CREATE TABLE demo_row (run varchar(100), k bigint, host varchar(100), KEY (run, k));
        CREATE TRIGGER demo_host BEFORE INSERT ON demo_row FOR EACH ROW
            SET NEW.host = CONCAT('demo-instance-', @@server_id - 1000)""")}
KIND = KINDS[os.environ.get("HF_BACKEND") or ("my" if os.environ.get("HF_LAYER", "").endswith("-my") else "pg")]


class StageError(Exception):
    """Something the user is to be told, in one line."""


def now_ms():
    """CLOCK_MONOTONIC in milliseconds."""
    return time.clock_gettime(time.CLOCK_MONOTONIC) * 1e3


def compiled(name, *sources, package=""):
    """Path of the program `name` made of C sources (relative to test/), compiled if a source is younger; `package` is
    what it is linked with beside the driver manager."""
    target = os.path.join(BUILD, "demo", name)
    paths = [os.path.join(TOP, "test", source) for source in sources]
    folders = sorted({os.path.dirname(path) for path in paths})
    inputs = paths + [os.path.join(folder, file) for folder in folders for file in os.listdir(folder)
                      if file.endswith(".h")]
    if os.path.exists(target) and all(os.path.getmtime(path) < os.path.getmtime(target) for path in inputs):
        return target
    os.makedirs(os.path.dirname(target), exist_ok=True)
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", package], capture_output=True, text=True,
                           check=True).stdout.split() if package else []
    subprocess.run(["cc", "-std=gnu11", "-O2", "-g", *WARNINGS, "-D_GNU_SOURCE", "-pthread",
                    "-I" + os.path.join(TOP, "test/demo"), *paths, "-o", target, "-lodbc", *flags], check=True)
    return target


def module():
    """Path of the driver that was built."""
    for path in (".libs/" + KIND.library, KIND.library):
        if os.path.exists(os.path.join(BUILD, path)):
            return os.path.join(BUILD, path)
    raise StageError(f"no {KIND.library} in {BUILD}: build it first (./demo and ./check do)")


def other():
    """Path of the distribution's driver, or None."""
    for folder, _, names in os.walk("/usr/lib"):
        if KIND.other_library in names:
            return os.path.join(folder, KIND.other_library)
    return None


class Fault:
    """What the lab did to the writer, by its events; times in milliseconds."""

    def __init__(self, kind, text):
        self.kind, self.events = kind, []
        for line in text.splitlines():
            words = line.split(None, 3)
            if len(words) >= 3:
                self.events.append((float(words[0]), words[1], words[2], words[3] if len(words) > 3 else ""))
        self.begin, self.old = self.at("fault-begin")
        self.floor, self.new = self.at("floor")
        self.down = self.at("writer-down")[0]

    def at(self, event):
        """(time, node) of the first event of that name."""
        for moment, name, node, _ in self.events:
            if name == event:
                return moment, node
        raise StageError(f"the lab told no '{event}' of this {self.kind}")


class Lab:
    """A lab of our own, gone when the block ends unless it is kept; `options` are those of the lab's `up`."""

    def __init__(self, name, folder="demo", options=()):
        self.name, self.kept, self.options = name, False, options
        self.folder = os.path.join(BUILD, folder)
        self.facts = {}
        self.environment = {key: value for key, value in os.environ.items()
                            if not key.startswith("PG") and key not in ("HOLDFAST_LOG", "ODBCINSTINI")}
        self.environment.update(LAB=name, ODBCSYSINI=self.folder, ODBCINI=os.path.join(self.folder, "odbc.ini"))

    def __enter__(self):
        try:
            self.control("up", "--again", *self.options)
            self.refresh()
            self.write_ini()
            self.ask(KIND.table)
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_):
        if not self.kept:
            self.down()

    def control(self, *words):
        """Run a command of the lab; what it printed."""
        done = subprocess.run([KIND.lab, *words], env=self.environment, capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL)
        if done.returncode:
            raise StageError(f"{os.path.basename(KIND.lab)} {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def down(self):
        """Remove the lab, if it is there."""
        subprocess.run([KIND.lab, "down"], env=self.environment, check=False, stdin=subprocess.DEVNULL)

    def refresh(self):
        """Learn what the nodes are now."""
        self.facts = json.loads(self.control("status", "--json"))

    def endpoint(self):
        """The cluster's endpoint: the name of the writer."""
        return self.facts["endpoints"]["writer"]

    def fault(self, kind, hold=0, dns_lag=0):
        """A switchover or a kill of the writer; returns when the cluster is whole again."""
        words = ["switchover"] if kind == "switchover" else ["kill", "writer"]
        return Fault(kind, self.control(*words, "--hold", str(hold), "--dns-lag", str(dns_lag)))

    def inside(self, *words):
        """Command words that run `words` in the lab."""
        return [KIND.lab, "run", *words]

    def run(self, *words, **how):
        """Run a program in the lab; the finished process."""
        how = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL, "check": False, **how}
        return subprocess.run(self.inside(*words), env=self.environment, **how)

    def conninfo(self, user="app", database="app", host=None):
        """A libpq connection string; without a host for whoever is the writer."""
        password = "postgres" if user == "postgres" else self.facts["password"]
        where = f"host={host}" if host else (
            "host=" + ",".join(node["address"] for node in self.facts["nodes"]) + " target_session_attrs=read-write")
        return f"{where} port={self.facts['nodes'][0]['port']} user={user} password={password} dbname={database}"

    def bare(self):
        """What bare_open() wants (test/bench/bare.h), for the cluster's endpoint."""
        if KIND.name == "pg":
            return self.conninfo(host=self.endpoint())
        facts = self.facts
        return " ".join((self.endpoint(), str(facts["nodes"][0]["port"]), facts["user"], facts["password"],
                         facts["database"]))

    def ask(self, sql, **where):
        """Rows of `sql` as lists of text, by psql or mariadb: the independent witness."""
        if KIND.name == "my":
            self.refresh()
            address = next(node["address"] for node in self.facts["nodes"] if node["name"] == self.facts["writer"])
            command = ["mariadb", "-NB", "-h", address, "-u", self.facts["user"],
                       "-p" + self.facts["password"], self.facts["database"], "-e", sql]
        else:
            command = ["psql", "-AtqX", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", self.conninfo(**where), "-c", sql]
        done = self.run(*command)
        if done.returncode:
            raise StageError(f"{command[0]}: {done.stderr.strip()}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def write_ini(self, **more):
        """odbcinst.ini and odbc.ini of our own; `more` are further keywords of our data source."""
        os.makedirs(self.folder, exist_ok=True)
        drivers = {KIND.driver: module()}
        if other():
            drivers[KIND.other] = other()
        server, user = ("Servername", "Username") if KIND.name == "pg" else ("Server", "User")
        login = {server: self.endpoint(), "Port": self.facts["nodes"][0]["port"],
                 "Database": self.facts["database"], user: self.facts["user"],
                 "Password": self.facts["password"]}
        sources = {OURS: {"Driver": KIND.driver, **login, **more}, OTHER: {"Driver": KIND.other, **login}}
        with open(os.path.join(self.folder, "odbcinst.ini"), "w", encoding="utf-8") as file:
            for name, path in drivers.items():
                file.write(f"[{name}]\nDriver = {path}\nThreading = 0\n\n")
            file.write("[ODBC]\nPooling = No\n")
        with open(os.path.join(self.folder, "odbc.ini"), "w", encoding="utf-8") as file:
            for name, keywords in sources.items():
                if keywords["Driver"] in drivers:
                    file.write(f"[{name}]\n" + "".join(f"{k} = {v}\n" for k, v in keywords.items()) + "\n")

    def quieten(self, seconds=30):
        """Wait until the endpoint's name has followed the writer."""
        def settled():
            self.refresh()
            writer = [node for node in self.facts["nodes"] if node["name"] == self.facts["writer"]]
            return self.facts["whole"] and writer and self.facts["dns"][self.endpoint()] == writer[0]["address"]
        end = time.monotonic() + seconds
        while not settled():
            if time.monotonic() > end:
                raise StageError(f"the cluster does not come to rest; see '{KIND.lab} status'")
            time.sleep(0.05)


class Event:
    """One line that a client wrote."""

    def __init__(self, line):
        words = line.rstrip("\n").split(" ", 5)
        self.begin, self.end, self.kind, self.key = float(words[0]), float(words[1]), words[2], int(words[3])
        self.state = words[4] if len(words) > 4 else ""
        self.text = " ".join(words[5].split()) if len(words) > 5 else ""


class Client:
    """A client program that runs in the lab until it is told to stop, by the end of its standard input."""

    def __init__(self, lab, run, command):
        self.lab, self.run, self.rows, self.events, self.other = lab, run, {}, [], []
        self.path = os.path.join(lab.folder, run + ".events")
        self.out = open(self.path, "w", encoding="utf-8")  # closed by stop
        self.child = subprocess.Popen(lab.inside(*command), env=lab.environment, stdin=subprocess.PIPE,
                                      stdout=self.out, stderr=subprocess.PIPE, text=True)

    def wait_for(self, text, seconds=30):
        """Wait until the client has written `text`."""
        end = time.monotonic() + seconds
        while True:
            with open(self.path, encoding="utf-8", errors="replace") as file:
                if text in file.read():
                    return
            if self.child.poll() is not None or time.monotonic() > end:
                self.kill()
                raise StageError(f"{self.run} does not come to work: {self.complaint()}")
            time.sleep(0.02)

    def complaint(self):
        """Why it does not work: the last line it wrote, or what stands on standard error."""
        with open(self.path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
        return " ".join(lines[-1:]) or self.child.stderr.read().strip() or f"exit status {self.child.returncode}"

    def kill(self):
        """End it without asking."""
        with contextlib.suppress(ProcessLookupError):
            self.child.kill()
        self.child.wait()
        self.out.close()

    def stop(self, seconds=90):
        """Let it end, then read what it wrote."""
        with contextlib.suppress(BrokenPipeError):
            self.child.stdin.close()
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise StageError(f"{self.run} does not end: {self.complaint()}") from None
        self.out.close()
        if self.child.returncode:
            raise StageError(f"{self.run} ended with {self.child.returncode}: {self.complaint()} "
                             f"{self.child.stderr.read().strip()}")
        self.read()

    def read(self):
        """The events, in the order of their ends, and from the table itself where each row was written."""
        with open(self.path, encoding="utf-8", errors="replace") as file:
            for line in file:
                (self.events if line[:1].isdigit() else self.other).append(line)
        self.events = sorted((Event(line) for line in self.events), key=lambda event: event.end)
        for key, host in self.lab.ask(f"SELECT k, host FROM demo_row WHERE run = '{self.run}'"):
            self.rows.setdefault(int(key), []).append(host)

    def host(self, event):
        """Where the row of a write is."""
        return self.rows.get(event.key, [None])[0]

    def lost(self):
        """Keys that were acknowledged and are not in the table."""
        acknowledged = {event.key for event in self.events if event.kind in ("ok", "there")}
        return sorted(acknowledged - set(self.rows))

    def doubled(self):
        """Keys that are in the table more than once."""
        return sorted(key for key, hosts in self.rows.items() if len(hosts) > 1)

    def written(self):
        """How many rows were acknowledged."""
        return len({event.key for event in self.events if event.kind in ("ok", "there")})

    def around(self, fault, end=None):
        """(last good write on the old writer, first good one on the new) of a fault; None where there is none."""
        good = [event for event in self.events if event.kind == "ok" and event.end < (end or float("inf"))]
        before = [event for event in good if event.begin < fault.floor and self.host(event) == fault.old]
        after = [event for event in good if event.end > fault.begin and self.host(event) == fault.new]
        return before[-1] if before else None, after[0] if after else None

    def errors(self, begin, end):
        """The errors between two moments."""
        return [event for event in self.events if event.kind == "error" and begin <= event.end <= end]


def writer(lab, run, source, every, reconnects=False):
    """Start test/demo/writer.c."""
    program = compiled("writer", "demo/writer.c", "demo/client.c")
    client = Client(lab, run, [program, source, run, str(every), *(["reconnect"] if reconnects else [])])
    client.wait_for(" ok ")
    return client


def table(rows, indent="  "):
    """Rows of text in columns, the first aligned left, the others right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(width) if i == 0 else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        print((indent + "  ".join(cells)).rstrip())


class Figures:
    """Figures against their goals.  A missed goal is told; only what is grossly wrong fails."""

    def __init__(self):
        self.rows, self.passed, self.failed, self.missed = [], 0, 0, 0

    def add(self, name, goal, measured, unit="", limit=None):
        """A figure; goal None for one that is only told.  More than `limit` is a failure."""
        form = ".3g" if unit == "x" else ".1f" if isinstance(measured, float) else ""
        shown = format(measured, form)
        reached = goal is None or measured <= goal
        good = limit is None or measured <= limit
        self.missed += not reached
        self.passed += good
        self.failed += not good
        self.rows.append([name, "" if goal is None else f"{goal:g} {unit}".strip(), f"{shown} {unit}".strip(),
                          "" if goal is None else "yes" if reached else "no" if good else "NO: FAILED"])

    def show(self):
        """Print the table."""
        table([["figure", "goal", "measured", "reached"], *self.rows])


def guard(main):
    """Run a program's main: troubles in one line; a signal is an ordinary end, so that labs are removed."""
    def end(number, _):
        raise SystemExit(128 + number)
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, end)
    try:
        code = main()
        sys.stdout.flush()
    except StageError as trouble:
        sys.exit(f"{os.path.basename(sys.argv[0])}: {trouble}")
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(int(code))
