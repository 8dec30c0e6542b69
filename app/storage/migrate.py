"""Bring the schema up to date, one process at a time.

docs/migrations.md says how to write one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peewee import OperationalError
from playhouse.migrations import Runner
from psycopg2.errors import DeadlockDetected, LockNotAvailable

from app.domain.errors import StorageUnavailable
from app.storage.database import Database, drop_connection, open_database

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
#: Key of the advisory lock that keeps concurrent starts from migrating twice; any constant does.
_LOCK = 0x5265_7843
#: Between two looks whether another process has done it, or whether a table is free.
PAUSE_SECONDS = 1.0
_IN_USE = (LockNotAvailable, DeadlockDetected)
#: How long a table that a migration needs may be in use in all.
LOCKED_SECONDS_MAX = 600.0


def migrate(
    database_url: str, directory: Path = MIGRATIONS, locked_seconds_max: float = LOCKED_SECONDS_MAX
) -> list[str]:
    """Apply what is missing; the names of the migrations applied.

    A migration may take as long as it takes, but waits only seconds for a lock, since others queue
    behind it; then it is rolled back and tried again. Raises `StorageUnavailable` when that has
    gone on for `locked_seconds_max`.
    """
    database = open_database(database_url, migrating=True)
    deadline = time.monotonic() + locked_seconds_max
    applied: list[str] = []
    try:
        with _alone(database):
            runner = Runner(database, str(directory))
            while pending := [each for each in runner.status() if not each.applied]:
                try:
                    applied += runner.up(pending[0].name)
                except OperationalError as error:
                    if not isinstance(error.__context__, _IN_USE):
                        raise
                    if time.monotonic() > deadline:
                        raise StorageUnavailable from error
                    log.warning("migration.waiting", extra={"migration": pending[0].name})
                    time.sleep(PAUSE_SECONDS)
    finally:
        drop_connection(database)
    return applied


def pending(database_url: str, directory: Path = MIGRATIONS) -> list[str]:
    """The names of the migrations that the database has not seen; changes nothing."""
    database = open_database(database_url)
    try:
        with database.connection_context():
            status = Runner(database, str(directory)).status()
            return [each.name for each in status if not each.applied]
    finally:
        drop_connection(database)


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Hold the advisory lock.

    It is asked for again and again: CREATE INDEX CONCURRENTLY waits for every statement that was
    there before, and would wait for one that waits for this lock.
    """
    with database.connection_context():
        while not database.execute_sql("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()[0]:
            time.sleep(PAUSE_SECONDS)
        try:
            yield
        finally:
            database.execute_sql("SELECT pg_advisory_unlock(%s)", (_LOCK,))
