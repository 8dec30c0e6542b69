"""Deliveries as callers see them: in lists, and each with its request and its attempts."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from app.api.views import view_of
from app.domain.delivery.delivery import DeliveryStatus
from app.domain.delivery.delivery_request import open_headers, shown_headers
from app.domain.webhook.event import delivery_body
from app.domain.webhook.webhook import WebhookStatus
from app.storage.delivery.delivery_lists import Answered, ListedAttempt, ListedDelivery, Owed


class DeliveryView(msgspec.Struct, kw_only=True):
    """One event for one webhook, and its progress."""

    id: str
    webhook_id: str
    event_id: str
    event_type: str
    contact_id: str | None
    status: DeliveryStatus
    attempts_count: int
    last_result: str | None
    #: The receiver's status in the latest attempt; null when there was none.
    last_status: int | None
    #: Why there was none.
    last_error: str | None
    next_attempt_at: str | None
    created_at: str
    settled_at: str | None


class TimingsView(msgspec.Struct):
    """Milliseconds per phase; null for a phase that did not happen."""

    dns_ms: int | None = None
    connect_ms: int | None = None
    tls_ms: int | None = None
    first_byte_ms: int | None = None
    total_ms: int | None = None


class AttemptView(msgspec.Struct, kw_only=True):
    """One HTTP request. `status` is the receiver's; `error` says why it is null."""

    id: str
    number: int
    started_at: str
    status: int | None
    error: str | None
    error_detail: str | None
    address: str | None
    timings: TimingsView
    #: Names and values.
    response_headers: list[Annotated[list[str], Meta(min_length=2, max_length=2)]]
    #: The first 4 KiB, as text.
    response_body: str | None
    result: str
    next_attempt_at: str | None


class RequestView(msgspec.Struct, kw_only=True):
    """What is sent. Every attempt has the same body; number, time and signatures are its own."""

    method: Literal["POST"]
    #: Where the webhook points now.
    url: str
    #: A value is null where it is sent but not shown: signatures, and what its owner has added.
    headers: dict[str, str | None]
    #: Byte for byte what is signed; null when its event is no longer kept.
    body: str | None


class DeliveryDetail(DeliveryView, kw_only=True):
    """A delivery with its request and its latest attempts, oldest first."""

    request: RequestView
    attempts: list[AttemptView]


_HOLDING = (WebhookStatus.PAUSED, WebhookStatus.DISABLED)


def is_holding(webhook_status: str) -> bool:
    """Whether a webhook's pending deliveries are held."""
    return webhook_status in _HOLDING


def listed(row: ListedDelivery, webhook_status: str, last: Answered | None) -> DeliveryView:
    """A delivery as lists show it: pending is held while its webhook is not active."""
    return view_of(DeliveryView, row, **_made(row, webhook_status, last or Answered()))


def detail(owed: Owed, attempts: list[ListedAttempt]) -> DeliveryDetail:
    """A delivery with all that is known of it."""
    row = owed.delivery
    last = Answered(attempts[-1].status, attempts[-1].error) if attempts else Answered()
    made = _made(row, owed.webhook_status, last)
    views = [attempt_view(attempt, AttemptView) for attempt in attempts]
    return view_of(DeliveryDetail, row, **made, request=_request(owed), attempts=views)


Attempt = TypeVar("Attempt", bound=AttemptView)


def attempt_view(row: ListedAttempt, kind: type[Attempt], **others: object) -> Attempt:
    """An attempt as callers see it."""
    body = None if row.response_body is None else bytes(row.response_body)
    return view_of(
        kind,
        row,
        timings=msgspec.convert(row.timings, TimingsView),
        response_body=None if body is None else body.decode("utf-8", "replace"),
        **others,
    )


def _made(row: ListedDelivery, webhook_status: str, last: Answered) -> dict[str, object]:
    held = row.status == DeliveryStatus.PENDING and is_holding(webhook_status)
    return {
        "status": DeliveryStatus.HELD if held else DeliveryStatus(row.status),
        "attempts_count": row.attempts,
        "last_status": last.status,
        "last_error": last.error,
    }


def _request(owed: Owed) -> RequestView:
    row, body = owed.delivery, None
    if owed.data is not None and owed.occurred_at is not None:
        body = delivery_body(row.event_id, row.event_type, owed.occurred_at, owed.data).decode()
    ours = open_headers(row.event_id, row.event_type, row.id, max(1, row.attempts))
    headers = shown_headers(owed.headers, ours)
    return RequestView(method="POST", url=owed.url, headers=headers, body=body)
