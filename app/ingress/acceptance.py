"""The ladder: where an accepted capture is on disk before its caller hears of it.

1. the queue in Redis, which fsyncs before it answers
2. the inbox in PostgreSQL, when Redis is away, refuses or holds too much; the clock moves it on
3. nowhere: the caller is told to come back (503), within a second whatever hangs
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool

from app.domain.errors import QueueUnavailable, StorageUnavailable
from app.ingress.group_commit import GroupCommit
from app.ingress.rung import Rung
from app.queue.admission import Admission, Candidate, Code, Gate
from app.storage import inbox
from app.storage.database import Database, TransactionConflict, transaction

#: A job carries at most this many captures and, one capture more or less, this many bytes.
JOB_CAPTURES_MAX = 500
JOB_BYTES_MAX = 512 * 1024
#: Captures of one process that wait for their turn; what comes on top is refused at once.
WAITING_MAX = 5000
#: How long the whole ladder may take; the caller waits.
LADDER_SECONDS = 0.9

_KEPT = Admission(Code.ACCEPTED, -1, 0, b"")


class Acceptance:
    """Takes captures in and puts them on disk, many at a time."""

    def __init__(self, gate: Gate, database: Database) -> None:
        self._gate = gate
        self._database = database
        self._group = GroupCommit(
            self._flush, _weight, count_max=JOB_CAPTURES_MAX, weight_max=JOB_BYTES_MAX
        )
        self._queue = Rung("queue", gate.check_writable)
        self._inbox = Rung("inbox", self._check_inbox)

    async def accept(self, candidate: Candidate) -> Admission:
        """The verdict on a capture; an accepted one is on disk.

        Without Redis there are no limits and no double clicks: `remaining` is -1 then. Raises
        `StorageUnavailable` when the capture can be kept nowhere, `QueueUnavailable` when so many
        wait that it had better come back.
        """
        if self._group.waiting >= WAITING_MAX:
            raise QueueUnavailable("Too many captures at once: try again in a few seconds")
        return await self._group.submit(candidate)

    async def drain(self) -> None:
        """Finish what was taken in."""
        await self._group.drain()
        self._queue.stop()
        self._inbox.stop()

    async def _flush(self, candidates: Sequence[Candidate]) -> Sequence[Admission]:
        deadline = asyncio.get_running_loop().time() + LADDER_SECONDS
        if self._queue.holds:
            try:
                verdicts = await self._gate.admit(candidates)
            except QueueUnavailable as error:
                self._queue.broke(error)
            else:
                return await self._keep_overflow(candidates, verdicts, deadline)
        await self._keep(candidates, deadline)
        return [_KEPT] * len(candidates)

    async def _keep_overflow(
        self, candidates: Sequence[Candidate], verdicts: Sequence[Admission], deadline: float
    ) -> Sequence[Admission]:
        overflow = [
            candidate
            for candidate, verdict in zip(candidates, verdicts, strict=True)
            if verdict.code is Code.FULL
        ]
        if overflow:
            await self._keep(overflow, deadline)
        return [_KEPT if verdict.code is Code.FULL else verdict for verdict in verdicts]

    async def _keep(self, candidates: Sequence[Candidate], deadline: float) -> None:
        captures = [candidate.capture for candidate in candidates]
        if not self._inbox.holds:
            raise StorageUnavailable
        try:
            async with asyncio.timeout_at(deadline):
                await run_in_threadpool(self._write_inbox, captures)
        except (TimeoutError, StorageUnavailable, TransactionConflict) as error:
            self._inbox.broke(error)
            raise StorageUnavailable from error

    def _write_inbox(self, captures: Sequence[bytes]) -> None:
        with transaction(self._database) as cursor:
            inbox.keep(cursor, captures)

    async def _check_inbox(self) -> None:
        # Without a time-out: a thread that waits for a server that hangs cannot be called back.
        await run_in_threadpool(self._ask_database)

    def _ask_database(self) -> None:
        with transaction(self._database):
            pass


def _weight(candidate: Candidate) -> int:
    return len(candidate.capture)
