"""The way to PostgreSQL: one handle per process, one transaction at a time.

`transaction` gives a cursor. Hot statements are raw SQL on it; everything else is a peewee query
over the models (models.py), run on the same cursor by `execute`, `fetch` and `fetch_one`. A session
that failed is closed, so that the next transaction takes a new one: neither peewee nor psycopg2
would (a dead connection fails for ever and still says it is open).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import msgspec
import psycopg2
import psycopg2.errors
import psycopg2.extensions
import psycopg2.extras
from peewee import PeeweeException, PostgresqlDatabase, Query
from playhouse.pool import MaxConnectionsExceeded, PooledPostgresqlDatabase

from app.domain.errors import StorageUnavailable

Database = PostgresqlDatabase
T = TypeVar("T")

#: Lost races in a row after which the work is given up for now.
CONFLICTS_MAX = 20

psycopg2.extras.register_default_json(globally=True, loads=msgspec.json.decode)
psycopg2.extras.register_default_jsonb(globally=True, loads=msgspec.json.decode)


def _bytes(value: Any, cursor: Any) -> bytes | None:
    return None if value is None else bytes(psycopg2.BINARY(value, cursor))


psycopg2.extensions.register_type(
    psycopg2.extensions.new_type(psycopg2.BINARY.values, "BYTES", _bytes)
)

#: Nothing waits for the server for ever: psycopg2 and libpq set no limit of their own.
_CONNECTION: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
# Set after connecting: PgBouncer refuses startup options, and ours would override those in the URL.
_SETTINGS = {
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "timezone": "UTC",
    # What is prepared (prepared.py) is planned once: a list of values would be planned each time.
    "plan_cache_mode": "force_generic_plan",
    # A process that froze in the middle of a transaction holds locks that others wait for. Shorter
    # than lock_timeout, so that whoever waits gets the lock and not an error.
    "idle_in_transaction_session_timeout": "5s",
}
_BY_INDEX = {
    "enable_seqscan": "off",
    # A scan that cannot be avoided counts as so expensive then that it would be compiled first.
    "jit": "off",
    # Rows in the order of an index: a plan that does not know its LIMIT sorts no backlog.
    "enable_bitmapscan": "off",
}

#: What is not our doing: the server is away, ended our session, or takes no writes for now.
_AWAY = (
    psycopg2.OperationalError,
    psycopg2.InterfaceError,
    psycopg2.errors.IdleInTransactionSessionTimeout,
    psycopg2.errors.ReadOnlySqlTransaction,
)


class TransactionConflict(StorageUnavailable):
    """Too many writers at once: try again."""


class _Session(psycopg2.extensions.connection):
    """A connection with our settings."""

    settings: Mapping[str, str] = _SETTINGS

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.autocommit = True
        with self.cursor() as cursor:
            cursor.execute(
                ";".join(f"SET {name} = '{value}'" for name, value in self.settings.items())
            )


class _SessionByIndex(_Session):
    settings = _SETTINGS | _BY_INDEX


def open_database(
    url: str, *, pool_size: int | None = None, shared: bool = False, by_index: bool = False
) -> Database:
    """A peewee database for `url`, any that libpq takes; it connects at the first use.

    By default each thread keeps a connection of its own. `pool_size`: threads borrow one of that
    many. `shared`: all threads use one connection, and the caller lets one at a time. `by_index`:
    for statements that take a few rows of large tables; no plan of theirs reads a whole table, not
    even one for a table that was small when it was planned.
    """
    url = url.replace("postgres://", "postgresql://", 1)  # peewee knows a URL by this prefix
    options = _CONNECTION | {"connection_factory": _SessionByIndex if by_index else _Session}
    if pool_size is not None:
        pooled: Database = PooledPostgresqlDatabase(
            url, max_connections=pool_size, stale_timeout=300, timeout=5, **options
        )
        return pooled
    return PostgresqlDatabase(url, thread_safe=not shared, **options)


class Cursor(psycopg2.extensions.cursor):
    """Begins its transaction in the round trip of the first statement: one less for each."""

    _has_begun = False

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        #: What to do once the transaction is committed.
        self.on_commit: list[Callable[[], object]] = []

    def execute(self, query: Any, vars: Any = None) -> None:
        if not self._has_begun:
            self._has_begun = True
            query = f"BEGIN;{query}"
        super().execute(query, vars)


@contextmanager
def transaction(database: Database) -> Iterator[Cursor]:
    """A cursor inside a transaction: committed at the end, rolled back on any error.

    Raises `TransactionConflict` after a deadlock, a lost race or the loss of what was prepared,
    `StorageUnavailable` when the server is away or takes no writes; the session is closed then.
    """
    _connect(database)
    try:
        with database.connection().cursor(cursor_factory=Cursor) as cursor:
            try:
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                with suppress(psycopg2.Error):
                    cursor.execute("ROLLBACK")
                raise
            for follow_up in cursor.on_commit:
                follow_up()
    except psycopg2.extensions.TransactionRollbackError as error:
        raise TransactionConflict from error
    except psycopg2.errors.InvalidSqlStatementName as error:
        # The session has lost what it had prepared (prepared.py): a new one prepares anew.
        _end_session(database)
        raise TransactionConflict from error
    except _AWAY as error:
        _end_session(database)
        raise StorageUnavailable from error
    finally:
        if isinstance(database, PooledPostgresqlDatabase):
            drop_connection(database)


def retrying(work: Callable[[], T]) -> T:
    """Do the work, again while it loses races: nothing of it was committed.

    Raises `TransactionConflict` when it lost `CONFLICTS_MAX` in a row.
    """
    for _ in range(CONFLICTS_MAX - 1):
        with suppress(TransactionConflict):
            return work()
    return work()


def execute(cursor: Cursor, query: Query) -> int:
    """Run a peewee query in the cursor's transaction; how many rows it touched."""
    cursor.execute(*query.sql())
    return cursor.rowcount


def fetch(cursor: Cursor, query: Query, make: Callable[..., T]) -> list[T]:
    """The rows of a peewee query, each made from its columns in the order of the query."""
    execute(cursor, query)
    return [make(*row) for row in cursor]


def fetch_one(cursor: Cursor, query: Query, make: Callable[..., T]) -> T | None:
    """The first row of a peewee query, if there is one."""
    execute(cursor, query)
    row = cursor.fetchone()
    return make(*row) if row else None


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
