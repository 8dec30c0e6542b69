"""Why a delivery is late, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.delivery.lateness import Facts, why_late

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
MADE = NOW - timedelta(minutes=10)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("status", "facts", "words"),
    [
        ("succeeded", {"settled_at": MADE + timedelta(seconds=1)}, None),
        (
            "succeeded",
            {"settled_at": MADE + timedelta(seconds=90), "attempts": 3},
            "It took 3 attempts over 90 s; earlier ones failed.",
        ),
        (
            "succeeded",
            {"settled_at": MADE + timedelta(seconds=8), "attempts": 1},
            "It waited 8 s behind other deliveries of this webhook.",
        ),
        (
            "failed",
            {"settled_at": NOW, "attempts": 15, "last": "500"},
            "Gave up after 15 attempts over 600 s. The receiver answered 500.",
        ),
        ("cancelled", {"last_result": "webhook deleted"}, "Cancelled: webhook deleted."),
        ("attempting", {}, "An attempt is under way."),
        (
            "pending",
            {"webhook_status": "disabled", "status_reason": "410"},
            "Held: the webhook is disabled (410). "
            "It is sent as soon as the webhook is active again.",
        ),
        (
            "pending",
            {"circuit_open_until": at(9), "failure_count": 7, "attempts": 1, "last": "503"},
            "The endpoint failed 7 times in a row, so all its deliveries pause. "
            "The next try is in 9 s."
            " The receiver answered 503.",
        ),
        (
            "pending",
            {"circuit_open_until": at(-1), "cooldown_until": at(60)},
            "The receiver asked for a pause (Retry-After); the next try is in 60 s.",
        ),
        (
            "pending",
            {"next_attempt_at": at(40), "attempts": 2, "last": "timed_out"},
            "The last attempt got no answer: timed out. The next attempt is in 40 s.",
        ),
        (
            "pending",
            {"next_attempt_at": at(-30), "rate_limit": 5, "next_permit_at": at(2)},
            "It waits for the webhook's rate limit of 5 per second.",
        ),
        (
            "pending",
            {"next_attempt_at": at(-30), "ordered": True},
            "It is due, but waits for earlier events of the same contact (ordered webhook).",
        ),
        ("pending", {"next_attempt_at": at(-1)}, "It is about to be sent."),
        (
            "pending",
            {"next_attempt_at": at(-30)},
            "It has been due for 30 s: the delivery workers are busy with this "
            "webhook's backlog, or they are not running.",
        ),
    ],
)
def test_what_is_known_is_said_in_words(
    status: str, facts: dict[str, Any], words: str | None
) -> None:
    known = Facts(status, MADE, **facts)
    assert why_late(known, NOW, lambda seconds: f"{seconds:.0f} s") == words
