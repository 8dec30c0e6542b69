"""Contacts: create, read, change, delete.

A contact that a keyed caller creates has had its first touch: `source` is `other` unless one is
sent, and later captures don't change it. An address belongs to one contact even after that
contact's address has changed: a former address cannot be given to another contact.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta

from app.api.bodies import read_body
from app.api.call import Answer, Call, existing
from app.api.contact_bodies import (
    ContactEdit,
    NewContact,
    checked_email,
    edits_of,
)
from app.api.cursors import encode_cursor, read_cursor
from app.api.lists import Page, make_page
from app.api.operation import One, Operation, describe
from app.api.persons import erase_by_id
from app.api.queries import Form, ListQuery, Moment, read_query, read_time
from app.domain.contact.contact import Contact
from app.domain.contact.contact_view import ContactView, contact_view
from app.domain.contact_fields import Source, Stage
from app.domain.errors import Invalid
from app.domain.ids import derive_contact_id
from app.domain.times import parse_rfc3339
from app.storage.contact import contact_lists, contact_service, contacts
from app.storage.contact.contact_service import ContactWrite
from app.storage.database import Cursor, transaction

_TAG = "Contacts"
Order = Literal["created_at", "-created_at", "updated_at", "-updated_at", "email", "-email"]


class ContactQuery(ListQuery):
    """What `GET /contacts` takes."""

    sort: Order = "created_at"
    stage: Stage | None = None
    source: Source | None = None
    email: Annotated[str, Meta(max_length=320, description="Exactly this address")] | None = None
    form: Form | None = None
    created_after: Moment | None = None
    created_before: Moment | None = None


@describe(Operation(_TAG, {201: One[ContactView]}, body=NewContact, errors=("conflict",)))
def create_contact(call: Call) -> Answer:
    """Create a contact. If the address is taken, the conflict names the contact that has it."""
    return _write(call, contact_service.create)


@describe(Operation(_TAG, {200: One[ContactView], 201: One[ContactView]}, body=NewContact))
def upsert_contact(call: Call) -> Answer:
    """Create the contact with that address (201), or change the one that has it (200)."""
    return _write(call, contact_service.upsert)


def _write(call: Call, write: Callable[..., ContactWrite]) -> Answer:
    body = read_body(call.body, NewContact)
    email, edits = checked_email(body.email), edits_of(body)
    with transaction(call.services.database) as cursor:
        written = write(cursor, call.org.id, _id_of(call, email), email, edits)
        action = "contact.created" if written.created else "contact.updated"
        call.note(cursor, action, written.contact.id, fields=sorted(edits))
    return _answer(call, written)


@describe(Operation(_TAG, {200: Page[ContactView]}, query=ContactQuery))
def list_contacts(call: Call) -> Answer:
    """The org's contacts, by default in the order of creation.

    `sort=updated_at` has no index and takes longer the more contacts there are.
    """
    query = read_query(call.query, ContactQuery)
    filters = contact_lists.Filters(
        query.stage,
        query.source,
        # In an address, a blank before the @ can be nothing but a plus that was not encoded.
        checked_email(query.email.strip().replace(" ", "+")) if query.email is not None else None,
        query.form,
        read_time("created_after", query.created_after),
        read_time("created_before", query.created_before),
    )
    after = _place_of(query)
    with transaction(call.services.database) as cursor:
        rows = contact_lists.page(cursor, call.org.id, filters, query.sort, after, query.limit + 1)
    return Answer(
        make_page(ContactView, rows, query, contact_view, lambda row: _cursor_of(query, row))
    )


@describe(Operation(_TAG, {200: One[ContactView]}))
def get_contact(call: Call) -> Answer:
    """One contact. Every id in a capture's answer leads to its contact."""
    with transaction(call.services.database) as cursor:
        return Answer(One(contact_view(find_contact(cursor, call))))


@describe(Operation(_TAG, {200: One[ContactView]}, body=ContactEdit, errors=("conflict",)))
def edit_contact(call: Call) -> Answer:
    """Change a contact. A change without effect emits no event.

    A new address must be free; ids of former addresses still lead here.
    """
    body = read_body(call.body, ContactEdit)
    edits, address_id = edits_of(body), None
    if body.email is not UNSET:
        edits["email"] = checked_email(body.email)
        address_id = _id_of(call, checked_email(body.email))
    with transaction(call.services.database) as cursor:
        written = contact_service.edit(cursor, call.org.id, _id_in_path(call), edits, address_id)
        call.note(cursor, "contact.updated", written.contact.id, fields=sorted(edits))
    return _answer(call, written)


class Deletion(msgspec.Struct, forbid_unknown_fields=True):
    """What `DELETE /contacts/{id}` takes."""

    erase: Annotated[bool, Meta(description="Forget the person in captures and events, too")] = (
        False
    )


@describe(Operation(_TAG, {204: None}, query=Deletion))
def delete_contact(call: Call) -> Answer:
    """Delete a contact. If its address is captured again, it starts afresh under the same id.

    With `erase=true` name, address and everything that was sent disappear from every table and
    queue, also after the contact was deleted, or if there are only captures that were set aside; a
    keyed hash of the address stays, so that captures from before cannot bring the person back.
    """
    if read_query(call.query, Deletion).erase:
        return erase_by_id(call)
    with transaction(call.services.database) as cursor:
        written = contact_service.delete(cursor, call.org.id, _id_in_path(call))
        call.note(cursor, "contact.deleted", written.contact.id)
    call.services.notifier.notify(written.webhook_ids)
    return Answer(status=204)


def find_contact(cursor: Cursor, call: Call) -> Contact:
    """The contact that the path names. Raises `NotFound`."""
    return existing(contacts.find(cursor, call.org.id, _id_in_path(call)), "Contact")


def _id_in_path(call: Call) -> str:
    return call.id_in_path("cont", "Contact")


def _id_of(call: Call, email: str) -> str:
    return derive_contact_id(call.org.created_ms, call.org.id_secret, email)


def _answer(call: Call, written: ContactWrite) -> Answer:
    call.services.notifier.notify(written.webhook_ids)
    return Answer(One(contact_view(written.contact)), status=201 if written.created else 200)


def _cursor_of(query: ContactQuery, contact: Contact) -> str:
    value = getattr(contact, query.sort.removeprefix("-"))
    return encode_cursor(
        query.sort, value if isinstance(value, str) else value.isoformat(), contact.id
    )


def _place_of(query: ContactQuery) -> tuple[str, str] | None:
    values = read_cursor(query.cursor, query.sort, 2)
    if values is None:
        return None
    value, contact_id = values
    try:
        if not query.sort.endswith("email"):
            value = parse_rfc3339(value).isoformat()
    except ValueError:
        raise Invalid({"cursor": "expected a cursor from an earlier answer of this list"}) from None
    return value, contact_id
