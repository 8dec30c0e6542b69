"""Events and what is owed for them: one delivery per event and matching webhook.

Raw SQL, prepared (prepared.py), one statement for all rows of a transaction (rows.py): every
capture ends here.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.domain.webhook.event import Event
from app.domain.webhook.webhook import subscribes, wants_form
from app.storage.database import Cursor
from app.storage.delivery.new_deliveries import insert_due, owed
from app.storage.models import Events
from app.storage.prepared import Prepared
from app.storage.rows import as_json, insert_rows, raw_json

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


def publish(
    cursor: Cursor, events: Sequence[Event], *, except_webhook: str | None = None
) -> set[str]:
    """Store events and a delivery for each webhook that subscribes; the webhooks to notify.

    Notify them after the commit, not before: there would be nothing to see yet. An event about a
    webhook is not for that webhook: `except_webhook`.
    """
    events = insert_new(cursor, events)
    if not events:
        return set()
    _SUBSCRIPTIONS.run(cursor, {"orgs": list({event.org_id for event in events})})
    subscriptions = cursor.fetchall()
    due = [
        owed(event, webhook_id)
        for event in events
        for webhook_id, org_id, patterns, forms in subscriptions
        if org_id == event.org_id
        and webhook_id != except_webhook
        and subscribes(patterns, event.type)
        and wants_form(forms, event)
    ]
    insert_due(cursor, due)
    return {delivery.webhook_id for delivery in due}


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
    insert_new(cursor, [event])
    delivery = owed(event, webhook_id)
    insert_due(cursor, [delivery])
    return delivery.id


def insert_new(cursor: Cursor, events: Sequence[Event]) -> list[Event]:
    """Store events; those that were not there yet.

    One is there already when its capture is older than captures are kept, and comes once more.
    """
    if not events:
        return []
    rows = [msgspec.structs.replace(event, data=raw_json(event.data)) for event in events]
    _INSERT_EVENTS.run(cursor, {"rows": as_json(rows)})
    new = {row[0] for row in cursor.fetchall()}
    return [event for event in events if event.id in new]
