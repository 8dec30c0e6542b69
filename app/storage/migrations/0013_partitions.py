"""Captures, events, deliveries and attempts become range-partitioned by the time in their ids.

docs/decisions/0019-hot-tables-are-partitioned.md says why. Today's table becomes the first
partition as it is, indexes included: nothing is rewritten or built. A CHECK that is validated
beside the load spares ATTACH its scan, so the exclusive lock of each table lasts as long as changes
to the catalog: where 150,000 rows a table (304 MB) were written to and claimed from, it took 1.3 s,
and the longest transaction beside it 114 ms (90 ms before).

Every statement of the version before runs on the partitioned tables as well: the unique keys that
its ON CONFLICT clauses name are still there. A delivery's id is unique within its partition, and
otherwise by its 80 bits of chance.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from peewee import Database
from playhouse.migrate import SchemaMigrator

#: VALIDATE CONSTRAINT is for outside the transaction that holds the lock.
atomic = False

#: The first partition ends at least so far ahead: who upgrades has that long to finish.
_DAYS_AHEAD = 14
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class _Hot(NamedTuple):
    table: str
    key: str
    prefix: str
    #: Storage parameters of each partition.
    parameters: str
    #: Whether the primary key has the partition key in it; if not, each partition has its own.
    keeps_primary_key: bool = True


# Rows that are written once: autovacuum freezes them as they come (it looks again after 5 % more,
# not 20 %), so an old partition is never read through for the sake of transaction ids.
_WRITTEN_ONCE = "autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_freeze_min_age = 0"
_TABLES = (
    _Hot("captures", "id", "cap", _WRITTEN_ONCE),
    # Each row is changed once, when it gets its position.
    _Hot("events", "id", "evt", f"{_WRITTEN_ONCE}, autovacuum_vacuum_scale_factor = 0.02"),
    # Each row is changed twice, status and all, so 1,000 deliveries a second leave 2,000 dead rows
    # in the partial indexes that claims walk. Of 10 million rows, 20 % (the default) would be dead
    # after 17 minutes; 1 % are after 50 s, and autovacuum looks once a minute. It does not pause
    # then: the sooner it is done, the fewer dead entries a claim passes.
    _Hot(
        *("deliveries", "event_id", "evt"),
        "autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0",
        keeps_primary_key=False,
    ),
    _Hot("attempts", "delivery_id", "dlv", _WRITTEN_ONCE),
)

_INDEXES = """
SELECT c.relname, pg_get_indexdef(i.indexrelid), i.indisprimary
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = %s::regclass
"""
_BOUND = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass"


def up(migrator: SchemaMigrator, db: Database) -> None:
    for hot in _TABLES:
        if not _is_partitioned(db, hot.table):
            end = _bound(db, hot)
            db.execute_sql(f"ALTER TABLE {hot.table} VALIDATE CONSTRAINT {hot.table}_bound")
            db.execute_sql("SET lock_timeout = '500ms'")
            try:
                with db.atomic():
                    _partition(db, hot, end)
            finally:
                db.execute_sql("SET lock_timeout = '3s'")


def _is_partitioned(db: Database, table: str) -> bool:
    kind = "SELECT relkind = 'p' FROM pg_class WHERE oid = %s::regclass"
    return bool(db.execute_sql(kind, (table,)).fetchone()[0])


def _bound(db: Database, hot: _Hot) -> str:
    """Where the first partition is to end; the CHECK that says so is there on return.

    One that an attempt before has left is used while it is far enough ahead.
    """
    named = f"{_BOUND} AND conname = %s"
    found = db.execute_sql(named, (hot.table, f"{hot.table}_bound")).fetchone()
    end: str = re.findall(r"'([^']+)'", found[0])[0] if found else ""
    if end > _id_in(hot, _DAYS_AHEAD / 2):
        return end
    (last,) = db.execute_sql(f"SELECT max({hot.key}) FROM {hot.table}").fetchone()
    end = _id_in(hot, _DAYS_AHEAD)
    if last is not None and last >= end:
        end = last + "~"
    db.execute_sql(
        f"ALTER TABLE {hot.table} DROP CONSTRAINT IF EXISTS {hot.table}_bound,"
        f" ADD CONSTRAINT {hot.table}_bound CHECK ({hot.key} < '{end}') NOT VALID"
    )
    return end


def _id_in(hot: _Hot, days: float) -> str:
    """The beginning of the ids of the midnight (UTC) that comes so many days from now."""
    at = (datetime.now(UTC) + timedelta(days=days + 1)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    milliseconds = int(at.timestamp() * 1000)
    digits = (_DIGITS[milliseconds >> shift & 31] for shift in range(45, -5, -5))
    return f"{hot.prefix}_{''.join(digits)}"


def _partition(db: Database, hot: _Hot, end: str) -> None:
    table, first = hot.table, f"{hot.table}_first"
    # The strongest lock first, so that nobody is deadlocked with us on the way to it.
    db.execute_sql(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    if table == "captures":
        # A token is worth nothing long before its capture is old, so nothing is left behind.
        db.execute_sql(
            "ALTER TABLE verifications DROP CONSTRAINT IF EXISTS verifications_capture_id_fkey"
        )
    indexes = db.execute_sql(_INDEXES, (table,)).fetchall()
    db.execute_sql(f"ALTER TABLE {table} RENAME TO {first}")
    for name, _, _ in indexes:
        db.execute_sql(f"ALTER INDEX {name} RENAME TO {name.replace(table, first, 1)}")
    db.execute_sql(
        f"CREATE TABLE {table} (LIKE {first} INCLUDING DEFAULTS) PARTITION BY RANGE ({hot.key})"
    )
    for _, definition, is_primary in indexes:
        if not is_primary:
            db.execute_sql(definition)
        elif hot.keeps_primary_key:
            columns = definition.partition("USING btree ")[2]
            db.execute_sql(f"ALTER TABLE {table} ADD PRIMARY KEY {columns}")
    if table == "events":
        _keep_numbers(db)
    db.execute_sql(
        f"ALTER TABLE {table} ATTACH PARTITION {first} FOR VALUES FROM (MINVALUE) TO ('{end}')"
    )
    db.execute_sql(f"ALTER TABLE {first} DROP CONSTRAINT {table}_bound")
    db.execute_sql(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
    if not hot.keeps_primary_key:
        db.execute_sql(f"ALTER TABLE {table}_default ADD PRIMARY KEY (id)")
    for partition in (first, f"{table}_default"):
        db.execute_sql(f"ALTER TABLE {partition} SET ({hot.parameters})")


def _keep_numbers(db: Database) -> None:
    """Events are numbered by a sequence as before: a partition may have no identity column."""
    state = db.execute_sql("SELECT last_value, is_called FROM events_number_seq").fetchone()
    db.execute_sql("ALTER TABLE events_first ALTER number DROP IDENTITY")
    db.execute_sql("CREATE SEQUENCE events_number_seq OWNED BY events.number")
    db.execute_sql("SELECT setval('events_number_seq', %s, %s)", state)
    for table in ("events", "events_first"):
        db.execute_sql(f"ALTER TABLE {table} ALTER number SET DEFAULT nextval('events_number_seq')")
