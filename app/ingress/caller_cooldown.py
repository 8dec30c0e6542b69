"""Callers whose bodies were refused too often: turned away for a while before anything is read.

Kept in each process's memory. The limit itself is in Redis, where every refusal takes a token; this
only spares the reading of a body whose sender has none left.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from app.domain.errors import RateLimitExceeded
from app.http.answers import rate_limit_exceeded

#: Callers that are remembered.
_CALLERS_MAX = 10_000


class CallerCooldown:
    """Until when which callers are turned away."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def start(self, caller: str, seconds: float) -> None:
        """Turn a caller away from now on."""
        if len(self._until) >= _CALLERS_MAX:
            self._until.clear()
        self._until[caller] = self._clock() + seconds

    def check(self, caller: str) -> None:
        """Raise `RateLimitExceeded` for a caller that is turned away."""
        seconds = self._until.get(caller, 0.0) - self._clock()
        if seconds > 0:
            raise refused_too_often(round(seconds * 1000))
        self._until.pop(caller, None)


def refused_too_often(wait_ms: int) -> RateLimitExceeded:
    """What such a caller is answered with."""
    return rate_limit_exceeded(wait_ms, "Too many invalid captures")
