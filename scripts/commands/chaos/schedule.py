"""What is broken when: a schedule that its seed determines."""

from __future__ import annotations

import random
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

#: The system carries load undisturbed for so long at first.
WARM_UP_SECONDS = 3.0
#: From the beginning of one fault to the next: some overlap, some are far apart.
PAUSE_SECONDS = (2.5, 6.0)
#: How long a schedule waits for a target that is still broken.
_RETRY_SECONDS = 0.5

#: The roles that work in the background, and the target that stands for one after the other.
WORKERS = ("captures", "deliveries", "scheduler")
ALL_WORKERS = "all workers"


class Verb(StrEnum):
    """What can be done to a target."""

    KILL = "kill -9"
    #: Stopped where it is (SIGSTOP), and let go on after a while.
    FREEZE = "freeze"
    #: Asked to stop (SIGTERM); its supervisor starts it again.
    TERMINATE = "terminate"
    #: A server's clean stop and new start.
    RESTART = "restart"
    #: Its keys are deleted.
    FLUSH = "flush"


class Trouble(NamedTuple):
    """A kind of fault. Seconds: how long it lasts, where that is for the schedule to say."""

    verb: Verb
    target: str
    shortest_seconds: float = 0.0
    longest_seconds: float = 0.0


class Fault(NamedTuple):
    """One fault: when it begins, in seconds from the start of the load, and how long it lasts."""

    at: float
    verb: Verb
    target: str
    seconds: float

    @property
    def is_absorbed(self) -> bool:
        """Whether the line must go on while it lasts."""
        return self.verb is Verb.FREEZE and self.target in ABSORBED

    def __str__(self) -> str:
        lasting = f" for {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.at:6.1f} s  {self.verb} {self.target}{lasting}"


#: Of the others of its kind, a frozen process must not be waited for.
ABSORBED = frozenset({"web worker", "captures worker", "deliveries worker", "scheduler"})

#: `captures` is the role as a whole, `captures worker` one of its processes. A worker is taken for
#: dead after 10 s and a lease ends after 17 s: both are outlived by the frozen.
TROUBLES = (
    Trouble(Verb.KILL, "web"),
    Trouble(Verb.KILL, "web worker"),
    Trouble(Verb.KILL, "captures"),
    Trouble(Verb.KILL, "captures worker"),
    Trouble(Verb.KILL, "deliveries"),
    Trouble(Verb.KILL, "deliveries worker"),
    Trouble(Verb.KILL, "scheduler"),
    Trouble(Verb.KILL, "valkey", 0.2, 4.0),
    Trouble(Verb.KILL, "postgres", 0.2, 4.0),
    Trouble(Verb.KILL, "postgres backend"),
    Trouble(Verb.FREEZE, "web", 2.0, 4.0),
    Trouble(Verb.FREEZE, "web worker", 3.0, 9.0),
    Trouble(Verb.FREEZE, "captures worker", 11.0, 16.0),
    Trouble(Verb.FREEZE, "captures", 11.0, 16.0),
    Trouble(Verb.FREEZE, "deliveries worker", 18.0, 22.0),
    Trouble(Verb.FREEZE, "deliveries", 11.0, 22.0),
    Trouble(Verb.FREEZE, "scheduler", 3.0, 12.0),
    Trouble(Verb.FREEZE, "valkey", 1.0, 8.0),
    Trouble(Verb.FREEZE, "postgres", 1.0, 8.0),
    Trouble(Verb.RESTART, "valkey", 0.0, 1.0),
    Trouble(Verb.RESTART, "postgres", 0.0, 1.0),
    Trouble(Verb.TERMINATE, "web"),
    Trouble(Verb.TERMINATE, "captures"),
    Trouble(Verb.TERMINATE, "deliveries"),
    Trouble(Verb.TERMINATE, "scheduler"),
    Trouble(Verb.TERMINATE, ALL_WORKERS),
    Trouble(Verb.FLUSH, "doorbells"),
    Trouble(Verb.FLUSH, "admission"),
)

#: What a fault that says nothing of its length may take until its target is back.
_RETURN_SECONDS = 3.0


def plan(seed: int, seconds: float, troubles: Sequence[Trouble] = TROUBLES) -> list[Fault]:
    """Faults that all end before `seconds`; each kind comes once before any comes twice."""
    chance = random.Random(f"schedule {seed}")
    busy_until: dict[str, float] = {}
    deck: list[Trouble] = []
    faults: list[Fault] = []
    at = WARM_UP_SECONDS
    while at < seconds:
        if not deck:
            deck = chance.sample(troubles, len(troubles))
        fault = _next_fault(deck, at, seconds, busy_until, chance)
        if fault is None:
            at += _RETRY_SECONDS
            continue
        faults.append(fault)
        for room in _rooms(fault.target):
            busy_until[room] = at + max(fault.seconds, _RETURN_SECONDS)
        at += chance.uniform(*PAUSE_SECONDS)
    return faults


def outage(target: str, seconds: float) -> list[Fault]:
    """One long outage and nothing else."""
    return [Fault(WARM_UP_SECONDS, Verb.KILL, target, seconds)]


def _next_fault(
    deck: list[Trouble],
    at: float,
    seconds: float,
    busy_until: dict[str, float],
    chance: random.Random,
) -> Fault | None:
    """Takes the first card whose target is whole and that ends in time."""
    for trouble in deck:
        lasts = chance.uniform(trouble.shortest_seconds, trouble.longest_seconds)
        is_free = all(busy_until.get(room, 0.0) <= at for room in _rooms(trouble.target))
        if is_free and at + max(lasts, _RETURN_SECONDS) <= seconds:
            deck.remove(trouble)
            return Fault(round(at, 1), trouble.verb, trouble.target, round(lasts, 1))
    return None


def _rooms(target: str) -> Sequence[str]:
    """Whom a fault concerns: two at once would hide each other."""
    return WORKERS if target == ALL_WORKERS else (target.split()[0],)
