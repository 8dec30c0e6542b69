"""System: processes, queues, ages of what waits, and the checks with their meanings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from app.console.visit import Page, Visit
from app.domain.system.finding import Finding, Status
from app.domain.system.process import ROLES, ProcessSeen, alive_by_role
from app.domain.system.waiting import KINDS
from app.monitoring.doctor import is_wrong
from config.version import VERSION

#: What waits, in words, and after how many seconds that is too long.
WAITING = {
    "capture": ("Leads to record", 10),
    "fallback": ("In the fallback queue", 60),
    "first_attempt": ("First attempts due", 10),
    "retry": ("Retries due", 60),
}
assert tuple(WAITING) == KINDS


def show(visit: Visit) -> Page:
    """Show the state of the whole system.

    Hosts and what the checks found are for the users of the default org, who run the system; those
    of other orgs see counts, ages and which checks are not ok.
    """
    look = visit.services.quick_look.now()
    findings, seen = look.findings, look.processes
    values = {
        "verdict": _verdict(findings),
        "wrong": [each for each in findings if each.status is not Status.OK],
        "groups": _groups(findings),
        "counts": {status: sum(each.status is status for each in findings) for status in Status},
        "oldest": look.oldest,
        "waiting": WAITING,
        "depths": look.depths,
        "processes": seen or [],
        "roles": alive_by_role(seen) if seen is not None else None,
        "expected_roles": ROLES,
        "versions": _versions(seen or []),
        "version": VERSION,
        "runs_it": visit.runs_the_system,
    }
    return Page("system/show.html", values, fragment="system/body.html")


def _verdict(findings: Sequence[Finding]) -> Status:
    """The worst status; a check that could not run counts as failed."""
    if is_wrong(findings):
        return Status.FAILED
    return Status.OK if all(each.status is Status.OK for each in findings) else Status.WARNING


def _groups(findings: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    """The lines by group, in the doctor's order."""
    return [(name, list(lines)) for name, lines in groupby(findings, lambda each: each.group)]


def _versions(seen: Sequence[ProcessSeen]) -> list[str]:
    """The versions that are running; more than one means an unfinished upgrade."""
    return sorted({each.report.version for each in seen if each.is_alive})
