"""Slows a queue's intake while everything that is taken in fails."""

from __future__ import annotations

import threading

#: So many different messages in a row must fail: one bad message never slows the good ones.
FAILURES_BEFORE_BRAKING = 10

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0


class Brake:
    """Counts failures in a row. While it is on, messages go one at a time, after a pause each.

    An outage of PostgreSQL then costs a probe every two seconds instead of a run, a log line and
    a rest for every message in the queue; the first success lets everything go again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed: set[bytes] = set()
        self._probes = 0

    def record(self, redis_id: bytes, *, failed: bool) -> None:
        """A message has run."""
        with self._lock:
            if not failed:
                self._failed.clear()
                self._probes = 0
            elif len(self._failed) < FAILURES_BEFORE_BRAKING:
                self._failed.add(redis_id)
            else:
                self._probes += 1

    def pause_seconds(self) -> float:
        """How long to wait before the next single message; 0.0 while the brake is off."""
        with self._lock:
            if len(self._failed) < FAILURES_BEFORE_BRAKING:
                return 0.0
            return float(
                min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(self._probes, 16))
            )
