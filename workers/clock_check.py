"""Compares this host's clock with PostgreSQL's: receivers refuse what is signed at a wrong time."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress

from app.domain.errors import StorageUnavailable
from app.storage.database import Database, drop_connection, open_database, transaction
from app.storage.figures.server_facts import seconds_ahead

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 60.0
#: Seconds of difference that are warned of; receivers allow for five minutes.
SKEW_SECONDS_MAX = 30.0


def watch_clock(database_url: str, stopping: threading.Event | None = None) -> None:
    """Check the clock now and every minute, in a thread that ends with the process or before."""
    arguments = database_url, stopping or threading.Event()
    threading.Thread(target=_watch, args=arguments, name="clock", daemon=True).start()


def _watch(database_url: str, stopping: threading.Event) -> None:
    database = open_database(database_url)
    while not stopping.is_set():
        with suppress(StorageUnavailable):
            check_clock(database)
        drop_connection(database)
        stopping.wait(INTERVAL_SECONDS)


def check_clock(database: Database) -> None:
    """Warn if this host's clock is far from PostgreSQL's. Raises `StorageUnavailable`."""
    with transaction(database) as cursor:
        seconds = seconds_ahead(cursor)
    if abs(seconds) > SKEW_SECONDS_MAX:
        extra = {"seconds_ahead_of_database": round(seconds, 1)}
        log.warning("clock.skewed", extra=extra)
