"""What becomes of a delivery after an attempt: the decision, without doing it.

    pending ──claimed──► attempting ──2xx──────────────► succeeded
       ▲                     │ ├─ no attempts left, 410 ► failed
       └──retry, deferred────┘ └─ its webhook deleted ──► cancelled

A delivery whose webhook is paused or disabled stays pending and is shown as held.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from app.domain.delivery.backoff import RetryPolicy, delay_seconds, jittered


class DeliveryStatus(StrEnum):
    """Where a delivery is. HELD is shown, not stored: pending, while its webhook is not active."""

    PENDING = "pending"
    ATTEMPTING = "attempting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    HELD = "held"


class Verdict(StrEnum):
    """What an attempt means for its delivery."""

    SUCCEEDED = "succeeded"
    RETRY = "retry"
    DEFERRED = "deferred"  # the receiver named a time; costs no attempt
    FAILED = "failed"
    GONE = "gone"  # 410: failed, and the webhook is disabled


class History(NamedTuple):
    """A delivery before the attempt that is to be decided on."""

    failures: int
    deferrals: int
    age_seconds: float


class Decision(NamedTuple):
    """The verdict and, for a retry or a deferral, the pause until the next attempt.

    `rest_seconds`: for how long nothing at all may leave for that endpoint.
    """

    verdict: Verdict
    delay_seconds: float | None = None
    rest_seconds: float | None = None


#: How often a receiver may put a delivery off before it counts as a failure.
DEFERRALS_MAX = 10
#: The longest Retry-After that is honoured.
RETRY_AFTER_MAX_SECONDS = 24 * 3600.0
_BUSY = (429, 503)
_GONE = 410


def decide(
    history: History,
    status: int | None,
    retry_after_seconds: float | None,
    policy: RetryPolicy,
    chance: float,
) -> Decision:
    """The decision after an attempt that got `status` (None: no answer at all).

    `retry_after_seconds` is what the receiver asked for, `chance` (0 to 1) places the jitter.
    """
    if status is not None and 200 <= status < 300:
        return Decision(Verdict.SUCCEEDED)
    if status == _GONE:
        return Decision(Verdict.GONE)
    asked = None
    if retry_after_seconds is not None:
        asked = min(retry_after_seconds, RETRY_AFTER_MAX_SECONDS)
    if asked is not None and status in _BUSY and history.deferrals < DEFERRALS_MAX:
        return Decision(Verdict.DEFERRED, asked, asked)
    failures = history.failures + 1
    delay = max(asked or 0.0, jittered(delay_seconds(failures, policy), chance))
    exhausted = failures >= policy.max_attempts
    if exhausted or history.age_seconds + delay > policy.max_age_seconds:
        return Decision(Verdict.FAILED, None, asked)
    return Decision(Verdict.RETRY, delay, asked)


def unsent(history: History, policy: RetryPolicy) -> Decision:
    """The decision when we ourselves could not send: no attempt is used up, the endpoint rests."""
    if history.age_seconds > policy.max_age_seconds:
        return Decision(Verdict.FAILED)
    return Decision(Verdict.DEFERRED, policy.base_seconds, policy.base_seconds)
