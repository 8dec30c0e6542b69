"""Queue `deliveries`: the life of a delivery, as its workers see it.

1. Something makes it due: its event (the notifier runs after the commit) or the scheduler.
2. A thread takes the notification and claims deliveries under a lease, within the webhook's limit.
   If there is more to send than it asked for, it notifies another thread.
3. It signs and sends (attempts.py), holding no database connection, and never after its lease.
4. It completes the batch and claims the next one in the same transaction, until nothing is due or
   its turn is over; then another webhook's notification comes first.
5. A worker that dies in between leaves a lease behind, and the scheduler makes the delivery due
   again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from app.domain.delivery import Verdict
from app.domain.errors import StorageUnavailable
from app.queue.notifier import DeliveryNotifier
from app.storage.claims import Claimed
from workers.attempts import Attempts
from workers.batch import LEASE_MARGIN_SECONDS, Attempted, Batch, DeliveryConfig
from workers.completer import Completer

#: How long one thread stays with one webhook while others wait for theirs.
TURN_SECONDS = 1.0
#: Several deliveries in one hand cost less than in as many. They wait for each other's answers,
#: so a round has as many as the receiver answers within this time: a window of ten still allows
#: for a thousand a second. What we take ourselves does not count, threads cannot share it.
BATCH_SECONDS = 0.01
#: A round ends early at this age.
BATCH_SECONDS_MAX = 0.05
#: How often a thread calls others to help: a bell that is answered in vain costs a delivery.
CALL_SECONDS = 0.2
#: Pause before an outcome is handed in again while PostgreSQL is away.
COMPLETE_AGAIN_SECONDS = 0.25


class HeldBatch:
    """What a thread has claimed in one batch, and sends one after the other."""

    def __init__(self, batch: Batch, attempts: Attempts) -> None:
        self._batch = batch
        self._attempts = attempts
        self._began_at = time.monotonic()
        self.attempted: list[Attempted] = []

    @property
    def unsent(self) -> Sequence[Claimed]:
        """What was not attempted."""
        return self._batch.claimed[len(self.attempted) :]

    def run(self) -> None:
        """Attempt them, as long as the receiver answers well and at once."""
        endpoint = self._batch.endpoint
        for claimed in self._batch.claimed:
            if not self._may_go_on():
                return
            assert endpoint is not None
            self.attempted.append(self._attempts.make(endpoint, claimed))

    def next_size(self, largest: int) -> int:
        """How many deliveries the next round may have."""
        if not self.attempted or not self._all_well():
            return 1
        waited = sum(attempted.waited_seconds for attempted in self.attempted)
        fitting = len(self.attempted) * BATCH_SECONDS / waited if waited else largest
        return max(1, min(largest, int(fitting)))

    def _may_go_on(self) -> bool:
        moment = time.monotonic()
        if moment > self._batch.asked_at + LEASE_MARGIN_SECONDS:
            return False  # this process slept, and an attempt might outlive the lease
        return not self.attempted or (
            self._all_well() and moment < self._began_at + BATCH_SECONDS_MAX
        )

    def _all_well(self) -> bool:
        # An earlier one that did not go well has ended the round.
        return self.attempted[-1].decision.verdict is Verdict.SUCCEEDED


class DeliveryWorker:
    """Carries a webhook's due deliveries; one for all threads of a process."""

    def __init__(
        self,
        completer: Completer,
        notifier: DeliveryNotifier,
        attempts: Attempts,
        config: DeliveryConfig,
    ) -> None:
        self._completer = completer
        self._notifier = notifier
        self._attempts = attempts
        self._config = config
        self._pacing: set[str] = set()

    def deliver(self, webhook_id: str) -> None:
        """Attempt what is due of this webhook, round after round, for one turn."""
        self._notifier.take(webhook_id)
        may_call_at = time.monotonic()
        turn_ends = may_call_at + TURN_SECONDS
        batch = self._completer.settle_and_claim(webhook_id, (), wanted=1)
        while batch.claimed or self._wait_for_pace(batch, turn_ends):
            if batch.more and time.monotonic() >= may_call_at:
                may_call_at = time.monotonic() + CALL_SECONDS
                self._notifier.notify([webhook_id])
            this = HeldBatch(batch, self._attempts)
            this.run()
            # Half of the limit: while one thread sends its half, another one's is recorded.
            wanted = this.next_size(self._config.max_in_flight // 2)
            if time.monotonic() >= turn_ends:
                wanted = 0
            batch = self._complete(batch, this, wanted)
            if not wanted:
                self._notifier.notify([webhook_id])

    def _wait_for_pace(self, batch: Batch, turn_ends: float) -> bool:
        """Wait for the endpoint's next turn, if it has one soon; one thread waits, not all."""
        soon = 0 < batch.wait_seconds < turn_ends - time.monotonic()
        if not soon or batch.webhook_id in self._pacing:
            return False
        self._pacing.add(batch.webhook_id)
        try:
            time.sleep(batch.wait_seconds)
        finally:
            self._pacing.discard(batch.webhook_id)
        return True

    def _complete(self, batch: Batch, done: HeldBatch, wanted: int) -> Batch:
        # An outcome that is not recorded is sent again, so it is worth waiting for PostgreSQL as
        # long as nobody else may take the delivery up.
        lease_ends = batch.asked_at + self._config.lease_seconds
        while True:
            try:
                return self._completer.settle_and_claim(
                    batch.webhook_id, done.attempted, wanted, done.unsent
                )
            except StorageUnavailable:
                if time.monotonic() + COMPLETE_AGAIN_SECONDS > lease_ends:
                    raise
                time.sleep(COMPLETE_AGAIN_SECONDS)
