"""What waits, and for how long: by kind, and by webhook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

#: Every kind of thing that waits for a process of ours.
CAPTURE, FALLBACK, FIRST_ATTEMPT, RETRY = "capture", "fallback", "first_attempt", "retry"
KINDS = (CAPTURE, FALLBACK, FIRST_ATTEMPT, RETRY)
#: Webhooks that are shown by name; all others are one.
SHOWN_WEBHOOKS = 20
OTHER = "other"


class DueWebhook(msgspec.Struct, frozen=True):
    """A webhook with something due: seconds since the oldest of each class should have left."""

    webhook_id: str
    due_seconds: float
    first_attempt_seconds: float | None
    retry_seconds: float | None
    #: Deliveries in flight at once that it was found to bear; None: not known yet.
    concurrency_limit: int | None = None


def oldest_due(due: Iterable[DueWebhook]) -> dict[str, float]:
    """The age of the oldest due first attempt and retry of all webhooks; 0.0: none is due."""
    found = list(due)
    firsts = [each.first_attempt_seconds or 0.0 for each in found]
    retries = [each.retry_seconds or 0.0 for each in found]
    return {FIRST_ATTEMPT: max(firsts, default=0.0), RETRY: max(retries, default=0.0)}


def shown_webhooks(due: Sequence[DueWebhook], shown: int = SHOWN_WEBHOOKS) -> dict[str, DueWebhook]:
    """Those with the oldest due by id; the rest together as `other`, by its oldest."""
    ordered = sorted(due, key=lambda each: -each.due_seconds)
    named = {each.webhook_id: each for each in ordered[:shown]}
    rest = ordered[shown:]
    if rest:
        limits = [each.concurrency_limit for each in rest if each.concurrency_limit is not None]
        named[OTHER] = msgspec.structs.replace(
            rest[0], webhook_id=OTHER, concurrency_limit=min(limits, default=None)
        )
    return named
