"""A person: everything in PostgreSQL that belongs to one e-mail address, in whatever state it is.

Somebody may be a living contact or a deleted one, or may only have captures that were set aside,
wait in the fallback table, or could not be read. A person is known by the ids that were derived
from the addresses that the contact ever had.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from app.domain.capture.capture import CaptureStatus
from app.domain.contact.traces import Person, Traces
from app.domain.ids import time_of
from app.domain.org.org import Org
from app.storage.capture import waiting_captures
from app.storage.capture.captures import StoredCapture
from app.storage.contact import contacts
from app.storage.database import Cursor, fetch
from app.storage.models import Captures, columns_for, select

#: How long before or after a capture the same visitor may have mistyped the address.
_SAME_VISIT = timedelta(hours=1)


def find(cursor: Cursor, org: Org, contact_id: str, email: str | None = None) -> Person:
    """The person with that id; `email` is an address that is known besides."""
    contact = contacts.lock(cursor, [contact_id]).get(contact_id)
    if contact is not None and contact.org_id != org.id:
        contact = None
    root = contact.id if contact else contact_id
    ids = {contact_id, root, *contacts.aliases_of(cursor, root)}
    ids |= _free(cursor, root, contacts.related_ids(cursor, ids) - ids)
    emails = {email} if email else set()
    emails |= _addresses(cursor, org.id, ids)
    if contact is not None and contact.email:
        emails.add(contact.email)
    person = Person(org.id, root, contact, Traces(ids, emails))
    emails |= {
        str(each["email"]) for each in waiting_captures.of_person(cursor, person) if "email" in each
    }
    person.traces = Traces(ids, emails)
    return person


def _addresses(cursor: Cursor, org_id: str, ids: Iterable[str]) -> set[str]:
    cursor.execute(
        "SELECT payload->>'email' FROM captures"
        " WHERE org_id = %(org)s AND contact_id = ANY(%(ids)s)"
        " UNION SELECT data->>'email' FROM events"
        " WHERE org_id = %(org)s AND contact_id = ANY(%(ids)s)",
        {"org": org_id, "ids": list(ids)},
    )
    return {email for (email,) in cursor.fetchall() if email}


def _free(cursor: Cursor, root: str, former: set[str]) -> set[str]:
    """Those ids of former addresses that have not become somebody else's since."""
    leads_to = contacts.lock(cursor, former) if former else {}
    return {
        each
        for each in former
        if each not in leads_to or leads_to[each].id == root or leads_to[each].deleted_at
    }


def captures_of(cursor: Cursor, person: Person) -> list[StoredCapture]:
    """Every capture of a person, set aside or not, the oldest first."""
    ids = list(person.traces.ids)
    theirs = select(Captures, StoredCapture).where(
        Captures.org_id == person.org_id, Captures.contact_id.in_(ids)
    )
    recorded = fetch(cursor, theirs, StoredCapture)
    rejected = [each for each in _rejected(cursor, person, recorded) if each.contact_id not in ids]
    return sorted([*recorded, *rejected], key=lambda capture: capture.id)


def _rejected(cursor: Cursor, person: Person, recorded: list[StoredCapture]) -> list[StoredCapture]:
    """Rejected captures, which have no contact, that name the person or a mistyped form of it."""
    names = ", ".join(column.column_name for column in columns_for(Captures, StoredCapture))
    addresses = [each.client_address for each in recorded if each.client_address]
    cursor.execute(
        f"SELECT {names}, payload::text FROM captures WHERE org_id = %s AND status = %s AND"
        " (client_address = ANY(%s) OR EXISTS (SELECT FROM unnest(%s::text[]) AS one (email)"
        " WHERE strpos(lower(payload::text || reason), one.email) > 0))",
        (person.org_id, CaptureStatus.REJECTED, addresses, list(person.traces.emails)),
    )
    found = [(StoredCapture(*row[:-1]), row[-1]) for row in cursor.fetchall()]
    return [
        capture
        for capture, text in found
        if person.traces.are_in(f"{text} {capture.reason}")
        or _is_earlier_try(person, capture, recorded)
    ]


def _is_earlier_try(person: Person, rejected: StoredCapture, recorded: list[StoredCapture]) -> bool:
    if not person.traces.is_mistyped(str(rejected.payload.get("email", ""))):
        return False
    return any(
        each.client_address == rejected.client_address
        and each.user_agent == rejected.user_agent
        and abs(time_of(each.id) - time_of(rejected.id)) < _SAME_VISIT
        for each in recorded
    )
