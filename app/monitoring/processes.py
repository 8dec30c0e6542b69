"""The running processes, by what either server knows about them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import redis

from app.domain.errors import Unavailable
from app.domain.system.process import ProcessSeen, merge_seen
from app.queue.process_reports import ProcessReports
from app.storage.database import Database, transaction
from app.storage.figures import process_reports


def seen_processes(database: Database, client: redis.Redis) -> list[ProcessSeen]:
    """Every process by its latest report. Raises `Unavailable` when neither server answers."""
    found: list[list[ProcessSeen]] = []
    problems: list[Unavailable] = []
    ask: Callable[[], list[ProcessSeen]]
    for ask in (ProcessReports(client).seen, partial(_in_database, database)):
        try:
            found.append(ask())
        except Unavailable as error:
            problems.append(error)
    if not found:
        raise problems[0]
    return merge_seen(*found)


def _in_database(database: Database) -> list[ProcessSeen]:
    with transaction(database) as cursor:
        return process_reports.seen(cursor)
