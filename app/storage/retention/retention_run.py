"""A retention run: deletes what is past its age, unless that is far more than the last run deleted.

Partitions that are past their age as a whole and finished are dropped (partition_drops.py). Rows
are deleted one by one where a partition has something that is kept, and from what was stored before
there were partitions.

PostgreSQL's clock says what is old: a process with a wrong date would delete everything. Against a
wrong clock of PostgreSQL itself, and a slip in a setting, a run stops that would drop more than
`DROPPED_MAX` partitions of a table, or delete more than `ROWS_MIN` rows and more than `GROWTH_MAX`
times as many as the last one; an operator lets it go on (`manage retention run --force`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from peewee import SQL, fn

from app.domain.ids import first_ulid_at, ulid_of
from app.domain.system.partition import walk_up_to
from app.domain.times import now
from app.storage.database import Cursor, Database, execute, fetch_one, transaction
from app.storage.models import AuditLog, Captures, Deliveries, Events, RetentionRuns
from app.storage.retention import partitions, retention
from app.storage.retention.partition_drops import DROPPED_MAX, Dropped, drop_past
from app.storage.retention.partitions import ATTEMPTS, CAPTURES, DELIVERIES, EVENTS, HotTable
from config.settings import Settings

log = logging.getLogger(__name__)

#: Rows that one transaction touches.
STEP = 1000
ROWS_MIN = 100_000
GROWTH_MAX = 10

_HINT = "if this is right: ./scripts/manage retention run --force"

Walk = Callable[[Cursor, str, str, int], retention.Step | None]


class Rule(NamedTuple):
    """What goes after how many days."""

    name: str
    model: Any
    prefix: str
    walk: Walk
    days: int
    #: Whose partitions are dropped before rows are deleted, and after.
    dropped_first: HotTable | None = None
    dropped_last: HotTable | None = None


class RetentionRun(NamedTuple):
    """Rows deleted by table, and the table at which the run stopped, if it did."""

    deleted: dict[str, int]
    stopped_at: str | None = None


def rules_of(settings: Settings) -> list[Rule]:
    """Settled deliveries go first, then events without any; what has no age stays."""
    events_days, captures_days = settings.retention_events_days, settings.retention_captures_days
    audit_days = settings.retention_audit_days
    rules = [
        Rule(
            *("deliveries", Deliveries, "dlv", retention.delete_deliveries, events_days),
            *(DELIVERIES, ATTEMPTS),
        ),
        Rule("events", Events, "evt", retention.delete_events, events_days, EVENTS),
        Rule("captures", Captures, "cap", retention.delete_captures, captures_days, CAPTURES),
        Rule("audit_log", AuditLog, "aud", retention.delete_audit_log, audit_days),
    ]
    return [rule for rule in rules if rule.days]


def run_retention(database: Database, settings: Settings, *, force: bool = False) -> RetentionRun:
    """Delete what is past its age; `force`: however much that is."""
    deleted: dict[str, int] = {}
    for rule in rules_of(settings):
        with transaction(database) as cursor:
            before = retention.id_at(cursor, rule.prefix, rule.days)
        dropped = _drop(database, rule, rule.dropped_first, before, force)
        with transaction(database) as cursor:
            up_to = _walk_up_to(cursor, rule, before)
            may_run = not dropped.is_unusual and (force or _is_usual(cursor, rule, up_to))
        if not may_run:
            return RetentionRun(deleted, stopped_at=rule.name)
        deleted[rule.name] = dropped.rows + _delete(database, rule, up_to)
        _drop(database, rule, rule.dropped_last, before, force)
    return RetentionRun(deleted)


def _drop(
    database: Database, rule: Rule, table: HotTable | None, before: str, force: bool
) -> Dropped:
    if table is None:
        return Dropped()
    # By both clocks: a partition that is dropped by mistake takes days of rows with it.
    own = first_ulid_at(max(0, int((now() - timedelta(days=rule.days)).timestamp() * 1000)))
    oldest_kept = f"{table.prefix}_{min(ulid_of(before), own)}"
    dropped = drop_past(database, table, oldest_kept, force=force)
    if dropped.is_unusual:
        extra = {"table": table.name, "older_than_days": rule.days, "partitions_max": DROPPED_MAX}
        log.error("retention.stopped", extra={**extra, "hint": _HINT})
    return dropped


def _walk_up_to(cursor: Cursor, rule: Rule, before: str) -> str:
    """Up to which id rows are deleted one by one."""
    if rule.dropped_first is None:
        return before
    ulid = walk_up_to(partitions.of(cursor, rule.dropped_first), ulid_of(before))
    return f"{rule.prefix}_{ulid}"


def _is_usual(cursor: Cursor, rule: Rule, before: str) -> bool:
    last = RetentionRuns.select(RetentionRuns.rows).where(RetentionRuns.deleted_from == rule.name)
    rows_max = max(ROWS_MIN, GROWTH_MAX * (fetch_one(cursor, last, int) or 0))
    old = rule.model.select(rule.model.id).where(rule.model.id < before).limit(rows_max + 1)
    is_usual = (fetch_one(cursor, old.select_from(fn.COUNT(SQL("*"))), int) or 0) <= rows_max
    if not is_usual:
        extra = {"table": rule.name, "older_than_days": rule.days, "rows_max": rows_max}
        log.error("retention.stopped", extra={**extra, "hint": _HINT})
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
