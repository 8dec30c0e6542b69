"""Bring the schema up to date, one process at a time."""

from __future__ import annotations

from pathlib import Path

from playhouse.migrations import Runner

from app.storage.database import open_database

#: Key of the advisory lock that keeps concurrent starts from migrating twice; any constant does.
_LOCK = 0x5265_7843


def migrate(database_url: str) -> list[str]:
    """Apply what is missing; the names of the migrations applied."""
    database = open_database(database_url)
    with database.connection_context():
        database.execute_sql("SELECT pg_advisory_lock(%s)", (_LOCK,))
        try:
            directory = Path(__file__).parent / "migrations"
            return list(Runner(database, str(directory)).up())
        finally:
            database.execute_sql("SELECT pg_advisory_unlock(%s)", (_LOCK,))
