"""What all storms together come to: as text, and as a picture."""

import collections
import math
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "demo"))

import draw  # noqa: E402
import plan  # noqa: E402

TOLD = {"ack": "acknowledged", "local": "done, but no standby has confirmed it", "unknown": "outcome unknown",
        "undone": "nothing was done", "open": "not committed"}
BACKENDS = {"pg": "PostgreSQL", "my": "MariaDB"}


def percentile(values, share):
    """Of sorted values the one that `share` percent do not exceed."""
    return values[min(len(values) - 1, max(0, math.ceil(len(values) * share / 100) - 1))]


class Report:
    """The sums of several storms' results."""

    def __init__(self, results):
        self.results = results
        self.faults, self.recoveries = collections.Counter(), collections.defaultdict(list)
        self.counts, self.errors, self.done = collections.Counter(), collections.Counter(), collections.Counter()
        self.calls, self.samples, self.against, self.grown = {}, {}, {}, []
        for result in results:
            self.add(result)
        for values in self.recoveries.values():
            values.sort()

    def add(self, result):
        """One more storm."""
        backend = result["backend"]
        for fault in result.get("faults", []):
            self.faults[backend, fault["kind"]] += 1
        for kind, ms, _ in result.get("recoveries", []):
            self.recoveries[backend, kind].append(ms)
        for outcome, there, n in result.get("counts", []):
            self.counts[outcome, there] += n
        self.errors.update(result.get("errors", {}))
        self.done.update(result.get("done", {}))
        for state, text in result.get("samples", {}).items():
            self.samples.setdefault(state, text)
        for call, (count, most, bound) in result.get("calls", {}).items():
            had = self.calls.get(call, (0, 0, 0))
            self.calls[call] = had[0] + count, max(had[1], most), bound
        self.grown += [after - before for _, what, before, after in result.get("left", []) if what == "bytes"]
        for sentence, against in result["verdict"].items():
            self.against.setdefault(sentence, []).extend(
                f"[{backend} seed {result['seed']}] {text}" for text in against)

    def total(self):
        """How many faults there were."""
        return sum(self.faults.values())

    def wrong(self):
        """How many sentences are not true."""
        return sum(bool(against) for against in self.against.values())

    def text(self):
        """Tables."""
        parts = [f"{self.total()} faults in {len(self.results)} storms"]
        parts += self.fault_lines() + [""] + self.write_lines() + [""]
        parts += ["errors told: " + (", ".join(f"{state} {n}" for state, n in sorted(self.errors.items())) or "none")]
        parts += ["done: " + ", ".join(f"{what} {n}" for what, n in sorted(self.done.items()))]
        longest = sorted(self.calls.items(), key=lambda item: -item[1][1])[:5]
        parts += ["longest calls: " + ", ".join(f"{call} {most:.0f} ms" for call, (_, most, _) in longest)]
        if self.grown:
            parts += [f"bytes more in use after a storm than before it, a process: at most {max(self.grown)}"]
        return "\n".join(parts)

    def fault_lines(self):
        """A line a kind of fault."""
        lines = [f"{'':<50}{'faults':>7}   first write after the floor, ms: {'p50':>7}{'p90':>8}{'p99':>8}{'worst':>8}"]
        for backend in BACKENDS:
            for kind, (_, what) in plan.ALL.items():
                n, values = self.faults[backend, kind], self.recoveries[backend, kind]
                if not n:
                    continue
                figures = "".join(f"{percentile(values, share):8.1f}" for share in (50, 90, 99, 100)) if values else ""
                lines.append(f"{BACKENDS[backend] + ', ' + what:<50}{n:>7}{'':36}{figures}".rstrip())
        return lines

    def write_lines(self):
        """A line an answer, with what the tables say of it."""
        lines = [f"{'writes (transactions count once)':<50}{'all':>9}{'there':>9}{'absent':>9}{'a part':>9}"]
        for outcome, what in TOLD.items():
            there, absent, part = (self.counts[outcome, key] for key in ("whole", "none", "part"))
            if there + absent + part:
                lines.append(f"{what:<50}{there + absent + part:>9}{there:>9}{absent:>9}{part:>9}")
        return lines

    def picture(self):
        """SVG: a row a kind of fault, a dot a recovery."""
        rows = [(backend, kind) for backend in BACKENDS for kind in plan.ALL if self.faults[backend, kind]]
        p = draw.Picture(190 + 30 * len(rows))
        p.text(36, 54, f"Torture: {self.total()} faults, {sum(self.counts.values())} writes", 27, draw.INK, 700)
        wrong = self.wrong()
        p.text(36, 82, "No wrong outcome." if not wrong else f"{wrong} of {len(self.against)} sentences are not true.",
               14.5, draw.SOFT if not wrong else draw.ERROR, 400 if not wrong else 700)
        p.text(36, 106, "A dot: a client's first acknowledged write, after the moment at which the cluster could serve "
               "again (the floor). Upright: median and 99 %.", 12.5, draw.SOFT)
        top = 130
        for number, row in enumerate(rows):
            self.lane(p, top + 30 * number, row)
        bottom = top + 30 * len(rows)
        p.line(420, bottom, draw.RIGHT, bottom, draw.LINE)
        for ms in (1, 10, 100, 1000, 10000):
            p.line(place(ms), top - 6, place(ms), bottom + 5, draw.LINE)
            p.text(place(ms), bottom + 22, draw.span(ms), 12, draw.SOFT, 400, "middle")
        return p.done()

    def lane(self, p, y, row):
        """One row of the picture."""
        backend, kind = row
        color = draw.COLORS["holdfast" if backend == "pg" else "other"]
        p.text(36, y + 14, f"{BACKENDS[backend]}: {plan.ALL[kind][1]}", 12.5, color, 600)
        p.text(410, y + 14, str(self.faults[row]), 12.5, draw.SOFT, 400, "end")
        values = self.recoveries[row]
        path = "".join(f"M{place(ms):.1f} {y + 5 + number * 7 % 11:.1f}h0.1" for number, ms in enumerate(values))
        if path:
            p.parts.append(f'<path d="{path}" stroke="{color}" stroke-width="4" stroke-linecap="round" '
                           'stroke-opacity="0.3" fill="none"/>')
            p.ticks([place(percentile(values, share)) for share in (50, 99)], y + 1, y + 20, draw.INK, 1.8)


def place(ms):
    """Where a length of time is, on a logarithmic axis from 0.5 ms to 20 s."""
    low, high = math.log10(0.5), math.log10(20000)
    share = (math.log10(min(max(ms, 0.5), 20000)) - low) / (high - low)
    return 430 + (draw.RIGHT - 430) * share
