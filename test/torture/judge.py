"""Holds what the clients were told (work.h has the journal's lines) against what is in the tables."""

import collections
import hashlib

MOST_BYTES = 64 * 1024  # that a process may have grown by
WHOLE, NONE, PART = "whole", "none", "part"
CONTINUOUS = ("autocommit", "prepared")  # workers whose writes follow each other closely


def body_md5(group, n):
    """Of what work.h's body_of() and long_body_of() (n is 0) make."""
    if n:
        body = f"{group}:{n}:" + "x" * (group % 97)
    else:
        one = f"{group},"
        body = one * -(-(4000 + group % 17 * 1000) // len(one))
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


class Write:
    """A line `u`: a group of rows, and what was told of it."""

    def __init__(self, words):
        self.group, rows, self.outcome, self.state, self.worker = int(words[0]), int(words[1]), *words[2:5]
        self.begin, self.end = float(words[5]), float(words[6])
        self.keys = [(self.group, n) for n in range(1, rows + 1)] or [(self.group, 0)]

    def __str__(self):
        return f"group {self.group} of {len(self.keys)} rows, told {self.outcome} {self.state} to {self.worker}"


class Journal:
    """What one storm's clients wrote."""

    def __init__(self):
        self.writes, self.errors, self.wrong = [], collections.Counter(), []
        self.samples, self.calls, self.done = {}, {}, collections.Counter()
        self.working, self.left = {}, []

    def read(self, name, path):
        """Take a client's file in."""
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                self.take(name, line.rstrip("\n"))

    def take(self, name, line):
        """One line."""
        kind, _, rest = line.partition(" ")
        words = rest.split(" ")
        if kind == "u":
            self.writes.append(Write(words))
        elif kind == "e":
            self.errors[words[1]] += 1
            self.samples.setdefault(words[1], " ".join(words[5:]))
        elif kind == "x":
            self.wrong.append(rest)
        elif kind == "m":
            count, most, bound = self.calls.get(words[0], (0, 0, 0))
            self.calls[words[0]] = count + int(words[1]), max(most, float(words[2])), max(bound, float(words[3]))
        elif kind == "d":
            self.done[words[1]] += int(words[2])
        elif kind == "p":
            self.working[words[0]] = words[1] == "yes"
        elif kind == "l":
            self.left.append((name, words[0], int(words[1]), int(words[2])))


class Verdict:
    """Sentences, each with what speaks against it."""

    def __init__(self):
        self.against = {}

    def say(self, sentence, against):
        """`against` is a list of texts, empty when the sentence is true."""
        self.against.setdefault(sentence, []).extend(against)


def presence(keys, rows):
    """How much of a group is in the table."""
    there = sum(key in rows for key in keys)
    return WHOLE if there == len(keys) else PART if there else NONE


def judge_writes(writes, rows, verdict):
    """`rows`: (group, n) -> [md5, ...].  Returns how many there were: (outcome, presence) -> writes."""
    counts, found = collections.Counter(), collections.defaultdict(list)
    known = set()
    for write in writes:
        known.update(write.keys)
        there = presence(write.keys, rows)
        counts[write.outcome, there] += 1
        if write.outcome == "ack" and there != WHOLE:
            found["acked"].append(f"{write}: {there} of it is there")
        if write.outcome in ("undone", "open") and there != NONE:
            found["undone"].append(f"{write}: {there} of it is there")
        if there == PART:
            found["part"].append(f"{write}: a part of it is there")
        for key in write.keys:
            if len(rows.get(key, [])) > 1:
                found["double"].append(f"{write}: row {key[1]} is there {len(rows[key])} times")
            if any(md5 != body_md5(*key) for md5 in rows.get(key, [])):
                found["body"].append(f"{write}: row {key[1]} is not what was written")
    found["nobody"] = [f"row {key}" for key in rows if key not in known]
    verdict.say("every acknowledged write is there", found["acked"])
    verdict.say("no write is there twice", found["double"])
    verdict.say("what was told not to be done is absent", found["undone"])
    verdict.say("a transaction is there wholly or not at all", found["part"])
    verdict.say("every row is what was written", found["body"])
    verdict.say("no row is there of which nobody was told", found["nobody"])
    return counts


def judge_clients(journal, expected, verdict):
    """What the clients found themselves; `expected` is how many workers there were."""
    verdict.say("streams are gapless, own writes are seen, all answers are foreseen", journal.wrong)
    idle = [f"{name} does not work" for name, works in journal.working.items() if not works]
    if len(journal.working) != expected:
        idle.append(f"{len(journal.working)} of {expected} workers came to their end")
    verdict.say("every client works when the storm is over", idle)
    verdict.say("no call takes longer than its bound",
                [f"{call} took {most:.0f} ms of at most {bound:.0f}" for call, (_, most, bound) in journal.calls.items()
                 if most > bound])
    over = []
    for name, what, before, after in journal.left:
        if after > before + (MOST_BYTES if what == "bytes" else 0):
            over.append(f"{name}: {what} {before} before, {after} after")
    verdict.say("no thread, descriptor or byte is left over", over)


def recoveries(writes, faults):
    """[(kind, ms, worker)]: from the moment at which the cluster could serve again (the floor: the new writer took a
    write when asked directly; the sessions were ended; the node was continued) to the first acknowledged write of each
    worker that writes all the time."""
    lanes = collections.defaultdict(list)
    for write in writes:
        if write.outcome == "ack" and write.worker.split(".")[1] in CONTINUOUS:
            lanes[write.worker].append(write.end)
    for lane in lanes.values():
        lane.sort()
    found = []
    for number, fault in enumerate(faults):
        if fault["floor"] is None:
            continue
        end = faults[number + 1]["begin"] if number + 1 < len(faults) else float("inf")
        for worker, lane in lanes.items():
            first = next((moment for moment in lane if moment >= fault["down"]), None)
            if first is not None and first < end:
                found.append((fault["kind"], max(0.0, first - fault["floor"]), worker))
    return found


def sees_lies():
    """What this file would not see of the lies that it is there for: a list of texts, empty when it sees all."""
    def write(text):
        return Write(text.split())
    here = {(1, 1): [body_md5(1, 1)], (1, 2): [body_md5(1, 2)], (2, 0): [body_md5(2, 0)]}
    told = "08007 a.autocommit.0 1 2"
    missed = []
    lies = {
        "": [write("1 2 ack - a.batch.0 1 2"), write(f"2 0 unknown {told}"), write(f"3 1 unknown {told}")],
        "every acknowledged write is there": [write("1 3 ack - a.batch.0 1 2"), write("9 1 ack - a.batch.0 1 2")],
        "what was told not to be done is absent": [write(f"1 2 undone {told}"), write(f"2 0 open {told}")],
        "a transaction is there wholly or not at all": [write(f"1 3 unknown {told}")],
        "no row is there of which nobody was told": [write("1 2 ack - a.batch.0 1 2")],
    }
    for sentence, writes in lies.items():
        verdict = Verdict()
        judge_writes(writes, here, verdict)
        if bool(verdict.against.get(sentence)) != bool(sentence) or not sentence and any(verdict.against.values()):
            missed.append(sentence or f"the truth: {verdict.against}")
    for sentence, rows in (("no write is there twice", {(2, 0): [body_md5(2, 0)] * 2}),
                           ("every row is what was written", {(2, 0): [body_md5(3, 0)]})):
        verdict = Verdict()
        judge_writes([write(f"2 0 unknown {told}")], rows, verdict)
        if not verdict.against[sentence]:
            missed.append(sentence)
    journal, verdict = Journal(), Verdict()
    for line in ("p a.b.0 no", "m SQLFetch 1 3000.0 2000", "l threads 1 2", "x a.b.0 a gap"):
        journal.take("a", line)
    judge_clients(journal, 1, verdict)
    return missed + [sentence for sentence, against in verdict.against.items() if not against]
