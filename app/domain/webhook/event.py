"""Events: past-tense facts, their types, and how callers see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from app.domain.capture.capture import Capture
from app.domain.contact.contact import Contact
from app.domain.contact.contact_view import ContactView, contact_view_as
from app.domain.times import rfc3339

CONTACT_CREATED = "contact.created"
CONTACT_UPDATED = "contact.updated"
CONTACT_DELETED = "contact.deleted"
WEBHOOK_DISABLED = "webhook.disabled"
WEBHOOK_RECOVERED = "webhook.recovered"
WEBHOOK_BACKLOG = "webhook.backlog_capped"
PING = "ping"

EVENT_TYPES = (
    CONTACT_CREATED,
    CONTACT_UPDATED,
    CONTACT_DELETED,
    WEBHOOK_DISABLED,
    WEBHOOK_RECOVERED,
    WEBHOOK_BACKLOG,
    PING,
)


class Event(msgspec.Struct):
    """One fact. `data` is JSON text, so every delivery sends the same bytes."""

    id: str
    org_id: str
    type: str
    occurred_at: datetime
    data: str
    contact_id: str | None = None
    #: Counts the contact's events from 1; None without a contact.
    sequence: int | None = None
    #: The form that its capture came from; of an edit the contact's; None: unknown.
    form: str | None = None


_encoder = msgspec.json.Encoder()


class ContactEventData(ContactView, kw_only=True):
    """What an event says about a contact."""

    contact_id: str
    changes: Sequence[str]
    sequence: int


def contact_event(
    event_id: str,
    event_type: str,
    contact: Contact,
    changes: Sequence[str],
    occurred_at: datetime,
    capture: Capture | None = None,
) -> Event:
    """The next event of a contact as it is now; counts the contact's sequence up.

    `capture`: the one that caused it, whose form it tells instead of the contact's.
    """
    contact.sequence += 1
    data = contact_view_as(
        ContactEventData,
        contact,
        contact_id=contact.id,
        changes=changes,
        sequence=contact.sequence,
    )
    if capture is not None:
        data.form = capture.form
    return Event(
        event_id,
        contact.org_id,
        event_type,
        occurred_at,
        _encoder.encode(data).decode(),
        contact.id,
        contact.sequence,
        data.form,
    )


def operational_event(
    event_id: str, org_id: str, event_type: str, data: dict[str, object], occurred_at: datetime
) -> Event:
    """An event about the system itself: a ping, a webhook that was disabled."""
    return Event(event_id, org_id, event_type, occurred_at, _encoder.encode(data).decode())


def delivery_body(event_id: str, event_type: str, occurred_at: datetime, data: str) -> bytes:
    """The body that a subscriber receives. Ids and types need no JSON escaping."""
    return (
        f'{{"id":"{event_id}","event":"{event_type}","type":"{event_type}",'
        f'"timestamp":"{rfc3339(occurred_at)}","data":{data}}}'
    ).encode()
