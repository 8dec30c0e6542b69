"""Asks the admission (admission.py), and keeps an eye on the server that it uses."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import redis.asyncio
from redis.exceptions import NoScriptError, RedisError

from app.domain.errors import QueueUnavailable
from app.queue.admission import (
    SCRIPT,
    AdmissionRequest,
    AdmissionResult,
    refusals_key,
    results_of,
    script_arguments,
)
from app.queue.async_connection import connect_async
from app.queue.client_options import redis_server
from app.queue.durability import (
    Faults,
    VolatileQueue,
    connect_if_durable,
    find_faults,
    memory_share,
)
from app.queue.jobs import CAPTURES, KEYS, RECORD_CAPTURES, Keys, encode_job
from app.queue.replication import Unconfirmed, write_and_wait

log = logging.getLogger(__name__)

#: A reply that takes longer is a fault; the caller then falls back to PostgreSQL.
REPLY_SECONDS = 0.6
CONNECT_SECONDS = 0.4
#: How often Redis' memory is looked at.
WATCH_SECONDS = 1.0
#: How long counts of refusals are kept.
REFUSALS_SECONDS = 90 * 86400

_JOB_START, _JOB_END = encode_job(RECORD_CAPTURES, [["*"]]).split(b'"*"')
Reply = TypeVar("Reply")


class AdmissionClient:
    """The asyncio side of one stream; one per stream and web process."""

    def __init__(
        self,
        redis_url: str,
        depth_max: int,
        memory_share_max: float = 1.0,
        *,
        allow_volatile: bool = False,
        replicas_required: int = 0,
        keys: Keys = KEYS,
    ) -> None:
        self._keys = keys
        self._allow_volatile = allow_volatile
        self._replicas_required = replicas_required
        make_client = partial(
            connect_async,
            redis_url,
            connections=16,
            patience_seconds=REPLY_SECONDS,
            connect_seconds=CONNECT_SECONDS,
            # A volatile server is not used at all, whichever it is after a reconnect.
            on_connect=None if allow_volatile else connect_if_durable,
            keys=keys,
        )
        self._client = make_client(waits=False)
        # Many ask at once; none of them may take the connections that captures need.
        self._limits_client = make_client(waits=True)
        #: Which server it uses.
        self.server = redis_server(redis_url, keys)
        self._script = self._client.register_script(SCRIPT)
        self._depth_max = depth_max
        self._memory_share_max = memory_share_max
        #: Redis holds too much: nothing new goes into the queue. `watch` finds out.
        self.is_full = False

    async def admit(
        self, requests: Sequence[AdmissionRequest], *, confirm: bool = True
    ) -> list[AdmissionResult]:
        """Judge captures and enqueue those accepted, as one job, on disk at the return.

        `confirm`: wait for the replicas that are required. Raises `QueueUnavailable`; whether they
        are in the queue is unknown then.
        """
        return await self._judge(self._client, requests, confirm=confirm)

    async def _judge(
        self,
        client: redis.asyncio.Redis,
        requests: Sequence[AdmissionRequest],
        *,
        confirm: bool = False,
    ) -> list[AdmissionResult]:
        depth_max = 0 if self.is_full else self._depth_max
        prefix = self._keys.named("")
        arguments = script_arguments(depth_max, _JOB_START, _JOB_END, requests, prefix)
        flat, confirmed = await self._on_redis(self._run(client, arguments, confirm))
        return results_of(flat, confirmed=confirmed)

    async def _run(self, client: Any, arguments: list[Any], confirm: bool) -> tuple[Any, bool]:
        """Run the script; its reply, and whether as many replicas as required have what it did."""
        stream = self._keys.stream(CAPTURES)
        if not (confirm and self._replicas_required):
            reply = await self._script([stream], arguments, client)
            return reply, not self._replicas_required

        def run(pipe: Any) -> None:
            pipe.evalsha(self._script.sha, 1, stream, *arguments)

        try:
            return await write_and_wait(client, run, self._replicas_required)
        except NoScriptError:
            await client.script_load(SCRIPT)
            return await write_and_wait(client, run, self._replicas_required)

    async def take(self, key: str, rate: int) -> AdmissionResult:
        """Take a token of a bucket that holds one minute's worth. Raises `QueueUnavailable`."""
        request = AdmissionRequest(b"", b"", "", 0, key, rate)
        (result,) = await self._judge(self._limits_client, [request])
        return result

    async def add_refusals(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Add up refused captures by org and reason, per day. Raises `QueueUnavailable`."""
        day = time.strftime("%Y-%m-%d", time.gmtime())
        async with self._client.pipeline() as pipe:
            for (org_id, reason), count in counts.items():
                pipe.hincrby(refusals_key(org_id, day), reason, count)
                pipe.expire(refusals_key(org_id, day), REFUSALS_SECONDS)
            await self._on_redis(pipe.execute())

    async def check_writable(self) -> None:
        """Raise `QueueUnavailable` unless Redis takes writes."""
        await self._on_redis(self._client.set(self._keys.named("probe"), 1, px=1000))

    async def check_replicas(self) -> None:
        """Raise `Unconfirmed` unless as many replicas as required take writes in time.

        Raises `QueueUnavailable` if the primary takes none.
        """

        def probe(pipe: Any) -> None:
            pipe.set(self._keys.named("probe"), 1, px=1000)

        if required := self._replicas_required:
            _, confirmed = await self._on_redis(write_and_wait(self._client, probe, required))
            if not confirmed:
                raise Unconfirmed

    async def faults(self) -> Faults:
        """What in Redis' configuration may lose captures. Raises `QueueUnavailable`."""
        return await self._on_redis(find_faults(self._client))

    async def watch(self) -> None:
        """Warn of faults when they change, and look at the memory, every second until cancelled."""
        known: list[str] = []
        while True:
            known = await self._warn_of_faults(known)
            share = await memory_share(self._client)
            if (share >= self._memory_share_max) != self.is_full:
                self.is_full = not self.is_full
                log.warning("queue.full" if self.is_full else "queue.has_room")
            await asyncio.sleep(WATCH_SECONDS)

    async def _warn_of_faults(self, known: list[str]) -> list[str]:
        try:
            faults = await self.faults()
        except QueueUnavailable as error:
            if not isinstance(error.__cause__, VolatileQueue):
                return known
            faults = Faults(str(error.__cause__), [])
        if faults.volatile and not self._allow_volatile:
            # Perhaps it became volatile while connected: new connections find out.
            await self._hang_up()
        for fault in faults.all if faults.all != known else ():
            log.warning("queue.unsafe", extra={"fault": fault})
        return faults.all

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()
        await self._limits_client.aclose()

    async def _hang_up(self) -> None:
        for client in (self._client, self._limits_client):
            await client.connection_pool.disconnect(inuse_connections=False)

    async def _on_redis(self, reply: Awaitable[Reply]) -> Reply:
        try:
            return await reply
        except (RedisError, OSError) as error:
            # A server that answers READONLY, LOADING or MASTERDOWN may have been replaced: the next
            # command resolves its name again.
            with suppress(RedisError, OSError):  # hanging up may be too slow as well
                await self._hang_up()
            raise QueueUnavailable from error
