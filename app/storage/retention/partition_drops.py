"""Old partitions, dropped as a whole: nothing is left for vacuum, and the disk space is free.

Dropped is one in which everything is past its age and finished: no delivery in it is pending or
attempting, was made later than its event by a replay, or was taken up again within the age, and no
replay is running that may still come to it. From any other, rows are deleted one by one
(retention.py), until what is left is finished as well.

    deliveries  go first
    attempts    follow when no delivery of theirs is left
    events      follow when none is owed any more
    captures    go by their age alone
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from psycopg2.errors import LockNotAvailable

from app.domain.ids import milliseconds_of, ulid_of
from app.domain.system.partition import Partition, past
from app.storage.database import Cursor, Database, transaction
from app.storage.retention import partitions
from app.storage.retention.partitions import ATTEMPTS, CAPTURES, DELIVERIES, EVENTS, HotTable

log = logging.getLogger(__name__)

#: Partitions of one table that a run drops. More are past their age when the clock is wrong, the
#: age was lowered, or nothing ran for long.
DROPPED_MAX = 2
#: How long it may take to see that everything in a partition is finished.
CHECK_SECONDS = 600

#: What was stored before there were partitions goes row by row; then its partition is empty.
_HAS_ROWS = "SELECT FROM {name}"
_IS_OPEN = "SELECT FROM {name} WHERE status IN ('pending', 'attempting')"
_IS_YOUNG = (
    "SELECT FROM {name} WHERE id >= 'dlv_' || %(before)s OR reopened_at >= to_timestamp(%(at)s)"
)
_IS_REPLAYED = (
    "SELECT FROM replays WHERE status = 'running'"
    " AND (since IS NULL OR since <= to_timestamp(%(end_at)s))"
)
_IS_OWED = "SELECT FROM deliveries WHERE event_id >= %(first)s AND event_id < %(end)s"
_IS_USED = "SELECT FROM deliveries WHERE id >= %(first)s AND id < %(end)s"

#: What keeps a partition, by table; the cheap questions come first.
_KEPT_BY = {
    DELIVERIES: (_IS_OPEN, _IS_REPLAYED, _IS_YOUNG),
    ATTEMPTS: (_IS_USED,),
    EVENTS: (_IS_REPLAYED, _IS_OWED),
    CAPTURES: (),
}
_SIZE = """
SELECT GREATEST(c.reltuples, s.n_live_tup, 0)::bigint, pg_total_relation_size(c.oid)
FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid WHERE c.oid = %s::regclass
"""


class Dropped(NamedTuple):
    """How many partitions went and about how many rows with them; or that it would be too many."""

    partitions: int = 0
    rows: int = 0
    is_unusual: bool = False


def drop_past(database: Database, table: HotTable, before: str, *, force: bool = False) -> Dropped:
    """Drop the partitions of a table that hold nothing from the id `before` on, nor what is kept.

    None, if more than `DROPPED_MAX` might go; `force`: however many.
    """
    with transaction(database) as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{CHECK_SECONDS}s'")
        old = past(partitions.of(cursor, table), ulid_of(before))
        finished = [p for p in old if not _is_kept(cursor, table, p, before, _KEPT_BY[table])]
    if len(finished) > DROPPED_MAX and not force:
        return Dropped(is_unusual=True)
    rows = [_drop(database, table, each, before) for each in finished]
    gone = [each for each in rows if each is not None]
    return Dropped(len(gone), sum(gone))


def _drop(database: Database, table: HotTable, partition: Partition, before: str) -> int | None:
    """Drop a finished partition, unless its lock is not to be had; about how many rows it had."""
    with transaction(database) as cursor, suppress(LockNotAvailable):
        partitions.begin_change(cursor)
        cursor.execute(f"LOCK TABLE ONLY {table.name} IN ACCESS EXCLUSIVE MODE")
        # Something may have been taken up again meanwhile. Only cheap questions under this lock.
        cheap = [each for each in _KEPT_BY[table] if each is not _IS_YOUNG]
        if _is_kept(cursor, table, partition, before, cheap):
            return None
        cursor.execute(_SIZE, (partition.name,))
        ((rows, size),) = cursor.fetchall()
        cursor.execute(f"ALTER TABLE {table.name} DETACH PARTITION {partition.name}")
        cursor.execute(f"DROP TABLE {partition.name}")
        extra = {"partition": partition.name, "rows": rows, "bytes": size}
        log.info("partition.dropped", extra=extra)
        return int(rows)
    log.warning("partition.postponed", extra={"partition": partition.name})
    return None


def _is_kept(
    cursor: Cursor, table: HotTable, partition: Partition, before: str, questions: Sequence[str]
) -> bool:
    values = {
        "before": ulid_of(before),
        "at": milliseconds_of(before) / 1000,
        "first": f"{table.prefix}_{partition.first}",
        "end": f"{table.prefix}_{partition.end}",
        "end_at": milliseconds_of(partition.end[:10].ljust(26, "0")) / 1000,
    }
    if not partition.is_regular:
        questions = (_HAS_ROWS,)
    for question in questions:
        cursor.execute(f"SELECT EXISTS ({question.format(name=partition.name)})", values)
        if cursor.fetchone() == (True,):
            return True
    return False
