#!/usr/bin/python3
"""What the driver costs beside the bare client library (libpq, libmariadb) and the distribution's driver: SELECT 1,
connect, memory of a long stream, CPU of many bound rows, arrays of parameters."""

import argparse
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "demo"))

import stage  # noqa: E402

# Times as slow as the bare library: something is broken, not merely missed.  Between two CPUs a busy machine alone can do that.
GROSS, GROSS_FAR = 2, 4


class Sizes:
    """How long to measure; a size of 0 leaves a part out."""

    def __init__(self, blocks, dials, rows=0, times=0, stream=0):
        self.blocks, self.dials, self.rows, self.times, self.stream = blocks, dials, rows, times, stream


QUICK = Sizes(blocks=201, dials=61)
SHORT = Sizes(blocks=401, dials=151, rows=300000, times=3, stream=1000000)
FULL = Sizes(blocks=2001, dials=401, rows=1000000, times=5, stream=3000000)


class Rows:
    """Where many rows come from. `ways`: (suffix of our subject, in words, the bare library's ways, the goal)."""

    def __init__(self, two, text, setup, ways):
        self.two, self.text, self.setup, self.ways = two, text, setup, ways


# A mixed row's columns stand in bare.h.
ROWS = {
    "pg": Rows("SELECT g, -g FROM generate_series(1, {n}) AS g",
               "SELECT g, md5(g::text) FROM generate_series(1, {n}) AS g",
               """DROP TABLE IF EXISTS bench_mixed, bench_insert;
        CREATE TABLE bench_mixed AS SELECT g AS id, g::bigint * 1000003 AS big, (g % 30000)::smallint AS small,
            g / 7.0::float8 AS real, (g / 100.0)::numeric(12, 2) AS price, ('the name of ' || g)::varchar(40) AS name,
            date '2000-01-01' + g % 9000 AS day, timestamp '2000-01-01' + g * interval '1.000001 s' AS at
            FROM generate_series(1, {n}) AS g;
        CREATE TABLE bench_insert (a int, b varchar(40))""",
               (("", "a row a fetch", ("single", "exec"), None), ("-rowset", "100 rows a fetch", ("single", "exec"), None))),
    "my": Rows("SELECT a, b FROM bench_two",
               "SELECT seq, MD5(seq) FROM seq_1_to_{n}",
               """DROP TABLE IF EXISTS bench_two, bench_mixed, bench_insert;
        CREATE TABLE bench_two (a int, b int) SELECT seq AS a, -CAST(seq AS int) AS b FROM seq_1_to_{two};
        CREATE TABLE bench_mixed (id int, big bigint, small smallint, `real` double, price decimal(12, 2),
            name varchar(40), day date, at datetime(6))
            SELECT seq AS id, seq * 1000003 AS big, seq % 30000 AS small, seq / 7e0 AS `real`, seq / 100 AS price,
            CONCAT('the name of ', seq) AS name, DATE '2000-01-01' + INTERVAL seq % 9000 DAY AS day,
            TIMESTAMP '2000-01-01 00:00:00' + INTERVAL seq * 1.000001 SECOND AS at FROM seq_1_to_{n};
        CREATE TABLE bench_insert (a int, b varchar(40))""",
               (("", "a row a fetch", ("text",), 1.3), ("-rowset", "100 rows a fetch", ("text",), 1.3),
                ("-prepared", "prepared, 100 rows a fetch", ("binary",), 1.3)))}


def ask(lab, *words):
    """What speed.c prints, as {(what, subject): (median, best, CPU, best CPU)}."""
    program = stage.compiled("speed-" + stage.KIND.name, "bench/speed.c", "bench/speed_rows.c",
                             f"bench/bare_{stage.KIND.name}.c", package=stage.KIND.bare)
    done = lab.run(program, *words)
    if done.returncode:
        raise stage.StageError(done.stderr.strip() or f"speed {words[0]} ended with {done.returncode}")
    answer = {}
    for line in done.stdout.splitlines():
        what, subject, *values = line.split()
        answer[what, subject] = tuple(map(float, values))
    return answer


