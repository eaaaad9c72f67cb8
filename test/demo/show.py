#!/usr/bin/python3
"""The show behind ./demo: isql, then two writers beside each other while the cluster's writer changes twice."""

import argparse
import json
import os
import shutil
import sys
import textwrap
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
sys.path.insert(1, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "bench"))

import draw  # noqa: E402
import speed  # noqa: E402
import stage  # noqa: E402

LAB, FOLDER = {"pg": ("holdfast-demo", "demo"), "my": ("holdfast-demo-mysql", "demo-mysql")}[stage.KIND.name]
EVERY_MS = 20
FAULTS = (("switchover", "Planned switchover", "switchover"), ("kill", "kill -9 of the writer", "kill -9"))
GOALS = {True: (60, 1000), False: (160, 1000)}  # at most one round a fault here: the goals for the worst
BOLD, DIM, RED, GREEN, PLAIN = ("\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[0m") \
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else ("",) * 5
QUERY = {
    "pg": "select current_setting('cluster_name')::varchar(16) as host, "
          "host(inet_server_addr())::varchar(12) as address, split_part(version(), ' ', 2)::varchar(8) as version, "
          "(not pg_is_in_recovery())::text::varchar(6) as writer",
    "my": "select cast(concat('demo-instance-', @@server_id - 1000) as char(16)) as host, "
          "cast(@@version as char(16)) as version, cast(if(@@read_only, 'false', 'true') as char(6)) as writer"}
ARGUMENT = {"pg": "", "my": " mysql"}[stage.KIND.name]


class Lane:
    """One driver's writer."""

    def __init__(self, driver, name, client):
        self.driver, self.name, self.client = driver, name, client

    def reconnects(self):
        """How often it connected again."""
        return sum(event.kind == "connected" for event in self.client.events) - 1

    def good(self):
        """Is every acknowledged row there, once?"""
        return not self.client.lost() and not self.client.doubled()


def heading(words):
    """The beginning of a part."""
    print(f"\n{BOLD}{words}{PLAIN}", flush=True)


def show_isql(lab):
    """A query through the DSN by isql."""
    heading("isql, through the cluster's endpoint")
    print(f"  $ isql {stage.OURS} -b")
    done = lab.run("isql", stage.OURS, "-b", stdin=None, input=QUERY[stage.KIND.name] + "\n")
    if done.returncode or "demo-instance" not in done.stdout:
        raise stage.StageError(f"isql does not work: {(done.stdout + done.stderr).strip()}")
    print(textwrap.indent(done.stdout.rstrip(), "  "))


def play(lab, options):
    """Both writers at work while the writer is switched over and killed; (lanes, faults)."""
    lanes = [Lane("holdfast", "Holdfast", stage.writer(lab, "holdfast", stage.OURS, EVERY_MS))]
    if stage.other():
        lanes.append(Lane("other", stage.KIND.other, stage.writer(lab, "other", stage.OTHER, EVERY_MS, True)))
    faults = []
    try:
        for kind, title, _ in FAULTS:
            time.sleep(0.6)
            print(f"  {title} ...", flush=True)
            faults.append(lab.fault(kind, options.hold, options.dns_lag))
            lab.quieten()
        time.sleep(1)
    except BaseException:
        for lane in lanes:
            lane.client.kill()
        raise
    for lane in lanes:
        lane.client.stop()
    return lanes, faults


# The timeline.

def items(lane, fault, end):
    """(ms, words, mark) of what the application saw between two good writes; repeated errors are one item."""
    last, first = lane.client.around(fault, end)
    begin = last.end if last else fault.begin
    stop = first.end if first else end or float("inf")
    found = []
    for event in lane.client.events:
        if not begin < event.end <= stop:
            continue
        if event.kind == "error":
            errors = [item for item in found if item["kind"] == "error"]
            if errors and errors[-1]["state"] == event.state:
                del found[found.index(errors[-1]) + 1:]
                errors[-1].update(count=errors[-1]["count"] + 1, until=event.end)
                continue
        elif event.kind not in ("there", "absent"):
            continue
        found.append({"kind": event.kind, "at": event.end, "state": event.state, "count": 1, "until": event.end,
                      "text": event.text, "key": event.key})
    return [(item["at"], *wording(item, fault)) for item in found]


