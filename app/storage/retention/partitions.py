"""The partitions of the hot tables: which there are, and making those of the next days.

A partition is made as a table of its own and then attached, which keeps no reader or writer of the
others waiting. Only the default partition is locked for a moment; whoever finds it in use tries
again later.
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from psycopg2.errors import LockNotAvailable

from app.domain.ids import ulid_of
from app.domain.system.partition import AHEAD, Partition, Span, covered_until, days_of, missing
from app.domain.times import now
from app.storage.database import Cursor, Database, transaction
from config.settings import Settings

log = logging.getLogger(__name__)

#: How long a change of partitions waits for a lock: statements that come later wait behind it.
LOCK_SECONDS = 0.5
#: Key of the advisory lock of the one who changes partitions; any number that no other lock uses.
_LOCK = 0x5265_7849


class HotTable(NamedTuple):
    """A table that is partitioned, and by which ids."""

    name: str
    key: str
    prefix: str


CAPTURES = HotTable("captures", "id", "cap")
EVENTS = HotTable("events", "id", "evt")
DELIVERIES = HotTable("deliveries", "event_id", "evt")
ATTEMPTS = HotTable("attempts", "delivery_id", "dlv")
HOT_TABLES = (CAPTURES, EVENTS, DELIVERIES, ATTEMPTS)

_WRITTEN_ONCE = "autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_freeze_min_age = 0"
#: Storage parameters of each partition; migration 0013 has the reasons.
STORAGE = {
    CAPTURES: _WRITTEN_ONCE,
    EVENTS: f"{_WRITTEN_ONCE}, autovacuum_vacuum_scale_factor = 0.02",
    DELIVERIES: "fillfactor = 85, autovacuum_vacuum_scale_factor = 0.01,"
    " autovacuum_vacuum_cost_delay = 0",
    ATTEMPTS: _WRITTEN_ONCE,
}

_PARTITIONS = """
SELECT c.relname, pg_get_expr(c.relpartbound, c.oid)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = %s::regclass AND NOT i.inhdetachpending
"""
_BOUND = re.compile(r"FOR VALUES FROM \((?:MINVALUE|'\w+_(\w+)')\) TO \('\w+?_([\w~]+)'\)")


def of(cursor: Cursor, table: HotTable) -> list[Partition]:
    """The partitions of a table, the default one included."""
    cursor.execute(_PARTITIONS, (table.name,))
    return [_partition(*row) for row in cursor.fetchall()]


def days_kept(table: HotTable, settings: Settings) -> int:
    """After how many days the rows of a table go; 0: never."""
    if table is CAPTURES:
        return settings.retention_captures_days
    return settings.retention_events_days


def make_missing(database: Database, settings: Settings) -> list[str]:
    """Make the partitions of the next days; the names of those made.

    One whose lock was not to be had is left for the next time.
    """
    made: list[str] = []
    for table in HOT_TABLES:
        days = days_of(days_kept(table, settings))
        with transaction(database) as cursor:
            astray = _newest_astray(cursor, table, days)
            spans = missing(of(cursor, table), days, now(), astray)
        made += [name for span in spans if (name := make(database, table, span))]
    return made


def days_ahead(cursor: Cursor, table: HotTable) -> float:
    """For how many days from now rows have a partition of their own."""
    until = covered_until(of(cursor, table))
    return (until - now()) / timedelta(days=1) if until else 0.0


def has_astray(cursor: Cursor, table: HotTable) -> bool:
    """Whether any row is in the default partition."""
    cursor.execute(f"SELECT EXISTS (SELECT FROM {table.name}_default)")
    return cursor.fetchone() == (True,)


def begin_change(cursor: Cursor) -> None:
    """Change partitions in this transaction alone, which waits `LOCK_SECONDS` for each lock.

    Then `LockNotAvailable` is raised.
    """
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")


def make(database: Database, table: HotTable, span: Span) -> str | None:
    """Make a partition; its name. None: another scheduler did, or its lock was not to be had."""
    name = f"{table.name}_{span.first:%Y%m%d}"
    first, end = (f"{table.prefix}_{ulid}" for ulid in span.ulids)
    with transaction(database) as cursor, suppress(LockNotAvailable):
        begin_change(cursor)
        cursor.execute("SELECT to_regclass(%s)", (name,))
        if cursor.fetchone() != (None,):
            return None  # another scheduler has made it
        cursor.execute(
            f"CREATE TABLE {name} (LIKE {table.name} INCLUDING DEFAULTS INCLUDING INDEXES)"
            f" WITH ({STORAGE[table]})"
        )
        if table is DELIVERIES:  # its primary key is each partition's own
            cursor.execute(f"ALTER TABLE {name} ADD PRIMARY KEY (id)")
        cursor.execute(
            f"ALTER TABLE {table.name} ATTACH PARTITION {name} FOR VALUES FROM (%s) TO (%s)",
            (first, end),
        )
        log.info("partition.made", extra={"partition": name})
        return name
    log.warning("partition.postponed", extra={"partition": name})
    return None


def _newest_astray(cursor: Cursor, table: HotTable, days: int) -> str | None:
    end = Span(now(), now() + AHEAD + timedelta(days=days)).ulids[1]
    cursor.execute(
        f"SELECT max({table.key}) FROM {table.name}_default WHERE {table.key} < %s",
        (f"{table.prefix}_{end}",),
    )
    ((newest,),) = cursor.fetchall()
    return ulid_of(newest) if newest else None


def _partition(name: str, bound: str) -> Partition:
    found = _BOUND.match(bound)
    return Partition(name, *((found[1] or "", found[2]) if found else ("", "")))
