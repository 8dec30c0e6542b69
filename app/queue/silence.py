"""Finds the processes whose heartbeat has stopped.

A process lives as long as its heartbeat changes. That is judged by the observer's monotonic clock:
Redis' idle times follow its wall clock, and one that is set back would hide the dead.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping


class Silence:
    """What one observer has heard; dead is who has been silent for `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._looked_at = float("-inf")
        #: The last heartbeat of each process and since when it is the same.
        self._seen: dict[bytes, tuple[bytes | None, float]] = {}

    def forget(self) -> None:
        """Start observing anew."""
        self._seen.clear()

    def find_dead(self, beats: Mapping[bytes, bytes], names: Iterable[bytes]) -> list[bytes]:
        """Which of these are dead; to be asked at least twice within `seconds`."""
        now = time.monotonic()
        if now - self._looked_at > self._seconds / 2:
            self.forget()  # heartbeats may have changed while this process was not looking
        self._looked_at = now
        before, self._seen = self._seen, {}
        for name in names:
            beat, since = before.get(name, (None, now))
            changed = name not in before or beat != beats.get(name)
            self._seen[name] = (beats.get(name), now if changed else since)
        deadline = now - self._seconds
        return [name for name, (_, since) in self._seen.items() if since <= deadline]
