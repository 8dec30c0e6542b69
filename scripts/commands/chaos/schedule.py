"""What is broken when: a schedule that its seed determines."""

from __future__ import annotations

import random
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

#: The system first carries load undisturbed for this long.
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
    #: Nobody reaches a host any more, and it reaches nobody.
    CUT = "cut off"
    #: Clients reach a host; the other hosts do not.
    ISOLATE = "isolate"
    #: Killed, and its disks are gone.
    LOSE = "lose"
    #: Killed, and its clock is wrong afterwards.
    CLOCK = "misset"


class FaultKind(NamedTuple):
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
        return self.target in HOSTS or (self.verb is Verb.FREEZE and self.target in ABSORBED)

    def __str__(self) -> str:
        lasting = f" for {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.at:6.1f} s  {self.verb} {self.target}{lasting}"


#: Of the others of its kind, a frozen process must not be waited for.
ABSORBED = frozenset({"web worker", "captures worker", "deliveries worker", "scheduler"})

#: `captures` is the role as a whole, `captures worker` one of its processes. A worker is taken for
#: dead after 10 s and a lease ends after 17 s: both are outlived by the frozen.
FAULT_KINDS = (
    FaultKind(Verb.KILL, "web"),
    FaultKind(Verb.KILL, "web worker"),
    FaultKind(Verb.KILL, "captures"),
    FaultKind(Verb.KILL, "captures worker"),
    FaultKind(Verb.KILL, "deliveries"),
    FaultKind(Verb.KILL, "deliveries worker"),
    FaultKind(Verb.KILL, "scheduler"),
    FaultKind(Verb.KILL, "valkey", 0.2, 4.0),
    FaultKind(Verb.KILL, "postgres", 0.2, 4.0),
    FaultKind(Verb.KILL, "postgres backend"),
    FaultKind(Verb.FREEZE, "web", 2.0, 4.0),
    FaultKind(Verb.FREEZE, "web worker", 3.0, 9.0),
    FaultKind(Verb.FREEZE, "captures worker", 11.0, 16.0),
    FaultKind(Verb.FREEZE, "captures", 11.0, 16.0),
    FaultKind(Verb.FREEZE, "deliveries worker", 18.0, 22.0),
    FaultKind(Verb.FREEZE, "deliveries", 11.0, 22.0),
    FaultKind(Verb.FREEZE, "scheduler", 3.0, 12.0),
    FaultKind(Verb.FREEZE, "valkey", 1.0, 8.0),
    FaultKind(Verb.FREEZE, "postgres", 1.0, 8.0),
    FaultKind(Verb.RESTART, "valkey", 0.0, 1.0),
    FaultKind(Verb.RESTART, "postgres", 0.0, 1.0),
    FaultKind(Verb.TERMINATE, "web"),
    FaultKind(Verb.TERMINATE, "captures"),
    FaultKind(Verb.TERMINATE, "deliveries"),
    FaultKind(Verb.TERMINATE, "scheduler"),
    FaultKind(Verb.TERMINATE, ALL_WORKERS),
    FaultKind(Verb.FLUSH, "notifications"),
    FaultKind(Verb.FLUSH, "admission"),
)

#: Hosts, as a fault finds them: where the primary of Redis is, that of PostgreSQL, none of both.
REDIS_HOST, POSTGRES_HOST, OTHER_HOST = "host of Redis", "host of PostgreSQL", "host of neither"
HOSTS = (REDIS_HOST, POSTGRES_HOST, OTHER_HOST)
#: One host at a time, of which the others must not wait.
HOST_FAULT_KINDS = tuple(
    FaultKind(verb, target, 8.0, 14.0)
    for verb in (Verb.CUT, Verb.ISOLATE, Verb.KILL, Verb.LOSE, Verb.CLOCK)
    for target in HOSTS
)
HOST_PAUSE_SECONDS = (20.0, 20.0)

#: What a fault that says nothing of its length may take until its target is back.
_RETURN_SECONDS = 3.0


def plan(
    seed: int,
    seconds: float,
    kinds: Sequence[FaultKind] = FAULT_KINDS,
    pause_seconds: tuple[float, float] = PAUSE_SECONDS,
) -> list[Fault]:
    """Faults that all end before `seconds`; each kind comes once before any comes twice."""
    chance = random.Random(f"schedule {seed}")
    busy_until: dict[str, float] = {}
    remaining: list[FaultKind] = []
    faults: list[Fault] = []
    at = WARM_UP_SECONDS
    while at < seconds:
        if not remaining:
            remaining = chance.sample(kinds, len(kinds))
        fault = _next_fault(remaining, at, seconds, busy_until, chance)
        if fault is None:
            at += _RETRY_SECONDS
            continue
        faults.append(fault)
        for role in _roles(fault.target):
            busy_until[role] = at + max(fault.seconds, _RETURN_SECONDS)
        at += chance.uniform(*pause_seconds)
    return faults


def outage(target: str, seconds: float) -> list[Fault]:
    """One long outage and nothing else."""
    return [Fault(WARM_UP_SECONDS, Verb.KILL, target, seconds)]


def _next_fault(
    remaining: list[FaultKind],
    at: float,
    seconds: float,
    busy_until: dict[str, float],
    chance: random.Random,
) -> Fault | None:
    """Takes the first kind whose target is whole and that ends in time."""
    for kind in remaining:
        lasts = chance.uniform(kind.shortest_seconds, kind.longest_seconds)
        is_free = all(busy_until.get(role, 0.0) <= at for role in _roles(kind.target))
        if is_free and at + max(lasts, _RETURN_SECONDS) <= seconds:
            remaining.remove(kind)
            return Fault(round(at, 1), kind.verb, kind.target, round(lasts, 1))
    return None


def _roles(target: str) -> Sequence[str]:
    """Whom a fault concerns: two at once would hide each other."""
    return WORKERS if target == ALL_WORKERS else (target.split()[0],)
