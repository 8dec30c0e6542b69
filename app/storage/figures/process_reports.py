"""The processes that reported themselves; their ages are by PostgreSQL's clock."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from peewee import fn

from app.domain.system.process import ProcessReport, ProcessSeen
from app.storage.database import Cursor, execute, fetch
from app.storage.models import Processes

#: A process that ended without a word is forgotten after this time.
FORGOTTEN_AFTER = timedelta(hours=1)


def save(cursor: Cursor, report: ProcessReport) -> None:
    """Note what a process says of itself now."""
    row = Processes.insert(
        name=report.name, report=msgspec.to_builtins(report), reported_at=fn.clock_timestamp()
    )
    replaced = [Processes.report, Processes.reported_at]
    execute(cursor, row.on_conflict(conflict_target=["name"], preserve=replaced))


def seen(cursor: Cursor) -> list[ProcessSeen]:
    """Every process that reported itself and has not said good-bye."""
    age = fn.date_part("epoch", fn.clock_timestamp() - Processes.reported_at)
    return fetch(cursor, Processes.select(Processes.report, age), _seen)


def remove(cursor: Cursor, name: str) -> None:
    """A process ends."""
    execute(cursor, Processes.delete().where(Processes.name == name))


def forget_old(cursor: Cursor) -> None:
    """Forget those that ended without a word."""
    old = Processes.reported_at < fn.now() - FORGOTTEN_AFTER
    execute(cursor, Processes.delete().where(old))


def _seen(report: object, age_seconds: float) -> ProcessSeen:
    return ProcessSeen(msgspec.convert(report, ProcessReport), max(0.0, age_seconds))
