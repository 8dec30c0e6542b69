"""Queue `captures`: the jobs that wait, each of 1..N captures, become one transaction.

1. The jobs' captures are read; one that cannot be read is set aside.
2. Each is scored: what looks like spam may go to quarantine.
3. All are recorded together: captures, contacts, events, deliveries.
4. If PostgreSQL refuses a value, halves are tried until the capture that it refuses stands alone;
   that one is kept as rejected, with the reason, and the others go through.
5. After the commit the first attempts that were leased are pushed to their delivery process, and
   the notifier tells workers which webhooks have something due; then the jobs are acknowledged.

A job that comes twice changes nothing the second time. Whatever else goes wrong, the database that
is away or a bug of ours, fails the jobs, and the queue keeps them for another try.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg2

from app.domain.capture.capture import Capture, CaptureStatus
from app.domain.ids import milliseconds_of
from app.metrics.families import RECORD_DELAY, RECORDED
from app.queue.batches import Batching
from app.queue.notifier import DeliveryNotifier
from app.storage.capture import captures as capture_rows
from app.storage.capture.captures import decode_capture, decode_captures
from app.storage.database import Database, retrying, transaction
from app.storage.delivery.new_deliveries import Holder
from app.storage.recording import Recorded, record
from workers.pusher import Pusher
from workers.spam import SpamFilter

log = logging.getLogger(__name__)

#: While one thread waits for PostgreSQL, the other merges.
THREADS = 2
#: Jobs of one call. A transaction costs as much as a dozen captures: at 1,000 jobs a second they
#: are collected for 25 ms, at 500, where there is processor time to spare, for some 8 ms.
BATCHING = Batching(jobs_max=64, bytes_max=512 * 1024, interval_seconds_max=0.025, jobs_at_max=25)
#: What one transaction carries at most.
TRANSACTION_CAPTURES_MAX = 500
_RECORDED = CaptureStatus.RECORDED.value


class Recorder:
    """Records jobs of captures; one for all threads of a process."""

    def __init__(
        self,
        database: Database,
        notifier: DeliveryNotifier,
        now: Callable[[], datetime],
        pusher: Pusher | None = None,
    ) -> None:
        """`pusher`: sends first attempts on at once; None: all are claimed."""
        self._database = database
        self._notifier = notifier
        self._now = now
        self._pusher = pusher
        self._spam_filter = SpamFilter()

    def record(self, jobs: Sequence[msgspec.Raw]) -> None:
        """Record the captures of jobs, each a JSON list. What it raises is tried again later."""
        captures = [capture for job in jobs for capture in self._read(job)]
        self._spam_filter.score(captures)
        for start in range(0, len(captures), TRANSACTION_CAPTURES_MAX):
            self._record(captures[start : start + TRANSACTION_CAPTURES_MAX])

    def _record(self, captures: Sequence[Capture]) -> None:
        holder = self._pusher.choose() if self._pusher else None
        try:
            recorded = self._transact(captures, holder)
        except psycopg2.DataError as error:
            self._record_halves(captures, error)
            return
        webhook_ids, pushes, behind = recorded.published
        if self._pusher and holder and pushes:
            webhook_ids |= self._pusher.push(holder, pushes)
        self._notifier.notify(webhook_ids, behind)
        _count(captures, recorded)
        extra: dict[str, object] = {"captures": recorded.captures, "events": recorded.events}
        extra |= {"of": len(captures), "pushed": len(pushes)}
        if len(captures) == 1:  # by which one follows a lead from the form to the receiver
            (capture,) = captures
            extra |= {"capture_id": capture.id, "contact_id": capture.contact_id}
        log.info("captures.recorded", extra=extra)

    def _record_halves(self, captures: Sequence[Capture], error: psycopg2.DataError) -> None:
        if len(captures) == 1:
            self._reject(captures[0], error)
            return
        middle = len(captures) // 2
        self._record(captures[:middle])
        self._record(captures[middle:])

    def _transact(self, captures: Sequence[Capture], holder: Holder | None) -> Recorded:
        return retrying(lambda: self._record_once(captures, holder))

    def _record_once(self, captures: Sequence[Capture], holder: Holder | None) -> Recorded:
        with transaction(self._database) as cursor:
            return record(cursor, captures, self._now(), holder)

    def _reject(self, capture: Capture, error: psycopg2.DataError) -> None:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        try:
            with transaction(self._database) as cursor:
                capture_rows.insert_rejected(cursor, capture, reason)
        except psycopg2.DataError:
            self._keep_unreadable(msgspec.json.encode(capture), reason)
        RECORDED.labels("rejected").inc()
        log.error("capture.rejected", extra={"capture_id": capture.id, "org_id": capture.org_id})

    def _read(self, job: msgspec.Raw) -> Sequence[Capture]:
        try:
            return decode_captures(job)
        except msgspec.DecodeError:
            return self._read_one_by_one(job)

    def _read_one_by_one(self, job: msgspec.Raw) -> Sequence[Capture]:
        try:
            values = msgspec.json.decode(job, type=list[Any])
        except msgspec.DecodeError as error:
            self._keep_unreadable(bytes(job), str(error))
            return []
        captures = []
        for value in values:
            try:
                captures.append(decode_capture(value))
            except msgspec.ValidationError as error:
                self._keep_unreadable(msgspec.json.encode(value), str(error))
        return captures

    def _keep_unreadable(self, payload: bytes, reason: str) -> None:
        """Keep what cannot be read, for a person to look at."""
        with transaction(self._database) as cursor:
            capture_rows.keep_unreadable(cursor, "captures", payload, reason)
        log.error("capture.unreadable", extra={"reason": reason})


def _count(captures: Sequence[Capture], recorded: Recorded) -> None:
    """Count what was committed; which of the repeated were quarantined is not worth a query."""
    set_aside = Counter(capture.status for capture in captures if capture.status != _RECORDED)
    for status, count in set_aside.items():
        RECORDED.labels(status).inc(count)
    RECORDED.labels(_RECORDED).inc(recorded.events)
    RECORDED.labels("repeated").inc(len(captures) - recorded.captures)
    at = time.time()
    for capture in captures:
        RECORD_DELAY.observe(max(0.0, at - milliseconds_of(capture.id) / 1000))
