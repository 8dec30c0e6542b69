"""Deliveries as their owners see them: listed, looked at with their attempts, retried by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from peewee import ModelSelect

from app.domain.delivery.delivery import DeliveryStatus
from app.domain.webhook.webhook import WebhookStatus
from app.storage.database import Cursor, fetch, fetch_one
from app.storage.delivery.deliveries import reopen
from app.storage.lists import last_of_walk, walk
from app.storage.models import Attempts, Deliveries, Events, Webhooks, columns_for

#: Deliveries of each status that one page with a filter by event type looks at, for one webhook;
#: for many, they share them.
LOOKED_AT_MAX = 2000
#: Of a longer walk it pays to look up first where it ends.
_WALKED_AT_ONCE = 100
#: Attempts that one delivery shows: the latest.
ATTEMPTS_SHOWN = 200
#: Deliveries that one event shows, for each webhook one.
DELIVERIES_OF_EVENT_MAX = 20

#: As which deliveries are stored.
STORED_STATUSES = tuple(status for status in DeliveryStatus if status is not DeliveryStatus.HELD)


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


class Answered(NamedTuple):
    """What the latest attempt of a delivery got: a status, or why there was none."""

    status: int | None = None
    error: str | None = None


class Owed(NamedTuple):
    """A delivery, where it goes and what is sent; without an event that is no longer kept."""

    delivery: ListedDelivery
    webhook_status: str
    url: str
    headers: dict[str, object]
    occurred_at: datetime | None
    #: JSON text.
    data: str | None


class Wanted(NamedTuple):
    """Which deliveries to list: ids from `first` up to, without, `last`."""

    #: Webhooks and stored statuses, in pairs.
    kinds: Sequence[tuple[str, str]]
    first: str
    last: str
    event_types: Sequence[str] | None = None
    contact_id: str | None = None


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
_NAMES = ", ".join(column.column_name for column in _COLUMNS)
_ATTEMPT_NAMES = ", ".join(column.column_name for column in columns_for(Attempts, ListedAttempt))


def webhook_statuses(cursor: Cursor, org_id: str) -> dict[str, str]:
    """The status of each webhook of an org, deleted ones included: their deliveries stay."""
    found = Webhooks.select(Webhooks.id, Webhooks.status).where(Webhooks.org_id == org_id)
    return dict(fetch(cursor, found, lambda *row: row))


def page(cursor: Cursor, wanted: Wanted, limit: int, *, newest_first: bool) -> Looked:
    """Up to `limit` deliveries in the order of their ids.

    With `event_types` a page may end before it is full: it has looked at enough then.
    """
    webhooks, kinds = zip(*wanted.kinds, strict=True) if wanted.kinds else ((), ())
    shared = LOOKED_AT_MAX // max(1, len(set(webhooks)))
    look_at = limit + 1 if wanted.event_types is None else max(limit + 1, shared)
    values = {"first": wanted.first, "last": wanted.last, "limit": look_at}
    columns = {"webhook_id": webhooks, "status": kinds}
    if wanted.contact_id is None:
        rows = _walk(cursor, columns, values, descending=newest_first)
    else:
        rows = _of_contact(cursor, wanted.contact_id, columns, values, descending=newest_first)
    types = wanted.event_types
    found = [row for row in rows if types is None or row.event_type in types]
    if len(found) > limit:
        return Looked(found[:limit], found[limit - 1].id, has_more=True)
    return Looked(found, rows[-1].id if rows else None, has_more=len(rows) == look_at)


def _walk(
    cursor: Cursor,
    columns: Mapping[str, Sequence[str]],
    values: dict[str, Any],
    *,
    descending: bool,
) -> list[ListedDelivery]:
    if descending and values["limit"] > _WALKED_AT_ONCE:
        end = last_of_walk(cursor, Deliveries, columns, values, descending=True)
        if end is None:
            return []
        values = values | {"first": end}
    return walk(cursor, Deliveries, ListedDelivery, columns, values, descending=descending)


def _of_contact(
    cursor: Cursor,
    contact_id: str,
    columns: Mapping[str, Sequence[str]],
    values: Mapping[str, object],
    *,
    descending: bool,
) -> list[ListedDelivery]:
    # By the contact's events, which are few. Materialised: sorted by id, the planner would rather
    # look through all deliveries.
    cursor.execute(
        f"""
        WITH its AS MATERIALIZED (
            SELECT d.* FROM events e JOIN deliveries d ON d.event_id = e.id
            WHERE e.contact_id = %(contact)s)
        SELECT {_NAMES} FROM its
        WHERE (webhook_id, status) IN (
                SELECT * FROM unnest(%(webhook_id)s::text[], %(status)s::text[]))
            AND id >= %(first)s AND id < %(last)s
        ORDER BY id {"DESC" if descending else "ASC"} LIMIT %(limit)s
        """,
        {**values, "contact": contact_id, **{name: list(of) for name, of in columns.items()}},
    )
    return [ListedDelivery(*row) for row in cursor]


def find(cursor: Cursor, org_id: str, delivery_id: str) -> Owed | None:
    """An org's delivery, with what belongs to its request."""
    its = _owed().where(Deliveries.org_id == org_id, Deliveries.id == delivery_id)
    return fetch_one(cursor, its, _as_owed)


