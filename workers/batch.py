"""What a delivery thread and the completer (completer.py) pass each other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.domain.backoff import RetryPolicy
from app.domain.delivery import Decision
from app.storage.claims import Claimed
from app.storage.deliveries import Settled
from app.storage.endpoints import Endpoint

#: A lease outlives the longest attempt by this much: time to start it and to record it.
LEASE_MARGIN_SECONDS = 15.0


@dataclass(frozen=True)
class DeliveryConfig:
    """The settings that deliveries follow."""

    policy: RetryPolicy
    max_in_flight: int
    #: Total time of one attempt.
    attempt_seconds: float

    @property
    def lease_seconds(self) -> float:
        """How long a claimed delivery belongs to its worker."""
        return self.attempt_seconds + LEASE_MARGIN_SECONDS


@dataclass(frozen=True)
class Attempted:
    """An attempt that was made and decided on."""

    row: Settled
    decision: Decision
    timed_out: bool
    #: Where it was sent; the webhook may have another URL by now.
    url: str
    #: Time until the receiver answered, without our own share.
    waited_seconds: float = 0.0


@dataclass
class Batch:
    """What a thread completes and requests, and then what it receives."""

    webhook_id: str
    attempted: Sequence[Attempted]
    wanted: int
    #: Claimed but not attempted; they go back as they were.
    unsent: Sequence[Claimed] = ()
    #: The leases it receives start no earlier than this (monotonic seconds).
    asked_at: float = field(default_factory=time.monotonic)
    endpoint: Endpoint | None = None
    claimed: list[Claimed] = field(default_factory=list)
    #: The webhook's limit allows more than was requested, and more may be due.
    more: bool = False
    #: Seconds until the webhook's next permit, or until its cooldown ends.
    wait_seconds: float = 0.0
    error: Exception | None = None

    def start_over(self) -> None:
        """Forget the results of a transaction that was rolled back."""
        self.endpoint, self.claimed, self.more, self.wait_seconds = None, [], False, 0.0
