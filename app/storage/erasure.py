"""Erasing one person: everything that says who they were goes, in every table.

The contact's row stays as a tombstone: its id is a keyed hash of the address, and `erased_since`
keeps captures from before that moment, should one still be on its way, from bringing the person
back. A capture after it is the person's own new decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from peewee import Expression, fn

from app.domain.capture import CaptureStatus
from app.domain.delivery import DeliveryStatus
from app.domain.event import CONTACT_DELETED
from app.storage.database import Cursor, execute
from app.storage.deliveries import ERASED, cancel, forget_answers
from app.storage.models import Captures, Contacts, Deliveries, Events

_OPEN = (DeliveryStatus.PENDING, DeliveryStatus.ATTEMPTING)


def erase_history(cursor: Cursor, contact_id: str, ids: Sequence[str], write_id: str) -> None:
    """Empty the captures and events of a contact that is locked and deleted in this transaction.

    `ids` are all ids that lead to it, its own among them; `write_id` is the moment of the erasure.
    What is still owed about the person, except the news of the deletion, is cancelled, and what
    receivers answered is forgotten.
    """
    execute(cursor, Contacts.update(erased_since=write_id).where(Contacts.id.in_(ids)))
    _empty(cursor, Captures.contact_id.in_(ids))
    about = Events.contact_id == contact_id
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


def erase_captures(cursor: Cursor, capture_ids: Iterable[str]) -> None:
    """Empty captures of erased people that came late."""
    late = Captures.id.in_(list(capture_ids))
    _empty(cursor, late, status=CaptureStatus.REJECTED, reason=ERASED)


def _empty(cursor: Cursor, which: Expression, **more: str) -> None:
    blank = Captures.update(payload={}, client_address=None, user_agent=None, referrer=None, **more)
    execute(cursor, blank.where(which))
