#!/usr/bin/python3
"""Many connections when the writer is killed, two hundred or a thousand of one process, and fifty of each of twenty: how
soon do all of them work again, how many threads does the driver have, how fast do they come upon the new writer, and
how many probes does it send to each host, by the servers' own logs (PostgreSQL's). And a hundred that are idle at a
planned switchover: what their first statement costs afterwards."""

import argparse
import calendar
import os
import re
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "demo"))

import stage  # noqa: E402

SIZE = 200
ALL_MS, GROSS_MS = 1000, 10000
BIG_MS, BIG_GROSS_MS = 5000, 60000  # for a thousand
IDLE, IDLE_MS, IDLE_GROSS_MS = 100, 50, 1000
LAP_MS = 10000  # between two statements of an idle connection
STRIDE = 1000000  # as in herd.c
PEACE_MS, PEACE_SECONDS = 1000, 6
EARLY_MS = 2000  # the time after trouble in which probes may come fast
MONITOR = "holdfast monitor"
LOG_LINE = re.compile(r"(\d+-\d+-\d+ \d+:\d+:\d+)\.(\d+) UTC \[(\d+)\] <([^>]*)> LOG:  (.*)")
STATEMENT = re.compile(r"statement: |execute [^:]*: ")


def start(lab, run, variant, every, size=SIZE):
    """A herd at work."""
    program = stage.compiled("herd", "bench/herd.c", "demo/client.c")
    client = stage.Client(lab, run, [program, stage.OURS, run, str(size), str(every), variant])
    client.size = size
    client.wait_for("ready", 120)
    return client


def wait_for_all(lab, clients, fault, seconds=20):
    """Wait until every connection of the herds has a row on the new writer, or for long enough."""
    end = time.monotonic() + seconds
    runs = ", ".join(f"'{client.run}'" for client in clients)
    sql = f"SELECT count(DISTINCT run, k DIV {STRIDE})" if stage.KIND.name == "my" else \
        f"SELECT count(DISTINCT (run, k / {STRIDE}))"
    sql += f" FROM demo_row WHERE run IN ({runs}) AND host = '{fault.new}'"
    while time.monotonic() < end and int(lab.ask(sql)[0][0]) < sum(client.size for client in clients):
        time.sleep(0.5)


