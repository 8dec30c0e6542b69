"""Connecting to PostgreSQL, and parting from it.

A session that failed is closed, so that the next transaction takes a new one: neither peewee nor
psycopg2 would (a dead connection fails for ever and still says it is open).
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import psycopg2
from peewee import PeeweeException, PostgresqlDatabase
from playhouse.pool import MaxConnectionsExceeded

from app.domain.errors import StorageUnavailable
from app.storage.connection.connection_settings import MigratingSession, Session, SessionByIndex
from app.storage.connection.hosts import which_server
from app.storage.connection.pool import POOL_SECONDS, Pool
from config.outage import Outage

Database = PostgresqlDatabase

#: Nothing waits for the server for ever: psycopg2 and libpq set no limit of their own. A network
#: that swallows everything is noticed within three seconds.
_CONNECTION: dict[str, Any] = {
    "connect_timeout": 2,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 1,
    "tcp_user_timeout": 2_500,
}


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
    session = MigratingSession if migrating else SessionByIndex if by_index else Session
    options = _CONNECTION | {"connection_factory": session} | which_server(url)
    if pool_size is not None:
        pooled: Database = Pool(
            url, max_connections=pool_size, stale_timeout=300, timeout=POOL_SECONDS, **options
        )
        return pooled
    return PostgresqlDatabase(url, thread_safe=not shared, **options)


class _Turn:
    """Threads connect one after the other; those who waited for one that failed fail with it.

    Otherwise each of them would wait in vain as long again, after all those before it.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.failed_at = float("-inf")


_turns: WeakKeyDictionary[Database, _Turn] = WeakKeyDictionary()


def connect(database: Database) -> None:
    """Give this thread a connection, unless it has one. Raises `StorageUnavailable`."""
    turn, asked_at = _turns.setdefault(database, _Turn()), time.monotonic()
    if not turn.lock.acquire(timeout=POOL_SECONDS + 1):
        raise StorageUnavailable
    try:
        if turn.failed_at >= asked_at:
            raise StorageUnavailable
        if database.connect(reuse_if_open=True):
            _prefer_server(database)
    except MaxConnectionsExceeded as error:
        turn.failed_at = time.monotonic()  # all of the pool hang
        raise StorageUnavailable from error
    except (PeeweeException, psycopg2.Error) as error:
        turn.failed_at = time.monotonic()
        outage_of(str(database.database)).failed(error)
        raise StorageUnavailable from error
    finally:
        turn.lock.release()


def _prefer_server(database: Database) -> None:
    """Try the server that this connection leads to first next time."""
    info = database.connection().info
    last = info.host, info.port
    database.connect_params.update(which_server(str(database.database), last))


def end_session(database: Database) -> None:
    """Close this thread's session for good, and all that are idle."""
    with suppress(Exception):
        database.connection().close()  # a pool would hand it out again
    if isinstance(database, Pool):
        database.close_idle()  # they lead to the same server
    drop_connection(database)


def drop_connection(database: Database) -> None:
    """Close this thread's connection, whatever state it is in; a pooled one goes back."""
    with suppress(Exception):
        database.close()


@cache
def outage_of(url: str) -> Outage:
    """What this process knows of the server at `url`, however many pools it has."""
    return Outage("database")
