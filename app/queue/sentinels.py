"""Asks Sentinels for the primary, and believes the newest of their configurations.

redis-py believes the first Sentinel that answers; one that was cut off may name an old primary
for as long as it is. The configuration's epoch grows with every failover.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel
from redis.exceptions import RedisError
from redis.sentinel import MasterNotFoundError

from app.domain.delivery.backoff import exponential_seconds
from config.redis_url import Host

#: A Sentinel answers from memory; one that takes longer is skipped for a while.
REPLY_SECONDS = 0.3
REST_SECONDS = 3.0
REST_SECONDS_MAX = 60.0

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
    """Which Sentinels are not asked for now: those that do not answer, ever more rarely."""

    def __init__(self) -> None:
        self._until: dict[Any, float] = {}
        self._failures: dict[Any, int] = {}

    def add(self, sentinel: Any) -> None:
        self._failures[sentinel] = failures = self._failures.get(sentinel, 0) + 1
        rest = exponential_seconds(failures, REST_SECONDS, REST_SECONDS_MAX)
        self._until[sentinel] = time.monotonic() + rest

    def end(self, sentinel: Any) -> None:
        self._failures.pop(sentinel, None)

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
                self._rests.end(sentinel)
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
                answer = answer_of(*await pipe.execute())
            self._rests.end(sentinel)
            return answer
        except _AWAY:
            self._rests.add(sentinel)
            return None
        finally:
            await sentinel.connection_pool.disconnect(inuse_connections=False)


def _found(answers: list[Answer], service_name: str) -> Host:
    primary = newest_primary(answers)
    if primary is None:
        problem = f"{len(answers)} Sentinels know {service_name}, none sees its primary up"
        raise MasterNotFoundError(problem)
    return primary
