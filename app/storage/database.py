"""The way to PostgreSQL: one handle per process, one transaction at a time.

`transaction` gives a cursor. Hot statements are raw SQL on it; everything else is a peewee query
over the models (models.py), run on the same cursor by `execute`, `fetch` and `fetch_one`.

    connecting.py   handles, whose turn it is to connect, the end of a session that failed
    connection_settings.py  what each session is told
    pool.py         connections that threads borrow
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg2
import psycopg2.errors
import psycopg2.extensions
from peewee import Query

from app.domain.errors import StorageUnavailable
from app.metrics.families import CONNECTIONS_IN_USE
from app.storage.connection.connecting import (
    Database,
    connect,
    drop_connection,
    end_session,
    open_database,
    outage_of,
)
from app.storage.connection.pool import Pool
from config.server_in_use import host_and_port

__all__ = [
    "Cursor",
    "Database",
    "TransactionConflict",
    "check_writable",
    "drop_connection",
    "execute",
    "fetch",
    "fetch_one",
    "open_database",
    "retrying",
    "server_of",
    "transaction",
]

T = TypeVar("T")

#: Lost races in a row after which the work is given up for now.
CONFLICTS_MAX = 20

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
    connect(database)
    is_pooled = isinstance(database, Pool)
    if is_pooled:
        CONNECTIONS_IN_USE.inc()
    try:
        with database.connection().cursor(cursor_factory=Cursor) as cursor:
            try:
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                with suppress(psycopg2.Error):
                    cursor.execute("ROLLBACK")
                raise
            outage_of(str(database.database)).worked(wrote=cursor.proves_writable)
            for follow_up in cursor.on_commit:
                follow_up()
    except psycopg2.extensions.TransactionRollbackError as error:
        raise TransactionConflict from error
    except psycopg2.errors.InvalidSqlStatementName as error:
        # The session has lost what it had prepared (prepared.py): a new one prepares anew.
        end_session(database)
        raise TransactionConflict from error
    except _AWAY as error:
        end_session(database)
        outage_of(str(database.database)).failed(error, refuses_writes=_refuses_writes(error))
        raise StorageUnavailable from error
    finally:
        if is_pooled:
            CONNECTIONS_IN_USE.dec()
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


#: More than fits in memory, so it is put on the disk for a moment. With a full one that fails at
#: once, while rows still go to pages that have room. Leaves nothing behind; takes a millisecond.
_SPILL = "SET LOCAL work_mem = '64kB'; SELECT count(*) FROM generate_series(1, 5000)"


def check_writable(cursor: Cursor) -> None:
    """Raise what makes the server count as away, unless it takes writes and has room for them."""
    cursor.execute("SHOW transaction_read_only")
    if cursor.fetchone() != ("off",):
        raise psycopg2.errors.ReadOnlySqlTransaction("the server takes no writes")
    cursor.execute(_SPILL)
    cursor.proves_writable = True


def server_of(cursor: Cursor) -> str:
    """Host and port of the server that the cursor's session leads to."""
    info = cursor.connection.info
    return host_and_port(info.host, info.port)


def _refuses_writes(error: psycopg2.Error) -> bool:
    is_read_only = isinstance(error, psycopg2.errors.ReadOnlySqlTransaction)
    return is_read_only or (error.pgcode or "").startswith(_OUT_OF_RESOURCES)
