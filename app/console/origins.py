"""Where a contact's values come from: the submission or user whose write won."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

from app.console.rendering import ago
from app.domain.contact.contact import Contact
from app.domain.contact.register import last_write
from app.domain.contact_fields import FIRST_TOUCH_FIELDS, LATEST_FIELDS
from app.domain.ids import time_of
from app.storage.database import Cursor
from app.storage.lead import lead_trace

_METADATA = "metadata."


class Origin(NamedTuple):
    """In words, with the path of the submission's page; "" if there is none."""

    words: str
    path: str = ""


def known_captures(cursor: Cursor, org_id: str, contact: Contact | None) -> set[str]:
    """Those of a contact's writes that were captures."""
    if contact is None:
        return set()
    ids = {f"cap_{write_id}" for write_id in contact.write_ids.values() if write_id}
    return lead_trace.captures_among(cursor, org_id, ids)


def value_of(contact: Contact, register: str) -> object:
    """The contact's value in a field, or under a key of its metadata (`metadata.key`)."""
    if register.startswith(_METADATA):
        return contact.metadata.get(register.removeprefix(_METADATA))
    return getattr(contact, register, None)


def origin_of(contact: Contact, register: str, known: Set[str], here: str = "") -> Origin:
    """Whose write won. `here`: the capture whose page shows it."""
    if value_of(contact, register) in (None, ""):
        return Origin("–")
    if not register.startswith(_METADATA) and register not in _WRITTEN:
        return Origin("initial value" if value_of(contact, register) == "lead" else "set by a user")
    name = "source" if register in FIRST_TOUCH_FIELDS else register
    written = last_write(contact.write_ids, name)
    capture_id = f"cap_{written}"
    if capture_id == here:
        return Origin("this submission")
    if capture_id not in known:
        return Origin(f"a user, {_when(written)}" if written else "a user")
    prefix = "" if not here else "an earlier one, " if capture_id < here else "a later one, "
    return Origin(f"{prefix}{_when(written)}", f"/console/leads/{capture_id}")


def _when(write_id: str) -> str:
    return ago(time_of(write_id)).striptags()


_WRITTEN = (*LATEST_FIELDS, *FIRST_TOUCH_FIELDS)
