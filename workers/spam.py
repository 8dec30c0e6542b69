"""Scores captures before they are recorded, and quarantines those that their org wants held back.

It works in memory, without queries. Each process has its own history; a job that runs twice counts
once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable

from app.domain.capture.capture import Capture
from app.domain.spam.mode import SpamMode
from app.domain.spam_score.history import History
from app.domain.spam_score.scoring import Score, score_capture

log = logging.getLogger(__name__)


class SpamFilter:
    """Scores the captures of one process; for any number of threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._history = History()
        self._one_at_a_time = threading.Lock()

    def score(self, captures: Iterable[Capture]) -> None:
        """Note each capture's score in it, and why it is quarantined, if it is.

        Those of keyed callers, who know whom they send, and rejected ones are left alone; so is one
        that cannot be scored.
        """
        with self._one_at_a_time:
            at = self._clock()
            for capture in captures:
                if not capture.keyed and not capture.rejected:
                    self._score(capture, at)

    def _score(self, capture: Capture, at: float) -> None:
        try:
            _note(capture, score_capture(capture, self._history, at))
        except Exception:  # a fault of ours in judging what strangers send must not stop any lead
            log.exception("spam.not_scored", extra={"capture_id": capture.id})


def _note(capture: Capture, found: Score) -> None:
    capture.spam_score = found.points
    capture.spam_signals = found.signals
    if found.is_spam and capture.spam_mode is not SpamMode.MONITOR and not capture.quarantine:
        capture.quarantine = f"spam score {found.points:g}: {', '.join(found.signals)}"
