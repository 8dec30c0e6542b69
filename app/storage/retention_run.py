"""A retention run: deletes what is past its age, unless that is far more than the last run deleted.

PostgreSQL's clock says what is old: a process with a wrong date would delete everything. Against a
wrong clock of PostgreSQL itself, and a slip in a setting, a run stops that would delete more than
`ROWS_MIN` rows and more than `GROWTH_MAX` times as many as the last one; an operator lets it go on
(`manage retention run --force`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from peewee import SQL, fn

from app.storage import retention
from app.storage.database import Cursor, Database, execute, fetch_one, transaction
from app.storage.models import AuditLog, Captures, Deliveries, Events, RetentionRuns
from config.settings import Settings

log = logging.getLogger(__name__)

#: Rows that one transaction touches.
STEP = 1000
ROWS_MIN = 100_000
GROWTH_MAX = 10

Walk = Callable[[Cursor, str, str, int], retention.Step | None]


class Rule(NamedTuple):
    """What goes after how many days."""

    name: str
    model: Any
    prefix: str
    walk: Walk
    days: int


class RetentionRun(NamedTuple):
    """Rows deleted by table, and the table at which the run stopped, if it did."""

    deleted: dict[str, int]
    stopped_at: str | None = None


def rules_of(settings: Settings) -> list[Rule]:
    """Settled deliveries go first, then events without any; what has no age stays."""
    events_days, captures_days = settings.retention_events_days, settings.retention_captures_days
    audit_days = settings.retention_audit_days
    rules = [
        Rule("deliveries", Deliveries, "dlv", retention.delete_deliveries, events_days),
        Rule("events", Events, "evt", retention.delete_events, events_days),
        Rule("captures", Captures, "cap", retention.delete_captures, captures_days),
        Rule("audit_log", AuditLog, "aud", retention.delete_audit_log, audit_days),
    ]
    return [rule for rule in rules if rule.days]


def run_retention(database: Database, settings: Settings, *, force: bool = False) -> RetentionRun:
    """Delete what is past its age; `force`: however much that is."""
    deleted: dict[str, int] = {}
    for rule in rules_of(settings):
        with transaction(database) as cursor:
            before = retention.id_at(cursor, rule.prefix, rule.days)
            may_run = force or _is_usual(cursor, rule, before)
        if not may_run:
            return RetentionRun(deleted, stopped_at=rule.name)
        deleted[rule.name] = _delete(database, rule, before)
    return RetentionRun(deleted)


def _is_usual(cursor: Cursor, rule: Rule, before: str) -> bool:
    last = RetentionRuns.select(RetentionRuns.rows).where(RetentionRuns.deleted_from == rule.name)
    rows_max = max(ROWS_MIN, GROWTH_MAX * (fetch_one(cursor, last, int) or 0))
    old = rule.model.select(rule.model.id).where(rule.model.id < before).limit(rows_max + 1)
    is_usual = (fetch_one(cursor, old.select_from(fn.COUNT(SQL("*"))), int) or 0) <= rows_max
    if not is_usual:
        extra = {"table": rule.name, "older_than_days": rule.days, "rows_max": rows_max}
        hint = "if this is right: ./scripts/manage retention run --force"
        log.error("retention.stopped", extra={**extra, "hint": hint})
    return is_usual


def _delete(database: Database, rule: Rule, before: str) -> int:
    after, deleted = f"{rule.prefix}_", 0
    while True:
        with transaction(database) as cursor:
            step = rule.walk(cursor, after, before, STEP)
            if step is None:
                _note(cursor, rule.name, deleted)
                break
        after, deleted = step.reached, deleted + step.deleted
    if deleted:
        log.info(f"{rule.name}.deleted", extra={"rows": deleted})
    return deleted


def _note(cursor: Cursor, name: str, rows: int) -> None:
    run = RetentionRuns.insert(deleted_from=name, rows=rows, ran_at=fn.now())
    replaced = [RetentionRuns.rows, RetentionRuns.ran_at]
    execute(cursor, run.on_conflict(conflict_target=["deleted_from"], preserve=replaced))