def of_event(cursor: Cursor, org_id: str, event_id: str) -> list[Owed]:
    """Up to `DELIVERIES_OF_EVENT_MAX` deliveries of an org's event, the first one first."""
    its = _owed().where(Deliveries.org_id == org_id, Deliveries.event_id == event_id)
    return fetch(cursor, its.order_by(Deliveries.id).limit(DELIVERIES_OF_EVENT_MAX), _as_owed)


def _owed() -> ModelSelect[Deliveries]:
    return (
        Deliveries.select(
            *(*_COLUMNS, Webhooks.status, Webhooks.url, Webhooks.headers),
            *(Events.occurred_at, Events.data.cast("text")),
        )
        .join(Webhooks, on=(Webhooks.id == Deliveries.webhook_id))
        .left_outer_join(Events, on=(Events.id == Deliveries.event_id))
    )


def _as_owed(*row: Any) -> Owed:
    count = len(_COLUMNS)
    return Owed(ListedDelivery(*row[:count]), *row[count:])


def last_answers(cursor: Cursor, delivery_ids: Sequence[str]) -> dict[str, Answered]:
    """What the latest recorded attempt of each delivery got; those without one are left out."""
    cursor.execute(
        """
        SELECT d.id, a.status, a.error FROM unnest(%s::text[]) AS d (id), LATERAL (
            SELECT status, error FROM attempts WHERE delivery_id = d.id
            ORDER BY number DESC LIMIT 1) AS a
        """,
        (list(delivery_ids),),
    )
    return {row[0]: Answered(*row[1:]) for row in cursor}


def attempts_of(cursor: Cursor, delivery_id: str) -> list[ListedAttempt]:
    """The latest attempts of a delivery, the first of them first."""
    found = (
        Attempts.select(*columns_for(Attempts, ListedAttempt))
        .where(Attempts.delivery_id == delivery_id)
        .order_by(Attempts.number.desc())
        .limit(ATTEMPTS_SHOWN)
    )
    return fetch(cursor, found, ListedAttempt)[::-1]


def attempts_of_many(
    cursor: Cursor, delivery_ids: Sequence[str], limit: int
) -> dict[str, list[ListedAttempt]]:
    """The latest `limit` attempts of each of these deliveries, the first of them first."""
    cursor.execute(
        f"""
        SELECT d.id, a.* FROM unnest(%s::text[]) AS d (id), LATERAL (
            SELECT {_ATTEMPT_NAMES} FROM attempts WHERE delivery_id = d.id
            ORDER BY number DESC LIMIT %s) AS a ORDER BY d.id, a.number
        """,
        (list(delivery_ids), limit),
    )
    found: dict[str, list[ListedAttempt]] = {each: [] for each in delivery_ids}
    for delivery_id, *row in cursor.fetchall():
        found[delivery_id].append(ListedAttempt(*row))
    return found


def retry(cursor: Cursor, delivery_id: str) -> bool:
    """Make a delivery due now, as if it were new; False while an attempt is under way.

    False as well when its webhook was deleted.
    """
    live = Webhooks.select(Webhooks.id).where(Webhooks.status != WebhookStatus.DELETED)
    idle = Deliveries.status != DeliveryStatus.ATTEMPTING
    its = (Deliveries.id == delivery_id) & idle & Deliveries.webhook_id.in_(live)
    return reopen(cursor, its) == 1
