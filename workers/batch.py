"""What a delivery thread and the completer (completer.py) hand each other."""

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
    """The figures that deliveries go by."""

    policy: RetryPolicy
    max_in_flight: int
    #: The hard end of an attempt.
    attempt_seconds: float

    @property
    def lease_seconds(self) -> float:
        """How long a claimed delivery belongs to whom it was given."""
        return self.attempt_seconds + LEASE_MARGIN_SECONDS


@dataclass(frozen=True)
class Attempted:
    """An attempt that was made and decided on."""

    row: Settled
    decision: Decision
    timed_out: bool
    #: Where it was sent; the webhook may have another URL by now.
    url: str
    #: How long the receiver took to answer, without what we took.
    waited_seconds: float = 0.0


@dataclass
class Batch:
    """What a thread hands in and asks for, and then what it gets."""

    webhook_id: str
    attempted: Sequence[Attempted]
    wanted: int
    #: Claimed, and given back as they were.
    unsent: Sequence[Claimed] = ()
    #: Leases that come of it last from then on, at least (monotonic seconds).
    asked_at: float = field(default_factory=time.monotonic)
    endpoint: Endpoint | None = None
    claimed: list[Claimed] = field(default_factory=list)
    #: The endpoint could carry more than was asked for, and more may be due.
    more: bool = False
    #: The endpoint's rate limit has no turn, or its rest no end, before that.
    wait_seconds: float = 0.0
    error: Exception | None = None

    def start_over(self) -> None:
        """Forget what a transaction gave that was rolled back."""
        self.endpoint, self.claimed, self.more, self.wait_seconds = None, [], False, 0.0
