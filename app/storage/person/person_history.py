"""What was told about a person: events, their deliveries, and what receivers answered."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.contact.traces import Person
from app.storage.database import Cursor, fetch
from app.storage.delivery.delivery_lists import ListedAttempt, ListedDelivery
from app.storage.delivery.event_stream import Positioned
from app.storage.models import Attempts, Deliveries, Events, Webhooks, columns_for


def events_of(cursor: Cursor, person: Person) -> list[Positioned]:
    """The events about a person, the oldest first."""
    columns = (Events.id, Events.number, Events.type, Events.occurred_at, Events.data.cast("text"))
    about = Events.org_id == person.org_id, Events.contact_id.in_(list(person.traces.ids))
    return fetch(cursor, Events.select(*columns).where(*about).order_by(Events.number), Positioned)


def deliveries_of(cursor: Cursor, event_ids: Sequence[str]) -> list[tuple[ListedDelivery, str]]:
    """The deliveries of these events, each with the status of its webhook."""
    found = (
        Deliveries.select(*columns_for(Deliveries, ListedDelivery), Webhooks.status)
        .join(Webhooks, on=(Webhooks.id == Deliveries.webhook_id))
        .where(Deliveries.event_id.in_(event_ids))
        .order_by(Deliveries.id)
    )
    return fetch(cursor, found, lambda *row: (ListedDelivery(*row[:-1]), row[-1]))


def attempts_of(cursor: Cursor, delivery_ids: Sequence[str]) -> list[tuple[ListedAttempt, str]]:
    """The attempts of these deliveries, each with its delivery's id."""
    found = (
        Attempts.select(*columns_for(Attempts, ListedAttempt), Attempts.delivery_id)
        .where(Attempts.delivery_id.in_(delivery_ids))
        .order_by(Attempts.delivery_id, Attempts.number)
    )
    return fetch(cursor, found, lambda *row: (ListedAttempt(*row[:-1]), row[-1]))
