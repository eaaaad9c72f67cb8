#!/usr/bin/python3
"""What the driver costs beside bare libpq: SELECT 1, connect, memory of a long stream, CPU of many bound rows."""

import argparse
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "demo"))

import stage  # noqa: E402

# Times as slow as libpq: something is broken, not merely missed.  Between two CPUs a busy machine alone can do that.
GROSS, GROSS_FAR = 2, 4


class Sizes:
    """How long to measure."""

    def __init__(self, blocks, dials, rows, times, stream):
        self.blocks, self.dials, self.rows, self.times, self.stream = blocks, dials, rows, times, stream


QUICK = Sizes(blocks=201, dials=61, rows=0, times=0, stream=0)
SHORT = Sizes(blocks=401, dials=151, rows=300000, times=3, stream=1000000)
FULL = Sizes(blocks=2001, dials=401, rows=1000000, times=5, stream=3000000)


def ask(lab, *words):
    """What speed.c prints, as {(what, subject): (median, best, CPU)}."""
    done = lab.run(stage.compiled("speed", "bench/speed.c"), *words)
    if done.returncode:
        raise stage.StageError(done.stderr.strip() or f"speed {words[0]} ended with {done.returncode}")
    answer = {}
    for line in done.stdout.splitlines():
        what, subject, *values = line.split()
        answer[what, subject] = tuple(map(float, values))
    return answer


def measure(lab, figures, sizes):
    """All figures of the sizes; a size of 0 is left out."""
    sources = [stage.OURS] + ([stage.OTHER] if stage.psqlodbc() else [])
    bare = lab.conninfo(host=lab.endpoint())
    cpus = sorted(os.sched_getaffinity(0))
    places = [(cpus[0], cpus[0], "client and server on one CPU")]
    if len(cpus) > 1:
        places.append((cpus[0], cpus[1], "on two CPUs"))
    for client, server, where in places:
        times = ask(lab, "calls", bare, str(sizes.blocks), str(client), str(server), *sources)
        limit = GROSS if client == server else GROSS_FAR
        compare(figures, times, "direct", f"SELECT 1, {where}", 1.1, sizes, limit)
        compare(figures, times, "prepared", f"SELECT 1 prepared, {where}", 1.1, sizes, limit)
    times = ask(lab, "connect", bare, str(sizes.dials), *sources)
    compare(figures, times, "connect", "connect and disconnect", 1.2, sizes)
    if sizes.stream:
        memory(lab, figures, sizes)
    if sizes.times:
        bound(lab, figures, sizes, sources, bare)


def compare(figures, times, what, name, goal, sizes, limit=GROSS):
    """One kind of call against libpq's."""
    bare, best, cpu = times[what, "libpq"]
    ours = times[what, stage.OURS]
    figures.add(f"{name}: times libpq's {bare:.0f} us", goal, ours[0] / bare, "x", limit)
    if sizes is not QUICK:
        figures.add("  best of the blocks against libpq's best", None, ours[1] / best, "x")
        figures.add("  CPU in the client beyond libpq's", None, ours[2] - cpu, "us")
    if (what, stage.OTHER) in times:
        figures.add("  psqlodbc there", None, times[what, stage.OTHER][0] / bare, "x")


def memory(lab, figures, sizes):
    """What a long result adds to the idle process."""
    kib = ask(lab, "stream", stage.OURS, str(sizes.stream))["stream", stage.OURS][0]
    figures.add(f"memory for a stream of {sizes.stream} rows", 16, kib / 1024, "MiB", 64)
    if stage.psqlodbc() and sizes is FULL:
        kib = ask(lab, "stream", stage.OTHER, str(sizes.stream))["stream", stage.OTHER][0]
        figures.add("  psqlodbc there", None, kib / 1024, "MiB")


def bound(lab, figures, sizes, sources, bare):
    """CPU of the client for rows of two integers, a row a fetch and a hundred."""
    cpu = ask(lab, "rows", bare, str(sizes.times), str(sizes.rows), *sources)
    for suffix, text in (("", "a row a fetch"), ("-rowset", "100 rows a fetch")):
        ours = cpu["rows", stage.OURS + suffix][2]
        figures.add(f"CPU for {sizes.rows} rows of 2 integers, {text}", None, ours / 1e3, "ms")
        others = [("libpq-single", "libpq, single-row mode"), ("libpq-exec", "libpq, PQexec"),
                  (stage.OTHER + suffix, "psqlodbc")]
        for subject, name in others:
            if ("rows", subject) in cpu:
                figures.add(f"  times that of {name}", None, ours / cpu["rows", subject][2], "x")


def main():
    """Everything, in a lab of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="smaller sizes")
    short = parser.parse_args().short
    figures = stage.Figures()
    with stage.Lab(f"bench-speed-{os.getpid()}", "bench-speed") as lab:
        measure(lab, figures, SHORT if short else FULL)
    figures.show()
    return figures.failed > 0


if __name__ == "__main__":
    stage.guard(main)