def measure(lab, figures, sizes):
    """All figures of the sizes."""
    sources = [stage.OURS] + ([stage.OTHER] if stage.other() else [])
    cpus = sorted(os.sched_getaffinity(0))
    places = [(cpus[0], cpus[0], "client and server on one CPU")]
    if len(cpus) > 1:
        places.append((cpus[0], cpus[1], "on two CPUs"))
    for client, server, where in places:
        times = ask(lab, "calls", lab.bare(), str(sizes.blocks), str(client), str(server), *sources)
        limit = GROSS if client == server else GROSS_FAR
        compare(figures, times, "direct", f"SELECT 1, {where}", 1.1, sizes, limit)
        compare(figures, times, "prepared", f"SELECT 1 prepared, {where}", 1.1, sizes, limit)
    times = ask(lab, "connect", lab.bare(), str(sizes.dials), *sources)
    # Where the other driver is itself beyond what is gross (the driver manager's part is the same), ours is measured by it.
    other = times.get(("connect", stage.OTHER), [0])[0] / times["connect", stage.KIND.bare][0]
    compare(figures, times, "connect", "connect and disconnect", 1.2, sizes, GROSS if other < GROSS else 2 * other)
    if sizes.stream:
        memory(lab, figures, sizes)
    if sizes.times:
        source = ROWS[stage.KIND.name]
        mixed = sizes.rows // 5
        lab.ask(source.setup.format(two=sizes.rows, n=mixed))
        read(lab, figures, sizes, "rows", f"{sizes.rows} rows of 2 integers", source.two.format(n=sizes.rows), sources)
        read(lab, figures, sizes, "mixed", f"{mixed} rows of 8 mixed columns", "SELECT * FROM bench_mixed", sources)
        insert(lab, figures, sizes, sources)


def compare(figures, times, what, name, goal, sizes, limit=GROSS):
    """One kind of call against the bare library's."""
    bare, best, cpu, _ = times[what, stage.KIND.bare]
    ours = times[what, stage.OURS]
    figures.add(f"{name}: times {stage.KIND.bare}'s {bare:.0f} us", goal, ours[0] / bare, "x", limit)
    if sizes is not QUICK:
        figures.add("  best of the blocks against the best of its", None, ours[1] / best, "x")
        figures.add("  CPU in the client beyond its", None, ours[2] - cpu, "us")
    if (what, stage.OTHER) in times:
        figures.add(f"  {stage.KIND.other} there", None, times[what, stage.OTHER][0] / bare, "x")


def memory(lab, figures, sizes):
    """What a long result adds to the idle process."""
    words = (str(sizes.stream), ROWS[stage.KIND.name].text.format(n=sizes.stream))
    kib = ask(lab, "stream", stage.OURS, *words)["stream", stage.OURS][0]
    figures.add(f"memory for a stream of {sizes.stream} rows", 16, kib / 1024, "MiB", 64)
    if stage.other() and sizes is FULL:
        kib = ask(lab, "stream", stage.OTHER, *words)["stream", stage.OTHER][0]
        figures.add(f"  {stage.KIND.other} there", None, kib / 1024, "MiB")
    kib = {subject: values[0] for (_, subject), values in
           ask(lab, "idle", lab.bare(), "100", stage.OURS).items()}
    figures.add(f"memory of an idle connection beside {stage.KIND.bare}'s own {kib[stage.KIND.bare]:.0f} KiB", 64,
                kib["alone"] - kib[stage.KIND.bare], "KiB", 256)
    figures.add("  with what the driver manager keeps of it", None, kib[stage.OURS] - kib[stage.KIND.bare], "KiB")
    if stage.other():  # the driver manager's part is in both
        kib = {subject: values[0] for (_, subject), values in
               ask(lab, "idle", lab.bare(), "100", stage.OTHER).items()}
        figures.add(f"  {stage.KIND.other} there", None, kib[stage.OTHER] - kib[stage.KIND.bare], "KiB")


def read(lab, figures, sizes, what, name, sql, sources):
    """CPU of the client for rows bound as native C types: the least of the times, which others disturb least."""
    cpu = {subject: values[3] for (_, subject), values in
           ask(lab, what, lab.bare(), str(sizes.times), sql, *sources).items()}
    for suffix, text, ways, goal in ROWS[stage.KIND.name].ways:
        ours = cpu[stage.OURS + suffix]
        figures.add(f"CPU for {name}, {text}", None, ours / 1e3, "ms")
        for way in ways:
            bare = cpu[f"{stage.KIND.bare}-{way}"]
            figures.add(f"  times that of {stage.KIND.bare}, {way}", goal, ours / bare, "x", goal and 3 * goal)
        if stage.OTHER + suffix in cpu:
            figures.add(f"  times that of {stage.KIND.other}", goal and 1, ours / cpu[stage.OTHER + suffix], "x")


def insert(lab, figures, sizes, sources):
    """A row by row against arrays, in a transaction."""
    number = sizes.rows // 5
    took = {subject: values[0] for (_, subject), values in
            ask(lab, "insert", lab.bare(), str(sizes.times), str(number), *sources).items()}
    one, many = took[stage.OURS + "-single"], took[stage.OURS + "-array"]
    figures.add(f"{number} rows inserted by arrays of 1000: time beside row by row", 0.2, many / one, "x", 1)
    figures.add("  a row of an array", None, many, "us")
    if len(sources) > 1:
        figures.add(f"  {stage.KIND.other} there, by arrays", None, took[stage.OTHER + "-array"], "us")
        figures.add(f"  {stage.KIND.other} there, row by row against ours", None, one / took[stage.OTHER + "-single"], "x")


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
