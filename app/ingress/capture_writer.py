"""Writes accepted captures to disk before their callers are answered.

1. The queue in Redis, which fsyncs before it answers, and as many replicas as are required.
2. The fallback table in PostgreSQL, when Redis is away, refuses or is full; the scheduler records
   captures from there. What too few replicas have is in both, and recorded once.
3. Nowhere: the caller gets a 503 within a second, whatever hangs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from anyio import CapacityLimiter, to_thread

from app.domain.errors import QueueUnavailable, StorageUnavailable
from app.ingress.admission_requests import under_first_id
from app.ingress.circuit_breaker import CircuitBreaker
from app.ingress.group_commit import GroupCommit
from app.ingress.used_proofs import UsedProofs
from app.metrics.families import FALLBACK_WRITE_SECONDS, QUEUE_WRITE_SECONDS
from app.queue.admission import AdmissionRequest, AdmissionResult, AdmissionStatus
from app.queue.admission_client import AdmissionClient
from app.queue.replication import Unconfirmed
from app.storage.capture import fallback
from app.storage.database import Database, transaction

#: A job carries at most this many captures and, one capture more or less, this many bytes.
JOB_CAPTURES_MAX = 500
JOB_BYTES_MAX = 512 * 1024
#: Captures of one process that wait for their turn; what comes on top is refused at once.
WAITING_MAX = 5000
#: How long the whole fallback chain may take; the caller waits.
WRITE_SECONDS = 0.9
#: Threads that only the fallback uses, so that keyed requests that hang cannot take them.
FALLBACK_THREADS = 4
#: How often its connection is used at the least; the pool closes one that is idle for 300 s.
WARM_SECONDS = 60.0

_KEPT = AdmissionResult(AdmissionStatus.ACCEPTED, -1, 0, b"", confirmed=False)
_PROOF_USED = AdmissionResult(AdmissionStatus.PROOF_USED, -1, 0, b"")


class CaptureWriter:
    """Takes captures in and puts them on disk, many at a time."""

    def __init__(self, admission: AdmissionClient, database: Database) -> None:
        self._admission = admission
        self._database = database
        self._group = GroupCommit(
            self._flush, _size_bytes, count_max=JOB_CAPTURES_MAX, weight_max=JOB_BYTES_MAX
        )
        self._threads = CapacityLimiter(FALLBACK_THREADS)
        self._queue = CircuitBreaker("queue", admission.check_writable)
        self._replicas = CircuitBreaker("replicas", admission.check_replicas)
        self._fallback = CircuitBreaker("fallback", self._check_fallback)
        self._proofs = UsedProofs()

    @property
    def has_queue(self) -> bool:
        """Whether the queue is used; else captures go to the fallback."""
        return self._queue.closed

    async def accept(self, request: AdmissionRequest) -> AdmissionResult:
        """The result on a capture; an accepted one is on disk.

        Without Redis there are no limits and no double clicks: `remaining` is -1 then. Raises
        `StorageUnavailable` when the capture can be kept nowhere, `QueueUnavailable` when so many
        wait that it had better come back.
        """
        if self._group.waiting >= WAITING_MAX:
            raise QueueUnavailable("Too many captures at once: try again in a few seconds")
        return await self._group.submit(request)

    async def charge(self, key: str, rate: int) -> AdmissionResult | None:
        """Take a token for what is not accepted; None: without Redis there are no limits."""
        if not self._queue.closed:
            return None
        try:
            return await self._admission.take(key, rate)
        except QueueUnavailable:
            return None

    async def keep_warm(self) -> None:
        """Keep a connection to the fallback open, until cancelled.

        Once the queue has hung for its time, too little is left of the caller's to open one.
        """
        while True:
            with suppress(StorageUnavailable):
                await self._check_fallback()
            await asyncio.sleep(WARM_SECONDS)

    async def drain(self) -> None:
        """Finish what was taken in."""
        await self._group.drain()
        for breaker in (self._queue, self._replicas, self._fallback):
            breaker.stop()

    async def _flush(self, requests: Sequence[AdmissionRequest]) -> Sequence[AdmissionResult]:
        deadline = asyncio.get_running_loop().time() + WRITE_SECONDS
        if self._queue.closed:
            try:
                with QUEUE_WRITE_SECONDS.time():
                    results = await self._admission.admit(requests, confirm=self._replicas.closed)
            except QueueUnavailable as error:
                self._queue.trip(error)
            else:
                return await self._keep_rest(requests, results, deadline)
        return await self._keep(requests, deadline)

    async def _keep_rest(
        self,
        requests: Sequence[AdmissionRequest],
        results: Sequence[AdmissionResult],
        deadline: float,
    ) -> Sequence[AdmissionResult]:
        """Write to the fallback what a full queue refused, and what too few replicas have."""
        both = list(zip(requests, results, strict=True))
        for request, result in both:
            if result.status is AdmissionStatus.ACCEPTED:
                self._proofs.use(request.proof_key)
        if not all(result.confirmed for result in results):
            self._replicas.trip(Unconfirmed())
        if copies := [copy for each in both if (copy := _copy_of(*each))]:
            await self._write(copies, deadline)
        overflow = [request for request, result in both if result.status is AdmissionStatus.FULL]
        if not overflow:
            return results
        kept = iter(await self._keep(overflow, deadline))
        return [
            next(kept) if result.status is AdmissionStatus.FULL else result for result in results
        ]

    async def _keep(
        self, requests: Sequence[AdmissionRequest], deadline: float
    ) -> Sequence[AdmissionResult]:
        """Write to the fallback what brings no used proof."""
        are_fresh = [self._proofs.use(request.proof_key) for request in requests]
        fresh = [request for request, is_fresh in zip(requests, are_fresh, strict=True) if is_fresh]
        try:
            if fresh:
                await self._write([request.capture for request in fresh], deadline)
        except StorageUnavailable:
            for request in fresh:
                self._proofs.give_back(request.proof_key)
            raise
        return [_KEPT if is_fresh else _PROOF_USED for is_fresh in are_fresh]

    async def _write(self, captures: Sequence[bytes], deadline: float) -> None:
        if not self._fallback.closed:
            raise StorageUnavailable
        try:
            async with asyncio.timeout_at(deadline):
                with FALLBACK_WRITE_SECONDS.time():
                    await to_thread.run_sync(self._write_fallback, captures, limiter=self._threads)
        except (TimeoutError, StorageUnavailable) as error:
            self._fallback.trip(error)
            raise StorageUnavailable from error

    def _write_fallback(self, captures: Sequence[bytes]) -> None:
        with transaction(self._database) as cursor:
            fallback.keep(cursor, captures)

    async def _check_fallback(self) -> None:
        # Without a time-out: a thread that waits for a server that hangs cannot be called back.
        await to_thread.run_sync(self._ask_database, limiter=self._threads)

    def _ask_database(self) -> None:
        with transaction(self._database):
            pass


def _copy_of(request: AdmissionRequest, result: AdmissionResult) -> bytes | None:
    """What the fallback takes beside the queue, since too few replicas have it; None: nothing."""
    if result.confirmed:
        return None
    if result.status is AdmissionStatus.DUPLICATE:
        return under_first_id(request.capture, result.first_answer)
    return request.capture if result.status is AdmissionStatus.ACCEPTED else None


def _size_bytes(request: AdmissionRequest) -> int:
    return len(request.capture)
