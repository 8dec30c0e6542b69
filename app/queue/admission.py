"""The admission that every capture passes: limits, duplicates and the queue, in one round trip.

Limits and first answers live in the Redis database after the broker's, so that the two can be
looked at and flushed apart. One script does all of it, so that what is answered as accepted is in
the queue, what is counted was accepted, and of fifty equal posts exactly one is.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from app.domain.errors import QueueUnavailable
from app.queue.audit import find_faults, memory_share
from app.queue.connection import databases_of
from app.queue.direct import DirectConnection
from app.queue.jobs import CAPTURES, RECORD_CAPTURES
from app.queue.keys import WAKE_EXPIRY_MS, WAKE_TOKENS, payloads_key, waiting_key, wake_key
from app.queue.messages import encode_message

log = logging.getLogger(__name__)

#: A reply that takes longer is a fault; the caller then tries the next rung of the ladder.
REPLY_SECONDS = 0.6
CONNECT_SECONDS = 0.4

#: How often Redis' memory is looked at.
WATCH_SECONDS = 1.0

#: How long the same submission counts as a double click.
DOUBLE_CLICK_MS = 10_000
#: How long an Idempotency-Key is remembered.
IDEMPOTENCY_MS = 24 * 3600 * 1000


class _Script(NamedTuple):
    text: str
    sha: str


def _load(name: str) -> _Script:
    folder = Path(__file__).with_name("lua")
    text = "".join((folder / f"{part}.lua").read_text() for part in ("bucket", name))
    return _Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


_ADMIT = _load("admit")
_TAKE = _load("take")
_COUNT = _load("count")
_KEYS = (payloads_key(CAPTURES), waiting_key(CAPTURES), wake_key(CAPTURES))
_VALUES_PER_VERDICT = 4
_encode = msgspec.msgpack.Encoder().encode


class AdmissionRequest(NamedTuple):
    """A capture before the admission, in the order in which the script takes it."""

    capture: bytes
    answer: bytes
    dedupe_key: str
    dedupe_ms: int
    address_key: str
    address_rate: int
    email_key: str
    email_rate: int


class AdmissionStatus(IntEnum):
    """What the admission says."""

    ACCEPTED = 0
    DUPLICATE = 1
    ADDRESS_LIMITED = 2
    EMAIL_LIMITED = 3
    FULL = 4


#: By their numbers: looking one up in the enumeration costs five times as much.
_STATUSES = tuple(AdmissionStatus)


class AdmissionResult(NamedTuple):
    """The admission's result on one capture.

    `wait_ms`: until the limit is whole again, or, for a limited one, until a retry may succeed.
    `first_answer`: what the first of these duplicates was answered.
    """

    status: AdmissionStatus
    remaining: int
    wait_ms: int
    first_answer: bytes


class TokenBucket(NamedTuple):
    """What is left of a limit after one request."""

    allowed: bool
    remaining: int
    wait_ms: int


class AdmissionClient:
    """The asyncio side of the queue; one per web process."""

    def __init__(self, redis_url: str, depth_max: int, memory_share_max: float = 1.0) -> None:
        self._client = redis.asyncio.Redis.from_url(
            redis_url,
            socket_timeout=REPLY_SECONDS,
            socket_connect_timeout=CONNECT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            max_connections=16,
            protocol=2,
        )
        self._direct = DirectConnection(self._client.connection_pool, REPLY_SECONDS)
        pool = self._client.connection_pool
        self._queue_db, self._admission_db = databases_of(pool.connection_kwargs)
        self._depth_max = depth_max
        self._memory_share_max = memory_share_max
        #: Redis holds too much: nothing new goes into the queue. `watch` finds out.
        self.is_full = False

    async def admit(self, requests: Sequence[AdmissionRequest]) -> list[AdmissionResult]:
        """Judge captures and enqueue those accepted, as one job, on disk at the return.

        Raises `QueueUnavailable`; whether they are in the queue is unknown then.
        """
        job_id, shell = encode_message(CAPTURES, RECORD_CAPTURES, [[]])
        prefix, suffix = shell.split(b"[[]]", 1)
        arguments: list[Any] = [
            self._admission_db,
            self._queue_db,
            0 if self.is_full else self._depth_max,
            WAKE_TOKENS,
            WAKE_EXPIRY_MS,
            job_id,
            prefix + b"[[",
            b"]]" + suffix,
            # One argument for all of them: the client spends a microsecond on each that it sends.
            _encode([(c.capture.decode(), c.answer.decode(), *c[2:]) for c in requests]),
        ]
        flat = await self._run(_ADMIT, _KEYS, arguments, self._direct.execute)
        return [
            AdmissionResult(_STATUSES[flat[i]], flat[i + 1], flat[i + 2], flat[i + 3])
            for i in range(0, len(flat), _VALUES_PER_VERDICT)
        ]

    async def take(self, key: str, rate: int) -> TokenBucket:
        """Take a token of a bucket that holds one minute's worth. Raises `QueueUnavailable`."""
        allowed, remaining, wait_ms = await self._run(_TAKE, (), (self._admission_db, key, rate))
        return TokenBucket(allowed == 1, remaining, wait_ms)

    async def add_refusals(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Add up refused captures by org and reason, per day. Raises `QueueUnavailable`."""
        day = time.strftime("%Y-%m-%d", time.gmtime())
        flat = [part for (org_id, reason), n in counts.items() for part in (org_id, reason, n)]
        await self._run(_COUNT, (), (self._admission_db, day, *flat))

    async def check_writable(self) -> None:
        """Raise `QueueUnavailable` unless Redis takes writes."""
        await self._run(_TAKE, (), (self._admission_db, "probe", 60_000))

    async def faults(self) -> list[str]:
        """What in Redis' configuration may lose captures. Raises `QueueUnavailable`."""
        try:
            return await find_faults(self._client)
        except (RedisError, OSError) as error:
            raise QueueUnavailable from error

    async def watch(self) -> None:
        """Warn of faults once, then look at the memory every second, until cancelled."""
        checked = False
        while True:
            if not checked:
                checked = await self._warn_of_faults()
            share = await memory_share(self._client)
            if (share >= self._memory_share_max) != self.is_full:
                self.is_full = not self.is_full
                log.warning("queue.full" if self.is_full else "queue.has_room")
            await asyncio.sleep(WATCH_SECONDS)

    async def _warn_of_faults(self) -> bool:
        try:
            for fault in await self.faults():
                log.warning("queue.unsafe", extra={"fault": fault})
        except QueueUnavailable:
            return False
        return True

    async def close(self) -> None:
        """Hang up."""
        await self._direct.close()
        await self._client.aclose()

    async def _run(
        self,
        script: _Script,
        keys: Sequence[str],
        arguments: Sequence[Any],
        execute: Callable[..., Awaitable[Any]] | None = None,
    ) -> Any:
        execute = execute or self._client.execute_command
        try:
            try:
                return await execute("EVALSHA", script.sha, len(keys), *keys, *arguments)
            except NoScriptError:
                return await execute("EVAL", script.text, len(keys), *keys, *arguments)
        except (RedisError, OSError) as error:
            with suppress(RedisError, OSError):  # hanging up may be too slow as well
                await self._client.connection_pool.disconnect(inuse_connections=False)
            raise QueueUnavailable from error
