"""The ladder: where an accepted capture is on disk before its caller hears of it.

    1. the queue in Redis, which fsyncs before it answers
    2. the inbox in PostgreSQL, when Redis is away, refuses or holds too much; the clock moves it on
    3. nowhere: the caller is told to come back (503)

A broken rung is not tried again by requests: a probe in the background finds out when it holds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

from starlette.concurrency import run_in_threadpool

from app.domain.errors import QueueUnavailable, StorageUnavailable
from app.ingress.group_commit import GroupCommit
from app.queue.admission import Admission, Candidate, Code, Gate
from app.storage import inbox
from app.storage.database import Database, TransactionConflict, transaction

log = logging.getLogger(__name__)

#: A job carries at most this many captures and, one capture more or less, this many bytes.
JOB_CAPTURES_MAX = 500
JOB_BYTES_MAX = 512 * 1024
#: How often a broken queue is probed.
PROBE_SECONDS = 0.25
#: How long the inbox may take; the caller waits.
INBOX_SECONDS = 0.8

_KEPT = Admission(Code.ACCEPTED, -1, 0, b"")


class Acceptance:
    """Takes captures in and puts them on disk, many at a time."""

    def __init__(self, gate: Gate, database: Database) -> None:
        self._gate = gate
        self._database = database
        self._group = GroupCommit(
            self._flush, _weight, count_max=JOB_CAPTURES_MAX, weight_max=JOB_BYTES_MAX
        )
        self._probe: asyncio.Task[None] | None = None

    @property
    def queue_is_up(self) -> bool:
        """Whether captures go to the queue at present."""
        return self._probe is None

    async def accept(self, candidate: Candidate) -> Admission:
        """The verdict on a capture; an accepted one is on disk.

        Without Redis there are no limits and no double clicks: `remaining` is -1 then. Raises
        `StorageUnavailable` when the capture can be kept nowhere.
        """
        return await self._group.submit(candidate)

    async def drain(self) -> None:
        """Finish what was taken in."""
        await self._group.drain()
        if self._probe is not None:
            self._probe.cancel()

    async def _flush(self, candidates: Sequence[Candidate]) -> Sequence[Admission]:
        if self.queue_is_up:
            try:
                verdicts = await self._gate.admit(candidates)
            except QueueUnavailable as error:
                self._start_probe(error)
            else:
                return await self._keep_overflow(candidates, verdicts)
        await self._keep(candidates)
        return [_KEPT] * len(candidates)

    async def _keep_overflow(
        self, candidates: Sequence[Candidate], verdicts: Sequence[Admission]
    ) -> Sequence[Admission]:
        overflow = [
            candidate
            for candidate, verdict in zip(candidates, verdicts, strict=True)
            if verdict.code is Code.FULL
        ]
        if overflow:
            await self._keep(overflow)
        return [_KEPT if verdict.code is Code.FULL else verdict for verdict in verdicts]

    async def _keep(self, candidates: Sequence[Candidate]) -> None:
        captures = [candidate.capture for candidate in candidates]
        try:
            async with asyncio.timeout(INBOX_SECONDS):
                await run_in_threadpool(self._write_inbox, captures)
        except (TimeoutError, TransactionConflict) as error:
            raise StorageUnavailable from error

    def _write_inbox(self, captures: Sequence[bytes]) -> None:
        with transaction(self._database) as cursor:
            inbox.keep(cursor, captures)

    def _start_probe(self, error: Exception) -> None:
        if self._probe is None:
            log.warning("queue.away", extra={"error": str(error.__cause__ or error)[:200]})
            self._probe = asyncio.create_task(self._probe_until_up())

    async def _probe_until_up(self) -> None:
        up = False
        while not up:
            await asyncio.sleep(PROBE_SECONDS)
            with suppress(QueueUnavailable):
                await self._gate.check_writable()
                up = True
        log.info("queue.back")
        self._probe = None


def _weight(candidate: Candidate) -> int:
    return len(candidate.capture)
