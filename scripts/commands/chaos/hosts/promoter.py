"""Watches the PostgreSQL servers of a run and promotes a standby when the primary has failed.

It is to PostgreSQL what Sentinel is to Redis, for the time of a run only. It stands outside the
hosts, so that no fault befalls it, and can always kill what runs on them, as the power switch of a
machine could: in production both are the work of Patroni with its consensus store and a watchdog,
or of a managed service.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import psycopg2

from scripts.commands.chaos.hosts.postgres_server import HostPostgres
from scripts.commands.chaos.hosts.promotion import View, has_failed, successor
from scripts.commands.sql import rows_of, session
from scripts.system.waiting import repeated

_LOOK_SECONDS = 0.3
#: For how long nobody may hear the primary, after it was not heard for the 2.5 s of the statement:
#: a standby that has just been started has not found it yet.
_DOUBT_SECONDS = 1.5
_VIEW = """
SELECT pg_is_in_recovery(),
    COALESCE(GREATEST(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0', 0)::bigint,
    EXISTS (SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'
        AND last_msg_receipt_time > clock_timestamp() - interval '2.5 s')
"""


class Promoter:
    """Knows the one primary. Its own thread watches, between `start` and `stop`."""

    def __init__(
        self, servers: Mapping[str, HostPostgres], primary: str, say: Callable[[str], None]
    ) -> None:
        self.servers = servers
        self.primary = primary
        #: Primaries that were fenced: their data may hold what nobody else has.
        self.deposed: set[str] = set()
        #: Held by whoever starts, copies or promotes a server.
        self.lock = threading.RLock()
        self._say = say
        self._failed_since: float | None = None
        self._watching = ExitStack()
        self._pool = ThreadPoolExecutor(len(servers))

    def start(self) -> None:
        """Begins to watch."""
        self._watching.enter_context(repeated(self._watch, _LOOK_SECONDS))

    def stop(self) -> None:
        """Returns when nothing is promoted any more."""
        self._watching.close()
        self._pool.shutdown()

    def views(self) -> dict[str, View | None]:
        """What each server says now."""
        found = self._pool.map(look, self.servers.values())
        return dict(zip(self.servers, found, strict=True))

    def _watch(self) -> None:
        with self.lock:
            if not has_failed(self.primary, self.views()):
                self._failed_since = None
            elif self._failed_since is None:
                self._failed_since = time.monotonic()
            elif time.monotonic() - self._failed_since > _DOUBT_SECONDS and self._replace_primary():
                self._failed_since = None

    def _replace_primary(self) -> bool:
        """Fences the primary, then promotes; False if nobody can be promoted yet."""
        old = self.primary
        if self.servers[old].pid:
            self.servers[old].kill()
        self.deposed.add(old)
        chosen = successor(old, self.views())
        if chosen is None or not _promote(self.servers[chosen]):
            return False
        self.primary = chosen
        self._say(f"         PostgreSQL's primary is {chosen} now, was {old}")
        return True


def look(server: HostPostgres) -> View | None:
    """What a server says of itself; None within two seconds if it says nothing."""
    try:
        with _session(server) as cursor:
            return View(*rows_of(cursor, _VIEW)[0])
    except psycopg2.Error:
        return None


def _session(server: HostPostgres) -> AbstractContextManager[Any]:
    """It gives up soon."""
    return session(server.url, connect_timeout=2, tcp_user_timeout=1000)


def _promote(server: HostPostgres) -> bool:
    try:
        with _session(server) as cursor:
            return bool(rows_of(cursor, "SELECT pg_promote(true, 10)")[0][0])
    except psycopg2.Error:
        return False
