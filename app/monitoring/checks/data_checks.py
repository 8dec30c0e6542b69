"""Checks whether code, database and key belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.domain.system.finding import Outcome, failed, ok, unknown, warning
from app.monitoring.system import System
from app.storage.database import Cursor, transaction
from app.storage.figures import recent
from app.storage.migrate import pending
from app.storage.retention import partitions
from app.storage.retention.partitions import HOT_TABLES
from app.storage.secret_key import check, cipher_of
from config.settings import BadSetting

RETENTION_SECONDS = 86_400.0
#: The scheduler makes them three days ahead.
DAYS_AHEAD_MIN = 2.0


class Facts(NamedTuple):
    """What of the database's content is of the code's making."""

    pending: list[str]
    #: None: the database was not released yet.
    key_fits: bool | None
    #: None: retention has not run yet.
    retention_age_seconds: float | None
    #: Days for which there are partitions, by hot table.
    days_ahead: Mapping[str, float]
    #: Hot tables with rows that have no partition of their own.
    astray: Sequence[str] = ()


def gather(system: System) -> Facts:
    """Ask the database."""
    with transaction(system.database) as cursor:
        cursor.execute("SELECT to_regclass('retention_runs')")
        (released,) = cursor.fetchone() or (None,)
        key_fits, age = None, None
        if released:
            key_fits, age = _key_fits(system, cursor), recent.retention_age_seconds(cursor)
    missing = pending(system.settings.database_url)
    if missing:
        return Facts(missing, key_fits, age, {})
    with transaction(system.database) as cursor:
        days_ahead = {table.name: partitions.days_ahead(cursor, table) for table in HOT_TABLES}
        astray = [table.name for table in HOT_TABLES if partitions.has_astray(cursor, table)]
    return Facts(missing, key_fits, age, days_ahead, astray)


def migrations_are_done(facts: Facts) -> Outcome:
    """Every migration of this version has been applied."""
    if facts.pending:
        return failed(f"missing: {', '.join(facts.pending)}", "run ./scripts/manage release")
    return ok("none pending")


def secret_key_fits(facts: Facts) -> Outcome:
    """SECRET_KEY is the one that webhook secrets were encrypted with."""
    if facts.key_fits is None:
        return unknown("nothing was encrypted yet", "run ./scripts/manage release")
    if facts.key_fits:
        return ok("yes")
    return failed(
        "no: no delivery can be signed",
        "set the SECRET_KEY that belongs to this database (docs/privacy.md if it is lost)",
    )


def retention_runs(facts: Facts) -> Outcome:
    """Old rows were deleted in the last day."""
    if facts.retention_age_seconds is None:
        return ok("not yet")
    hours = facts.retention_age_seconds / 3600
    if facts.retention_age_seconds < RETENTION_SECONDS:
        return ok(f"{hours:.1f} h ago")
    return warning(
        f"last {hours:,.0f} h ago",
        "look for retention.stopped in the scheduler's log; if it is right:"
        " ./scripts/manage retention run --force",
    )


def partitions_are_ahead(facts: Facts) -> Outcome:
    """Captures, events, deliveries and attempts have partitions for the next days."""
    advice = "see that a scheduler runs; partition.postponed in its log: end old transactions"
    short = {name: days for name, days in facts.days_ahead.items() if days < DAYS_AHEAD_MIN}
    if short:
        name = min(short, key=lambda each: short[each])
        return warning(f"{name}: {max(0.0, short[name]):.1f} days ahead", advice)
    if facts.astray:
        return warning(
            f"rows without a partition: {', '.join(facts.astray)}",
            "some had no partition when they came, or the clock of their host was wrong;"
            " retention deletes them one by one",
        )
    return ok(f"{min(facts.days_ahead.values(), default=0.0):.0f} days ahead")


def _key_fits(system: System, cursor: Cursor) -> bool | None:
    try:
        return check(cursor, cipher_of(system.settings)) or None
    except BadSetting:
        return False


CHECKS = (migrations_are_done, secret_key_fits, retention_runs, partitions_are_ahead)
