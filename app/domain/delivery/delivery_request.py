"""The request of a delivery, besides its signatures: what is sent, and what its owner is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

VERSION = "1.0"
USER_AGENT = f"Rex-Webhooks/{VERSION}"

#: Headers that are made anew for every attempt; with the extra ones, all that nobody is shown.
SIGNED_HEADERS = ("X-Rex-Signature", "webhook-timestamp", "webhook-signature")


def open_headers(event_id: str, event_type: str, delivery_id: str, attempt: int) -> dict[str, str]:
    """Our own headers that hold no secret, for that attempt (from 1)."""
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "X-Rex-Event": event_type,
        "X-Rex-Delivery": delivery_id,
        "X-Rex-Attempt": str(attempt),
        "webhook-id": event_id,
    }


def shown_headers(extra: Iterable[str], ours: Mapping[str, str]) -> dict[str, str | None]:
    """All headers of a request, without the values of extra ones and of signatures."""
    return {**dict.fromkeys(extra), **ours, **dict.fromkeys(SIGNED_HEADERS)}
