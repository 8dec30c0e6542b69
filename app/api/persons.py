"""Persons: found by id or by address, and erased.

Also somebody whose contact was deleted, or who has no contact, because all captures were set aside
or wait for the database.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from app.api.bodies import read_body
from app.api.call import Answer, Call, existing
from app.api.operation import Operation, describe
from app.domain.contact.traces import Person
from app.domain.errors import Invalid
from app.domain.ids import derive_contact_id
from app.domain.text.address import MalformedAddress, normalise
from app.storage.capture import waiting_captures
from app.storage.database import Cursor, transaction
from app.storage.person import erasure, person

TAG = "Contacts"


class Address(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /contacts/export` and `POST /contacts/erase` take."""

    email: Annotated[
        str, Meta(max_length=320, description="An address, or what was mistyped for one")
    ]


def erase_by_id(call: Call) -> Answer:
    """Erase the person whom the path names. Raises `NotFound`."""
    with transaction(call.services.database) as cursor:
        found = find_by_id(cursor, call)
    _erase_from_queue(call, found)
    with transaction(call.services.database) as cursor:
        return _erase(cursor, call, find_by_id(cursor, call))


@describe(Operation(TAG, {204: None}, body=Address))
def erase_by_address(call: Call) -> Answer:
    """Erase whoever has that address, as `DELETE /contacts/{id}?erase=true` does.

    Captures from before that are still on their way are erased when they arrive.
    """
    with transaction(call.services.database) as cursor:
        found = find_by_address(cursor, call)
    _erase_from_queue(call, found)
    with transaction(call.services.database) as cursor:
        return _erase(cursor, call, find_by_address(cursor, call))


def _erase_from_queue(call: Call, found: Person) -> None:
    # Before the tables: a caller who is told that Redis is away can erase once more.
    call.services.queue_erasure.erase(call.org.id, found.traces.ids, found.traces.emails)


def _erase(cursor: Cursor, call: Call, found: Person) -> Answer:
    webhook_ids = erasure.erase(cursor, found)
    call.note(cursor, "person.erased", found.contact_id)
    cursor.on_commit.append(lambda: call.services.notifier.notify(webhook_ids))
    return Answer(status=204)


def find_by_id(cursor: Cursor, call: Call) -> Person:
    """The person whom the path names. Raises `NotFound` if nothing is stored of one."""
    found = person.find(cursor, call.org, call.id_in_path("cont", "Person"))
    return existing(found if is_known(cursor, found) else None, "Person")


def find_by_address(cursor: Cursor, call: Call) -> Person:
    """The person whom the body names, known or not. Raises `Invalid`."""
    typed = read_body(call.body, Address).email.strip().lower()
    if "@" not in typed:
        raise Invalid({"email": "an address has an @"})
    try:
        email = normalise(typed)
    except MalformedAddress:
        email = typed  # as it stands in a capture that was rejected for it
    derived = derive_contact_id(call.org.created_ms, call.org.id_secret, email)
    return person.find(cursor, call.org, derived, email)


def is_known(cursor: Cursor, found: Person) -> bool:
    """Whether anything is stored of a person."""
    has_contact = found.contact is not None
    return has_contact or any(
        look(cursor, found) for look in (person.captures_of, waiting_captures.of_person)
    )
