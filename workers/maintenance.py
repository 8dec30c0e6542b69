"""The scheduler's prompt tasks: restart whatever is due but not moving."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial

from app.metrics.families import LEASES_EXPIRED
from app.queue.broker import StreamsBroker
from app.queue.jobs import DELIVERIES
from app.queue.legacy_lists import move_legacy_jobs
from app.queue.notifier import DeliveryNotifier
from app.queue.silence import Silence
from app.storage.database import Cursor, Database, transaction
from app.storage.delivery import deliveries, leases

log = logging.getLogger(__name__)

#: Rows that one step touches: no step holds a lock for long.
STEP = 1000

#: A delivery process whose heartbeat (one a second) has not changed for so long holds no leases any
#: more. If it lives after all, what it has in flight comes twice.
DEAD_AFTER_SECONDS = 2.5


class MaintenanceTasks:
    """What the scheduler does for deliveries."""

    def __init__(self, database: Database, broker: StreamsBroker) -> None:
        self._database = database
        self._broker = broker
        self._notifier = DeliveryNotifier(broker.client)
        self._silence = Silence(DEAD_AFTER_SECONDS)

    def notify_due(self) -> None:
        """Ring for every webhook that has something due."""
        with transaction(self._database) as cursor:
            due = deliveries.due_webhooks(cursor)
        self._notifier.notify(due)

    def release_lost_leases(self) -> None:
        """Make due again what a dead process held, and what was held for too long."""
        step = partial(self._release_lost, self._broker.heartbeats(DELIVERIES))
        most = deliveries.RELEASED_AT_ONCE
        LEASES_EXPIRED.inc(self._in_steps("delivery.released", step, most))

    def _release_lost(self, beats: Mapping[bytes, bytes], cursor: Cursor) -> int:
        names = [holder.encode() for holder in leases.holders(cursor)]
        dead = [name.decode() for name in self._silence.find_dead(beats, names)]
        return deliveries.release_lost(cursor, dead)

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
