"""Checks which processes are running."""

from __future__ import annotations

from app.domain.system.finding import Outcome, failed, ok, warning
from app.domain.system.process import ProcessSeen, alive_by_role
from app.monitoring.processes import seen_processes
from app.monitoring.system import System

#: A dead process that lived this lately is worth a line.
RECENT_SECONDS = 900.0

Facts = list[ProcessSeen]


def gather(system: System) -> Facts:
    """Every process that reported itself."""
    return seen_processes(system.database, system.redis)


def web_is_alive(seen: Facts) -> Outcome:
    """A web process reported itself in the last 16 seconds: somebody can take captures."""
    return _role(seen, "web", "no capture can be taken")


def captures_is_alive(seen: Facts) -> Outcome:
    """A capture worker is alive: accepted captures are recorded."""
    return _role(seen, "captures", "captures wait in the queue")


def deliveries_is_alive(seen: Facts) -> Outcome:
    """A delivery worker is alive: webhooks are sent."""
    return _role(seen, "deliveries", "no webhook is sent")


def scheduler_is_alive(seen: Facts) -> Outcome:
    """A scheduler is alive: retries, lost leases and the fallback queue move on."""
    return _role(seen, "scheduler", "no retry is sent and nothing leaves the fallback queue")


def versions_are_equal(seen: Facts) -> Outcome:
    """All living processes run the same version; two at a time are for an upgrade."""
    versions = sorted({each.report.version for each in seen if each.is_alive})
    if len(versions) > 1:
        return warning(
            f"versions {', '.join(versions)} run side by side",
            "finish the upgrade: restart the processes of the old version",
        )
    return ok(f"version {versions[0]}" if versions else "no process")


def nobody_died(seen: Facts) -> Outcome:
    """No process fell silent in the last quarter of an hour without saying that it ends."""
    dead = [each for each in seen if not each.is_alive and each.age_seconds < RECENT_SECONDS]
    if not dead:
        return ok("none in the last 15 minutes")
    told = ", ".join(f"{e.report.role} {e.report.name} {e.age_seconds:.0f} s ago" for e in dead[:3])
    return warning(
        f"{len(dead)} fell silent: {told}",
        "look for a kill, an out-of-memory kill or a freeze in its log and the system's journal",
    )


def _role(seen: Facts, role: str, consequence: str) -> Outcome:
    alive = alive_by_role(seen)[role]
    if alive:
        return ok(f"{alive} running")
    last = min((e.age_seconds for e in seen if e.report.role == role), default=None)
    found = "none was seen" if last is None else f"none; the last was seen {last:.0f} s ago"
    return failed(f"{found}: {consequence}", f"start the process {role!r} and read its log")


CHECKS = (
    *(web_is_alive, captures_is_alive, deliveries_is_alive, scheduler_is_alive),
    *(versions_are_equal, nobody_died),
)
