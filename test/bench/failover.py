#!/usr/bin/python3
"""How long after the floor does the application's first good write come?  One client, default options, a prepared
INSERT every 5 ms on the same handles through all rounds.  The floor is the moment at which the new writer first took a
write when asked directly."""

import argparse
import os
import statistics
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "demo"))

import stage  # noqa: E402

GOALS = {"pg": {0: (10, 60), 1000: (10, 60), 10000: (60, 160)},  # held back: (median, worst), all in ms
         "my": {0: (30, 110), 1000: (30, 110), 10000: (60, 160)}}[stage.KIND.name]
EVERY_MS = 5
GROSS_MS = 1000
KINDS = ("switchover", "kill")


def play(lab, kind, hold, rounds, told):
    """Rounds of one kind; (the differences in ms, the client, which has judged what it wrote)."""
    client = stage.writer(lab, f"{kind}-{hold}", stage.OURS, EVERY_MS)
    faults = []
    try:
        for _ in range(rounds):
            time.sleep(0.3)
            faults.append(lab.fault(kind, hold))
        time.sleep(0.3)
    except BaseException:
        client.kill()
        raise
    client.stop()
    differences = []
    ends = [fault.begin for fault in faults[1:]] + [None]
    for fault, end in zip(faults, ends):
        _, first = client.around(fault, end)
        differences.append(first.end - fault.floor if first else float("inf"))
        if told:
            words = " ".join(event.state for event in client.errors(fault.begin, end or float("inf")))
            print(f"  {kind:<10}  held back {hold:>5} ms  {fault.old} -> {fault.new}  "
                  f"{differences[-1]:8.1f} ms after the floor  {words}", flush=True)
    return differences, client


def measure(lab, figures, holds, rounds, told=True):
    """All kinds with all delays; `rounds` is a number, or a dictionary by delay."""
    for hold in holds:
        median, worst = GOALS.get(hold, GOALS[10000])
        for kind in KINDS:
            number = rounds[hold] if isinstance(rounds, dict) else rounds
            differences, client = play(lab, kind, hold, number, told)
            name = f"{kind}, held back {hold} ms: first good write after the floor"
            figures.add(f"{name}, median of {number}", median, statistics.median(differences), "ms")
            figures.add(f"{name}, worst", worst, max(differences), "ms", GROSS_MS)
            figures.add(f"{kind}, held back {hold} ms: rows lost of {client.written()}", 0, len(client.lost()), limit=0)
            figures.add(f"{kind}, held back {hold} ms: rows doubled", 0, len(client.doubled()), limit=0)


def main():
    """Everything, in a lab of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--hold", type=lambda text: [int(word) for word in text.split(",")], default=list(GOALS),
                        metavar="MS,...", help="how long the promotion is held back (default 0,1000,10000)")
    options = parser.parse_args()
    figures = stage.Figures()
    with stage.Lab(f"bench-failover-{os.getpid()}", "bench-failover") as lab:
        measure(lab, figures, options.hold, options.rounds)
    figures.show()
    return figures.failed > 0


if __name__ == "__main__":
    stage.guard(main)
