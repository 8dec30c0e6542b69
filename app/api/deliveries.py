"""Deliveries: one event for one webhook, its attempts, and retrying by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from app.api.call import Answer, Call, existing
from app.api.lists import (
    Moment,
    Page,
    SortedQuery,
    Words,
    encode_cursor,
    page_of,
    read_query,
    read_time,
    read_types,
    split_words,
)
from app.api.operation import One, Operation, describe
from app.api.views import view_of
from app.api.webhooks import find_webhook
from app.domain.delivery import DeliveryStatus
from app.domain.errors import Conflict, Invalid
from app.domain.ids import first_ulid_at, is_id
from app.domain.webhook import WebhookStatus
from app.storage import delivery_lists
from app.storage.database import Cursor, transaction
from app.storage.delivery_lists import ListedAttempt, ListedDelivery

_TAG = "Deliveries"
#: Ids of deliveries before and after all others.
_FIRST_ID, _LAST_ID = "dlv_", "dlv_~"
_MILLISECONDS_MAX = 2**48 - 1


class DeliveryQuery(SortedQuery):
    """What `GET /webhooks/{id}/deliveries` takes."""

    sort: Literal["created_at", "-created_at"] = "-created_at"
    status: (
        Annotated[
            Literal["pending", "attempting", "succeeded", "failed", "cancelled", "held"],
            Meta(description="held: pending, while the webhook is paused or disabled"),
        ]
        | None
    ) = None
    event_type: Annotated[Words, Meta(description="Types, with commas")] | None = None
    since: Moment | None = None
    until: Moment | None = None


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


class DeliveryDetail(DeliveryView, kw_only=True):
    """A delivery with its latest attempts, oldest first."""

    attempts: list[AttemptView]


@describe(Operation(_TAG, {200: Page[DeliveryView]}, query=DeliveryQuery))
def list_deliveries(call: Call) -> Answer:
    """A webhook's deliveries, newest first.

    With `event_type`, a page may hold fewer than `limit`, or none, while `has_more` is true.
    """
    query = read_query(call.query, DeliveryQuery)
    types = read_types("event_type", query.event_type and split_words(query.event_type))
    ids, newest_first = _id_range(query), query.newest_first
    with transaction(call.services.database) as cursor:
        webhook = find_webhook(cursor, call)
        looked = delivery_lists.page(
            cursor,
            webhook.id,
            _stored_statuses(query.status, webhook.status),
            types,
            ids,
            query.limit,
            newest_first=newest_first,
        )
    items = [view(row, webhook.status) for row in looked.deliveries]
    next_cursor = encode_cursor(query.sort, looked.last_id or "") if looked.has_more else None
    return Answer(
        page_of(DeliveryView, items, query, has_more=looked.has_more, next_cursor=next_cursor)
    )


@describe(Operation(_TAG, {200: One[DeliveryDetail]}))
def get_delivery(call: Call) -> Answer:
    """One delivery with its attempts."""
    with transaction(call.services.database) as cursor:
        return Answer(One(_detail(cursor, call)))


@describe(Operation(_TAG, {202: One[DeliveryDetail]}, errors=("conflict",)))
def retry_delivery(call: Call) -> Answer:
    """Send a delivery again now, with a new retry schedule, whatever its status.

    A pending one is brought forward. It is a conflict while an attempt is in progress, and
    after the webhook was deleted.
    """
    with transaction(call.services.database) as cursor:
        delivery = _detail(cursor, call)
        if not delivery_lists.retry(cursor, delivery.id):
            raise Conflict("An attempt is in progress, or the webhook was deleted")
        delivery = _detail(cursor, call)
    call.services.notifier.notify([delivery.webhook_id])
    return Answer(One(delivery), status=202)


def view(row: ListedDelivery, webhook_status: str) -> DeliveryView:
    """A delivery as callers see it: pending is held while its webhook is not active."""
    return view_of(DeliveryView, row, **_made(row, webhook_status))


def _detail(cursor: Cursor, call: Call) -> DeliveryDetail:
    wanted = call.id_in_path("dlv", "Delivery")
    found = existing(delivery_lists.find(cursor, call.org.id, wanted), "Delivery")
    attempts = [_attempt(row) for row in delivery_lists.attempts_of(cursor, wanted)]
    return view_of(DeliveryDetail, found[0], **_made(*found), attempts=attempts)


def _made(row: ListedDelivery, webhook_status: str) -> dict[str, object]:
    held = row.status == DeliveryStatus.PENDING and webhook_status in _HOLDING
    return {
        "status": DeliveryStatus.HELD if held else DeliveryStatus(row.status),
        "attempts_count": row.attempts,
    }


_HOLDING = (WebhookStatus.PAUSED, WebhookStatus.DISABLED)


def _attempt(row: ListedAttempt) -> AttemptView:
    body = None if row.response_body is None else bytes(row.response_body)
    return view_of(
        AttemptView,
        row,
        timings=msgspec.convert(row.timings, TimingsView),
        response_body=None if body is None else body.decode("utf-8", "replace"),
    )


def _stored_statuses(wanted: str | None, webhook_status: str) -> list[str] | None:
    """The stored statuses to look for; a webhook's deliveries are either `held` or `pending`."""
    if wanted not in (DeliveryStatus.HELD, DeliveryStatus.PENDING):
        return None if wanted is None else [wanted]
    shown = DeliveryStatus.HELD if webhook_status in _HOLDING else DeliveryStatus.PENDING
    return [DeliveryStatus.PENDING] if wanted == shown else []


def _id_range(query: DeliveryQuery) -> tuple[str, str]:
    """The range of ids asked for; ids contain the time of their creation."""
    since, until = read_time("since", query.since), read_time("until", query.until)
    first = _first_id_at(since) if since else _FIRST_ID
    last = _first_id_at(until) if until else _LAST_ID
    after = query.after
    if after is None:
        return first, last
    if not is_id(after, "dlv"):
        raise Invalid({"cursor": "expected a cursor from an earlier answer of this list"})
    if query.newest_first:
        return first, min(last, after)
    return max(first, after + "~"), last


def _first_id_at(moment: datetime) -> str:
    milliseconds = min(max(0, round(moment.timestamp() * 1000)), _MILLISECONDS_MAX)
    return "dlv_" + first_ulid_at(milliseconds)
