"""Replays: the scheduler feeds past events to webhooks, no faster than they take them.

A replayed delivery waits in the same queue as a live one, so the queue is kept short. Each step
opens about as many deliveries as the webhook took since the previous step, and none while live
deliveries wait. A live event that comes in during a replay of millions waits for one step at most.
"""

from __future__ import annotations

import logging
import time

from app.queue.notifier import DeliveryNotifier
from app.storage.database import Cursor, Database, transaction
from app.storage.delivery import replays

log = logging.getLogger(__name__)

#: How often each replay is looked at.
INTERVAL_SECONDS = 0.25
#: How often replays are looked for while there are none.
IDLE_SECONDS = 1.0
#: Events that one step opens: at first and at least, and at most.
STEP_MIN = 20
STEP_MAX = 500


class Replays:
    """Advances replays. What it remembers only sets the pace."""

    def __init__(self, database: Database, notifier: DeliveryNotifier) -> None:
        self._database = database
        self._notifier = notifier
        #: Events of the last step, by webhook.
        self._steps: dict[str, int] = {}
        self._look_at = 0.0

    def advance(self) -> None:
        """Advance running replays by one step, one replay for each webhook."""
        if not self._steps and time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + IDLE_SECONDS
        with transaction(self._database) as cursor:
            running = replays.running(cursor)
        first_of_webhook = {webhook_id: replay_id for replay_id, webhook_id in reversed(running)}
        self._steps = {w: step for w, step in self._steps.items() if w in first_of_webhook}
        for webhook_id, replay_id in first_of_webhook.items():
            with transaction(self._database) as cursor:
                opened = self._step(cursor, webhook_id, replay_id)
            if opened:
                self._notifier.notify([webhook_id])

    def _step(self, cursor: Cursor, webhook_id: str, replay_id: str) -> int:
        locked = replays.lock_running(cursor, replay_id)
        if locked is None:
            return 0
        replay, subscribed = locked
        before = self._steps.get(webhook_id, STEP_MIN)
        waiting = replays.count_due(cursor, webhook_id, before + 1)
        size = next_step(before, waiting)
        self._steps[webhook_id] = max(size, STEP_MIN)
        opened = replays.step(cursor, replay, subscribed, size) if size else 0
        if opened:
            log.info(
                "replay.advanced",
                extra={"replay_id": replay_id, "webhook_id": webhook_id, "deliveries": opened},
            )
        return opened


def next_step(before: int, waiting: int) -> int:
    """How many events to open now, when `before` were opened last and `waiting` are still due.

    None left: twice as many. Some left: what the endpoint carried, less what waits already; none
    at all when more wait than were opened, for then a live backlog is among them.
    """
    if waiting == 0:
        return min(before * 2, STEP_MAX)
    carried = before - waiting
    return max(0, min(carried, STEP_MAX) - waiting)
