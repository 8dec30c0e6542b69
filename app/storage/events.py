"""Events and what is owed for them: one delivery per event and matching webhook."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.event import Event
from app.domain.ids import new_id
from app.domain.webhook import subscribes
from app.storage.database import Cursor
from app.storage.prepared import Prepared
from app.storage.rows import as_json, raw_json

# In the order of their ids, which rise within a process: a contact's events get rising numbers.
_INSERT_EVENTS = Prepared(
    "insert_events",
    """
INSERT INTO events (id, org_id, type, contact_id, sequence, occurred_at, data)
SELECT id, org_id, type, contact_id, sequence, occurred_at, data
FROM json_to_recordset(%(rows)s) AS new (
    id text, org_id text, type text, contact_id text, sequence integer,
    occurred_at timestamptz, data json)
ORDER BY id
""",
)

_SUBSCRIPTIONS = Prepared(
    "find_subscriptions",
    "SELECT id, org_id, events FROM webhooks WHERE org_id = ANY(%(orgs)s) AND status <> 'deleted'",
)

_INSERT_DELIVERIES = Prepared(
    "insert_deliveries",
    """
INSERT INTO deliveries
    (id, org_id, webhook_id, event_id, event_type, contact_id, sequence, status, next_attempt_at)
SELECT id, org_id, webhook_id, event_id, event_type, contact_id, sequence, 'pending', now()
FROM json_to_recordset(%(rows)s) AS new (
    id text, org_id text, webhook_id text, event_id text, event_type text, contact_id text,
    sequence integer)
""",
)


def publish(
    cursor: Cursor, events: Sequence[Event], *, except_webhook: str | None = None
) -> set[str]:
    """Store events and a delivery for each webhook that subscribes; the webhooks to wake.

    Wake them after the commit, not before: there would be nothing to see yet. An event about a
    webhook is not for that webhook: `except_webhook`.
    """
    if not events:
        return set()
    _INSERT_EVENTS.run(cursor, {"rows": as_json([_event_row(event) for event in events])})
    _SUBSCRIPTIONS.run(cursor, {"orgs": list({event.org_id for event in events})})
    subscriptions = cursor.fetchall()
    owed = [
        _delivery_row(event, webhook_id)
        for event in events
        for webhook_id, org_id, patterns in subscriptions
        if org_id == event.org_id
        and webhook_id != except_webhook
        and subscribes(patterns, event.type)
    ]
    return insert_deliveries(cursor, owed)


def publish_to(cursor: Cursor, event: Event, webhook_id: str) -> str:
    """Store an event that is for one webhook alone (a ping); the id of its delivery."""
    _INSERT_EVENTS.run(cursor, {"rows": as_json([_event_row(event)])})
    row = _delivery_row(event, webhook_id)
    insert_deliveries(cursor, [row])
    return str(row["id"])


def insert_deliveries(cursor: Cursor, rows: Sequence[dict[str, object]]) -> set[str]:
    """Store deliveries that are due at once; their webhooks."""
    if rows:
        _INSERT_DELIVERIES.run(cursor, {"rows": as_json(rows)})
    return {str(row["webhook_id"]) for row in rows}


def _event_row(event: Event) -> dict[str, object]:
    return {
        "id": event.id,
        "org_id": event.org_id,
        "type": event.type,
        "contact_id": event.contact_id,
        "sequence": event.sequence,
        "occurred_at": event.occurred_at,
        "data": raw_json(event.data),
    }


def _delivery_row(event: Event, webhook_id: str) -> dict[str, object]:
    return {
        "id": new_id("dlv"),
        "org_id": event.org_id,
        "webhook_id": webhook_id,
        "event_id": event.id,
        "event_type": event.type,
        "contact_id": event.contact_id,
        "sequence": event.sequence,
    }
