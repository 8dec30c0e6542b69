"""The way to PostgreSQL: one handle per process, one transaction at a time.

Hot statements are raw SQL on the cursor that `transaction` gives; lists use the models. A broken
connection is dropped at once, so that the next transaction takes a new one: neither peewee nor
psycopg2 would (a dead connection fails for ever and still says it is open).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgspec
import psycopg2
import psycopg2.errors
import psycopg2.extensions
import psycopg2.extras
from peewee import PeeweeException, PostgresqlDatabase
from playhouse.pool import MaxConnectionsExceeded, PooledPostgresqlDatabase

from app.domain.errors import StorageUnavailable

Database = PostgresqlDatabase
Cursor = psycopg2.extensions.cursor

psycopg2.extras.register_default_json(globally=True, loads=msgspec.json.decode)
psycopg2.extras.register_default_jsonb(globally=True, loads=msgspec.json.decode)

#: Nothing waits for the server for ever: psycopg2 and libpq set no limit of their own.
_CONNECTION: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "options": "-c statement_timeout=30s -c lock_timeout=10s -c timezone=UTC"
    # What is prepared (prepared.py) is planned once: a list of values would be planned each time.
    " -c plan_cache_mode=force_generic_plan"
    # A process that froze in the middle of a transaction holds locks that others wait for. Shorter
    # than lock_timeout, so that whoever waits gets the lock and not an error.
    " -c idle_in_transaction_session_timeout=5s",
}
# A scan that cannot be avoided counts as so dear then that it would be compiled first.
_NO_SCANS = " -c enable_seqscan=off -c jit=off"


#: What is not our doing: the server is away, ended our session, or takes no writes for now.
_AWAY = (
    psycopg2.OperationalError,
    psycopg2.InterfaceError,
    psycopg2.errors.IdleInTransactionSessionTimeout,
    psycopg2.errors.ReadOnlySqlTransaction,
)


class TransactionConflict(Exception):
    """Another transaction came first; the same work, done again, will succeed."""


def open_database(
    url: str, *, pool_size: int | None = None, shared: bool = False, by_index: bool = False
) -> Database:
    """A peewee database for `url`; it connects at the first use.

    By default each thread keeps a connection of its own. `pool_size`: threads borrow one of that
    many. `shared`: all threads use one connection, and the caller lets one at a time. `by_index`:
    for statements that take a few rows of large tables; no plan of theirs reads a whole table, not
    even one for a table that was small when it was planned.
    """
    options = dict(_CONNECTION)
    if by_index:
        options["options"] += _NO_SCANS
    if pool_size is not None:
        pooled: Database = PooledPostgresqlDatabase(
            url, max_connections=pool_size, stale_timeout=300, timeout=5, **options
        )
        return pooled
    return PostgresqlDatabase(url, thread_safe=not shared, **options)


class _BeginningCursor(psycopg2.extensions.cursor):
    """Begins its transaction in the round trip of the first statement: one less for each."""

    _has_begun = False

    def execute(self, query: Any, vars: Any = None) -> None:
        if not self._has_begun:
            self._has_begun = True
            query = f"BEGIN;{query}"
        super().execute(query, vars)


@contextmanager
def transaction(database: Database) -> Iterator[Cursor]:
    """A cursor inside a transaction: committed at the end, rolled back on any error.

    Raises `TransactionConflict` after a deadlock, a lost race or the loss of what was prepared,
    `StorageUnavailable` when the server is away; in that case the connection is dropped.
    """
    _connect(database)
    try:
        with database.connection().cursor(cursor_factory=_BeginningCursor) as cursor:
            try:
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                with suppress(psycopg2.Error):
                    cursor.execute("ROLLBACK")
                raise
    except psycopg2.extensions.TransactionRollbackError as error:
        raise TransactionConflict from error
    except psycopg2.errors.InvalidSqlStatementName as error:
        # The session has lost what it had prepared (prepared.py): a new one prepares anew.
        _end_session(database)
        raise TransactionConflict from error
    except _AWAY as error:
        drop_connection(database)
        raise StorageUnavailable from error
    finally:
        if isinstance(database, PooledPostgresqlDatabase):
            drop_connection(database)


def drop_connection(database: Database) -> None:
    """Close this thread's connection, whatever state it is in; a pooled one goes back."""
    with suppress(Exception):
        database.close()


def _end_session(database: Database) -> None:
    with suppress(Exception):
        database.connection().close()  # a pool would hand it out again
    drop_connection(database)


def _connect(database: Database) -> None:
    try:
        database.connect(reuse_if_open=True)
    except (PeeweeException, MaxConnectionsExceeded, psycopg2.Error) as error:
        raise StorageUnavailable from error
