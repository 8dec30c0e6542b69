"""Deliveries: one event for one webhook, its attempts, and retrying by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from msgspec import Meta

from app.api.call import Answer, Call, existing
from app.api.cursors import encode_cursor
from app.api.delivery_views import DeliveryDetail, DeliveryView, detail, is_holding, listed
from app.api.id_ranges import id_range
from app.api.lists import Page, page_of
from app.api.operation import One, Operation, describe
from app.api.queries import Id, Moment, SortedQuery, Words, read_query, read_types, split_words
from app.api.webhooks import canonical_webhook_id, find_webhook
from app.domain.delivery.delivery import DeliveryStatus
from app.domain.errors import Conflict, Invalid
from app.domain.ids import is_id
from app.storage.database import Cursor, transaction
from app.storage.delivery import delivery_lists

_TAG = "Deliveries"
#: Attempts of each delivery where many are shown: more than the default policy makes.
_ATTEMPTS_OF_EACH = 20


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


class AllDeliveriesQuery(DeliveryQuery):
    """What `GET /deliveries` takes."""

    webhook_id: Annotated[Id, Meta(description="Of this webhook only")] | None = None
    contact_id: Annotated[Id, Meta(description="About this contact only")] | None = None


@describe(Operation(_TAG, {200: Page[DeliveryView]}, query=AllDeliveriesQuery))
def list_all_deliveries(call: Call) -> Answer:
    """The deliveries of all webhooks, deleted ones included, newest first.

    With `event_type`, a page may hold fewer than `limit`, or none, while `has_more` is true.
    """
    query = read_query(call.query, AllDeliveriesQuery)
    webhook_id = query.webhook_id and canonical_webhook_id(query.webhook_id)
    _check_id("webhook_id", webhook_id, "whk")
    _check_id("contact_id", query.contact_id, "cont")
    with transaction(call.services.database) as cursor:
        statuses = delivery_lists.webhook_statuses(cursor, call.org.id)
        if webhook_id is not None:
            statuses = {webhook_id: statuses[webhook_id]} if webhook_id in statuses else {}
        return _page(cursor, query, statuses, query.contact_id)


@describe(Operation(_TAG, {200: Page[DeliveryView]}, query=DeliveryQuery))
def list_deliveries(call: Call) -> Answer:
    """A webhook's deliveries, newest first.

    With `event_type`, a page may hold fewer than `limit`, or none, while `has_more` is true.
    """
    query = read_query(call.query, DeliveryQuery)
    with transaction(call.services.database) as cursor:
        webhook = find_webhook(cursor, call)
        return _page(cursor, query, {webhook.id: webhook.status})


@describe(Operation(_TAG, {200: One[DeliveryDetail]}))
def get_delivery(call: Call) -> Answer:
    """One delivery: what is sent, and its attempts."""
    with transaction(call.services.database) as cursor:
        return Answer(One(_detail(cursor, call)))


def deliveries_of_event(call: Call) -> Answer:
    """Deliveries of an event, each with its latest attempts, in two queries; for the console."""
    with transaction(call.services.database) as cursor:
        owed = delivery_lists.of_event(cursor, call.org.id, call.id_in_path("evt", "Event"))
        ids = [each.delivery.id for each in owed]
        attempts = delivery_lists.attempts_of_many(cursor, ids, _ATTEMPTS_OF_EACH)
    return Answer([detail(each, attempts[each.delivery.id]) for each in owed])


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
        call.note(cursor, "delivery.retried", delivery.id)
    call.services.notifier.notify([delivery.webhook_id])
    return Answer(One(delivery), status=202)


def find_delivery(cursor: Cursor, org_id: str, delivery_id: str) -> DeliveryDetail:
    """A delivery with its attempts. Raises `NotFound`."""
    found = existing(delivery_lists.find(cursor, org_id, delivery_id), "Delivery")
    return detail(found, delivery_lists.attempts_of(cursor, delivery_id))


def _detail(cursor: Cursor, call: Call) -> DeliveryDetail:
    return find_delivery(cursor, call.org.id, call.id_in_path("dlv", "Delivery"))


def _page(
    cursor: Cursor,
    query: DeliveryQuery,
    webhook_statuses: Mapping[str, str],
    contact_id: str | None = None,
) -> Answer:
    """The page of these webhooks' deliveries."""
    ids = id_range(query, "dlv", query.since, query.until)
    types = read_types("event_type", query.event_type and split_words(query.event_type))
    kinds = [
        (webhook_id, stored)
        for webhook_id, webhook_status in webhook_statuses.items()
        for stored in _stored_statuses(query.status, webhook_status)
    ]
    wanted = delivery_lists.Wanted(kinds, *ids, types, contact_id)
    looked = delivery_lists.page(cursor, wanted, query.limit, newest_first=query.newest_first)
    last = delivery_lists.last_answers(cursor, [row.id for row in looked.deliveries])
    items = [
        listed(row, webhook_statuses[row.webhook_id], last.get(row.id)) for row in looked.deliveries
    ]
    next_cursor = encode_cursor(query.sort, looked.last_id or "") if looked.has_more else None
    return Answer(
        page_of(DeliveryView, items, query, has_more=looked.has_more, next_cursor=next_cursor)
    )


def _check_id(parameter: str, value: str | None, prefix: str) -> None:
    if value is not None and not is_id(value, prefix):
        raise Invalid({parameter: f"expected an id ({prefix}_...)"})


def _stored_statuses(wanted: str | None, webhook_status: str) -> Sequence[str]:
    """The stored statuses to look for; a webhook's deliveries are either `held` or `pending`."""
    if wanted not in (DeliveryStatus.HELD, DeliveryStatus.PENDING):
        return delivery_lists.STORED_STATUSES if wanted is None else [wanted]
    shown = DeliveryStatus.HELD if is_holding(webhook_status) else DeliveryStatus.PENDING
    return [DeliveryStatus.PENDING] if wanted == shown else []
