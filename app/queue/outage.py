"""Redis out of reach: how often to try again, and how much to say about it."""

from __future__ import annotations

import logging
import random
import threading
import time

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0

#: However often the connection comes and goes, so rarely is it said.
SECONDS_BETWEEN_LINES = 15.0


class Outage:
    """One process's knowledge of whether Redis answers; logs the change, not every failure."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None
        self._said_at = float("-inf")
        self._said = False

    def failed(self, error: BaseException) -> None:
        """A command failed."""
        with self._lock:
            now = time.monotonic()
            self._since = self._since or now
            if now - self._said_at < SECONDS_BETWEEN_LINES:
                return
            self._said_at, self._said = now, True
            for_seconds = round(now - self._since, 1)
        logger.warning(
            "redis.unreachable",
            extra={
                "error": type(error).__name__,
                "detail": str(error)[:200],
                "for_seconds": for_seconds,
            },
        )

    def worked(self) -> None:
        """A command was answered."""
        if self._since is None:  # unlocked, as this is every command's way: at worst once too often
            return
        with self._lock:
            since, said = self._since, self._said
            self._since, self._said = None, False
        if since is not None and said:
            logger.warning(
                "redis.reachable", extra={"after_seconds": round(time.monotonic() - since, 1)}
            )


class Backoff:
    """The pauses of one connection between its attempts: 0.1 s, doubled, with jitter."""

    def __init__(self, longest_seconds: float = LONGEST_PAUSE_SECONDS) -> None:
        self._longest_seconds = longest_seconds
        self._attempts = 0

    def reset(self) -> None:
        """An attempt worked."""
        self._attempts = 0

    def next_seconds(self) -> float:
        """How long to wait after an attempt that failed."""
        pause = min(self._longest_seconds, FIRST_PAUSE_SECONDS * 2 ** min(self._attempts, 16))
        self._attempts += 1
        return float(pause * random.uniform(0.5, 1.0))
