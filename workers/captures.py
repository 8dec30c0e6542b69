"""Queue `captures`: a job of 1..N captures becomes one transaction.

1. The job's captures are read; one that cannot be read is set aside.
2. All are recorded together: captures, contacts, events, deliveries.
3. If PostgreSQL refuses them, halves are tried until the one that it refuses stands alone; that one
   is kept as rejected, with the reason, and the others go through.
4. After the commit the doorbell rings for the webhooks that are owed something.

A job that comes twice changes nothing the second time. While PostgreSQL is away the job fails and
rests in the queue; nothing of it is lost.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
import psycopg2

from app.domain.capture import Capture
from app.domain.errors import StorageUnavailable
from app.queue.jobs import Doorbell
from app.storage import captures as capture_rows
from app.storage.captures import decode_capture
from app.storage.database import Database, TransactionConflict, transaction
from app.storage.recording import Recorded, record

log = logging.getLogger(__name__)

#: Lost races in a row after which a job goes back to the queue.
CONFLICTS_MAX = 20
#: What PostgreSQL and its driver say of values that can never be stored.
_REFUSALS = (psycopg2.DataError, psycopg2.IntegrityError, ValueError, TypeError)


class Recorder:
    """Records jobs of captures; one for all threads of a process."""

    def __init__(self, database: Database, doorbell: Doorbell, now: Callable[[], datetime]) -> None:
        self._database = database
        self._doorbell = doorbell
        self._now = now

    def record(self, raw_captures: Sequence[object]) -> None:
        """Record the captures of one job. Raises `StorageUnavailable`: try again later."""
        self._record(self._read(raw_captures))

    def keep_unreadable(self, queue: str, payload: bytes, reason: str) -> None:
        """Keep what nobody could read, for a person to look at."""
        with transaction(self._database) as cursor:
            capture_rows.keep_unreadable(cursor, queue, payload, reason)
        log.error("job.unreadable", extra={"queue": queue, "reason": reason})

    def keep_poison(self, queue: str, message_id: str, reason: str, payload: bytes) -> None:
        """Keep a message that the broker could not make a job of."""
        self.keep_unreadable(queue, payload, reason)

    def _read(self, raw_captures: Sequence[object]) -> list[Capture]:
        captures = []
        for raw in raw_captures:
            try:
                captures.append(decode_capture(raw))
            except msgspec.ValidationError as error:
                self.keep_unreadable("captures", msgspec.json.encode(raw), str(error))
        return captures

    def _record(self, captures: list[Capture]) -> None:
        if not captures:
            return
        try:
            recorded = self._transact(captures)
        except (StorageUnavailable, TransactionConflict):
            raise
        except Exception as error:
            self._isolate(captures, error)
            return
        self._doorbell.ring(recorded.webhook_ids)
        log.info(
            "captures.recorded",
            extra={"captures": recorded.captures, "events": recorded.events, "of": len(captures)},
        )

    def _transact(self, captures: list[Capture]) -> Recorded:
        for _ in range(CONFLICTS_MAX):
            try:
                with transaction(self._database) as cursor:
                    return record(cursor, captures, self._now())
            except TransactionConflict:
                continue
        raise TransactionConflict

    def _isolate(self, captures: list[Capture], error: Exception) -> None:
        if len(captures) == 1:
            self._set_aside(captures[0], error)
            return
        middle = len(captures) // 2
        try:
            self._record(captures[:middle])
        finally:
            self._record(captures[middle:])

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
