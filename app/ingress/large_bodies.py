"""Large bodies of one caller: read one at a time, with time in between for everybody else.

Reading a body may cost a millisecond for some KiB, and the event loop reads one at a time. Whoever
sends only large ones, as fast as the limits allow, would keep it busy until they are used up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from app.http.answers import rate_limit_exceeded

#: A body up to this size is not large: nearly all leads.
SMALL_BYTES_MAX = 4096
#: Time between two large bodies of a caller: about ten times what the first one may have cost.
SECONDS_PER_KIB = 0.001
#: A body that would have to wait longer is refused.
WAIT_SECONDS_MAX = 10.0
#: Callers that are remembered.
_CALLERS_MAX = 10_000


class LargeBodies:
    """When the next large body of which caller may be read."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next_at: dict[str, float] = {}

    async def wait_turn(self, caller: str, body_bytes: int) -> None:
        """Return when a body of that size may be read. Raises `RateLimitExceeded`."""
        if body_bytes <= SMALL_BYTES_MAX:
            return
        now = self._clock()
        seconds = max(0.0, self._next_at.get(caller, now) - now)
        if seconds > WAIT_SECONDS_MAX:
            raise rate_limit_exceeded(round(seconds * 1000), "Too many large bodies at once")
        if len(self._next_at) >= _CALLERS_MAX:
            self._next_at.clear()
        self._next_at[caller] = now + seconds + body_bytes / 1024 * SECONDS_PER_KIB
        if seconds:
            await asyncio.sleep(seconds)
