"""Why a delivery is late, in words: from what is known of it and of its webhook's endpoint."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from app.domain.delivery.delivery import DeliveryStatus
from app.domain.webhook.webhook import WebhookStatus

#: What takes longer is explained.
PROMPT_SECONDS = 5.0


class Facts(NamedTuple):
    """What is known. `last` is what the latest attempt got: `503`, `timed_out`."""

    status: str
    created_at: datetime
    settled_at: datetime | None = None
    next_attempt_at: datetime | None = None
    attempts: int = 0
    last: str | None = None
    last_result: str | None = None
    webhook_status: str = WebhookStatus.ACTIVE
    status_reason: str | None = None
    rate_limit: int | None = None
    ordered: bool = False
    failure_count: int = 0
    circuit_open_until: datetime | None = None
    cooldown_until: datetime | None = None
    next_permit_at: datetime | None = None


#: Seconds in words: `3 min`.
Words = Callable[[float], str]


def why_late(facts: Facts, now: datetime, words: Words) -> str | None:
    """One or two sentences; None when there is nothing to explain."""
    match facts.status:
        case DeliveryStatus.SUCCEEDED:
            return _succeeded(facts, words)
        case DeliveryStatus.FAILED:
            return f"Gave up after {_attempts(facts)}{_over(facts, words)}. {_last(facts)}".strip()
        case DeliveryStatus.CANCELLED:
            return f"Cancelled: {facts.last_result or 'no longer wanted'}."
        case DeliveryStatus.ATTEMPTING:
            return "An attempt is under way."
    return _pending(facts, now, words)


def _succeeded(facts: Facts, words: Words) -> str | None:
    seconds = _seconds(facts.created_at, facts.settled_at)
    if seconds is None or seconds < PROMPT_SECONDS:
        return None
    if facts.attempts > 1:
        return f"It took {_attempts(facts)}{_over(facts, words)}; earlier ones failed."
    return f"It waited {words(seconds)} behind other deliveries of this webhook."


def _pending(facts: Facts, now: datetime, words: Words) -> str:
    if facts.webhook_status != WebhookStatus.ACTIVE:
        why = f" ({facts.status_reason})" if facts.status_reason else ""
        return (
            f"Held: the webhook is {facts.webhook_status}{why}. "
            "It is sent as soon as the webhook is active again."
        )
    for until, text in (
        (facts.circuit_open_until, _CIRCUIT.format(facts.failure_count)),
        (facts.cooldown_until, _COOLDOWN),
    ):
        seconds = _seconds(now, until)
        if seconds is not None and seconds > 0:
            return f"{text} {words(seconds)}. {_last(facts)}".strip()
    return _due(facts, now, words)


_CIRCUIT = "The endpoint failed {} times in a row, so all its deliveries pause. The next try is in"
_COOLDOWN = "The receiver asked for a pause (Retry-After); the next try is in"


def _due(facts: Facts, now: datetime, words: Words) -> str:
    seconds = _seconds(now, facts.next_attempt_at)
    if seconds is not None and seconds > 0:
        return f"{_last(facts)} The next attempt is in {words(seconds)}.".strip()
    permit = _seconds(now, facts.next_permit_at)
    if permit is not None and permit > 0 and facts.rate_limit:
        return f"It waits for the webhook's rate limit of {facts.rate_limit} per second."
    if facts.ordered:
        return "It is due, but waits for earlier events of the same contact (ordered webhook)."
    waited = -seconds if seconds is not None else 0
    if waited < PROMPT_SECONDS:
        return "It is about to be sent."
    return (
        f"It has been due for {words(waited)}: the delivery workers are busy "
        "with this webhook's backlog, or they are not running."
    )


def _last(facts: Facts) -> str:
    if not facts.attempts or not facts.last:
        return ""
    if facts.last.isdecimal():
        return f"The receiver answered {facts.last}."
    return f"The last attempt got no answer: {facts.last.replace('_', ' ')}."


def _attempts(facts: Facts) -> str:
    return "1 attempt" if facts.attempts == 1 else f"{facts.attempts} attempts"


def _over(facts: Facts, words: Words) -> str:
    seconds = _seconds(facts.created_at, facts.settled_at)
    return f" over {words(seconds)}" if seconds else ""


def _seconds(first: datetime | None, later: datetime | None) -> float | None:
    return None if first is None or later is None else (later - first).total_seconds()
