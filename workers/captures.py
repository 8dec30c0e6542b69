"""Queue `captures`: what waits in jobs of 1..N captures becomes one transaction.

1. The job's captures are read; one that cannot be read is set aside.
2. The jobs that other threads hold at that moment join it (batcher.py): one commit carries them
   all.
3. All are recorded together: captures, contacts, events, deliveries.
4. If PostgreSQL refuses them, halves are tried until the one that it refuses stands alone; that one
   is kept as rejected, with the reason, and the others go through.
5. After the commit the notifier rings for the webhooks that are owed something, and each thread
   returns, which acknowledges its job.

A job that comes twice changes nothing the second time. While PostgreSQL is away the job fails and
rests in the queue; nothing of it is lost.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import psycopg2

from app.domain.capture import Capture
from app.domain.errors import StorageUnavailable
from app.queue.jobs import DeliveryNotifier
from app.storage import captures as capture_rows
from app.storage.captures import decode_capture, decode_captures
from app.storage.database import Database, TransactionConflict, retrying, transaction
from app.storage.recording import Recorded, record
from workers.batcher import Batcher

log = logging.getLogger(__name__)

#: Transactions of one process under way: while one waits for PostgreSQL, the other merges.
TRANSACTIONS_AT_ONCE = 2
#: So far apart they begin while jobs come in quick succession: a transaction costs as much as a
#: dozen captures.
TRANSACTION_MIN_INTERVAL_SECONDS = 0.025
#: What one transaction carries at most; a single job may be larger.
TRANSACTION_CAPTURES_MAX = 500
TRANSACTION_BYTES_MAX = 512 * 1024
#: What PostgreSQL and its driver say of values that can never be stored.
_REFUSALS = (psycopg2.DataError, psycopg2.IntegrityError, ValueError, TypeError)


@dataclass
class _Job:
    """A job in hand, and why it was not recorded."""

    captures: list[Capture]
    size_bytes: int
    error: Exception | None = None


class Recorder:
    """Records jobs of captures; one for all threads of a process."""

    def __init__(
        self, database: Database, notifier: DeliveryNotifier, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._notifier = notifier
        self._now = now
        self._batcher = Batcher(
            self._record_jobs,
            how_many=_fit_together,
            at_once=TRANSACTIONS_AT_ONCE,
            min_interval_seconds=TRANSACTION_MIN_INTERVAL_SECONDS,
        )

    @property
    def waiting(self) -> int:
        """Jobs that wait for a transaction to take them along."""
        return self._batcher.waiting

    def record(self, raw_captures: msgspec.Raw) -> None:
        """Record the captures of one job, as JSON. Raises `StorageUnavailable`: try again later."""
        captures = self._read(raw_captures)
        if not captures:
            return
        job = _Job(captures, memoryview(raw_captures).nbytes)
        self._batcher.submit(job)
        if isinstance(job.error, StorageUnavailable | TransactionConflict):
            # Many threads share the error; each raises its own, lest tracebacks pile up on one.
            raise type(job.error) from job.error
        if job.error is not None:
            raise job.error

    def keep_unreadable(self, queue: str, payload: bytes, reason: str) -> None:
        """Keep what nobody could read, for a person to look at."""
        with transaction(self._database) as cursor:
            capture_rows.keep_unreadable(cursor, queue, payload, reason)
        log.error("job.unreadable", extra={"queue": queue, "reason": reason})

    def keep_poison(self, queue: str, message_id: str, reason: str, payload: bytes) -> None:
        """Keep a message that the broker could not make a job of."""
        self.keep_unreadable(queue, payload, reason)

    def _read(self, raw_captures: msgspec.Raw) -> list[Capture]:
        try:
            return decode_captures(raw_captures)
        except msgspec.DecodeError:
            return self._read_one_by_one(raw_captures)

    def _read_one_by_one(self, raw_captures: msgspec.Raw) -> list[Capture]:
        try:
            values = msgspec.json.decode(raw_captures, type=list[Any])
        except msgspec.DecodeError as error:
            self.keep_unreadable("captures", bytes(raw_captures), str(error))
            return []
        captures = []
        for raw in values:
            try:
                captures.append(decode_capture(raw))
            except msgspec.ValidationError as error:
                self.keep_unreadable("captures", msgspec.json.encode(raw), str(error))
        return captures

    def _record_jobs(self, jobs: Sequence[_Job]) -> None:
        try:
            self._record_together([capture for job in jobs for capture in job.captures])
        except (StorageUnavailable, TransactionConflict) as error:
            for job in jobs:
                job.error = error
        except Exception as error:
            self._record_apart(jobs, error)

    def _record_apart(self, jobs: Sequence[_Job], error: Exception) -> None:
        """Something in these jobs cannot be recorded: the others must not suffer for it."""
        if len(jobs) == 1:
            try:
                self._isolate(jobs[0].captures, error)
            except Exception as remaining:
                jobs[0].error = remaining
            return
        middle = len(jobs) // 2
        self._record_jobs(jobs[:middle])
        self._record_jobs(jobs[middle:])

    def _record_together(self, captures: list[Capture]) -> None:
        recorded = self._transact(captures)
        self._notifier.notify(recorded.webhook_ids)
        log.info(
            "captures.recorded",
            extra={"captures": recorded.captures, "events": recorded.events, "of": len(captures)},
        )

    def _transact(self, captures: list[Capture]) -> Recorded:
        return retrying(lambda: self._record_once(captures))

    def _record_once(self, captures: list[Capture]) -> Recorded:
        with transaction(self._database) as cursor:
            return record(cursor, captures, self._now())

    def _isolate(self, captures: list[Capture], error: Exception) -> None:
        if len(captures) == 1:
            self._set_aside(captures[0], error)
            return
        middle = len(captures) // 2
        try:
            self._record(captures[:middle])
        finally:
            self._record(captures[middle:])

    def _record(self, captures: list[Capture]) -> None:
        try:
            self._record_together(captures)
        except (StorageUnavailable, TransactionConflict):
            raise
        except Exception as error:
            self._isolate(captures, error)

    def _set_aside(self, capture: Capture, error: Exception) -> None:
        if not isinstance(error, _REFUSALS):
            raise error  # our own fault: the capture waits in the queue until that is mended
        self._reject(capture, error)

    def _reject(self, capture: Capture, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        try:
            with transaction(self._database) as cursor:
                capture_rows.insert_rejected(cursor, capture, reason)
        except _REFUSALS:
            self.keep_unreadable("captures", msgspec.json.encode(capture), reason)
        log.error("capture.rejected", extra={"capture_id": capture.id, "org_id": capture.org_id})


def _fit_together(jobs: Sequence[_Job]) -> int:
    """How many of these jobs, from the first, one transaction may carry."""
    captures, size_bytes = 0, 0
    for count, job in enumerate(jobs):
        captures += len(job.captures)
        size_bytes += job.size_bytes
        if captures > TRANSACTION_CAPTURES_MAX or size_bytes > TRANSACTION_BYTES_MAX:
            return count
    return len(jobs)
