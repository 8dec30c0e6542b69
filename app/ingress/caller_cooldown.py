"""Callers over their limit whose bodies are not read: turned away for a while, and not at once.

Kept in each process's memory. The limit itself is in Redis, where every refusal takes a token; this
only spares the reading of a body whose sender has none left. Whoever goes on posting gets an answer
four times a second on each connection: answers at full speed would cost everybody else the
processor.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from app.domain.errors import RateLimitExceeded
from app.http.answers import rate_limit_exceeded

#: How long a caller who is turned away waits for being told.
ANSWER_SECONDS = 0.25
#: Requests of a process that wait for that; further ones are answered at once.
_HELD_MAX = 1_000
#: Callers that are remembered.
_CALLERS_MAX = 10_000


class CallerCooldown:
    """Until when which callers are turned away."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, held_max: int = _HELD_MAX
    ) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}
        self._held = 0
        self._held_max = held_max

    def start(self, caller: str, seconds: float) -> None:
        """Turn a caller away from now on."""
        if len(self._until) >= _CALLERS_MAX:
            self._until.clear()
        self._until[caller] = self._clock() + seconds

    async def check(self, caller: str) -> None:
        """Raise `RateLimitExceeded`, after a while, for a caller that is turned away."""
        seconds = self._until.get(caller, 0.0) - self._clock()
        if seconds > 0:
            await self._hold()
            raise over_limit(round(seconds * 1000))
        self._until.pop(caller, None)

    async def _hold(self) -> None:
        if self._held >= self._held_max:
            return
        self._held += 1
        try:
            await asyncio.sleep(ANSWER_SECONDS)
        finally:
            self._held -= 1


def over_limit(wait_ms: int) -> RateLimitExceeded:
    """What such a caller is answered with."""
    return rate_limit_exceeded(wait_ms, "Too many requests")
