"""Warns when this host's clock differs from PostgreSQL's, which all processes share."""

from __future__ import annotations

import logging

from app.domain.system.clock_skew import SKEW_MAX_SECONDS, clock_skew

log = logging.getLogger(__name__)


class ClockWarning:
    """One line when the clocks begin to differ."""

    def __init__(self) -> None:
        self._is_skewed = False

    def note(self, database_at: float, asked_at: float, answered_at: float) -> None:
        """Compare the clocks, by Unix times as in `clock_skew`."""
        seconds = clock_skew(database_at, asked_at, answered_at)
        was, self._is_skewed = self._is_skewed, abs(seconds) > SKEW_MAX_SECONDS
        if self._is_skewed and not was:
            log.warning("clock.skewed", extra={"seconds_ahead_of_database": round(seconds, 3)})