def wording(item, fault):
    """One item of the timeline in words."""
    if item["kind"] == "error":
        until = (item["until"] - fault.begin) / 1e3
        times = f"  ({item['count']} times, until {until:+.3f} s)" if item["count"] > 1 else ""
        return f"{item['state']}  {item['text']}{times}", RED
    return f"asked for row {item['key']}: {'it is there' if item['kind'] == 'there' else 'it is not there'}", DIM


def timeline(lane, fault, end):
    """One driver through one fault."""
    client = lane.client
    last, first = client.around(fault, end)
    lines = [(fault.begin, f"{fault.kind} begins: {fault.old} is the writer", ""),
             (fault.down, f"{fault.old} is down", ""),
             (fault.floor, f"the floor: {fault.new} takes a write when asked directly", BOLD),
             *items(lane, fault, end)]
    if last:
        lines.append((last.end, f"last good write, on {client.host(last)}", GREEN))
    if first:
        lines.append((first.end, f"first good write, on {client.host(first)}: "
                      f"{first.end - fault.floor:.1f} ms after the floor", BOLD + GREEN))
    width = max(60, min(shutil.get_terminal_size((110, 24)).columns, 140) - 14)
    print(f"  {BOLD}{lane.name}{PLAIN}")
    for moment, words, color in sorted(lines, key=lambda line: line[0]):
        head, *more = textwrap.wrap(words, width)
        print(f"  {(moment - fault.begin) / 1e3:+9.3f} s  {color}{head}{PLAIN}")
        for line in more:
            print(f"{'':14}       {color}{line}{PLAIN}")
    if not first:
        print(f"  {RED}it never wrote again{PLAIN}")


def judge(lanes):
    """What was acknowledged against what is in the table."""
    heading("Nothing lost, nothing doubled?")
    for lane in lanes:
        client, again = lane.client, lane.reconnects()
        handles = f"connected again {again} times" if again else "the same SQLHDBC and SQLHSTMT from first to last"
        verdict = f"{GREEN}good{PLAIN}" if lane.good() else f"{RED}BAD{PLAIN}"
        print(f"  {lane.name:<12} {client.written():>5} rows acknowledged, {len(client.rows):>5} in the table, "
              f"{len(client.lost())} lost, {len(client.doubled())} doubled: {verdict}; {handles}")


# The figures and the picture.

def ends(faults):
    """For each fault the moment at which the next one began."""
    return [fault.begin for fault in faults[1:]] + [None]


def show_figures(lab, lanes, faults, options):
    """The figures of this run, and a quick look at the speed."""
    figures = stage.Figures()
    for (_, title, _), fault, end in zip(FAULTS, faults, ends(faults)):
        for lane in lanes:
            ours = lane.driver == "holdfast"
            first = lane.client.around(fault, end)[1]
            late = first.end - fault.floor if first else float("inf")
            goal, limit = GOALS[options.hold < 10000] if ours else (None, None)
            figures.add(f"{title}: first good write after the floor" if ours else f"  {lane.name} there", goal, late,
                        "ms", limit)
    if not options.no_speed:
        speed.measure(lab, figures, speed.QUICK)
    heading("Figures")
    figures.show()
    print(f"  {DIM}All of them, with many rounds: test/bench/run --full{PLAIN}")
    return figures


