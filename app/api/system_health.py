"""`GET /health`: is anybody at work, what waits, and are the servers well?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from app.api.call import Answer, Call
from app.api.operation import One, Operation, describe
from app.domain.system.finding import Status
from app.domain.system.process import ROLES, ProcessSeen, alive_by_role
from app.domain.system.waiting import KINDS
from app.monitoring.doctor import is_wrong
from config.version import VERSION


class Problem(msgspec.Struct):
    """A check that is not ok; `./scripts/manage doctor` says more."""

    group: str
    check: str
    status: Status
    #: What the check looks at.
    meaning: str


class ProcessCounts(msgspec.Struct):
    """Living processes of each role."""

    web: int = 0
    captures: int = 0
    deliveries: int = 0
    scheduler: int = 0


class OldestSeconds(msgspec.Struct):
    """How long the oldest of each kind has waited; 0: none waits."""

    #: Accepted, and not recorded yet.
    capture: float
    #: In the fallback queue, and not recorded yet.
    fallback: float
    #: Deliveries that are due and may be sent.
    first_attempt: float
    retry: float


class SystemHealth(msgspec.Struct, kw_only=True):
    """How the whole system is. What no server could be asked is null."""

    #: `failed`: something is to be repaired now. `warning`: something is to be looked at.
    status: Literal["ok", "warning", "failed"]
    version: str
    processes: ProcessCounts | None
    oldest_seconds: OldestSeconds | None
    checks: int
    problems: list[Problem]


@describe(Operation("Service", {200: One[SystemHealth]}))
def get_health(call: Call) -> Answer:
    """Whether anybody is at work, how long the oldest waits, and what is wrong.

    Of the whole system, not of one org: counts and ages only. `GET /readyz` answers a load
    balancer's question, whether captures can be taken.
    """
    look = call.services.quick_look.now()
    problems = [
        Problem(each.group, each.check, each.status, each.meaning)
        for each in look.findings
        if each.status is not Status.OK
    ]
    health = SystemHealth(
        status="failed" if is_wrong(look.findings) else "warning" if problems else "ok",
        version=VERSION,
        processes=None if look.processes is None else _counts(look.processes),
        oldest_seconds=None if look.oldest is None else _ages(look.oldest),
        checks=len(look.findings),
        problems=problems,
    )
    return Answer(One(health))


def _counts(processes: Sequence[ProcessSeen]) -> ProcessCounts:
    counts = alive_by_role(processes)
    return ProcessCounts(**{role: counts[role] for role in ROLES})


def _ages(oldest: Mapping[str, float]) -> OldestSeconds:
    return OldestSeconds(**{kind: round(oldest[kind], 3) for kind in KINDS})