def slowest(client, fault):
    """How long after the floor the last connection's first good write on the new writer came; None: one never did."""
    first = {}
    for event in client.events:
        if event.kind == "ok" and event.end > fault.begin and client.host(event) == fault.new:
            first.setdefault(event.key // STRIDE, event.end)
    return max(first.values()) - fault.floor if len(first) == client.size else None


def arrivals(client, lab, fault):
    """The most connections to the new writer that came between two samples."""
    address = next(node["address"] for node in lab.facts["nodes"] if node["name"] == fault.new)
    counts = [int(words[3]) for words in map(str.split, client.other)
              if words[:1] == ["links"] and words[2] == address and float(words[1]) > fault.begin]
    return max((after - before for before, after in zip([0] + counts, counts)), default=0)


def number(client, word):
    """A figure that the herd printed at its end."""
    return int(next(line.split()[1] for line in client.other if line.startswith(word + " ")))


def kill(lab, figures, clients, text, goal, limit):
    """Kill the writer under herds at work; figures of all."""
    time.sleep(0.5)
    fault = lab.fault("kill")
    wait_for_all(lab, clients, fault, 20 if goal == ALL_MS else 60)
    for client in clients:
        client.stop()
    late = [slowest(client, fault) for client in clients]
    figures.add(f"{text}: all work again after the floor", goal, float("inf") if None in late else max(late), "ms", limit)
    figures.add("  connections to the new writer, within 50 ms, at most", None,
                max(arrivals(client, lab, fault) for client in clients))
    judge(clients, figures, text)


def measure(lab, figures):
    """A kill with a thread each, and one with one thread for all."""
    for variant, every, text in (("threads", 200, "a thread each"), ("turns", 200, "one thread in turn")):
        kill(lab, figures, [start(lab, "herd-" + variant, variant, every)], f"{SIZE} connections, {text}", ALL_MS,
             GROSS_MS)
        lab.quieten(120)
    measure_idle(lab, figures)
    lab.quieten(120)


def measure_idle(lab, figures):
    """A planned switchover that nobody notices: the first statement of each connection afterwards."""
    client = start(lab, "herd-idle", "turns", LAP_MS, IDLE)
    fault = lab.fault("switchover")
    wait_for_all(lab, [client], fault, 30)
    client.stop()
    first = {}
    for event in client.events:
        if event.begin > fault.begin:
            first.setdefault(event.key // STRIDE, event)
    if len(first) < IDLE or min(event.begin for event in first.values()) < fault.floor:
        raise stage.StageError("the idle connections did not wait for the switchover")
    took = sorted(event.end - event.begin for event in first.values())
    text = f"{IDLE} idle connections at a switchover"
    figures.add(f"{text}: the first statement of each, worst", IDLE_MS, took[-1], "ms", IDLE_GROSS_MS)
    figures.add("  median", None, took[IDLE // 2], "ms")
    figures.add("  errors", 0, sum(event.kind == "error" for event in client.events), limit=0)
    judge([client], figures, text)


def measure_big(lab, figures):
    """A thousand connections in one process, then in twenty."""
    kill(lab, figures, [start(lab, "herd-1000", "threads", 2000, 1000)], "1000 connections of one process", BIG_MS,
         BIG_GROSS_MS)
    lab.quieten(120)
    clients = [start(lab, f"herd-50-{i}", "threads", 2000, 50) for i in range(20)]
    kill(lab, figures, clients, "20 processes of 50 connections", BIG_MS, BIG_GROSS_MS)


def judge(clients, figures, text):
    """Rows and threads."""
    bad = sum(len(client.lost()) + len(client.doubled()) for client in clients)
    figures.add(f"  rows lost or doubled of {sum(client.written() for client in clients)}, {text}", 0, bad, limit=0)
    figures.add("  threads named holdfast-mon in a process", 1, max(number(client, "monitors") for client in clients),
                limit=1)
    figures.add("  other threads of the driver at once", None, max(number(client, "helpers") for client in clients))


# Probes, as the servers saw them.

def log_everything(lab, on):
    """Let every node log connections and statements with the application's name."""
    settings = {"log_connections": "on", "log_statement": "'all'", "log_line_prefix": "'%m [%p] <%a> '"}
    for node in lab.facts["nodes"]:
        for name, value in settings.items():
            lab.ask(f"ALTER SYSTEM SET {name} = {value}" if on else f"ALTER SYSTEM RESET {name}",
                     user="postgres", database="postgres", host=node["address"])
        lab.ask("SELECT pg_reload_conf()", user="postgres", database="postgres", host=node["address"])
    time.sleep(0.3)


def probes(lab):
    """{node: sorted CLOCK_MONOTONIC ms of all probes} in the logs: connects that came through, refused, and queries."""
    offset = stage.now_ms() - time.time() * 1e3
    found = {}
    for node in lab.facts["nodes"]:
        moments, received, known = [], {}, set()
        with open(node["log"], encoding="utf-8", errors="replace") as file:
            for match in filter(None, map(LOG_LINE.match, file)):
                stamp, fraction, pid, name, text = match.groups()
                moment = calendar.timegm(time.strptime(stamp, "%Y-%m-%d %H:%M:%S")) * 1e3 + float(fraction) + offset
                if text.startswith("connection received: host=127."):
                    received[pid] = moment
                elif text.startswith("connection authorized: "):
                    known.add(pid)
                    if "application_name=" + MONITOR in text:
                        moments.append(received.get(pid, moment))
                elif name == MONITOR and STATEMENT.match(text):
                    moments.append(moment)
        # Turned away before the server told whose it was: counted as ours, which makes the figure an upper bound.
        moments += [moment for pid, moment in received.items() if pid not in known]
        found[node["name"]] = sorted(moments)
    return found


def most(moments, begin, end, width=1000):
    """The most moments in any window of `width` ms between two times."""
    inside = [moment for moment in moments if begin <= moment < end]
    last, best = 0, 0
    for i, moment in enumerate(inside):
        while moment - inside[last] >= width:
            last += 1
        best = max(best, i - last + 1)
    return best


def count_probes(lab, figures, hold=5000):
    """Probes in peace, right after trouble, and later, of a herd whose writer is killed; the busiest host counts."""
    if stage.KIND.name == "my":  # its logs do not say whose a connection is
        return
    lab.write_ini(TOPOLOGY_REFRESH_RATE_MS=PEACE_MS)
    log_everything(lab, True)
    client = start(lab, "herd-probes", "threads", 500)
    try:
        time.sleep(1)
        calm = stage.now_ms()
        time.sleep(PEACE_SECONDS)
        fault = lab.fault("kill", hold)
        time.sleep(3)
        end = stage.now_ms()
    finally:
        if client.child.poll() is None and sys.exc_info()[0]:
            client.kill()
    client.stop()
    found = probes(lab)
    lab.refresh()
    log_everything(lab, False)
    lab.write_ini()
    peace = max(sum(calm <= moment < fault.begin for moment in moments) for moments in found.values())
    limit = PEACE_SECONDS * 1000 // PEACE_MS + 1
    early = max(most(moments, fault.down, fault.down + EARLY_MS) for moments in found.values())
    late = max(most(moments, fault.down + EARLY_MS, end) for moments in found.values())
    name = f"probes a host in {PEACE_SECONDS} s of peace, refresh rate {PEACE_MS} ms"
    figures.add(name, limit, peace, limit=10 * limit)
    figures.add("probes a host in a second, first 2 s after trouble", 100, early, limit=1000)
    figures.add("probes a host in a second, after that", 10, late, limit=100)
    figures.add("TCP connects refused or failed, all in all, until the floor", None, refused(client, fault))
    judge([client], figures, "probed")


def refused(client, fault):
    """TCP connects of the lab that failed between the fault and the floor; the application's own are among them."""
    seen = [(float(words[1]), int(words[2])) for words in map(str.split, client.other) if words[0] == "refused"]
    before = [count for moment, count in seen if moment < fault.begin]
    after = [count for moment, count in seen if moment < fault.floor]
    return after[-1] - before[-1] if before and after else 0


def main():
    """Everything, in a lab of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--big", action="store_true", help="only the thousands")
    big = parser.parse_args().big
    figures = stage.Figures()
    with stage.Lab(f"bench-herd-{os.getpid()}", "bench-herd") as lab:
        if big:
            measure_big(lab, figures)
        else:
            measure(lab, figures)
            count_probes(lab, figures)
    figures.show()
    return figures.failed > 0


if __name__ == "__main__":
    stage.guard(main)
