"""Pools of connections to the primary that Sentinels name, also while nothing fails."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel

from app.queue.pool import Pool

#: How often a pool that is in use asks for the primary.
LOOK_SECONDS = 1.0


def _untyped(method: Any) -> Any:
    """A method of redis-py that has no types."""
    return method


class _Looks:
    """When to ask for the primary again though no connection has failed.

    After a promotion by hand the old primary goes on for many seconds, and what it accepts is lost.
    """

    def __init__(self) -> None:
        self._next_at = 0.0

    def is_due(self) -> bool:
        """Whether to ask now; then not again for a while."""
        now = time.monotonic()
        if now < self._next_at:
            return False
        self._next_at = now + LOOK_SECONDS
        return True


class SentinelPool(redis.sentinel.SentinelConnectionPool, Pool):
    """Connections to the primary, for threads, which wait for one of a busy pool."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._looks = _Looks()
        super().__init__(*arguments, **options)  # type: ignore[no-untyped-call]

    def get_connection(self, *arguments: Any, **options: Any) -> Any:
        """A connection to what is the primary now."""
        if self._looks.is_due():
            with suppress(redis.ConnectionError):
                _untyped(super().get_master_address)()  # hangs up if it is another
        return _untyped(super().get_connection)(*arguments, **options)


class AsyncSentinelPool(redis.asyncio.sentinel.SentinelConnectionPool):
    """Connections to the primary for tasks."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._looks = _Looks()
        super().__init__(*arguments, **options)  # type: ignore[no-untyped-call]

    async def get_connection(self, *arguments: Any, **options: Any) -> Any:
        """A connection to what is the primary now."""
        if self._looks.is_due():
            with suppress(redis.ConnectionError):
                await _untyped(super().get_master_address)()  # hangs up if it is another
        return await _untyped(super().get_connection)(*arguments, **options)


class WaitingSentinelPool(AsyncSentinelPool, redis.asyncio.BlockingConnectionPool):
    """The same for tasks that wait for a connection of a busy pool."""
