"""The scheduler's prompt tasks: restart whatever is due but not moving."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from app.domain.errors import StorageUnavailable
from app.metrics.families import LEASES_EXPIRED
from app.queue.broker import StreamsBroker
from app.queue.durability import find_volatility
from app.queue.jobs import CAPTURES, DELIVERIES, RECORD_CAPTURES, encode_job
from app.queue.legacy_lists import move_legacy_jobs
from app.queue.notifier import DeliveryNotifier
from app.queue.silence import Silence
from app.storage import deliveries, fallback, leases
from app.storage.database import Cursor, Database, transaction
from workers.captures import Recorder

log = logging.getLogger(__name__)

#: Rows that one step touches: no step holds a lock for long.
STEP = 1000
#: Rows that one step moves out of the fallback table.
FALLBACK_STEP = 200
#: Rows go into one job up to this size: many short ones would cost a transaction each.
FALLBACK_JOB_CHARS = 256 * 1024

#: A delivery process whose heartbeat (one a second) has not changed for so long holds no leases any
#: more. If it lives after all, what it has in flight comes twice.
DEAD_AFTER_SECONDS = 2.5


class MaintenanceTasks:
    """What the scheduler does for captures and deliveries."""

    def __init__(
        self, database: Database, broker: StreamsBroker, recorder: Recorder | None = None
    ) -> None:
        """`recorder`: records what a volatile queue may not hold; None: any queue will do."""
        self._database = database
        self._broker = broker
        self._recorder = recorder
        self._notifier = DeliveryNotifier(broker.client)
        self._silence = Silence(DEAD_AFTER_SECONDS)

    def drain_fallback(self) -> None:
        """Move captures that were taken in while the queue was away into the queue.

        If that may lose them they are recorded here, without it.
        """
        if self._recorder and find_volatility(self._broker.client):
            self._record_fallback(self._recorder)
            return
        moved = FALLBACK_STEP
        while moved == FALLBACK_STEP:
            with transaction(self._database) as cursor:
                rows = fallback.oldest(cursor, FALLBACK_STEP)
                moved = len(rows)
                jobs = capture_jobs([captures for _, captures in rows])
                # Queued before it is forgotten: what is queued twice is recorded once.
                self._broker.enqueue_many(CAPTURES, jobs)
                fallback.remove(cursor, [row_id for row_id, _ in rows])
            if moved:
                log.info("fallback.emptied", extra={"rows": moved, "jobs": len(jobs)})

    def _record_fallback(self, recorder: Recorder) -> None:
        recorded = FALLBACK_STEP
        while recorded == FALLBACK_STEP:
            with transaction(self._database) as cursor:
                rows = fallback.oldest(cursor, FALLBACK_STEP)
            recorded = sum(self._record_row(recorder, *row) for row in rows)

    def _record_row(self, recorder: Recorder, row_id: int, captures: str) -> bool:
        """Record a row; a fault of ours leaves it where it is and lets the others pass."""
        try:
            recorder.record([msgspec.Raw(captures.encode())])
        except StorageUnavailable:
            raise
        except Exception:
            log.exception("fallback.not_recorded", extra={"row": row_id})
            return False
        # Forgotten only now: what is recorded twice is one capture.
        with transaction(self._database) as cursor:
            fallback.remove(cursor, [row_id])
        return True

    def notify_due(self) -> None:
        """Ring for every webhook that has something due."""
        with transaction(self._database) as cursor:
            due = deliveries.due_webhooks(cursor)
        self._notifier.notify(due)

    def release_lost_leases(self) -> None:
        """Make due again what a dead process held, and what was held for too long."""
        beats = self._broker.heartbeats(DELIVERIES)
        with transaction(self._database) as cursor:
            holders = leases.holders(cursor)
        dead = self._silence.find_dead(beats, [holder.encode() for holder in holders])
        names = [holder.decode() for holder in dead]
        step, most = partial(deliveries.release_lost, dead=names), deliveries.RELEASED_AT_ONCE
        LEASES_EXPIRED.inc(self._in_steps("delivery.released", step, most))

    def cancel_for_deleted_webhooks(self) -> None:
        """Cancel what is owed to webhooks that are gone."""
        self._in_steps("delivery.cancelled", lambda c: deliveries.cancel_deleted(c, STEP), STEP)

    def move_legacy_jobs(self) -> None:
        """Move what web processes of version 0.1 enqueue."""
        if jobs := move_legacy_jobs(self._broker.client):
            log.info("queue.legacy_jobs_moved", extra={"jobs": jobs})

    def _in_steps(self, event: str, step: Callable[[Cursor], int], most: int) -> int:
        touched, total = most, 0
        while touched == most:
            with transaction(self._database) as cursor:
                touched = step(cursor)
            total += touched
            if touched:
                log.info(event, extra={"deliveries": touched})
        return total


def capture_jobs(rows: Sequence[str]) -> list[bytes]:
    """Jobs for the captures of fallback rows, each a JSON list, in their order."""
    jobs: list[list[str]] = []
    room = 0
    for row in rows:
        if len(row) > room:
            jobs.append([])
            room = FALLBACK_JOB_CHARS
        jobs[-1].append(row[1:-1])
        room -= len(row)
    return [
        encode_job(RECORD_CAPTURES, [msgspec.Raw(f"[{','.join(job)}]".encode())]) for job in jobs
    ]
