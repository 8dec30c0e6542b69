"""Circuit breakers: once a server failed, it is probed in the background and not used meanwhile.

So only the request that notices an outage waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from app.domain.errors import Unavailable

log = logging.getLogger(__name__)

#: How often a broken circuit breaker is probed.
PROBE_SECONDS = 0.25


class CircuitBreaker:
    """Whether a server is worth asking. `check` returns when it is, and raises while it is not."""

    def __init__(self, name: str, check: Callable[[], Awaitable[None]]) -> None:
        self._name = name
        self._check = check
        self._probe: asyncio.Task[None] | None = None

    @property
    def closed(self) -> bool:
        """Whether to use it."""
        return self._probe is None

    def trip(self, error: Exception) -> None:
        """Note that it failed."""
        if self._probe is None:
            reason = str(error.__cause__ or error or type(error).__name__)
            log.warning(f"{self._name}.away", extra={"error": reason[:200]})
            self._probe = asyncio.create_task(self._probe_until_it_works())

    def stop(self) -> None:
        """Probe no more."""
        if self._probe is not None:
            self._probe.cancel()

    async def _probe_until_it_works(self) -> None:
        while not await self._is_back():
            await asyncio.sleep(PROBE_SECONDS)
        log.info(f"{self._name}.back")
        self._probe = None

    async def _is_back(self) -> bool:
        try:
            await self._check()
        except Unavailable:
            return False
        return True
