"""The processes that reported themselves; their ages are by Redis' clock."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import msgspec
import redis

from app.domain.errors import QueueUnavailable
from app.domain.system.process import ProcessReport, ProcessSeen
from app.queue.connection import time_of
from app.queue.jobs import KEYS, Keys

#: A process that ended without a word is forgotten after this time.
FORGOTTEN_AFTER_SECONDS = 3600.0


def new_process_name() -> str:
    """A name for this process that no other ever has; its host and pid are in it."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"


class _Stored(msgspec.Struct):
    at: float
    report: ProcessReport


class ProcessReports:
    """One hash of name to report. Raises `QueueUnavailable`."""

    def __init__(self, client: redis.Redis, keys: Keys = KEYS) -> None:
        self._client: Any = client
        self._key = keys.processes()

    def save(self, report: ProcessReport) -> None:
        """Note what a process says of itself now."""
        with _reaching_redis():
            stored = _Stored(time_of(self._client), report)
            self._client.hset(self._key, report.name, msgspec.json.encode(stored))

    def seen(self) -> list[ProcessSeen]:
        """Every process that reported itself and has not said good-bye."""
        with _reaching_redis():
            now = time_of(self._client)
            found = {name: _read(text) for name, text in self._client.hgetall(self._key).items()}
            old = [name for name, each in found.items() if _is_old(each, now)]
            if old:
                self._client.hdel(self._key, *old)
        return [
            ProcessSeen(each.report, max(0.0, now - each.at))
            for each in found.values()
            if each is not None and not _is_old(each, now)
        ]

    def remove(self, name: str) -> None:
        """A process ends."""
        with _reaching_redis():
            self._client.hdel(self._key, name)


@contextmanager
def _reaching_redis() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise QueueUnavailable from error


def _read(text: bytes) -> _Stored | None:
    """What was stored; None if another version wrote it in another shape."""
    try:
        return msgspec.json.decode(text, type=_Stored)
    except msgspec.DecodeError:
        return None


def _is_old(stored: _Stored | None, now: float) -> bool:
    return stored is None or now - stored.at > FORGOTTEN_AFTER_SECONDS
