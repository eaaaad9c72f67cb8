#!/usr/bin/python3
"""One storm: a lab of its own, clients of all kinds, faults from a seed, and the judgement.  Started by run; what it
finds goes to a file as JSON.  HF_BACKEND (pg, my) is the kind of cluster."""

import argparse
import json
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "demo"))

import judge  # noqa: E402
import plan  # noqa: E402
import stage  # noqa: E402

BACKEND = os.environ.get("HF_BACKEND") or "pg"
LONG_ROWS = 3000
PROCESS_GROUPS = 1000000000
PROCESSES = (("one", "autocommit transaction prepared batch reader aside pieces pool guest autocommit transaction"),
             ("two", "autocommit transaction reader guest"),
             ("three", "prepared aside pool"))
TABLES = {
    "pg": f"""CREATE TABLE torture_row (g bigint, n int, body text); CREATE INDEX ON torture_row (g);
        CREATE TABLE torture_long (n int PRIMARY KEY, pad text);
        INSERT INTO torture_long SELECT n, n || ':' || repeat('y', n % 2111) FROM generate_series(1, {LONG_ROWS}) n;""",
    "my": f"""CREATE TABLE torture_row (g bigint, n int, body mediumtext, KEY (g));
        CREATE TABLE torture_long (n int PRIMARY KEY, pad text);
        INSERT INTO torture_long SELECT seq, CONCAT(seq, ':', REPEAT('y', seq % 2111)) FROM seq_1_to_{LONG_ROWS};"""}
SUM = "SELECT count(*), coalesce(sum(g), 0), coalesce(sum(n), 0) FROM torture_row"


class Agent:
    """The lab's commands, done by one process inside of it."""

    def __init__(self, lab):
        self.child = subprocess.Popen([stage.KIND.lab, "serve"], env=lab.environment, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)

    def control(self, *words):
        """What a command printed."""
        self.child.stdin.write(" ".join(words) + "\n")
        self.child.stdin.flush()
        lines = []
        for line in self.child.stdout:
            if line == "done\n":
                return "".join(lines)
            if line.startswith("failed "):
                raise stage.StageError(f"{' '.join(words)}: {line[7:].strip()}")
            lines.append(line)
        raise stage.StageError(f"{' '.join(words)}: the lab has gone")

    def end(self):
        """No more of them."""
        self.child.stdin.close()
        self.child.wait()


