#!/usr/bin/python3
"""Two hundred connections of one process when the writer is killed: how soon do all of them work again, how many
threads does the driver have, and how many probes does it send to each host, by the servers' own logs."""

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
STRIDE = 1000000  # as in herd.c
PEACE_MS, PEACE_SECONDS = 1000, 6
EARLY_MS = 2000  # the time after trouble in which probes may come fast
MONITOR = "holdfast monitor"
LOG_LINE = re.compile(r"(\d+-\d+-\d+ \d+:\d+:\d+)\.(\d+) UTC \[(\d+)\] <([^>]*)> LOG:  (.*)")
STATEMENT = re.compile(r"statement: |execute [^:]*: ")


def start(lab, run, variant, every):
    """A herd at work."""
    program = stage.compiled("herd", "bench/herd.c", "demo/client.c")
    client = stage.Client(lab, run, [program, stage.OURS, run, str(SIZE), str(every), variant])
    client.wait_for("ready", 60)
    return client


def wait_for_all(lab, run, fault, seconds=20):
    """Wait until every connection of the herd has a row on the new writer, or for long enough."""
    end = time.monotonic() + seconds
    sql = f"SELECT count(DISTINCT k / {STRIDE}) FROM demo_row WHERE run = '{run}' AND host = '{fault.new}'"
    while time.monotonic() < end and int(lab.ask(sql)[0][0]) < SIZE:
        time.sleep(0.5)


def slowest(client, fault):
    """How long after the floor the last connection's first good write on the new writer came; None: one never did."""
    first = {}
    for event in client.events:
        if event.kind == "ok" and event.end > fault.begin and client.host(event) == fault.new:
            first.setdefault(event.key // STRIDE, event.end)
    return max(first.values()) - fault.floor if len(first) == SIZE else None


def number(client, word):
    """A figure that the herd printed at its end."""
    return int(next(line.split()[1] for line in client.other if line.startswith(word + " ")))


def measure(lab, figures):
    """A kill with a thread each, and one with one thread for all."""
    for variant, every, text in (("threads", 200, "a thread each"), ("turns", 200, "one thread in turn")):
        client = start(lab, "herd-" + variant, variant, every)
        time.sleep(0.5)
        fault = lab.fault("kill")
        wait_for_all(lab, client.run, fault)
        client.stop()
        late = slowest(client, fault)
        figures.add(f"{SIZE} connections, {text}: all work again after the floor", ALL_MS,
                    float("inf") if late is None else late, "ms", GROSS_MS)
        judge(client, figures, text)


def judge(client, figures, text):
    """Rows and threads."""
    bad = len(client.lost()) + len(client.doubled())
    figures.add(f"  rows lost or doubled of {client.written()}, {text}", 0, bad, limit=0)
    figures.add("  threads named holdfast-mon", 1, number(client, "monitors"), limit=1)
    figures.add("  other threads of the driver at once", None, number(client, "helpers"))


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
    judge(client, figures, "probed")


def refused(client, fault):
    """TCP connects of the lab that failed between the fault and the floor; the application's own are among them."""
    seen = [(float(words[1]), int(words[2])) for words in map(str.split, client.other) if words[0] == "refused"]
    before = [count for moment, count in seen if moment < fault.begin]
    after = [count for moment, count in seen if moment < fault.floor]
    return after[-1] - before[-1] if before and after else 0


def main():
    """Everything, in a lab of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    figures = stage.Figures()
    with stage.Lab(f"bench-herd-{os.getpid()}", "bench-herd") as lab:
        measure(lab, figures)
        count_probes(lab, figures)
    figures.show()
    return figures.failed > 0


if __name__ == "__main__":
    stage.guard(main)
