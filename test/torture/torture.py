#!/usr/bin/python3
"""Storms of random faults over clients of all kinds, and the judgement: nothing acknowledged is lost, nothing is
written twice, nothing that was told undone is there, every client works, nothing is left over, no call is endless.

Several labs suffer side by side, a storm after the other in each, until the faults or the seconds are spent.  A seed
makes the sequence of faults: a storm's own seed stands before its result, and --seed with --storms 1 repeats it."""

import argparse
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.realpath(os.environ.get("HF_BUILD") or os.path.join(TOP, "build"))

import judge  # noqa: E402
import plan  # noqa: E402
import report  # noqa: E402

STORM_FAULTS = 60  # then the tables are judged, and new clients begin
SHORT_FAULTS, SHORT_SECONDS = 8, 25
LAB_SECONDS = 240  # a storm's own time around its faults


class Budget:
    """What is left of the faults and the seconds."""

    def __init__(self, options):
        self.faults, self.storms = options.faults, options.storms
        self.most = min(STORM_FAULTS, -(-options.faults // options.labs))  # else the first lab takes all of a short run
        self.end = time.monotonic() + options.seconds

    def take(self):
        """(faults, seconds) for the next storm, None when all is spent."""
        seconds = self.end - time.monotonic()
        if self.faults <= 0 or seconds <= 1 or self.storms <= 0:
            return None
        faults = min(self.faults, self.most)
        self.faults -= faults
        self.storms -= 1
        return faults, seconds


class Place:
    """One lab after the other, of one kind of cluster; in a process of its own each."""

    def __init__(self, number, backend):
        self.number, self.backend = number, backend
        self.child = self.out = self.seed = self.given = None

    def start(self, seed, budget, options):
        """The next storm; False when nothing is left."""
        given = budget.take()
        if not given:
            return False
        self.given, self.seed = given, seed
        folder = f"torture/{os.getpid()}-{self.backend}-{self.number}"
        os.makedirs(os.path.join(BUILD, folder), exist_ok=True)
        self.out = os.path.join(BUILD, folder, "result.json")
        if os.path.exists(self.out):
            os.unlink(self.out)
        command = ["/usr/bin/python3", os.path.join(HERE, "storm.py"), "--seed", seed, "--faults", str(given[0]),
                   "--seconds", str(given[1]), "--program", os.path.join(BUILD, "torture_client"),
                   "--name", f"torture-{os.getpid()}-{self.number}", "--folder", folder, "--out", self.out,
                   *(word for each in options.more for word in ("--more", each)),
                   *(["--tls"] if options.tls else []), *(["--proxy"] if options.proxy else []),
                   *(word for each in options.kind for word in ("--kind", each))]
        self.child = subprocess.Popen(command, env={**os.environ, "HF_BACKEND": self.backend},
                                      stdin=subprocess.DEVNULL)
        self.until = time.monotonic() + given[1] + LAB_SECONDS
        return True

    def result(self):
        """Of a storm that has ended."""
        try:
            with open(self.out, encoding="utf-8") as file:
                return json.load(file)
        except OSError:
            return {"backend": self.backend, "seed": self.seed,
                    "verdict": {"every storm is judged": [f"it ended with {self.child.returncode} and no result"]}}

    def tidy(self):
        """Nobody reads the journals of a good storm."""
        shutil.rmtree(os.path.dirname(self.out), ignore_errors=True)

    def stop(self):
        """Without waiting for its end; it removes its lab."""
        if self.child and self.child.poll() is None:
            self.child.terminate()
            self.child.wait()


def tell(result):
    """A line or more a storm; whether it was good."""
    against = {sentence: texts for sentence, texts in result["verdict"].items() if texts}
    sums = {"ack": 0, "unknown": 0}
    for outcome, _, n in result.get("counts", []):
        sums[outcome] = sums.get(outcome, 0) + n
    print(f"{'good' if not against else 'WRONG'} {result['backend']} seed {result['seed']}: "
          f"{len(result.get('faults', []))} faults in {result.get('seconds', 0):.0f} s, {sums['ack']} writes "
          f"acknowledged, {sums['unknown']} unknown", flush=True)
    for sentence, texts in against.items():
        for text in texts[:5]:
            print(f"  not true: {sentence}: {text}")
        if len(texts) > 5:
            print(f"  and {len(texts) - 5} more")
    sys.stdout.flush()
    return not against


def keep(place):
    """The journals of a wrong storm, under another name."""
    kept = f"{os.path.dirname(place.out)}-{place.seed}"
    os.rename(os.path.dirname(place.out), kept)
    print(f"  its journals: {os.path.relpath(kept)}", flush=True)


def rage(options):
    """All storms; their results."""
    budget, results = Budget(options), []
    seeds = (options.seed if number == 0 else f"{options.seed}.{number}" for number in itertools.count())
    backends = ["pg", "my"] if options.backend == "both" else [options.backend]
    places = [Place(number, backends[number % len(backends)]) for number in range(options.labs)]
    busy = [place for place in places if place.start(next(seeds), budget, options)]
    try:
        while busy:
            time.sleep(0.1)
            for place in list(busy):
                if place.child.poll() is None:
                    if time.monotonic() > place.until:
                        place.stop()
                    continue
                results.append(place.result())
                with open(options.results, "a", encoding="utf-8") as file:
                    file.write(json.dumps(results[-1]) + "\n")
                if tell(results[-1]):
                    place.tidy()
                else:
                    keep(place)
                if not place.start(next(seeds), budget, options):
                    busy.remove(place)
    except (KeyboardInterrupt, SystemExit):
        print("stopped: what follows is of the storms that had ended", flush=True)
    finally:
        for place in places:
            place.stop()
    return results


def same_plan(seed):
    """A seed's faults are the same each time, and another's are others."""
    def first(of, backend):
        return [str(fault) for fault in itertools.islice(plan.faults(of, backend), 200)]
    return (first(seed, "pg") == first(seed, "pg") != first(seed + "x", "pg")
            and {fault.split()[2] for fault in first(seed, "my")} <= set(plan.KINDS))


def conclude(options, results):
    """The report, and the lines that ./check reads."""
    whole = report.Report(results)
    print(whole.text())
    path = os.path.join(BUILD, "torture", "torture.svg")
    with open(path, "w", encoding="utf-8") as file:
        file.write(whole.picture())
    print(f"picture: {os.path.relpath(path)}")
    whole.against.setdefault("a seed is a sequence of faults", []).extend(
        [] if same_plan(options.seed) else [f"seed {options.seed} is not"])
    whole.against.setdefault("the judge sees lies", []).extend(judge.sees_lies())
    whole.against.setdefault("there were faults", []).extend([] if whole.total() else ["none"])
    for sentence, against in whole.against.items():
        print(f"{'FAIL' if against else 'ok'} {sentence}")
    failed = whole.wrong()
    print(f"{os.environ.get('HF_LAYER') or 'torture'}: {len(whole.against) - failed} passed, {failed} failed, 0 skipped")
    return failed > 0


def main():
    """The command line."""
    parser = argparse.ArgumentParser(prog="test/torture/run", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faults", type=int, help=f"in all (default {SHORT_FAULTS} a lab; 10000 with --seconds)")
    parser.add_argument("--seconds", type=float, help=f"in all (default {SHORT_SECONDS}; a day with --faults)")
    parser.add_argument("--storms", type=int, default=10000, help="at most so many")
    parser.add_argument("--seed", default="", help="any word (default a random number)")
    parser.add_argument("--backend", choices=("pg", "my", "both"), default="both")
    parser.add_argument("--labs", type=int, help="side by side (default one a backend)")
    parser.add_argument("--tls", action="store_true", help="every connection over TLS")
    parser.add_argument("--proxy", action="store_true", help="with faults on the wire: cuts, resets, silence, delays")
    parser.add_argument("--kind", action="append", default=[], choices=plan.ALL, help="only these faults")
    parser.add_argument("--more", action="append", default=[], metavar="KEYWORD=VALUE", help="for the data source; "
                        "FAILOVER_AUTOCOMMIT_STATE=08S02 must be found wrong, after some faults")
    parser.add_argument("--report", nargs="+", metavar="FILE", help="of earlier runs' build/torture/results-*.jsonl")
    parser.add_argument("--plan", action="store_true", help="print the faults of the seed, do nothing")
    options = parser.parse_args()
    os.makedirs(os.path.join(BUILD, "torture"), exist_ok=True)
    options.seed = options.seed or str(random.SystemRandom().randrange(1000000))
    options.labs = options.labs or (2 if options.backend == "both" else 1)
    if options.report:
        return conclude(options, [json.loads(line) for path in options.report for line in open(path, encoding="utf-8")])
    if options.plan:
        backend = "pg" if options.backend == "both" else options.backend
        kinds = options.kind or plan.kinds_of(backend, options.proxy)
        for fault in itertools.islice(plan.faults(options.seed, backend, kinds), options.faults or STORM_FAULTS):
            print(fault)
        return 0
    short = options.faults is None and options.seconds is None
    options.proxy = options.proxy or short
    options.faults = options.faults or (SHORT_FAULTS * options.labs if short else 10000)
    options.seconds = options.seconds or (SHORT_SECONDS if short else 86400)
    print(f"seed {options.seed}", flush=True)
    options.results = os.path.join(BUILD, "torture", f"results-{os.getpid()}.jsonl")
    return conclude(options, rage(options))


if __name__ == "__main__":
    import stage  # by report's path
    stage.guard(main)
