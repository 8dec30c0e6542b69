"""Recording: captures become contacts, events and deliveries in one transaction.

    captures  inserted; already there means already done
    contacts  locked in key order; repeats (repeats.py) go, the rest is merged capture by capture,
              and they are written with one statement
    events    one per capture
    deliveries one per event and webhook; some are leased at once (pushes.py)

Nothing here commits. A capture that was recorded before changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app.domain.capture.capture import Capture, CaptureStatus
from app.domain.contact.contact import Contact, restore
from app.domain.contact.merge import merge_capture, new_contact
from app.domain.ids import ulid_of
from app.domain.webhook.event import CONTACT_CREATED, CONTACT_UPDATED, Event, contact_event
from app.storage.capture import captures as capture_rows
from app.storage.capture import verifications
from app.storage.capture.repeats import delete_repeats
from app.storage.contact import contacts as contact_rows
from app.storage.database import Cursor
from app.storage.delivery.events import publish
from app.storage.delivery.new_deliveries import Holder
from app.storage.delivery.pushes import Published, publish_and_push
from app.storage.person.erasure import erase_captures


class Recorded(NamedTuple):
    """What one transaction recorded."""

    captures: int
    events: int
    published: Published


def record(
    cursor: Cursor, captures: Sequence[Capture], now: datetime, holder: Holder | None = None
) -> Recorded:
    """Record captures, in the order of their ids, and everything that follows from them.

    `holder`: a delivery process that may get first attempts pushed; None: all are to be claimed.

    Raises `TransactionConflict` when the same work should be done again, and whatever PostgreSQL
    raises for a capture that it cannot store.
    """
    new = _insert(cursor, captures)
    ids = [capture.contact_id for capture in new if capture.contact_id]
    known = contact_rows.lock(cursor, ids) if ids else {}
    new = delete_repeats(cursor, new, known.keys())
    events = _merge(cursor, [capture for capture in new if capture.contact_id], known, now)
    if holder is None:
        return Recorded(len(new), len(events), Published(publish(cursor, events), []))
    return Recorded(len(new), len(events), publish_and_push(cursor, events, holder))


def merge(cursor: Cursor, captures: Sequence[Capture], now: datetime) -> list[Event]:
    """Merge captures, ordered by id, into their contacts; the events to publish.

    Quarantined ones stay out of them; those of erased people are emptied.
    """
    known = contact_rows.lock(cursor, (capture.contact_id for capture in captures))
    return _merge(cursor, captures, known, now)


def _merge(
    cursor: Cursor, captures: Sequence[Capture], known: dict[str, Contact], now: datetime
) -> list[Event]:
    if not captures:
        return []
    kept = _without_erased(cursor, captures, known)
    wanted = [capture for capture in kept if capture.status is CaptureStatus.RECORDED]
    events = [_merge_one(known, capture, now) for capture in wanted]
    touched = {contact.id: contact for contact in (known[c.contact_id] for c in wanted)}
    contact_rows.save(cursor, list(touched.values()))
    return events


def _without_erased(
    cursor: Cursor, captures: Sequence[Capture], known: dict[str, Contact]
) -> Sequence[Capture]:
    erased = {c.id for c in captures if _is_erased(known.get(c.contact_id), c)}
    if not erased:
        return captures
    erase_captures(cursor, erased)
    return [capture for capture in captures if capture.id not in erased]


def _is_erased(contact: Contact | None, capture: Capture) -> bool:
    since = contact.erased_since if contact else None
    return since is not None and capture.write_id < since


def _insert(cursor: Cursor, captures: Sequence[Capture]) -> Sequence[Capture]:
    # In order: what is in the queue and the fallback alike may be recorded twice at the same time.
    unique = sorted({capture.id: capture for capture in captures}.values(), key=lambda c: c.id)
    inserted = capture_rows.insert_new(cursor, unique)
    new = [capture for capture in unique if capture.id in inserted]
    verifications.insert(cursor, new)
    return new


def _merge_one(known: dict[str, Contact], capture: Capture, now: datetime) -> Event:
    contact = known.get(capture.contact_id)
    created = contact is None or contact.deleted_at is not None
    if contact is None:
        contact = new_contact(capture)
        known[capture.contact_id] = contact
    elif created:
        blank = restore(contact, capture.email, capture.received_at)
        known.update({key: blank for key, value in known.items() if value is contact})
        contact = blank
    changes = merge_capture(contact, capture)
    event_type = CONTACT_CREATED if created else CONTACT_UPDATED
    # Recorded again after a database was restored, a capture has its event under the same id.
    event_id = f"evt_{ulid_of(capture.id)}"
    changes = [] if created else changes
    return contact_event(event_id, event_type, contact, changes, now, capture)
