"""Erasing one person: everything that says who they were goes, in every table.

The contact's row stays as a tombstone, or is made: its id is a keyed hash of the address, and
`erased_since` keeps captures from before that moment, should one still be on its way, from bringing
the person back. A capture after it is the person's own new decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from peewee import Expression, fn

from app.domain.capture.capture import CaptureStatus
from app.domain.contact.contact import blank_contact, next_write_id, soft_delete
from app.domain.contact.traces import Person
from app.domain.delivery.delivery import DeliveryStatus
from app.domain.ids import time_of
from app.domain.webhook.event import CONTACT_DELETED
from app.storage.capture import capture_words, verifications, waiting_captures
from app.storage.capture.waiting_captures import Waiting
from app.storage.contact import contact_service, contacts
from app.storage.database import Cursor, execute, fetch
from app.storage.delivery.deliveries import ERASED, cancel, forget_answers
from app.storage.models import (
    Captures,
    Contacts,
    Deliveries,
    Events,
    Fallback,
    UnreadableJobs,
)
from app.storage.person import person as persons

_OPEN = (DeliveryStatus.PENDING, DeliveryStatus.ATTEMPTING)


def erase(cursor: Cursor, person: Person) -> set[str]:
    """Erase a person that was found in this transaction; the webhooks to notify.

    A living contact is deleted first. What else is owed about the person is cancelled, and what
    receivers answered is forgotten.
    """
    write_id = next_write_id(person.contact)
    owed: set[str] = set()
    if person.is_living:
        owed = contact_service.delete(cursor, person.org_id, person.contact_id).webhook_ids
    ids = sorted(person.traces.ids)
    # Before the captures are emptied: some are found by what they say.
    capture_ids = [capture.id for capture in persons.captures_of(cursor, person)]
    _erase_waiting(cursor, Fallback, waiting_captures.in_fallback(cursor, person), person)
    _erase_waiting(cursor, UnreadableJobs, waiting_captures.unreadable(cursor, person), person)
    _erase_history(cursor, person.org_id, ids)
    _erase_captures(cursor, capture_ids)
    _leave_tombstones(cursor, person.org_id, ids, write_id)
    return owed


def erase_captures(cursor: Cursor, capture_ids: Iterable[str]) -> None:
    """Empty captures of erased people that came late."""
    capture_ids = list(capture_ids)
    late = Captures.id.in_(capture_ids)
    _empty(cursor, late, status=CaptureStatus.REJECTED, reason=ERASED)
    capture_words.forget(cursor, capture_ids)


def _erase_captures(cursor: Cursor, capture_ids: Sequence[str]) -> None:
    which = Captures.id.in_(capture_ids)
    _empty(cursor, which)
    capture_words.forget(cursor, capture_ids)
    # Released, one that is empty would be nobody's.
    spoiled = Captures.update(status=CaptureStatus.REJECTED, reason=ERASED)
    execute(cursor, spoiled.where(which, Captures.status != CaptureStatus.RECORDED))


def _erase_history(cursor: Cursor, org_id: str, ids: Sequence[str]) -> None:
    about = (Events.org_id == org_id) & Events.contact_id.in_(ids)
    events = Events.select(Events.id).where(about)
    owed = Deliveries.event_id.in_(events.where(Events.type != CONTACT_DELETED))
    cancel(cursor, Deliveries.status.in_(_OPEN) & owed, ERASED)
    forget_answers(cursor, Deliveries.select(Deliveries.id).where(Deliveries.event_id.in_(events)))
    # fmt: off
    left = fn.json_build_object(
        "id", Events.contact_id, "contact_id", Events.contact_id,
        "sequence", Events.sequence, "erased", True,
    )
    # fmt: on
    execute(cursor, Events.update(data=left).where(about))


def _erase_waiting(cursor: Cursor, table: Any, rows: Sequence[Waiting], person: Person) -> None:
    column = "captures" if table is Fallback else "payload"
    for row in rows:
        its = table.id == row.row_id
        theirs, others = waiting_captures.split(person, row.text)
        if others is None:
            execute(cursor, table.delete().where(its))
        elif theirs:
            kept = others if table is Fallback else msgspec.json.encode(others)
            execute(cursor, table.update({column: kept}).where(its))


def _leave_tombstones(cursor: Cursor, org_id: str, ids: Sequence[str], write_id: str) -> None:
    """Let no capture from before this moment bring the person back."""
    known = fetch(cursor, Contacts.select(Contacts.id).where(Contacts.id.in_(ids)), str)
    at = time_of(write_id)
    missing = [blank_contact(each, org_id, "", at) for each in ids if each not in known]
    if missing:
        contacts.save(cursor, [soft_delete(each, at) for each in missing])
    theirs = (Contacts.org_id == org_id) & Contacts.id.in_(ids)
    execute(cursor, Contacts.update(erased_since=write_id).where(theirs))


def _empty(cursor: Cursor, which: Expression, **more: str) -> None:
    verifications.forget(cursor, which)
    gone = dict.fromkeys(("client_address", "user_agent", "referrer", "identity"))
    execute(cursor, Captures.update(payload={}, **gone, **more).where(which))
