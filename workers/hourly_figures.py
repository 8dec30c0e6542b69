"""Counts the hours that the console's Home shows, taking a small share of time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from app.domain.times import now
from app.storage import hours
from app.storage.database import Database, transaction
from app.storage.hours import HOUR

#: Pause after a count, as a multiple of what it took.
PAUSE_FACTOR = 20.0
#: Hours back that may still change: retries, and leads that were late.
CHANGING_HOURS = 26
#: How often all of them are counted again.
RECOUNT_SECONDS = 3600.0


class HourlyFigures:
    """Counts one or two hours at each call."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = now) -> None:
        self._database = database
        self._clock = clock
        self._rests_until = 0.0
        self._due: list[datetime] = []
        self._recount_at = 0.0

    def count(self) -> None:
        """Count this hour, the one before, and one of those that changed less."""
        started = time.monotonic()
        if started < self._rests_until:
            return
        this = self._clock().replace(minute=0, second=0, microsecond=0)
        if started >= self._recount_at:
            self._recount_at = started + RECOUNT_SECONDS
            self._due = [this - timedelta(hours=ago) for ago in range(CHANGING_HOURS, 1, -1)]
            with transaction(self._database) as cursor:
                hours.delete_old(cursor)
        for hour in [this, this - HOUR, *([self._due.pop()] if self._due else [])]:
            with transaction(self._database) as cursor:
                hours.count(cursor, hour)
        took = time.monotonic() - started
        self._rests_until = time.monotonic() + PAUSE_FACTOR * took
