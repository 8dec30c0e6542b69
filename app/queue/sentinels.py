"""Asks Sentinels for the primary, and believes the newest of their configurations.

redis-py believes the first Sentinel that answers; one that was cut off may name an old primary
for as long as it is. The configuration's epoch grows with every failover.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel
from redis.exceptions import RedisError
from redis.sentinel import MasterNotFoundError

from config.redis_url import Host

#: A Sentinel answers from memory; one that takes longer is skipped for `REST_SECONDS`.
REPLY_SECONDS = 0.3
REST_SECONDS = 3.0
#: How often a pool that is in use asks for the primary.
LOOK_SECONDS = 1.0

_AWAY: tuple[type[Exception], ...] = (RedisError, OSError)


class Answer(NamedTuple):
    """What one Sentinel says."""

    primary: Host
    epoch: int
    is_up: bool


def newest_primary(answers: Iterable[Answer]) -> Host | None:
    """The primary by the newest configuration, if a Sentinel that has it sees it up."""
    known = list(answers)
    newest = max((each.epoch for each in known), default=0)
    return next((each.primary for each in known if each.epoch == newest and each.is_up), None)


def answer_of(primary: Host, state: Mapping[str, Any]) -> Answer:
    """An answer from the two that a Sentinel gives.

    `state` keeps the old primary until every replica follows the new one; `primary` does not.
    """
    is_promoted = primary != (state["ip"], state["port"])
    is_down = state["is_sdown"] or state["is_odown"] or not state["is_master"]
    return Answer(primary, int(state["config-epoch"]), is_promoted or not is_down)


class _Rests:
    """Which Sentinels did not answer a moment ago."""

    def __init__(self) -> None:
        self._until: dict[Any, float] = {}

    def add(self, sentinel: Any) -> None:
        self._until[sentinel] = time.monotonic() + REST_SECONDS

    def awake(self, sentinels: list[Any]) -> list[Any]:
        now = time.monotonic()
        return [each for each in sentinels if self._until.get(each, now) <= now] or sentinels


class Sentinels(redis.sentinel.Sentinel):
    """For threads."""

    def __init__(self, hosts: Iterable[Host], **options: Any) -> None:
        super().__init__(hosts, sentinel_kwargs=options)  # type: ignore[no-untyped-call]
        self._rests = _Rests()

    def discover_master(self, service_name: str) -> Host:
        """Host and port of the primary. Raises `MasterNotFoundError`."""
        answers = []
        for sentinel in self._rests.awake(self.sentinels):
            try:
                with sentinel.pipeline(transaction=False) as pipe:
                    pipe.sentinel_get_master_addr_by_name(service_name)
                    pipe.sentinel_master(service_name)
                    answers.append(answer_of(*pipe.execute()))
            except _AWAY:
                self._rests.add(sentinel)
            finally:  # the next question is far away
                sentinel.connection_pool.disconnect(inuse_connections=False)
        return _found(answers, service_name)


class AsyncSentinels(redis.asyncio.sentinel.Sentinel):
    """For asyncio; asks all at once."""

    def __init__(self, hosts: Iterable[Host], **options: Any) -> None:
        super().__init__(hosts, sentinel_kwargs=options)  # type: ignore[no-untyped-call]
        self._rests = _Rests()

    async def discover_master(self, service_name: str) -> Host:
        """Host and port of the primary. Raises `MasterNotFoundError`."""
        asked = [self._ask(each, service_name) for each in self._rests.awake(self.sentinels)]
        answers = [each for each in await asyncio.gather(*asked) if each]
        return _found(answers, service_name)

    async def _ask(self, sentinel: Any, service_name: str) -> Answer | None:
        try:
            async with sentinel.pipeline(transaction=False) as pipe:
                pipe.sentinel_get_master_addr_by_name(service_name)
                pipe.sentinel_master(service_name)
                return answer_of(*await pipe.execute())
        except _AWAY:
            self._rests.add(sentinel)
            return None
        finally:
            await sentinel.connection_pool.disconnect(inuse_connections=False)


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


class SentinelPool(redis.sentinel.SentinelConnectionPool, redis.BlockingConnectionPool):
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


def _found(answers: list[Answer], service_name: str) -> Host:
    primary = newest_primary(answers)
    if primary is None:
        problem = f"{len(answers)} Sentinels know {service_name}, none sees its primary up"
        raise MasterNotFoundError(problem)
    return primary
