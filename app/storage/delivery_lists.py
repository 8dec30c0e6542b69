"""Deliveries as their owners see them: listed, looked at with their attempts, retried by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app.domain.delivery import DeliveryStatus
from app.domain.webhook import WebhookStatus
from app.storage.database import Cursor, fetch, fetch_one
from app.storage.deliveries import reopen
from app.storage.lists import walk
from app.storage.models import Attempts, Deliveries, Webhooks, columns_for

#: Deliveries of each status that one page with a filter by event type looks at.
LOOKED_AT_MAX = 2000
#: Attempts that one delivery shows: the latest.
ATTEMPTS_SHOWN = 200

_STORED = tuple(status for status in DeliveryStatus if status is not DeliveryStatus.HELD)


class ListedDelivery(NamedTuple):
    """A delivery without its attempts."""

    id: str
    webhook_id: str
    event_id: str
    event_type: str
    contact_id: str | None
    status: str
    attempts: int
    last_result: str | None
    next_attempt_at: datetime | None
    created_at: datetime
    settled_at: datetime | None


class ListedAttempt(NamedTuple):
    """One HTTP request of a delivery, as it was recorded."""

    id: str
    number: int
    started_at: datetime
    status: int | None
    error: str | None
    error_detail: str | None
    address: str | None
    timings: dict[str, int | None]
    response_headers: list[tuple[str, str]]
    response_body: bytes | None
    result: str
    next_attempt_at: datetime | None


class Looked(NamedTuple):
    """What a page found, where it stopped, and whether there is more beyond."""

    deliveries: list[ListedDelivery]
    last_id: str | None
    has_more: bool


_COLUMNS = columns_for(Deliveries, ListedDelivery)


def page(
    cursor: Cursor,
    webhook_id: str,
    statuses: Sequence[str] | None,
    event_types: Sequence[str] | None,
    ids: tuple[str, str],
    limit: int,
    *,
    newest_first: bool,
) -> Looked:
    """Up to `limit` deliveries of a webhook with ids from `ids[0]` up to, without, `ids[1]`.

    With `event_types` a page may end before it is full: it has looked at enough then.
    """
    look_at = limit + 1 if event_types is None else LOOKED_AT_MAX
    kinds = list(_STORED if statuses is None else statuses)
    bounds = {"kinds": kinds, "first": ids[0], "last": ids[1], "limit": look_at}
    rows = walk(
        cursor,
        Deliveries,
        ListedDelivery,
        "status",
        bounds | {"webhook": webhook_id},
        which="webhook_id = %(webhook)s",
        descending=newest_first,
    )
    found = [row for row in rows if event_types is None or row.event_type in event_types]
    if len(found) > limit:
        return Looked(found[:limit], found[limit - 1].id, has_more=True)
    return Looked(found, rows[-1].id if rows else None, has_more=len(rows) == look_at)


def find(cursor: Cursor, org_id: str, delivery_id: str) -> tuple[ListedDelivery, str] | None:
    """An org's delivery, and the status of its webhook."""
    found = (
        Deliveries.select(*_COLUMNS, Webhooks.status)
        .join(Webhooks, on=(Webhooks.id == Deliveries.webhook_id))
        .where(Deliveries.org_id == org_id, Deliveries.id == delivery_id)
    )
    return fetch_one(cursor, found, lambda *row: (ListedDelivery(*row[:-1]), row[-1]))


def attempts_of(cursor: Cursor, delivery_id: str) -> list[ListedAttempt]:
    """The latest attempts of a delivery, the first of them first."""
    found = (
        Attempts.select(*columns_for(Attempts, ListedAttempt))
        .where(Attempts.delivery_id == delivery_id)
        .order_by(Attempts.number.desc())
        .limit(ATTEMPTS_SHOWN)
    )
    return fetch(cursor, found, ListedAttempt)[::-1]


def retry(cursor: Cursor, delivery_id: str) -> bool:
    """Make a delivery due now, as if it were new; False while an attempt is under way.

    False as well when its webhook was deleted.
    """
    live = Webhooks.select(Webhooks.id).where(Webhooks.status != WebhookStatus.DELETED)
    idle = Deliveries.status != DeliveryStatus.ATTEMPTING
    its = (Deliveries.id == delivery_id) & idle & Deliveries.webhook_id.in_(live)
    return reopen(cursor, its) == 1
