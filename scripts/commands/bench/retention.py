"""`retention`: a month of events dropped by partitions, beside the same rows deleted one by one.

Two databases with the same two months of captures, events, deliveries and attempts, of which the
older one is past its age. One has partitions of eight days, as 30 days of retention make them; in
the other everything is in one table, as it was before there were partitions. Autovacuum is off, so
that what deleting leaves to it can be seen, and VACUUM is timed afterwards.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import NamedTuple

from app.storage.database import drop_connection, open_database
from app.storage.retention.partitions import HOT_TABLES
from app.storage.retention.retention_run import run_retention
from config.settings import Settings
from scripts.commands.bench.dataset import subscribe
from scripts.commands.bench.figures import Goal, at_most
from scripts.commands.bench.months import MONTH, fill, partition
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say
from scripts.commands.bench.testbed import BenchFailed, Testbed
from scripts.commands.sql import rows_of, session

#: Events of a day, each with a capture, a delivery and an attempt.
EVENTS_A_DAY = 10_000

_TREES = " UNION ALL ".join(f"SELECT relid FROM pg_partition_tree('{t.name}')" for t in HOT_TABLES)
_STATE = f"""
SELECT (sum(pg_total_relation_size(relid)) / 1e6)::float8,
    sum(pg_stat_get_dead_tuples(relid))::bigint
FROM ({_TREES}) AS whole
"""


class _State(NamedTuple):
    """All hot tables together: MB with indexes, and rows that are dead."""

    megabytes: float
    dead: int


class _Cleaned(NamedTuple):
    """What a retention run took and left, and what VACUUM took and left after it."""

    seconds: float
    before: _State
    after: _State
    vacuum_seconds: float
    vacuumed: _State


def measure(effort: Effort, say: Say) -> Outcome:
    """Fill both databases, then clean the one and the other."""
    a_day = effort.count(EVENTS_A_DAY)
    cleaned = {}
    with Testbed() as testbed:
        webhook_id = subscribe(testbed.database_url, testbed.secret_key, "http://127.0.0.1:9/")
        settings = replace(
            testbed.system.settings, retention_events_days=MONTH, retention_captures_days=MONTH
        )
        testbed.query("ALTER SYSTEM SET autovacuum = off")
        testbed.query("SELECT pg_reload_conf()")
        for name in ("dropped", "deleted"):
            url = testbed.copy_database(name)
            if name == "dropped":
                partition(url)
            fill(url, webhook_id, a_day)
            say(f"{2 * MONTH * a_day:,} events are there")
            cleaned[name] = _clean(url, settings)
            say(f"{name} in {cleaned[name].seconds:.2f} s")
    return _outcome(cleaned["dropped"], cleaned["deleted"], a_day * MONTH)


def _outcome(dropped: _Cleaned, deleted: _Cleaned, events: int) -> Outcome:
    def row(what: str, ours: float, theirs: float, unit: str, goal: Goal | None = None) -> Row:
        mine, other = (f"{n:,.{0 if n >= 10 else 2}f}{unit}" for n in (ours, theirs))
        return Row(what, mine, f"row by row {other}", ours / theirs, goal)

    whole = f"of {dropped.before.megabytes:,.0f} MB"
    vacuumed = dropped.vacuumed.megabytes, deleted.vacuumed.megabytes
    goal = at_most(0.1)
    return Outcome(
        [
            row(f"a month, {events:,} events", dropped.seconds, deleted.seconds, " s", goal),
            row(f"size then, {whole}", dropped.after.megabytes, deleted.after.megabytes, " MB"),
            row("dead rows then", dropped.after.dead, deleted.after.dead, ""),
            row("VACUUM after that", dropped.vacuum_seconds, deleted.vacuum_seconds, " s"),
            row("size after VACUUM", *vacuumed, " MB"),
        ],
        raw={"dropped": dropped, "deleted": deleted},
    )


def _clean(url: str, settings: Settings) -> _Cleaned:
    database = open_database(url)
    before = _state(url)
    began_at = time.perf_counter()
    if run_retention(database, settings, force=True).stopped_at:
        raise BenchFailed("retention stopped")
    seconds = time.perf_counter() - began_at
    drop_connection(database)  # a session that ends has told its statistics
    after = _state(url)
    began_at = time.perf_counter()
    with session(url) as cursor:
        cursor.execute("VACUUM")
    return _Cleaned(seconds, before, after, time.perf_counter() - began_at, _state(url))


def _state(url: str) -> _State:
    with session(url) as cursor:
        return _State(*rows_of(cursor, _STATE)[0])
