"""Contacts as keyed callers create, change and delete them, in one transaction each.

An address belongs to the contact that its derived id leads to: the contact with that id, or the
one that took the address later (an alias). To give an address to a contact, the id derived from it
must lead nowhere, and must stay so while we look: it gets a blank tombstone of its own, so that a
capture which would create that contact at the same moment meets it and looks again.

Nothing here commits. `TransactionConflict` says: the same work, done again, will succeed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from app.domain.contact.contact import Contact, blank_contact, next_write_id, restore, soft_delete
from app.domain.contact.merge import edit_contact
from app.domain.errors import Conflict, NotFound
from app.domain.ids import new_id, new_ulid, time_of
from app.domain.webhook.event import (
    CONTACT_CREATED,
    CONTACT_DELETED,
    CONTACT_UPDATED,
    contact_event,
)
from app.storage.contact import contacts
from app.storage.database import Cursor
from app.storage.delivery.events import publish


class ContactWrite(NamedTuple):
    """A contact after a write, and the webhooks that are owed an event about it."""

    contact: Contact
    webhook_ids: set[str]
    created: bool = False


def create(
    cursor: Cursor, org_id: str, contact_id: str, email: str, edits: Mapping[str, object]
) -> ContactWrite:
    """Create the contact with that derived id. Raises `Conflict` when its address is taken."""
    found = contacts.lock(cursor, [contact_id]).get(contact_id)
    if found is not None and found.deleted_at is None:
        raise Conflict(f"There is a contact with the address {email} already", found.id)
    return _create(cursor, org_id, contact_id, email, edits, found)


def upsert(
    cursor: Cursor, org_id: str, contact_id: str, email: str, edits: Mapping[str, object]
) -> ContactWrite:
    """Create the contact with that derived id, or edit the one that it leads to."""
    found = contacts.lock(cursor, [contact_id]).get(contact_id)
    if found is not None and found.deleted_at is None:
        return _edit(cursor, found, edits)
    return _create(cursor, org_id, contact_id, email, edits, found)


def edit(
    cursor: Cursor,
    org_id: str,
    contact_id: str,
    edits: Mapping[str, object],
    address_id: str | None = None,
) -> ContactWrite:
    """Edit a contact. `address_id` is the id derived from the `email` in `edits`.

    Raises `NotFound`, or `Conflict` when another contact has that address.
    """
    wanted = [contact_id, address_id] if address_id else [contact_id]
    locked = contacts.lock(cursor, wanted)
    contact = _living(locked, org_id, contact_id)
    if address_id and address_id != contact.id:
        _take_address(cursor, contact, address_id, locked.get(address_id))
    return _edit(cursor, contact, edits)


def delete(cursor: Cursor, org_id: str, contact_id: str) -> ContactWrite:
    """Delete a contact and say so with its last state. Raises `NotFound`.

    Its row stays as a tombstone: its events count on if the address comes back. Its further
    addresses are free again.
    """
    contact = _living(contacts.lock(cursor, [contact_id]), org_id, contact_id)
    write_id = next_write_id(contact)
    event = contact_event(new_id("evt"), CONTACT_DELETED, contact, [], time_of(write_id))
    contacts.remove_aliases(cursor, contact.id)
    contacts.save(cursor, [soft_delete(contact, time_of(write_id))])
    return ContactWrite(contact, publish(cursor, [event]))


def _living(locked: Mapping[str, Contact], org_id: str, contact_id: str) -> Contact:
    contact = locked.get(contact_id)
    if contact is None or contact.org_id != org_id or contact.deleted_at is not None:
        raise NotFound("Contact not found")
    return contact


def _create(
    cursor: Cursor,
    org_id: str,
    contact_id: str,
    email: str,
    edits: Mapping[str, object],
    tombstone: Contact | None,
) -> ContactWrite:
    write_id = next_write_id(tombstone)
    contact = _blank(org_id, contact_id, email, time_of(write_id), tombstone)
    # A first touch without a source of its own: only a capture that came earlier may name one.
    contact.write_ids["source"] = write_id
    edit_contact(contact, edits, write_id)
    event = contact_event(new_id("evt"), CONTACT_CREATED, contact, [], time_of(write_id))
    contacts.save(cursor, [contact])
    return ContactWrite(contact, publish(cursor, [event]), created=True)


def _blank(
    org_id: str, contact_id: str, email: str, at: datetime, tombstone: Contact | None
) -> Contact:
    if tombstone is not None:
        return restore(tombstone, email, at)
    return blank_contact(contact_id, org_id, email, at)


def _edit(cursor: Cursor, contact: Contact, edits: Mapping[str, object]) -> ContactWrite:
    write_id = next_write_id(contact)
    changes = edit_contact(contact, edits, write_id)
    events = []
    if changes:
        events = [
            contact_event(new_id("evt"), CONTACT_UPDATED, contact, changes, time_of(write_id))
        ]
    # Also when nothing changed: what was confirmed now, an older capture must not overwrite.
    contacts.save(cursor, [contact])
    return ContactWrite(contact, publish(cursor, events))


def _take_address(
    cursor: Cursor, contact: Contact, address_id: str, holder: Contact | None
) -> None:
    if holder is contact:
        return
    if holder is not None and holder.deleted_at is None:
        raise Conflict("Another contact has this address", holder.id)
    if holder is None:
        at = time_of(new_ulid())
        blank = blank_contact(address_id, contact.org_id, "", at)
        contacts.save(cursor, [soft_delete(blank, at)])
    contacts.add_alias(cursor, address_id, contact.id)
