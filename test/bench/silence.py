#!/usr/bin/python3
"""A writer that falls silent (stopped, not killed) under a client with FAILURE_DETECTION_TIME=1000: when is the blocked
write given up, and, once another node takes over, how long after the floor does the first good write come?"""

import os
import re
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "demo"))

import stage  # noqa: E402

TIME_MS, LATE_MS = 1000, 20
EVERY_MS = 5
GROSS_MS = 1000
LOST = re.compile(r"lost after (\d+) ms.* gave no sign of life for \d+ ms")


def silence(lab):
    """One round: stops the writer, and has another take over when the client must have noticed.  (begin, the fault)."""
    lab.refresh()
    begun = stage.now_ms()
    lab.control("pause", lab.facts["writer"])
    time.sleep(2 * TIME_MS / 1000)
    return begun, stage.Fault("silence", lab.control("kill", lab.facts["writer"]))


def measure(lab, figures, rounds=3):
    """All rounds with one client."""
    lab.write_ini(FAILURE_DETECTION_TIME=TIME_MS)
    client = stage.writer(lab, "silence", stage.OURS, EVERY_MS)
    try:
        faults = []
        for _ in range(rounds):
            time.sleep(0.3)
            faults.append(silence(lab))
        time.sleep(0.3)
    except BaseException:
        client.kill()
        raise
    client.stop()
    lab.write_ini()
    given_up, first_good = [], []
    ends = [begun for begun, _ in faults[1:]] + [float("inf")]
    for (begun, fault), end in zip(faults, ends):
        told = [LOST.search(event.text) for event in client.errors(begun, end)]
        given_up.append(max((float(match.group(1)) for match in told if match), default=float("inf")))
        _, first = client.around(fault, end)
        first_good.append(first.end - fault.floor if first else float("inf"))
    name = f"a writer falls silent, {TIME_MS} ms allowed"
    figures.add(f"{name}: the blocked write is given up after, worst of {rounds}", TIME_MS + LATE_MS, max(given_up), "ms",
                TIME_MS + GROSS_MS)
    figures.add(f"{name}: first good write after the floor, worst", 110, max(first_good), "ms", GROSS_MS)
    figures.add(f"{name}: rows lost of {client.written()}", 0, len(client.lost()), limit=0)
    figures.add(f"{name}: rows doubled", 0, len(client.doubled()), limit=0)
