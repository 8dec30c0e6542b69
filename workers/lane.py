"""One webhook in one delivery process: what is in flight, what is due, what was learned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from app.domain.delivery.health import is_circuit_open, opens_at
from app.domain.delivery.slots import Demand
from app.domain.errors import StorageUnavailable
from app.storage.delivery.claims import Claimed
from app.storage.delivery.leases import Lease
from app.storage.webhook.endpoints import Endpoint
from workers.due_time import DueTime
from workers.flights import Flights
from workers.reputation import Reputation
from workers.waiting import WaitingPush, WaitingPushes
from workers.work import Attempted, WebhookWork


class Lane:
    """Used by the engine's loop alone. Times are monotonic seconds."""

    def __init__(self, webhook_id: str, cap: int) -> None:
        self.webhook_id = webhook_id
        self._reputation = Reputation(cap)
        #: The webhook when it was read last.
        self.endpoint: Endpoint | None = None
        self._read_at = float("-inf")
        self._waiting = WaitingPushes()
        #: What the transaction that runs may claim.
        self._claiming = 0
        self._flights = Flights()
        self._finished: list[Attempted] = []
        self._unsent: list[Claimed | Lease] = []
        self.due = DueTime()
        #: What kept something due from leaving: pause, pace, limit, bulkhead or slots.
        self.waits_for: str | None = None

    @property
    def in_flight(self) -> int:
        """Attempts under way."""
        return len(self._flights)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way, due or to be recorded."""
        return not (self.due.is_due or self._claiming or self.is_busy)

    def is_stuck(self, now: float) -> bool:
        """Whether it can do nothing before one of its attempts ends."""
        is_full = len(self._flights) >= self._reputation.limit
        return is_full and not (
            self._claiming or self._waiting or self.has_results or self.is_proven(now)
        )

    @property
    def has_results(self) -> bool:
        """Whether something is to be recorded."""
        return bool(self._finished or self._unsent)

    @property
    def is_busy(self) -> bool:
        """Whether something is under way, held or to be recorded."""
        return bool(self._flights or self._waiting or self.has_results)

    @property
    def has_pushes(self) -> bool:
        """Whether pushes wait to be sent."""
        return bool(self._waiting)

    @property
    def waiting_bytes(self) -> int:
        """What the pushes take that have not been sent."""
        return self._waiting.bytes

    @property
    def needs_endpoint(self) -> bool:
        """Whether a push waits for what its webhook is now."""
        return bool(self._waiting) and not self._waiting.fits(self.endpoint)

    def note_due(self, now: float) -> None:
        """Something may be due."""
        self.due.note(now)

    def hold(self, push: WaitingPush) -> None:
        """Send a push as soon as may be."""
        self._waiting.add(push)

    def give_back(self, unsent: Sequence[Claimed | Lease], now: float) -> None:
        """Make leased deliveries due again; they are claimed in their turn."""
        self._unsent += unsent
        self.note_due(now)

    def review_pushes(self, now: float, *, keep: bool) -> None:
        """Give back the pushes that have waited for too long, or must not leave."""
        unsent = self._waiting.take_stale(now) if keep else self._waiting.take_all()
        unsent += self._waiting.take_outdated(self.endpoint, self._read_at)
        if self._waiting and not self.needs_endpoint and self._is_held_back(now):
            unsent += self._waiting.take_all()
        if unsent:
            self.give_back(unsent, now)

    def take_pushes(self, most: int) -> list[WaitingPush]:
        """Pushes to be sent now."""
        ready = 0 if self.needs_endpoint else min(most, len(self._waiting))
        return [self._waiting.take() for _ in range(ready)]

    @property
    def pushes_stale_at(self) -> list[float]:
        """When the next of its pushes has waited for too long."""
        return self._waiting.stale_at()

    def may_claim(self, now: float) -> bool:
        """Whether something may be due, and to be claimed."""
        return self.due.is_now(now) and not self._claiming

    @property
    def org_id(self) -> str:
        """Its org, once it is known."""
        return self.endpoint.org_id if self.endpoint else self.webhook_id

    @property
    def held(self) -> int:
        """Slots that are taken, or claimed for."""
        return len(self._flights) + self._claiming

    def demand(self, now: float) -> Demand | None:
        """What it wants; None: nothing that its limit allows."""
        may_claim = self.may_claim(now)
        if not (may_claim or self._waiting):
            return None
        ready = 0 if self.needs_endpoint else len(self._waiting)
        room = max(0, self._reputation.limit - self.held)
        wanted = room if may_claim else min(room, ready)
        if not wanted:
            if may_claim or ready:
                self.waits_for = "limit"
            return None
        return Demand(self.webhook_id, self.org_id, self.is_proven(now), self.held, wanted)

    def start(self, claimed: Sequence[Claimed], now: float) -> None:
        """Attempts begin together."""
        self._flights.start(claimed, now)

    def finish(self, claimed: Claimed, attempted: Attempted | None, now: float) -> None:
        """It is over; None: it was not made."""
        flight = self._flights.end(claimed)
        if attempted is None:
            self._unsent.append(claimed)
            return
        self._finished.append(attempted)
        self._reputation.note(attempted, flight.started_at, flight.in_flight, now)

    def work(self, wanted: int, now: float) -> WebhookWork:
        """What the next transaction is to do for it."""
        learned = self._reputation.worth_remembering(self.endpoint, now)
        work = WebhookWork(
            self.webhook_id,
            self._finished,
            self._unsent,
            wanted,
            learned,
            waited_for=self.waits_for,
        )
        self._finished, self._unsent = [], []
        self._claiming = wanted
        self.due.begin(now, claims=bool(wanted))
        return work

    def take(self, work: WebhookWork, now: float) -> None:
        """What came of it."""
        self._claiming = 0
        if isinstance(work.error, StorageUnavailable):
            self._finished = [*work.attempted, *self._finished]
            self._unsent = [*work.unsent, *self._unsent]
            return
        before = self.endpoint
        self._reputation.update(before, work.endpoint)
        if work.wanted:
            self.due.end(now, more=work.more, wait_seconds=work.wait_seconds)
            self.waits_for = work.wait_reason
        self.endpoint, self._read_at = work.endpoint, work.asked_at
        # What is settled may let the next one of its contact, or the next probe, leave.
        held_back = before is not None and (before.ordered or is_circuit_open(before.health))
        if work.attempted and held_back and not work.claimed:
            self.due.is_due = True

    def is_proven(self, now: float) -> bool:
        """Whether it answers well of late."""
        return self._reputation.is_proven(self._flights.oldest_at, now)

    def _is_held_back(self, now: float) -> bool:
        assert self.endpoint is not None
        passed = timedelta(seconds=now - self._read_at)
        health = self.endpoint.health
        pauses = is_circuit_open(health) or opens_at(health, self.endpoint.read_at + passed)
        return bool(pauses) or self.endpoint.status != "active"
