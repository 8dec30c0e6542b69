"""System: who is at work, what waits, whether the servers are well, and what each line means."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from app.console.visit import Page, Visit
from app.domain.finding import Finding, Status
from app.domain.process import ROLES, ProcessSeen, alive_by_role
from app.domain.waiting import KINDS
from app.monitoring import overview
from app.monitoring.doctor import QUICK, examine
from config.version import VERSION

#: What waits, in words, and after how many seconds that is too long.
WAITING = {
    "capture": ("Lead to be recorded", 10),
    "fallback": ("Lead in the fallback queue", 60),
    "first_attempt": ("First attempt to deliver", 10),
    "retry": ("Retry that is due", 60),
}
assert tuple(WAITING) == KINDS


def show(visit: Visit) -> Page:
    """The state of the whole system, looked up now.

    Hosts and what the checks found are for the users of the default org, who run the system; those
    of other orgs see counts, ages and which checks are not ok.
    """
    system, settings = visit.services.system, visit.services.settings
    findings = examine(system, QUICK)
    seen = overview.processes(system)
    values = {
        "verdict": overview.verdict(findings),
        "groups": _groups(findings),
        "counts": {status: sum(each.status is status for each in findings) for status in Status},
        "oldest": overview.oldest_seconds(system),
        "waiting": WAITING,
        "depths": overview.depths(system),
        "processes": seen or [],
        "roles": alive_by_role(seen) if seen is not None else None,
        "expected_roles": ROLES,
        "versions": _versions(seen or []),
        "version": VERSION,
        "runs_it": visit.org.slug == settings.default_org,
    }
    return Page("system/show.html", values, fragment="system/body.html")


def _groups(findings: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    """The lines by group, in the doctor's order."""
    return [(name, list(lines)) for name, lines in groupby(findings, lambda each: each.group)]


def _versions(seen: Sequence[ProcessSeen]) -> list[str]:
    """The versions that run; more than one: an upgrade is under way, or was forgotten."""
    return sorted({each.report.version for each in seen if each.is_alive})
