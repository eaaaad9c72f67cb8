"""The faults of a storm, in an order that follows from the seed alone."""

import random

# kind: (how often, what it is for people)
KINDS = {
    "switchover": (5, "planned switchover"),
    "kill": (5, "kill -9 of the writer"),
    "terminate": (6, "sessions ended by an administrator"),
    "freeze": (2, "the writer stopped and continued"),
    "frozen-kill": (2, "the writer stopped, another promoted"),
    "stale": (2, "switchover, its endpoint's name late"),
    "lost-name": (1, "kill -9 while the endpoint has no address"),
    "twice": (2, "switchover, then kill -9 before all is whole"),
    "standby": (1, "kill -9 of a standby"),
    "restart": (1, "the writer restarted in place"),
    "demote": (3, "switchover, the old writer lives on"),
    "drop": (2, "all packets dropped for a while"),
    "drop-kill": (2, "packets dropped, another promoted"),
    "disk-data": (2, "no room for data for a while"),
    "disk-log": (2, "no room for the log for a while"),
    "disk-kill": (2, "no room for the log, another promoted"),
    "memory": (2, "no more memory for a while"),
}
NOT_ON_PG = ("demote",)  # whose writer becomes a standby by a restart only

# By the lab's proxy, which stands in front of each node.
WIRE = {
    "cut": (4, "links cut after some bytes"),
    "reset": (2, "all links reset"),
    "silence": (1, "nothing comes through for a while"),
    "half-open": (1, "new links get no answer for a while"),
    "delay": (1, "all that passes is late"),
}
ALL = {**KINDS, **WIRE}


def kinds_of(backend, proxy=False):
    """Those that a lab of this kind knows."""
    return [kind for kind in (ALL if proxy else KINDS) if backend != "pg" or kind not in NOT_ON_PG]


class Fault:
    """One of them: what is done, and its figures in milliseconds."""

    def __init__(self, number, rng, kinds):
        self.number = number
        self.kind = rng.choices(kinds, [ALL[kind][0] for kind in kinds])[0]
        self.pause = rng.randrange(50, 500)  # of peace before it
        self.hold = rng.choice((0, 0, 0, rng.randrange(50, 900)))
        self.lag = rng.randrange(300, 1500)
        self.frozen = rng.randrange(100, 1500)
        self.share = rng.choice((20, 50, 100))
        self.how = rng.choice(("reset", "fin"))
        self.late = rng.randrange(2, 40)
        self.cuts = [(rng.choice(("up", "down")), int(2 ** rng.uniform(0, 15)),
                      rng.choice(("fin", "fin", "fin", "reset", "reset", "silent"))) for _ in range(rng.randrange(3, 9))]

    def figures(self):
        """Those that count for its kind."""
        return {"switchover": ("hold",), "kill": ("hold",), "terminate": ("share",), "freeze": ("frozen",),
                "frozen-kill": ("frozen", "hold"), "stale": ("hold", "lag"), "lost-name": ("hold",),
                "twice": ("hold",), "reset": ("how",), "silence": ("frozen",), "half-open": ("frozen",),
                "delay": ("late", "frozen"), "demote": ("hold",), "drop": ("frozen",), "drop-kill": ("frozen", "hold"),
                "disk-data": ("frozen",), "disk-log": ("frozen",), "disk-kill": ("frozen", "hold"),
                "memory": ("frozen",)}.get(self.kind, ())

    def __str__(self):
        more = "".join(f" {name}={getattr(self, name)}" for name in self.figures())
        if self.kind == "cut":
            more = "".join(f" {way}={left}:{how}" for way, left, how in self.cuts)
        return f"{self.number} after={self.pause} {self.kind}{more}"


def faults(seed, backend, kinds=None):
    """Without end; only some kinds, if they are named."""
    rng = random.Random(f"{seed}/{backend}")
    number = 0
    while True:
        number += 1
        yield Fault(number, rng, kinds or kinds_of(backend))
