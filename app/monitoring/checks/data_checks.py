"""Checks whether code, database and key belong together."""

from __future__ import annotations

from typing import NamedTuple

from app.domain.finding import Outcome, failed, ok, unknown, warning
from app.monitoring.system import System
from app.storage import recent
from app.storage.database import Cursor, transaction
from app.storage.migrate import pending
from app.storage.secret_key import check, cipher_of
from config.settings import BadSetting

RETENTION_SECONDS = 86_400.0


class Facts(NamedTuple):
    """What of the database's content is of the code's making."""

    pending: list[str]
    #: None: the database was not released yet.
    key_fits: bool | None
    #: None: retention has not run yet.
    retention_age_seconds: float | None


def gather(system: System) -> Facts:
    """Ask the database."""
    with transaction(system.database) as cursor:
        cursor.execute("SELECT to_regclass('retention_runs')")
        (released,) = cursor.fetchone() or (None,)
        key_fits, age = None, None
        if released:
            key_fits, age = _key_fits(system, cursor), recent.retention_age_seconds(cursor)
    return Facts(pending(system.settings.database_url), key_fits, age)


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


def _key_fits(system: System, cursor: Cursor) -> bool | None:
    try:
        return check(cursor, cipher_of(system.settings)) or None
    except BadSetting:
        return False


CHECKS = (migrations_are_done, secret_key_fits, retention_runs)
