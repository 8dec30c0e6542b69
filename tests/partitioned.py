"""Tables with partitions of days in the past, for tests of what is old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from app.domain.system.partition import Span
from app.storage.database import Database
from app.storage.retention import partitions
from app.storage.retention.partitions import HOT_TABLES
from tests.statements import execute


def midnight(days_ago: int) -> datetime:
    """That of so many days ago."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days_ago)


def repartition(database: Database, *days_ago: int) -> None:
    """Give empty tables partitions between these midnights instead of their first one."""
    for table in HOT_TABLES:
        execute(database, f"DROP TABLE {table.name}_first")
        for first, end in pairwise(days_ago):
            assert partitions.make(database, table, Span(midnight(first), midnight(end)))


def tables(database: Database, of: str) -> set[str]:
    """The partitions of a table, by their names."""
    children = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass"
    return {name for (name,) in execute(database, children, of)}