def story(lanes, faults, options):
    """What draw.py needs, times being milliseconds after each fault."""
    panels = []
    for (_, title, word), fault, end in zip(FAULTS, faults, ends(faults)):
        strips = []
        for lane in lanes:
            last, first = lane.client.around(fault, end)
            again = sum(event.kind == "connected" and fault.begin < event.end < (end or float("inf"))
                        for event in lane.client.events)
            strips.append({
                "driver": lane.driver, "name": lane.name,
                "note": f"connects again {again} times" if again else "the same connection goes on",
                "good": [event.end - fault.begin for event in lane.client.events if event.kind == "ok"],
                "errors": [(event.end - fault.begin, event.state) for event in lane.client.events
                           if event.kind == "error"],
                "last": last and last.end - fault.begin, "first": first and first.end - fault.begin})
        moved = [moment for moment, name, node, _ in fault.events
                 if name == "dns-moved" and ".cluster-ro-" not in node]
        moved = moved[0] if moved else fault.at("promoted")[0] + options.dns_lag
        panels.append({"title": title, "word": word, "detail": f"{fault.old} → {fault.new}", "lanes": strips,
                       "down": fault.down - fault.begin, "floor": fault.floor - fault.begin,
                       "moved": moved - fault.begin})
    total, bad = sum(lane.client.written() for lane in lanes), [lane.name for lane in lanes if not lane.good()]
    return {"title": "The writer changes, the connection stays",
            "subtitle": f"A row every {EVERY_MS} ms through ODBC into a cluster of three {stage.KIND.servers} servers. "
                        f"Promotion held back by {options.hold / 1e3:g} s, the endpoint's name follows "
                        f"{options.dns_lag / 1e3:g} s after it.",
            "verdict": f"{total} rows acknowledged: " + ("lost or doubled with " + ", ".join(bad) if bad else
                                                         "none lost, none doubled."), "faults": panels}


def write_picture(told):
    """build/demo.svg, and the story beside the events."""
    with open(os.path.join(stage.BUILD, FOLDER, "story.json"), "w", encoding="utf-8") as file:
        json.dump(told, file)
    path = os.path.join(stage.BUILD, FOLDER + ".svg")
    with open(path, "w", encoding="utf-8") as file:
        file.write(draw.draw(told))
    print(f"\nThe picture: {os.path.relpath(path)}")


def perform(lab, options):
    """Everything that ./demo shows; True if it is good."""
    show_isql(lab)
    heading(f"Two programs write a row every {EVERY_MS} ms, one with Holdfast" +
            (f", one with {stage.KIND.other}" if stage.other() else ""))
    print(f"  {DIM}promotion held back by {options.hold} ms; the endpoint's name follows {options.dns_lag} ms after "
          f"it{PLAIN}")
    lanes, faults = play(lab, options)
    for (_, title, _), fault, end in zip(FAULTS, faults, ends(faults)):
        heading(f"{title}: {fault.old} -> {fault.new}")
        for lane in lanes:
            timeline(lane, fault, end)
    judge(lanes)
    figures = show_figures(lab, lanes, faults, options)
    write_picture(story(lanes, faults, options))
    good = all(lane.good() for lane in lanes) and not figures.failed
    verdict = "Good: the connection lived through both, nothing lost, nothing doubled." if good else "BAD: see above."
    print(f"\n{BOLD}{GREEN if good else RED}{verdict}{PLAIN}")
    return good


def main():
    """The command line of ./demo, but for the building."""
    parser = argparse.ArgumentParser(prog="./demo", description="Shows a query surviving the change of the writer.")
    parser.add_argument("--keep", action="store_true", help="leave the cluster up, to play with")
    parser.add_argument("--down", action="store_true", help="remove the cluster that --keep left")
    parser.add_argument("--hold", type=int, default=1000, metavar="MS", help="hold the promotion back (default 1000)")
    parser.add_argument("--dns-lag", type=int, default=2000, metavar="MS",
                        help="let the endpoint's name follow so much later (default 2000)")
    parser.add_argument("--no-speed", action="store_true", help="leave the comparison with the client library out")
    options = parser.parse_args()
    lab = stage.Lab(LAB, FOLDER)
    if options.down:
        lab.down()
        return False
    with lab:
        good = perform(lab, options)
        if options.keep:
            lab.kept = True
            tell_kept(lab)
    return not good


def tell_kept(lab):
    """How to play with what is left."""
    where, lab_command = "$PWD/" + os.path.relpath(lab.folder), os.path.relpath(stage.KIND.lab)
    print(f"\nThe cluster stays. Try, from here:\n"
          f"  LAB={LAB} {lab_command} run env ODBCSYSINI={where} ODBCINI={where}/odbc.ini isql {stage.OURS} -v\n"
          f"  LAB={LAB} {lab_command} switchover\n"
          f"  LAB={LAB} {lab_command} kill writer\n"
          f"  ./demo{ARGUMENT} --down")


if __name__ == "__main__":
    stage.guard(main)
