"""A contact: the person that captures and edits add up to. How: `app.domain.contact.merge`."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from app.domain.contact_fields import ContactFields
from app.domain.ids import new_ulid
from app.domain.touch.touch import Touch

_NEVER = datetime.min.replace(tzinfo=UTC)


class Contact(ContactFields):
    """A contact as stored. `write_ids` is the merge's memory and is never shown.

    Made by `blank_contact`, or positionally from a row: ids and times have defaults only because
    the fields before them do.
    """

    id: str = ""
    org_id: str = ""
    created_at: datetime = _NEVER
    updated_at: datetime = _NEVER
    source: str = "other"
    first_captured_at: datetime | None = None
    last_captured_at: datetime | None = None
    captures_count: int = 0
    #: Events of this contact so far; it goes on after a deletion.
    sequence: int = 0
    write_ids: dict[str, str] = msgspec.field(default_factory=dict)
    #: The write_id of the edit that moved the stage: anonymous captures after it only fill blanks.
    #: None: they overwrite.
    edited_by_user_since: str | None = None
    deleted_at: datetime | None = None
    #: The write_id of the moment from which on the person is forgotten; earlier captures are too.
    erased_since: str | None = None
    #: The first touch, then those that rank highest: see `app.domain.contact.attribution`.
    attribution: list[Touch] = msgspec.field(default_factory=list)
    #: Rises with each write; 0: not stored yet.
    version: int = 0


def next_write_id(contact: Contact | None) -> str:
    """The write_id of an edit made now: later than everything that the contact has seen.

    Hosts' clocks differ, and what a caller has read and then changes must not win.
    """
    if contact is None:
        return new_ulid()
    seen = (contact.edited_by_user_since or "", contact.erased_since or "")
    return new_ulid(after=max(*seen, *contact.write_ids.values()))


def blank_contact(contact_id: str, org_id: str, email: str, at: datetime) -> Contact:
    """A contact of which only the address is known."""
    return Contact(email, id=contact_id, org_id=org_id, created_at=at, updated_at=at)


def restore(contact: Contact, email: str, at: datetime) -> Contact:
    """A blank contact in the place of a deleted one: same id, its events count on."""
    blank = blank_contact(contact.id, contact.org_id, email, at)
    blank.sequence = contact.sequence
    blank.erased_since = contact.erased_since
    blank.version = contact.version
    return blank


def soft_delete(contact: Contact, at: datetime) -> Contact:
    """What stays of a deleted contact: its id and the count of its events, nothing personal."""
    tombstone = restore(contact, "", at)
    tombstone.deleted_at = at
    return tombstone
