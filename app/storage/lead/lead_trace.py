"""One lead's trace: its capture, its event, and where the event's deliveries go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from peewee import JOIN, fn

from app.storage.capture.captures import StoredCapture
from app.storage.database import Cursor, fetch, fetch_one
from app.storage.delivery.delivery_lists import DELIVERIES_OF_EVENT_MAX
from app.storage.models import Captures, Deliveries, Events, WebhookHealth, Webhooks, select


class TracedEvent(NamedTuple):
    """An event, with its contact's id."""

    id: str
    type: str
    contact_id: str | None
    sequence: int | None
    occurred_at: datetime
    #: JSON text.
    data: str


class TracedDelivery(NamedTuple):
    """A delivery, its webhook, and what keeps the webhook's endpoint from being called now."""

    id: str
    status: str
    attempts: int
    last_result: str | None
    next_attempt_at: datetime | None
    created_at: datetime
    settled_at: datetime | None
    webhook_id: str
    webhook_name: str
    webhook_status: str
    status_reason: str | None
    rate_limit: int | None
    ordered: bool
    failure_count: int
    circuit_open_until: datetime | None
    cooldown_until: datetime | None
    next_permit_at: datetime | None


class TracedAttempt(NamedTuple):
    """When an attempt was made, how long it took, and how it ended."""

    delivery_id: str
    number: int
    started_at: datetime
    result: str
    total_ms: int | None


def find_capture(cursor: Cursor, org_id: str, capture_id: str) -> StoredCapture | None:
    """An org's capture."""
    found = select(Captures, StoredCapture).filter(id=capture_id, org_id=org_id)
    return fetch_one(cursor, found, StoredCapture)


def find_event(cursor: Cursor, org_id: str, event_id: str) -> TracedEvent | None:
    """An org's event."""
    columns = (Events.id, Events.type, Events.contact_id, Events.sequence, Events.occurred_at)
    found = Events.select(*columns, Events.data.cast("text")).filter(id=event_id, org_id=org_id)
    return fetch_one(cursor, found, TracedEvent)


def deliveries_of(cursor: Cursor, event_id: str) -> list[TracedDelivery]:
    """Up to `DELIVERIES_OF_EVENT_MAX` deliveries of an event, the first one first."""
    names = TracedDelivery._fields
    found = (
        Deliveries.select(
            *(getattr(Deliveries, name) for name in names[: names.index("webhook_name")]),
            *(Webhooks.name, Webhooks.status, Webhooks.status_reason),
            *(Webhooks.rate_limit, Webhooks.ordered),
            fn.COALESCE(WebhookHealth.failure_count, 0),
            *(WebhookHealth.circuit_open_until, WebhookHealth.cooldown_until),
            WebhookHealth.next_permit_at,
        )
        .join(Webhooks, on=(Webhooks.id == Deliveries.webhook_id))
        .join(WebhookHealth, JOIN.LEFT_OUTER, on=(WebhookHealth.webhook_id == Webhooks.id))
        .where(Deliveries.event_id == event_id)
        .order_by(Deliveries.id)
        .limit(DELIVERIES_OF_EVENT_MAX)
    )
    return fetch(cursor, found, TracedDelivery)


def latest_attempts(cursor: Cursor, delivery_ids: Sequence[str], limit: int) -> list[TracedAttempt]:
    """The latest attempts of all these deliveries together, the first of them first."""
    cursor.execute(
        "SELECT delivery_id, number, started_at, result, (timings ->> 'total_ms')::int"
        " FROM attempts WHERE delivery_id = ANY(%s) ORDER BY started_at DESC LIMIT %s",
        (list(delivery_ids), limit),
    )
    return [TracedAttempt(*row) for row in cursor.fetchall()][::-1]


def captures_among(cursor: Cursor, org_id: str, ids: Iterable[str]) -> set[str]:
    """Those of these ids that are captures of the org."""
    found = Captures.select(Captures.id).filter(org_id=org_id).where(Captures.id.in_(list(ids)))
    return set(fetch(cursor, found, str))


def events_of(
    cursor: Cursor, org_id: str, contact_ids: Sequence[str], limit: int
) -> list[TracedEvent]:
    """The latest events of a contact, under its own id and its aliases."""
    columns = (Events.id, Events.type, Events.contact_id, Events.sequence, Events.occurred_at)
    about = Events.org_id == org_id, Events.contact_id.in_(list(contact_ids))
    found = Events.select(*columns, Events.data.cast("text")).where(*about)
    return fetch(cursor, found.order_by(Events.number.desc()).limit(limit), TracedEvent)


def event_of_delivery(cursor: Cursor, org_id: str, delivery_id: str) -> str | None:
    """The event that a delivery is of."""
    its = Deliveries.select(Deliveries.event_id).filter(id=delivery_id, org_id=org_id)
    return fetch_one(cursor, its, str)
