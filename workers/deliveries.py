"""Queue `deliveries`: the life of a delivery, as its workers see it.

1. Something makes it due: its event (the notifier rings after the commit) or the clock.
2. A thread answers the bell and claims it under a lease, within the webhook's window. If there is
   more to carry than it asked for, it rings for the next thread.
3. It signs and sends (attempts.py), holding no database connection, and never after its lease.
4. It hands the outcome to the ledger and takes the next one in the same exchange, or the next few
   from a receiver that answers at once, until nothing is due or its turn is over; then the bell's
   place in the queue is somebody else's.
5. A worker that dies in between leaves a lease behind, and the clock makes the delivery due again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from app.domain.delivery import Verdict
from app.domain.errors import StorageUnavailable
from app.queue.jobs import DeliveryNotifier
from app.storage.claims import Claimed
from workers.attempts import Attempts
from workers.exchange import LEASE_MARGIN_SECONDS, Attempted, Exchange, Terms
from workers.ledger import Ledger

#: How long one thread stays with one webhook while others wait for theirs.
TURN_SECONDS = 1.0
#: Several deliveries in one hand cost less than in as many. They wait for each other's answers,
#: so a round has as many as the receiver answers within this time: a window of ten still allows
#: for a thousand a second. What we take ourselves does not count, threads cannot share it.
ROUND_SECONDS = 0.01
#: A round ends early at this age.
ROUND_SECONDS_MAX = 0.05
#: How often a thread calls others to help: a bell that is answered in vain costs a delivery.
CALL_SECONDS = 0.2
#: Pause before an outcome is handed in again while PostgreSQL is away.
HAND_IN_AGAIN_SECONDS = 0.25


class Round:
    """What a thread has claimed in one exchange, and sends one after the other."""

    def __init__(self, exchange: Exchange, attempts: Attempts) -> None:
        self._exchange = exchange
        self._attempts = attempts
        self._began_at = time.monotonic()
        self.attempted: list[Attempted] = []

    @property
    def unsent(self) -> Sequence[Claimed]:
        """What was not attempted."""
        return self._exchange.claimed[len(self.attempted) :]

    def run(self) -> None:
        """Attempt them, as long as the receiver answers well and at once."""
        endpoint = self._exchange.endpoint
        for claimed in self._exchange.claimed:
            if not self._may_go_on():
                return
            assert endpoint is not None
            self.attempted.append(self._attempts.make(endpoint, claimed))

    def next_size(self, largest: int) -> int:
        """How many deliveries the next round may have."""
        if not self.attempted or not self._all_well():
            return 1
        waited = sum(attempted.waited_seconds for attempted in self.attempted)
        fitting = len(self.attempted) * ROUND_SECONDS / waited if waited else largest
        return max(1, min(largest, int(fitting)))

    def _may_go_on(self) -> bool:
        moment = time.monotonic()
        if moment > self._exchange.asked_at + LEASE_MARGIN_SECONDS:
            return False  # this process slept, and an attempt might outlive the lease
        return not self.attempted or (
            self._all_well() and moment < self._began_at + ROUND_SECONDS_MAX
        )

    def _all_well(self) -> bool:
        # An earlier one that did not go well has ended the round.
        return self.attempted[-1].decision.verdict is Verdict.SUCCEEDED


class Courier:
    """Carries a webhook's due deliveries; one for all threads of a process."""

    def __init__(
        self, ledger: Ledger, notifier: DeliveryNotifier, attempts: Attempts, terms: Terms
    ) -> None:
        self._ledger = ledger
        self._notifier = notifier
        self._attempts = attempts
        self._terms = terms
        self._pacing: set[str] = set()

    def deliver(self, webhook_id: str) -> None:
        """Attempt what is due of this webhook, round after round, for one turn."""
        self._notifier.take(webhook_id)
        may_call_at = time.monotonic()
        turn_ends = may_call_at + TURN_SECONDS
        exchange = self._ledger.exchange(webhook_id, (), wanted=1)
        while exchange.claimed or self._wait_for_pace(exchange, turn_ends):
            if exchange.more and time.monotonic() >= may_call_at:
                may_call_at = time.monotonic() + CALL_SECONDS
                self._notifier.notify([webhook_id])
            this = Round(exchange, self._attempts)
            this.run()
            # Half of the window: while one thread sends its half, another one's is recorded.
            wanted = this.next_size(self._terms.window // 2)
            if time.monotonic() >= turn_ends:
                wanted = 0
            exchange = self._hand_in(exchange, this, wanted)
            if not wanted:
                self._notifier.notify([webhook_id])

    def _wait_for_pace(self, exchange: Exchange, turn_ends: float) -> bool:
        """Wait for the endpoint's next turn, if it has one soon; one thread waits, not all."""
        soon = 0 < exchange.wait_seconds < turn_ends - time.monotonic()
        if not soon or exchange.webhook_id in self._pacing:
            return False
        self._pacing.add(exchange.webhook_id)
        try:
            time.sleep(exchange.wait_seconds)
        finally:
            self._pacing.discard(exchange.webhook_id)
        return True

    def _hand_in(self, exchange: Exchange, done: Round, wanted: int) -> Exchange:
        # An outcome that is not recorded is sent again, so it is worth waiting for PostgreSQL as
        # long as nobody else may take the delivery up.
        lease_ends = exchange.asked_at + self._terms.lease_seconds
        while True:
            try:
                return self._ledger.exchange(
                    exchange.webhook_id, done.attempted, wanted, done.unsent
                )
            except StorageUnavailable:
                if time.monotonic() + HAND_IN_AGAIN_SECONDS > lease_ends:
                    raise
                time.sleep(HAND_IN_AGAIN_SECONDS)
