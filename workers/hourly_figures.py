"""The scheduler's work for the console, limited to a small share of time: counts the hourly figures
of Home, and indexes words for its search.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from app.domain.times import now
from app.storage.capture import capture_words
from app.storage.database import Database, transaction
from app.storage.figures import hours
from app.storage.figures.hours import HOUR

#: Pause after a round, as a multiple of what it took.
PAUSE_FACTOR = 20.0
#: Rounds after the last arrival, since its deliveries end soon; then one each `UNCHANGED_SECONDS`.
ROUNDS_AFTER = 3
UNCHANGED_SECONDS = 60.0
#: Hours back that may still change: retries, and leads that were late.
CHANGING_HOURS = 26
#: How often all of them are looked at again.
RECOUNT_SECONDS = 3600.0


class HourlyFigures:
    """Looks at this hour, the one before, and one of those that changed less at each call."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = now) -> None:
        self._database = database
        self._clock = clock
        self._rests_until = 0.0
        self._recount_at = 0.0
        # The first time, whatever may be searched for is indexed, the newest first.
        self._due_hours = capture_words.KEPT_DAYS * 24
        self._due: list[datetime] = []
        self._newest: tuple[str | None, str | None] | None = None
        self._rounds_left = 0
        self._counted_at = 0.0

    def count(self) -> None:
        """Count and index, unless it is time for a rest."""
        started = time.monotonic()
        if started < self._rests_until or not self._has_work(started):
            return
        this = self._clock().replace(minute=0, second=0, microsecond=0)
        if started >= self._recount_at and not self._due:
            self._recount_at = started + RECOUNT_SECONDS
            self._due = [this - timedelta(hours=ago) for ago in range(self._due_hours, 1, -1)]
            self._due_hours = CHANGING_HOURS
            self._delete_old()
        for hour in [this, this - HOUR, *([self._due.pop()] if self._due else [])]:
            self._look_at(hour)
        self._counted_at = time.monotonic()
        self._rests_until = self._counted_at + PAUSE_FACTOR * (self._counted_at - started)

    def _has_work(self, at: float) -> bool:
        with transaction(self._database) as cursor:
            before, self._newest = self._newest, hours.newest(cursor)
        self._rounds_left = ROUNDS_AFTER if self._newest != before else self._rounds_left - 1
        is_time = at - self._counted_at >= UNCHANGED_SECONDS
        return self._rounds_left > 0 or bool(self._due) or is_time

    def _look_at(self, hour: datetime) -> None:
        with transaction(self._database) as cursor:
            hours.count(cursor, hour)
        indexed = capture_words.STEP
        while indexed == capture_words.STEP:
            with transaction(self._database) as cursor:
                indexed = capture_words.index(cursor, hour)

    def _delete_old(self) -> None:
        with transaction(self._database) as cursor:
            hours.delete_old(cursor)
            capture_words.delete_old(cursor, self._clock())
