"""What the engine (engine.py) and the completer (completer.py) pass each other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.domain.delivery.concurrency import Answer
from app.domain.delivery.delivery import Decision
from app.domain.delivery.retry_policy import RetryRules
from app.storage.delivery.claims import Claimed
from app.storage.delivery.deliveries import Settled
from app.storage.delivery.leases import Held, Lease
from app.storage.webhook.endpoints import Endpoint


@dataclass(frozen=True)
class DeliveryConfig:
    """The settings that deliveries follow."""

    retries: RetryRules
    #: Attempts in flight to one webhook from one process, at most.
    max_in_flight: int
    #: Attempts in flight from one process, all webhooks together.
    slots: int


@dataclass
class Attempted:
    """An attempt that was made and decided on."""

    row: Settled
    decision: Decision
    #: What it says about the receiver's load.
    answer: Answer
    #: Where it was sent; the webhook may have another URL by now.
    url: str
    #: Time until the receiver answered, without our own share.
    waited_seconds: float = 0.0
    #: Whether a failure is one of the endpoint's, not of our having sent too much at once.
    counts: bool = True


@dataclass
class WebhookWork:
    """What one transaction does for one webhook: the request, and below it what comes of it."""

    webhook_id: str
    attempted: Sequence[Attempted] = ()
    #: Claimed but not attempted; they go back as they were.
    unsent: Sequence[Claimed | Lease] = ()
    #: Deliveries to claim, at most.
    wanted: int = 0
    #: A concurrency limit to be remembered for other processes.
    learned: int | None = None
    #: What had kept from leaving what is claimed now.
    waited_for: str | None = None

    endpoint: Endpoint | None = None
    claimed: list[Claimed] = field(default_factory=list)
    #: No lease of `claimed` began earlier than this (monotonic seconds).
    asked_at: float = 0.0
    #: More may be due than was claimed.
    more: bool = False
    #: Seconds until anything else may leave, and why: `pause` or `pace`.
    wait_seconds: float = 0.0
    wait_reason: str | None = None
    error: Exception | None = None

    def start_over(self) -> None:
        """Forget the results of a transaction that was rolled back."""
        self.endpoint, self.claimed, self.more, self.error = None, [], False, None
        self.wait_seconds, self.wait_reason = 0.0, None
        self.asked_at = time.monotonic()


@dataclass
class Transaction:
    """What the engine has one transaction do, and below it what comes of it."""

    works: Sequence[WebhookWork]
    #: Whether to read which leases this process holds.
    looks: bool

    #: Other webhooks to notify.
    notify: set[str] = field(default_factory=set)
    held: Held | None = None
    #: When that was asked for (monotonic seconds).
    looked_at: float = 0.0
    fault: BaseException | None = None
    is_over: bool = False
