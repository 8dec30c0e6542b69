"""Events: past-tense facts, their types, and how callers see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from app.domain.contact import Contact
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
    """One fact. `data` is JSON text already: every delivery sends the same bytes."""

    id: str
    org_id: str
    type: str
    occurred_at: datetime
    data: str
    contact_id: str | None = None
    #: Counts the contact's events from 1; None where there is no contact.
    sequence: int | None = None


_encoder = msgspec.json.Encoder()


def contact_view(contact: Contact) -> dict[str, object]:
    """A contact as callers see it, in the documented order."""
    return {
        "id": contact.id,
        "email": contact.email,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "phone": contact.phone,
        "title": contact.title,
        "linkedin_url": contact.linkedin_url,
        "stage": contact.stage,
        "source": contact.source,
        "source_detail": contact.source_detail,
        "company_id": contact.company_id,
        "owner_id": contact.owner_id,
        "metadata": contact.metadata,
        "created_at": rfc3339(contact.created_at),
        "updated_at": rfc3339(contact.updated_at),
        "first_captured_at": _optional(contact.first_captured_at),
        "last_captured_at": _optional(contact.last_captured_at),
        "captures_count": contact.captures_count,
    }


def contact_event(
    event_id: str, event_type: str, contact: Contact, changes: Sequence[str], occurred_at: datetime
) -> Event:
    """The next event of a contact as it is now; counts the contact's sequence up."""
    contact.sequence += 1
    data = contact_view(contact)
    data["contact_id"] = contact.id
    data["changes"] = list(changes)
    data["sequence"] = contact.sequence
    return Event(
        event_id,
        contact.org_id,
        event_type,
        occurred_at,
        _encoder.encode(data).decode(),
        contact.id,
        contact.sequence,
    )


def operational_event(
    event_id: str, org_id: str, event_type: str, data: dict[str, object], occurred_at: datetime
) -> Event:
    """An event about the system itself: a ping, a webhook that was disabled."""
    return Event(event_id, org_id, event_type, occurred_at, _encoder.encode(data).decode())


def delivery_body(event_id: str, event_type: str, occurred_at: datetime, data: str) -> bytes:
    """The body that a subscriber receives. Ids and types need no JSON escaping."""
    return (
        f'{{"id":"{event_id}","event":"{event_type}",'
        f'"timestamp":"{rfc3339(occurred_at)}","data":{data}}}'
    ).encode()


def _optional(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
