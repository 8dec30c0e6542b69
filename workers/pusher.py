"""Sends pushed first attempts to the delivery processes that hold their leases."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from app.domain.delivery.retry_policy import RetryRules
from app.domain.errors import QueueUnavailable, StorageUnavailable
from app.queue.push_channel import PushSender
from app.storage.database import Database, transaction
from app.storage.delivery.leases import give_back
from app.storage.delivery.new_deliveries import Holder
from app.storage.delivery.pushes import Push, messages_of

log = logging.getLogger(__name__)


class Pusher:
    """One for all threads of a process."""

    def __init__(self, database: Database, sender: PushSender, retries: RetryRules) -> None:
        self._database = database
        self._sender = sender
        self._retries = retries

    def choose(self) -> Holder | None:
        """Who may get pushes; None: nobody listens."""
        name = self._sender.choose()
        return Holder(name, self._retries) if name else None

    def push(self, holder: Holder, pushes: Sequence[Push]) -> set[str]:
        """Send what was leased to `holder`; return the webhooks of what it did not receive.

        Those deliveries are due again. What it may have received stays leased to it: if it did not
        arrive, the holder finds out (leases.py).
        """
        unsent: list[Push] = []
        for some, message in messages_of(pushes):
            if unsent:
                unsent += some
                continue
            try:
                if not self._sender.send(holder.name, message):
                    unsent += some
            except QueueUnavailable:
                log.info("delivery.push_unanswered", extra={"deliveries": len(some)})
        return self._give_back(unsent) if unsent else set()

    def _give_back(self, unsent: Sequence[Push]) -> set[str]:
        log.info("delivery.not_pushed", extra={"deliveries": len(unsent)})
        try:
            with transaction(self._database) as cursor:
                return set(give_back(cursor, [push.claimed for push in unsent]))
        except StorageUnavailable:
            return (
                set()
            )  # the holder finds that it never got them, or the scheduler that it is gone
