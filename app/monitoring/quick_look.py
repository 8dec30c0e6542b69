"""The state of the system for many callers: one caller looks, and all get the result."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import NamedTuple

import redis

from app.domain.errors import Unavailable
from app.domain.system.finding import Finding
from app.domain.system.process import ProcessSeen
from app.monitoring.backlog import database_backlog, oldest_by_kind
from app.monitoring.doctor import QUICK, examine
from app.monitoring.processes import seen_processes
from app.monitoring.system import System
from app.queue.figures import Depth, depth_in
from app.queue.jobs import CAPTURES, DELIVERIES

#: So long a look is good enough for whoever asks next.
FRESH_SECONDS = 2.0


class Look(NamedTuple):
    """What was seen. None: no server could be asked."""

    findings: list[Finding]
    processes: list[ProcessSeen] | None
    #: Age in seconds of the oldest that waits, by kind.
    oldest: Mapping[str, float] | None
    #: How full each queue is.
    depths: Mapping[str, Depth] | None


class QuickLook:
    """Looks at a system at most every two seconds. Thread-safe."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._lock = threading.Lock()
        self._last: Look | None = None
        self._looked_at = float("-inf")

    def now(self) -> Look:
        """The state. Takes a moment, and seconds while a server is away; raises nothing."""
        with self._lock:
            if self._last is None or time.monotonic() - self._looked_at > FRESH_SECONDS:
                self._last = _look(self._system)
                self._looked_at = time.monotonic()
            return self._last


def _look(system: System) -> Look:
    return Look(examine(system, QUICK), _processes(system), _oldest(system), _depths(system))


def _processes(system: System) -> list[ProcessSeen] | None:
    try:
        return seen_processes(system.database, system.redis)
    except Unavailable:
        return None


def _oldest(system: System) -> Mapping[str, float] | None:
    try:
        return oldest_by_kind(database_backlog(system.database), system.streams)
    except Unavailable:
        return None


def _depths(system: System) -> Mapping[str, Depth] | None:
    try:
        return {queue: depth_in(system.streams, queue) for queue in (CAPTURES, DELIVERIES)}
    except redis.RedisError:
        return None
