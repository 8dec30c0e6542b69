"""How captures and edits become a contact: the merge.

The end state must not depend on the order, or the number of times, in which workers happen to
process captures. So every value carries the write_id (a ULID: who came when) of what set it, and:

- a later value beats an earlier one; an absent value beats nothing;
- metadata follows the same rule key by key, within bounds (`app.domain.contact.contact_metadata`);
- touches add up, within bounds (`app.domain.contact.attribution`);
- `source`, `source_detail` and `created_at` belong to the first capture, whenever it is processed;
- `stage`, `company_id` and `owner_id` are for keyed callers: no capture touches them;
- once a keyed caller has moved the contact out of stage `lead`, an anonymous capture received
  after that only fills blanks (the first one to come does) and overwrites nothing.

Which field follows which rule: `app.domain.contact_fields`.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.capture.capture import Capture
from app.domain.contact.attribution import merge_touches
from app.domain.contact.contact import Contact, blank_contact
from app.domain.contact.contact_metadata import register_of, trim_metadata
from app.domain.contact.register import write_named
from app.domain.contact_fields import FIRST_TOUCH_FIELDS, LATEST_FIELDS
from app.domain.ids import time_of

#: A write_id before every capture: a first touch set by a keyed caller stays.
_BEFORE_ALL = ""


def new_contact(capture: Capture) -> Contact:
    """The blank contact that a first capture is merged into."""
    return blank_contact(capture.contact_id, capture.org_id, capture.email, capture.received_at)


def merge_capture(contact: Contact, capture: Capture) -> list[str]:
    """Merge a capture into its contact, in place; the names of the fields that changed."""
    write_id, at = capture.write_id, capture.received_at
    fill = (
        contact.edited_by_user_since is not None
        and not capture.keyed
        and write_id > contact.edited_by_user_since
    )
    changed = []
    for name in LATEST_FIELDS:
        value = getattr(capture, name)
        if value is not None and _write_field(contact, name, value, write_id, fill=fill):
            changed.append(name)
    changed += _write_first_touch(contact, capture, write_id)
    if _write_metadata(contact, capture.metadata, write_id, fill=fill):
        changed.append("metadata")
    merge_touches(contact, capture, write_id, at)
    contact.first_captured_at = min(contact.first_captured_at or at, at)
    contact.last_captured_at = max(contact.last_captured_at or at, at)
    contact.created_at = min(contact.created_at, at)
    contact.updated_at = max(contact.updated_at, at)
    contact.captures_count += 1
    return changed


def edit_contact(contact: Contact, edits: Mapping[str, object], write_id: str) -> list[str]:
    """Write what a keyed caller set, in place; the names of the fields that changed.

    None clears a field or a metadata key. A stage other than `lead` starts to shield the contact
    from anonymous captures, `lead` ends it.
    """
    changed = []
    for name, value in edits.items():
        if name == "metadata":
            written = _write_metadata(contact, dict(value or {}), write_id, fill=False)  # type: ignore[call-overload]
        elif name in LATEST_FIELDS:
            written = _write_field(contact, name, value, write_id, fill=False)
        else:
            written = _set(contact, name, value)
            _note_user_edit(contact, name, write_id)
        if written:
            changed.append(name)
    if changed:
        contact.updated_at = max(contact.updated_at, time_of(write_id))
    return changed


def _note_user_edit(contact: Contact, name: str, write_id: str) -> None:
    if name == "stage":
        if contact.stage == "lead":
            contact.edited_by_user_since = None
        elif contact.edited_by_user_since is None:
            contact.edited_by_user_since = write_id
    elif name in FIRST_TOUCH_FIELDS:
        contact.write_ids["source"] = _BEFORE_ALL


def _write_field(contact: Contact, name: str, value: object, write_id: str, *, fill: bool) -> bool:
    before = getattr(contact, name)
    after = write_named(contact.write_ids, name, before, value, write_id, fill=fill)
    if after == before:
        return False
    setattr(contact, name, after)
    return True


def _write_first_touch(contact: Contact, capture: Capture, write_id: str) -> list[str]:
    first = contact.write_ids.get("source")
    if first is not None and first <= write_id:
        return []
    contact.write_ids["source"] = write_id
    return [name for name in FIRST_TOUCH_FIELDS if _set(contact, name, getattr(capture, name))]


def _write_metadata(
    contact: Contact, incoming: Mapping[str, object], write_id: str, *, fill: bool
) -> bool:
    changed = False
    for key, value in incoming.items():
        before = contact.metadata.get(key)
        after = write_named(contact.write_ids, register_of(key), before, value, write_id, fill=fill)
        if after is None:
            changed |= contact.metadata.pop(key, None) is not None
        elif after != before:
            contact.metadata[key] = after
            changed = True
    if changed:
        trim_metadata(contact)
    return changed


def _set(contact: Contact, name: str, value: object) -> bool:
    if getattr(contact, name) == value:
        return False
    setattr(contact, name, value)
    return True