class Player:
    """Does the faults of a plan, one after the other."""

    def __init__(self, agent):
        self.lab, self.writer, self.done = agent, "demo-instance-1", []

    def play(self, fault):
        """One fault; returns when the cluster is whole again."""
        time.sleep(fault.pause / 1e3)
        kind, text = fault.kind, ""
        hold = ("--hold", str(fault.hold))
        if kind == "switchover":
            text = self.lab.control("switchover", *hold)
        elif kind == "kill":
            text = self.lab.control("kill", "writer", *hold)
        elif kind == "terminate":
            text = self.lab.control("terminate", "--share", str(fault.share))
        elif kind in ("freeze", "frozen-kill"):
            text = self.lab.control("pause", self.writer)
            time.sleep(fault.frozen / 1e3)
            more = ("resume", self.writer) if kind == "freeze" else ("kill", self.writer, *hold)
            text += self.lab.control(*more)
        elif kind == "stale":
            text = self.lab.control("switchover", *hold, "--dns-lag", str(fault.lag))
        elif kind == "lost-name":
            self.lab.control("dns", "writer-endpoint", "none")
            text = self.lab.control("kill", "writer", *hold)
        elif kind == "twice":
            text = self.lab.control("switchover", "--no-floor", "--no-wait-whole")
            text += self.lab.control("kill", "writer", *hold)
        elif kind == "standby":
            text = self.lab.control("kill", "standby")
        elif kind == "restart":
            text = self.lab.control("restart", self.writer)
        elif kind == "demote":
            text = self.lab.control("switchover", "--alive", *hold)
        elif kind in ("drop", "drop-kill", "disk-data", "disk-log", "disk-kill", "memory"):
            text = self.starve(fault, hold)
        else:
            text = f"{stage.now_ms():.3f} fault-begin {self.writer}\n"
            self.spoil(fault)
            text += f"{stage.now_ms():.3f} over {self.writer}\n"
        self.keep(fault, text)

    def starve(self, fault, hold):
        """The writer has no network, no room or no memory for a while; then it has, or another one is the writer."""
        what, node = fault.kind, self.writer
        words = {"drop": ("net", node, "drop"), "disk": ("disk", node, "full", "--only", "data" if what == "disk-data" else "log"),
                 "memory": ("memory", node, "full", "--sessions", "--room", "1")}[what.partition("-")[0]]
        text = self.lab.control(*words)
        time.sleep(fault.frozen / 1e3)
        if what == "disk-kill":  # it comes back with room
            return text + self.lab.control("kill", node, *hold)
        if what == "drop-kill":
            text += self.lab.control("kill", node, *hold)
            self.lab.control("net", node, "pass")
            return text
        if what == "drop":
            return text + self.lab.control("net", node, "pass")
        if what == "memory":
            return text + self.lab.control("memory", node, "free", "--sessions")
        text += self.lab.control("disk", node, "free", "--wake")
        if what == "disk-log" and BACKEND == "pg":  # it has ended, or may do so at the next segment
            text += self.lab.control("restart", node)
        return text

    def spoil(self, fault):
        """A fault on the wire between the clients and the writer; nothing of it is left when this returns."""
        if fault.kind == "cut":
            for way, left, how in fault.cuts:
                self.proxy("cut", way, str(left), how)
                time.sleep(0.08)
            self.proxy("uncut")
        elif fault.kind == "reset":
            self.proxy(fault.how)
        else:
            self.proxy(*{"silence": ("freeze",), "half-open": ("hold",), "delay": ("delay", str(fault.late))}[fault.kind])
            time.sleep(fault.frozen / 1e3)
            self.proxy(*(("delay", "0") if fault.kind == "delay" else ("thaw",)))

    def proxy(self, *words):
        """A command to the writer's proxy."""
        self.lab.control("proxy", self.writer, *words)

    def keep(self, fault, text):
        """What the lab said of it: of two changes of the writer the last one counts."""
        begin = down = floor = None
        for line in text.splitlines():
            words = line.split()
            if len(words) < 3 or not words[0].replace(".", "").isdigit():
                continue
            moment, event, node = float(words[0]), words[1], words[2]
            if event == "fault-begin":
                begin = begin or moment
            elif event == "promoted":
                self.writer = node
            elif event in ("promote-sent", "terminated", "resumed", "node-up", "over", "net-pass", "disk-free", "memory-free"):
                down = moment
                floor = moment if event != "promote-sent" else None
            elif event == "floor":
                floor = moment
        self.done.append({"kind": fault.kind, "text": str(fault), "begin": begin or stage.now_ms(), "down": down,
                          "floor": floor if down else None})


class Client:
    """One client process in the lab."""

    def __init__(self, lab, program, number, name, kinds, seed):
        self.name, self.kinds, self.lab = name, kinds.split(), lab
        self.path = os.path.join(lab.folder, name + ".journal")
        self.log = os.path.join(lab.folder, name + ".err")
        with open(self.path, "wb") as out, open(self.log, "wb") as err:
            self.child = subprocess.Popen(
                lab.inside(program, name, str(seed), str((number + 1) * PROCESS_GROUPS), str(LONG_ROWS),
                           "DSN=" + stage.OURS, *self.kinds),
                env=lab.environment, stdin=subprocess.PIPE, stdout=out, stderr=err)

    def wait_ready(self, seconds=60):
        """Wait until all its workers have worked once."""
        end = time.monotonic() + seconds
        while True:
            with open(self.path, encoding="utf-8", errors="replace") as file:
                if any(line == "ready\n" for line in file):
                    return
            if self.child.poll() is not None or time.monotonic() > end:
                raise stage.StageError(f"client {self.name} does not come to work: see {self.path} and {self.log}")
            time.sleep(0.05)

    def end(self):
        """The storm is over for it."""
        self.child.stdin.close()

    def wait(self, seconds):
        """Against it: it does not end, or not well."""
        try:
            code = self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            return [f"{self.name} does not end"]
        with open(self.log, encoding="utf-8", errors="replace") as file:
            said = file.read().strip()
        return [f"{self.name} ended with {code}: {said[:3000]}"] if code or said else []

    def kill(self):
        """Without asking."""
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()


