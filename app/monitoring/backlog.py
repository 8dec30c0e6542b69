"""The age of the oldest waiting item of each kind, from both servers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from app.domain.system.waiting import CAPTURE, FALLBACK, DueWebhook, oldest_due
from app.queue.oldest import oldest_in
from app.queue.stream_clients import StreamClient
from app.storage.database import Database, transaction
from app.storage.figures import waiting


class DatabaseBacklog(NamedTuple):
    """What waits in PostgreSQL."""

    oldest_fallback_seconds: float
    #: An estimate.
    fallback_rows: int
    due: list[DueWebhook]
    open_circuits: int


def database_backlog(database: Database) -> DatabaseBacklog:
    """Look. Raises `StorageUnavailable`."""
    with transaction(database) as cursor:
        return DatabaseBacklog(
            waiting.oldest_fallback_seconds(cursor),
            waiting.fallback_rows(cursor),
            waiting.due_webhooks(cursor),
            waiting.open_circuits(cursor),
        )


def oldest_in_database(backlog: DatabaseBacklog) -> dict[str, float]:
    """Age in seconds of the oldest of each kind that PostgreSQL knows of; 0.0: none waits."""
    return {FALLBACK: backlog.oldest_fallback_seconds, **oldest_due(backlog.due)}


def oldest_by_kind(backlog: DatabaseBacklog, streams: Iterable[StreamClient]) -> dict[str, float]:
    """The same of every kind. Raises `QueueUnavailable`."""
    return {CAPTURE: oldest_in(streams), **oldest_in_database(backlog)}
