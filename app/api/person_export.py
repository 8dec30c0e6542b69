"""A person's data as it is exported: one JSON object with everything that is stored."""

from __future__ import annotations

import msgspec

from app.api import captures, persons
from app.api.call import Answer, Call, existing
from app.api.captures import CaptureView
from app.api.delivery_views import AttemptView, DeliveryView, attempt_view, listed
from app.api.events import EventView
from app.api.events import view as event_view
from app.api.operation import One, Operation, describe
from app.domain.contact.contact_view import ContactView, contact_view
from app.domain.contact.traces import Person
from app.storage.capture import waiting_captures
from app.storage.database import Cursor, transaction
from app.storage.delivery.delivery_lists import Answered
from app.storage.person import person as stored
from app.storage.person import person_history


class AttemptExport(AttemptView, kw_only=True):
    """An attempt with the delivery that it was made for."""

    delivery_id: str


class PersonExport(msgspec.Struct, kw_only=True):
    """Everything that is stored of a person, each list oldest first."""

    #: Null when it was deleted or never made.
    contact: ContactView | None
    #: The ids that lead, or once led, to the contact, its own among them.
    ids: list[str]
    #: Every address by which the person is known.
    emails: list[str]
    captures: list[CaptureView]
    #: Captures that are not recorded; of one that cannot be read, its `text`.
    waiting: list[dict[str, object]]
    events: list[EventView]
    deliveries: list[DeliveryView]
    #: What receivers answered may repeat what they were sent.
    attempts: list[AttemptExport]


@describe(Operation(persons.TAG, {200: One[PersonExport]}))
def export_by_id(call: Call) -> Answer:
    """Everything that is stored of a person: for a request for information, or to take along.

    The id may be that of a deleted contact, or of a capture that was set aside.
    """
    with transaction(call.services.database) as cursor:
        return _export(cursor, call, persons.find_by_id(cursor, call))


@describe(Operation(persons.TAG, {200: One[PersonExport]}, body=persons.Address))
def export_by_address(call: Call) -> Answer:
    """The same by address, for people without a contact."""
    with transaction(call.services.database) as cursor:
        found = persons.find_by_address(cursor, call)
        known = found if persons.is_known(cursor, found) else None
        return _export(cursor, call, existing(known, "Person"))


def _export(cursor: Cursor, call: Call, found: Person) -> Answer:
    call.note(cursor, "person.exported", found.contact_id)
    return Answer(One(_view(cursor, found)))


def _view(cursor: Cursor, person: Person) -> PersonExport:
    events = person_history.events_of(cursor, person)
    sent = person_history.deliveries_of(cursor, [event.id for event in events])
    attempts = person_history.attempts_of(cursor, [delivery.id for delivery, _ in sent])
    last = {delivery_id: Answered(row.status, row.error) for row, delivery_id in attempts}
    contact = person.contact if person.is_living else None
    return PersonExport(
        contact=contact_view(contact) if contact else None,
        ids=sorted(person.traces.ids),
        emails=sorted(person.traces.emails),
        captures=[captures.view(row) for row in stored.captures_of(cursor, person)],
        waiting=waiting_captures.of_person(cursor, person),
        events=[event_view(event) for event in events],
        deliveries=[listed(row, status, last.get(row.id)) for row, status in sent],
        attempts=[
            attempt_view(row, AttemptExport, delivery_id=delivery_id)
            for row, delivery_id in attempts
        ],
    )
