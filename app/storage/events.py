"""Events and what is owed for them: one delivery per event and matching webhook.

Raw SQL, prepared (prepared.py), one statement for all rows of a transaction (rows.py): every
capture ends here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from app.domain.event import Event
from app.domain.ids import new_id
from app.domain.webhook import subscribes, wants_form
from app.storage.database import Cursor
from app.storage.models import Deliveries, Events
from app.storage.prepared import Prepared
from app.storage.rows import as_json, insert_rows, raw_json


class NewDelivery(msgspec.Struct):
    """An event that is owed to a webhook."""

    org_id: str
    webhook_id: str
    event_id: str
    event_type: str
    contact_id: str | None
    sequence: int | None
    id: str = msgspec.field(default_factory=lambda: new_id("dlv"))


# In the order of their ids, which rise within a process: a contact's events get rising numbers.
_INSERT_EVENTS = Prepared(
    "insert_events",
    insert_rows(Events, Event.__struct_fields__)
    + " ORDER BY id ON CONFLICT (id) DO NOTHING RETURNING id",
)
_SUBSCRIPTIONS = Prepared(
    "find_subscriptions",
    "SELECT id, org_id, events, forms FROM webhooks"
    " WHERE org_id = ANY(%(orgs)s) AND status <> 'deleted'",
)
_DELIVERIES = insert_rows(
    Deliveries, NewDelivery.__struct_fields__, status="'pending'", next_attempt_at="now()"
)
_INSERT_DELIVERIES = Prepared("insert_deliveries", _DELIVERIES)
# Apart, since looking for conflicts takes 7 µs a row, and new events can have none.
_INSERT_MISSING = _DELIVERIES + " ON CONFLICT (event_id, webhook_id) DO NOTHING"


def publish(
    cursor: Cursor, events: Sequence[Event], *, except_webhook: str | None = None
) -> set[str]:
    """Store events and a delivery for each webhook that subscribes; the webhooks to notify.

    Notify them after the commit, not before: there would be nothing to see yet. An event about a
    webhook is not for that webhook: `except_webhook`.
    """
    if not events:
        return set()
    new = _insert_events(cursor, events)
    events = [event for event in events if event.id in new]
    _SUBSCRIPTIONS.run(cursor, {"orgs": list({event.org_id for event in events})})
    subscriptions = cursor.fetchall()
    owed = [
        _owed(event, webhook_id)
        for event in events
        for webhook_id, org_id, patterns, forms in subscriptions
        if org_id == event.org_id
        and webhook_id != except_webhook
        and subscribes(patterns, event.type)
        and wants_form(forms, event)
    ]
    _insert_deliveries(cursor, owed)
    return {delivery.webhook_id for delivery in owed}


def count_since(cursor: Cursor, org_id: str, event_type: str, first_id: str) -> int:
    """How many events of that type an org has from that id on."""
    cursor.execute(
        "SELECT count(*) FROM events WHERE org_id = %s AND id >= %s AND type = %s",
        (org_id, first_id, event_type),
    )
    ((found,),) = cursor.fetchall()
    return int(found)


def publish_to(cursor: Cursor, event: Event, webhook_id: str) -> str:
    """Store an event that is for one webhook alone (a ping); the id of its delivery."""
    _insert_events(cursor, [event])
    delivery = _owed(event, webhook_id)
    _insert_deliveries(cursor, [delivery])
    return delivery.id


def insert_missing(cursor: Cursor, deliveries: Sequence[NewDelivery]) -> int:
    """Store those deliveries, due at once, that are not there yet; how many."""
    cursor.execute(_INSERT_MISSING, {"rows": as_json(deliveries)})
    return cursor.rowcount


def _insert_deliveries(cursor: Cursor, deliveries: Sequence[NewDelivery]) -> None:
    if deliveries:
        _INSERT_DELIVERIES.run(cursor, {"rows": as_json(deliveries)})


def _insert_events(cursor: Cursor, events: Iterable[Event]) -> set[str]:
    """Store events; the ids of those that were not there yet.

    One is there already when its capture is older than captures are kept, and comes once more.
    """
    rows = [msgspec.structs.replace(event, data=raw_json(event.data)) for event in events]
    _INSERT_EVENTS.run(cursor, {"rows": as_json(rows)})
    return {row[0] for row in cursor.fetchall()}


def _owed(event: Event, webhook_id: str) -> NewDelivery:
    return NewDelivery(
        event.org_id, webhook_id, event.id, event.type, event.contact_id, event.sequence
    )
