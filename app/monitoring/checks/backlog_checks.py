"""Checks whether anything waits too long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from app.domain.system.finding import Outcome, limits, ok, warning
from app.domain.system.waiting import CAPTURE, FALLBACK, FIRST_ATTEMPT, RETRY
from app.monitoring.backlog import database_backlog, oldest_by_kind
from app.monitoring.system import System
from app.queue.figures import depth_in
from app.queue.jobs import CAPTURES
from app.storage.database import transaction
from app.storage.figures import recent


class Facts(NamedTuple):
    """What waits, and what was given up."""

    #: Age in seconds of the oldest by kind.
    oldest: Mapping[str, float]
    dead_letters: int
    unreadable_jobs: int
    open_circuits: int


def gather(system: System) -> Facts:
    """Look on both servers."""
    backlog = database_backlog(system.database)
    with transaction(system.database) as cursor:
        unreadable = recent.unreadable_jobs(cursor)
    oldest = oldest_by_kind(backlog, system.streams)
    dead = depth_in(system.streams, CAPTURES).dead_letters
    return Facts(oldest, dead, unreadable, backlog.open_circuits)


def captures_are_recorded(facts: Facts) -> Outcome:
    """No capture on the queue waits for more than ten seconds."""
    advice = "see that capture workers run and PostgreSQL answers; their log says what fails"
    return _age(facts, CAPTURE, advice, warn=10, fail=60)


def fallback_drains(facts: Facts) -> Outcome:
    """No capture stays in the fallback queue for more than a minute."""
    advice = "see that a scheduler runs; its log says what fails (fallback.not_recorded)"
    return _age(facts, FALLBACK, advice, warn=60, fail=600)


def first_attempts_leave(facts: Facts) -> Outcome:
    """No delivery that may leave waits more than ten seconds for its first attempt."""
    advice = "see that delivery workers run; if they do, add one (WORKER_PROCESSES)"
    return _age(facts, FIRST_ATTEMPT, advice, warn=10, fail=60)


def retries_leave(facts: Facts) -> Outcome:
    """No retry is more than a minute late."""
    advice = "see that a scheduler and delivery workers run; slow receivers fill their slots"
    return _age(facts, RETRY, advice, warn=60, fail=600)


def no_dead_letters(facts: Facts) -> Outcome:
    """No job was given up."""
    if not facts.dead_letters:
        return ok("none")
    return warning(
        f"{facts.dead_letters} jobs of captures were given up",
        "./scripts/manage dead-letters list shows why; after the fix: dead-letters redrive",
    )


def every_job_is_readable(facts: Facts) -> Outcome:
    """No job was set aside because nobody could read it."""
    if not facts.unreadable_jobs:
        return ok("none")
    return warning(
        f"{facts.unreadable_jobs} jobs could not be read",
        "look into the table unreadable_jobs: payload and reason",
    )


def circuits_are_closed(facts: Facts) -> Outcome:
    """No active webhook has an open circuit, which lets single probes through only."""
    if not facts.open_circuits:
        return ok("all")
    return warning(
        f"{facts.open_circuits} open",
        "./scripts/manage stats names them; tell their owners",
    )


def _age(facts: Facts, kind: str, advice: str, *, warn: float, fail: float) -> Outcome:
    seconds = facts.oldest[kind]
    found = f"the oldest has waited {seconds:,.1f} s" if seconds else "none waiting"
    return limits(seconds, found, advice, warn=warn, fail=fail)


CHECKS = (
    *(captures_are_recorded, fallback_drains, first_attempts_leave, retries_leave),
    *(no_dead_letters, every_job_is_readable, circuits_are_closed),
)
