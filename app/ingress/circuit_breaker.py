"""Circuit breakers: once a server failed, it is probed in the background and not used meanwhile.

So only the request that notices an outage waits for it. When they close:
`app.domain.system.circuit`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from app.domain.errors import Unavailable
from app.domain.system.circuit import Circuit, after_use

log = logging.getLogger(__name__)

#: How often a broken circuit breaker is probed.
PROBE_SECONDS = 0.25


class CircuitBreaker:
    """Whether a server is worth asking. `check` returns when it is, and raises while it is not."""

    def __init__(self, name: str, check: Callable[[], Awaitable[None]]) -> None:
        self._name = name
        self._check = check
        self._circuit = Circuit()
        self._probes: asyncio.Task[None] | None = None

    @property
    def closed(self) -> bool:
        """Whether to use it."""
        return not self._circuit.is_open

    def trip(self, error: Exception) -> None:
        """Note that it failed."""
        if self.closed:
            reason = str(error.__cause__ or error or type(error).__name__)
            log.warning(f"{self._name}.away", extra={"error": reason[:200]})
            self._note(worked=False)
            self._probes = asyncio.create_task(self._probe_until_it_works())

    def stop(self) -> None:
        """Probe no more."""
        if self._probes is not None:
            self._probes.cancel()

    async def _probe_until_it_works(self) -> None:
        while True:
            self._note(worked=await self._is_back())
            if self.closed:
                break
            await asyncio.sleep(PROBE_SECONDS)
        log.info(f"{self._name}.back")

    def _note(self, *, worked: bool) -> None:
        self._circuit = after_use(self._circuit, time.monotonic(), worked=worked)

    async def _is_back(self) -> bool:
        try:
            await self._check()
        except Unavailable:
            return False
        return True