def ask_node(lab, address, sql):
    """Rows that a node gives, as lists of text."""
    if BACKEND == "my":
        command = ["mariadb", "-NB", "-h", address, "-u", lab.facts["user"], "-p" + lab.facts["password"],
                   lab.facts["database"], "-e", sql]
    else:
        command = ["psql", "-AtqX", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", lab.conninfo(host=address), "-c", sql]
    done = lab.run(*command)
    if done.returncode:
        raise stage.StageError(f"{address}: {done.stderr.strip()}")
    return [line.split("\t") for line in done.stdout.splitlines()]


def judge_nodes(lab, verdict):
    """The standbys hold what the writer holds, moments after the last write."""
    end = time.monotonic() + 10
    while True:
        sums = {node["name"]: ask_node(lab, node["address"], SUM)[0] for node in lab.facts["nodes"]}
        same = len({tuple(each) for each in sums.values()}) == 1
        if same or time.monotonic() > end:
            break
        time.sleep(0.1)
    verdict.say("the nodes agree", [] if same else [f"{name} has {' '.join(each)}" for name, each in sums.items()])


def table(lab):
    """(group, n) -> [md5, ...] of the writer."""
    rows = {}
    writer = next(node for node in lab.facts["nodes"] if node["name"] == lab.facts["writer"])
    for group, n, md5 in ask_node(lab, writer["address"], "SELECT g, n, md5(body) FROM torture_row"):
        rows.setdefault((int(group), int(n)), []).append(md5)
    return rows


def blow(lab, clients, options, verdict):
    """The faults; (those that were done, how long that took)."""
    agent = Agent(lab)
    player, begin = Player(agent), time.monotonic()
    for fault in plan.faults(options.seed, BACKEND, options.kind):
        over = time.monotonic() - begin
        if over > options.seconds or len(player.done) >= options.faults:
            break
        try:
            player.play(fault)
        except stage.StageError as trouble:
            verdict.say("the lab does as it is told", [f"fault {fault}: {trouble}"])
            break
        dead = [client.name for client in clients if client.child.poll() is not None]
        if dead:
            break  # their exit status is judged below
    agent.end()
    verdict.say("the lab does as it is told", [])
    return player.done, time.monotonic() - begin


def storm(lab, options, verdict):
    """All of it, in a lab that is up."""
    more = {}
    if options.tls:  # without an authority MariaDB's library reads all of the system's, one connect after the other
        mode, file = ("verify-ca", "SSLROOTCERT") if BACKEND == "pg" else ("VERIFY_CA", "SSLCA")
        more = {"SSLMODE": mode, file: lab.facts["ca"]}
    lab.write_ini(**more, **dict(each.split("=", 1) for each in options.more))
    lab.ask(TABLES[BACKEND])
    clients = []
    try:
        for number, (name, kinds) in enumerate(PROCESSES):
            clients.append(Client(lab, options.program, number, name, kinds, number + 1))
        for client in clients:
            client.wait_ready()
        faults, seconds = blow(lab, clients, options, verdict)
        lab.quieten()
        for client in clients:
            client.end()
        for client in clients:
            verdict.say("every client ends well", client.wait(90))
    finally:
        for client in clients:
            client.kill()
    lab.refresh()
    journal = judge.Journal()
    for client in clients:
        journal.read(client.name, client.path)
    judge_nodes(lab, verdict)
    counts = judge.judge_writes(journal.writes, table(lab), verdict)
    judge.judge_clients(journal, sum(len(client.kinds) for client in clients), verdict)
    return {"faults": faults, "seconds": seconds, "counts": [[*key, n] for key, n in sorted(counts.items())],
            "recoveries": judge.recoveries(journal.writes, faults), "errors": journal.errors,
            "samples": journal.samples, "calls": journal.calls, "done": journal.done, "left": journal.left}


def main():
    """One storm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--faults", type=int, required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--name", required=True, help="of the lab")
    parser.add_argument("--folder", required=True, help="for its journals, under the build")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--proxy", action="store_true")
    parser.add_argument("--kind", action="append", default=[])
    parser.add_argument("--more", action="append", default=[])
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    verdict, result = judge.Verdict(), {}
    up = [f"--{name}" for name in ("tls", "proxy") if getattr(options, name)]
    options.kind = options.kind or plan.kinds_of(BACKEND, options.proxy)
    try:
        with stage.Lab(options.name, options.folder, up) as lab:
            result = storm(lab, options, verdict)
    except (stage.StageError, OSError) as trouble:
        verdict.say("the lab does as it is told", [str(trouble)])
    result.update(seed=options.seed, backend=BACKEND, verdict=verdict.against)
    with open(options.out + ".new", "w", encoding="utf-8") as file:
        json.dump(result, file)
    os.rename(options.out + ".new", options.out)
    return any(verdict.against.values())


if __name__ == "__main__":
    stage.guard(main)
