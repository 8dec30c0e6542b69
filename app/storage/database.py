"""The way to PostgreSQL: one handle per process, one transaction at a time.

`transaction` gives a cursor. Hot statements are raw SQL on it; everything else is a peewee query
over the models (models.py), run on the same cursor by `execute`, `fetch` and `fetch_one`. A session
that failed is closed, so that the next transaction takes a new one: neither peewee nor psycopg2
would (a dead connection fails for ever and still says it is open).
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import msgspec
import psycopg2
import psycopg2.errors
import psycopg2.extensions
import psycopg2.extras
from peewee import PeeweeException, PostgresqlDatabase, Psycopg2Adapter, Query
from playhouse.pool import MaxConnectionsExceeded, PooledPostgresqlDatabase

from app.domain.errors import StorageUnavailable
from config.outage import Outage

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

#: How long a thread waits for a connection of a busy pool.
POOL_SECONDS = 2
#: Nothing waits for the server for ever: psycopg2 and libpq set no limit of their own. A network
#: that swallows everything is noticed within three seconds.
_CONNECTION: dict[str, Any] = {
    "connect_timeout": 2,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 1,
    "tcp_user_timeout": 2_500,
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
    # These read a whole table, or sort one, where a look into an index for each row will do.
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}

# A migration takes as long as it takes. It must not wait for a lock for long: every statement that
# comes after it waits behind it.
_MIGRATING = {
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "3s",
}

#: What is not our doing: the server is away, ended our session, or takes no writes for now.
_AWAY = (
    psycopg2.OperationalError,
    psycopg2.InterfaceError,
    psycopg2.errors.IdleInTransactionSessionTimeout,
    psycopg2.errors.ReadOnlySqlTransaction,
)


#: Classes of SQLSTATE: no disk or memory left, errors of the server's files.
_OUT_OF_RESOURCES = ("53", "58")


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


class _MigratingSession(_Session):
    settings = _SETTINGS | _MIGRATING


class _PoolAdapter(Psycopg2Adapter):
    """Looks at an idle connection without asking the server, which may never answer.

    The pool asks it under its lock: in a silent network every caller waited for every connection.
    """

    def is_connection_closed(self, conn: psycopg2.extensions.connection) -> bool:
        """Whether it is broken, or the server has hung up or said that it will."""
        is_idle = conn.info.transaction_status == psycopg2.extensions.TRANSACTION_STATUS_IDLE
        told = select.poll()
        told.register(conn, select.POLLIN)
        return not is_idle or bool(told.poll(0))


class _Pool(PooledPostgresqlDatabase):  # type: ignore[misc]
    psycopg2_adapter = _PoolAdapter


def open_database(
    url: str,
    *,
    pool_size: int | None = None,
    shared: bool = False,
    by_index: bool = False,
    migrating: bool = False,
) -> Database:
    """A peewee database for `url`, any that libpq takes; it connects at the first use.

    By default each thread keeps a connection of its own. `pool_size`: threads borrow one of that
    many. `shared`: all threads use one connection, and the caller lets one at a time. `by_index`:
    for statements that take a few rows of large tables; no plan of theirs reads a whole table, not
    even one for a table that was small when it was planned. `migrating`: no limit of time.
    """
    url = url.replace("postgres://", "postgresql://", 1)  # peewee knows a URL by this prefix
    session = _MigratingSession if migrating else _SessionByIndex if by_index else _Session
    options = _CONNECTION | {"connection_factory": session}
    if pool_size is not None:
        pooled: Database = _Pool(
            url, max_connections=pool_size, stale_timeout=300, timeout=POOL_SECONDS, **options
        )
        return pooled
    return PostgresqlDatabase(url, thread_safe=not shared, **options)


class Cursor(psycopg2.extensions.cursor):
    """Begins its transaction in the round trip of the first statement: one less for each."""

    _has_begun = False
    #: Whether a statement has changed rows, or asked if it may.
    proves_writable = False

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        #: What to do once the transaction is committed.
        self.on_commit: list[Callable[[], object]] = []

    def execute(self, query: Any, vars: Any = None) -> None:
        if not self._has_begun:
            self._has_begun = True
            query = f"BEGIN;{query}"
        super().execute(query, vars)
        command = (self.statusmessage or "").partition(" ")[0]
        if self.rowcount > 0 and command in ("INSERT", "UPDATE", "DELETE"):
            self.proves_writable = True


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
            _outage(str(database.database)).worked(wrote=cursor.proves_writable)
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
        _outage(str(database.database)).failed(error, refuses_writes=_refuses_writes(error))
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


def check_writable(cursor: Cursor) -> None:
    """Raise what makes the server count as away, unless it takes writes."""
    cursor.execute("SHOW transaction_read_only")
    if cursor.fetchone() != ("off",):
        raise psycopg2.errors.ReadOnlySqlTransaction("the server takes no writes")
    cursor.proves_writable = True


def _refuses_writes(error: psycopg2.Error) -> bool:
    is_read_only = isinstance(error, psycopg2.errors.ReadOnlySqlTransaction)
    return is_read_only or (error.pgcode or "").startswith(_OUT_OF_RESOURCES)


@cache
def _outage(url: str) -> Outage:
    """What this process knows of the server at `url`, however many pools it has."""
    return Outage("database")


def _end_session(database: Database) -> None:
    with suppress(Exception):
        database.connection().close()  # a pool would hand it out again
    if isinstance(database, PooledPostgresqlDatabase):
        database.close_idle()  # they lead to the same server
    drop_connection(database)


class _Turn:
    """Threads connect one after the other; those who waited for one that failed fail with it.

    Otherwise each of them would wait in vain as long again, after all those before it.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.failed_at = float("-inf")


_turns: WeakKeyDictionary[Database, _Turn] = WeakKeyDictionary()


def _connect(database: Database) -> None:
    turn, asked_at = _turns.setdefault(database, _Turn()), time.monotonic()
    if not turn.lock.acquire(timeout=POOL_SECONDS + 1):
        raise StorageUnavailable
    try:
        if turn.failed_at >= asked_at:
            raise StorageUnavailable
        database.connect(reuse_if_open=True)
    except MaxConnectionsExceeded as error:
        turn.failed_at = time.monotonic()  # all of the pool hang
        raise StorageUnavailable from error
    except (PeeweeException, psycopg2.Error) as error:
        turn.failed_at = time.monotonic()
        _outage(str(database.database)).failed(error)
        raise StorageUnavailable from error
    finally:
        turn.lock.release()
