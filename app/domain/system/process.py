"""Reports of the product's processes, and whether a process is alive by its latest one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

#: Every role; a working system has at least one process of each.
ROLES = ("web", "captures", "deliveries", "scheduler")
#: How often a process reports itself.
REPORT_SECONDS = 5.0
#: A process that has not reported itself for so long counts as dead: three reports, and a bit.
ALIVE_SECONDS = 16.0


class ProcessReport(msgspec.Struct, frozen=True):
    """What a process reports about itself."""

    #: Host, pid and a random part: no other process ever has it. Leases and jobs name it, too.
    name: str
    role: str
    host: str
    pid: int
    version: str
    started_at: datetime
    #: What it has in hand by kind: `jobs`, `attempts`, `slots`.
    holds: dict[str, int] = {}


class ProcessSeen(msgspec.Struct, frozen=True):
    """A report and its age, by the clock of the server that stores it."""

    report: ProcessReport
    age_seconds: float

    @property
    def is_alive(self) -> bool:
        """Whether it reported itself lately."""
        return self.age_seconds <= ALIVE_SECONDS


def merge_seen(*sources: Iterable[ProcessSeen]) -> list[ProcessSeen]:
    """Each process once, by its latest report, ordered by role and start."""
    latest: dict[str, ProcessSeen] = {}
    for seen in (each for source in sources for each in source):
        known = latest.setdefault(seen.report.name, seen)
        if seen.age_seconds < known.age_seconds:
            latest[seen.report.name] = seen
    return sorted(latest.values(), key=_order)


def alive_by_role(seen: Iterable[ProcessSeen]) -> Mapping[str, int]:
    """How many processes of each role are alive; 0 for a role without one."""
    counts = dict.fromkeys(ROLES, 0)
    for each in seen:
        if each.is_alive:
            counts[each.report.role] = counts.get(each.report.role, 0) + 1
    return counts


def _order(seen: ProcessSeen) -> tuple[str, datetime, str]:
    return seen.report.role, seen.report.started_at, seen.report.name
