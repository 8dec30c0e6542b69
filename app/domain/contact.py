"""How captures and edits become a contact: the merge.

The end state must not depend on the order, or the number of times, in which workers happen to
process captures. So every value carries the write_id (a ULID: who came when) of what set it, and:

- a later value beats an earlier one; an absent value beats nothing;
- metadata follows the same rule key by key;
- `source`, `source_detail` and `created_at` belong to the first capture, whenever it is processed;
- `stage` and `owner_id` are for people: no capture touches them;
- once a person has moved the contact out of stage `lead`, an anonymous capture received after that
  is *weak*: it fills a blank (the first one to come does) and overwrites nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from app.domain.capture import Capture
from app.domain.ids import time_of

STAGES = ("lead", "prospect", "customer", "churned")
SOURCES = ("organic", "referral", "paid", "social", "email", "event", "outbound", "other")

#: Fields that a capture merges by the rule of the latest value.
MERGED_FIELDS = ("first_name", "last_name", "phone", "title", "linkedin_url")
#: Fields that belong to the first capture.
FIRST_TOUCH_FIELDS = ("source", "source_detail")
#: Fields that a keyed caller may set, besides the merged ones and metadata.
TENDED_FIELDS = ("email", "stage", "source", "source_detail", "company_id", "owner_id")

#: Metadata keys that one contact holds at most; further ones stay in their captures only.
METADATA_KEYS_MAX = 500

#: A write_id before every capture: what a person set as first touch stays.
_BEFORE_ALL = ""
_METADATA = "metadata."
_WEAK = "~"


class Contact(msgspec.Struct):
    """A contact as stored. `write_ids` is the merge's memory and is never shown."""

    id: str
    org_id: str
    email: str
    created_at: datetime
    updated_at: datetime
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    title: str | None = None
    linkedin_url: str | None = None
    stage: str = "lead"
    source: str = "other"
    source_detail: str | None = None
    company_id: str | None = None
    owner_id: str | None = None
    metadata: dict[str, object] = {}
    first_captured_at: datetime | None = None
    last_captured_at: datetime | None = None
    captures_count: int = 0
    #: Events of this contact so far; it goes on after a deletion.
    sequence: int = 0
    write_ids: dict[str, str] = {}
    #: Since when captures are weak: the write_id of the edit that moved the stage; None: they are
    #: not.
    edited_by_user_since: str | None = None
    deleted_at: datetime | None = None
    #: The write_id of the moment from which on the person is forgotten; earlier captures are too.
    erased_since: str | None = None
    #: Rises with each write; 0: not stored yet.
    version: int = 0


class Register(NamedTuple):
    """A value and the write_ids of what set it: a strong write, or a weak one that filled a
    blank."""

    value: object
    strong: str | None
    weak: str | None


def write_register(register: Register, value: object, write_id: str, *, weak: bool) -> Register:
    """The register after a write. A strong write may clear it with None; a weak one never."""
    if weak:
        after_strong = register.strong is None or write_id > register.strong
        blank = register.value is None or (register.weak is not None and write_id < register.weak)
        return Register(value, register.strong, write_id) if after_strong and blank else register
    if register.strong is not None and write_id <= register.strong:
        return register
    if value is None and register.weak is not None and register.weak > write_id:
        return register._replace(strong=write_id)
    return Register(value, write_id, None)


def new_contact(capture: Capture) -> Contact:
    """The blank contact that a first capture is merged into."""
    at = capture.received_at
    return Contact(capture.contact_id, capture.org_id, capture.email, created_at=at, updated_at=at)


def merge_capture(contact: Contact, capture: Capture) -> list[str]:
    """Merge a capture into its contact, in place; the names of the fields that changed."""
    write_id, at = capture.write_id, capture.received_at
    weak = (
        contact.edited_by_user_since is not None
        and not capture.keyed
        and write_id > contact.edited_by_user_since
    )
    changed = []
    for name in MERGED_FIELDS:
        value = getattr(capture, name)
        if value is not None and _write_field(contact, name, value, write_id, weak=weak):
            changed.append(name)
    changed += _write_first_touch(contact, capture, write_id)
    if _write_metadata(contact, capture.metadata, write_id, weak=weak):
        changed.append("metadata")
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
            written = _write_metadata(contact, dict(value or {}), write_id, weak=False)  # type: ignore[call-overload]
        elif name in MERGED_FIELDS:
            written = _write_field(contact, name, value, write_id, weak=False)
        else:
            written = _set(contact, name, value)
            _note_user_edit(contact, name, write_id)
        if written:
            changed.append(name)
    if changed:
        contact.updated_at = max(contact.updated_at, time_of(write_id))
    return changed


def restore(contact: Contact, email: str, at: datetime) -> Contact:
    """A blank contact in the place of a deleted one: same id, its events count on."""
    return Contact(
        contact.id,
        contact.org_id,
        email,
        created_at=at,
        updated_at=at,
        sequence=contact.sequence,
        erased_since=contact.erased_since,
        version=contact.version,
    )


def soft_delete(contact: Contact, at: datetime) -> Contact:
    """What stays of a deleted contact: its id and the count of its events, nothing personal."""
    tombstone = restore(contact, "", at)
    tombstone.deleted_at = at
    return tombstone


def _note_user_edit(contact: Contact, name: str, write_id: str) -> None:
    if name == "stage":
        if contact.stage == "lead":
            contact.edited_by_user_since = None
        elif contact.edited_by_user_since is None:
            contact.edited_by_user_since = write_id
    elif name in FIRST_TOUCH_FIELDS:
        contact.write_ids["source"] = _BEFORE_ALL


def _write_field(contact: Contact, name: str, value: object, write_id: str, *, weak: bool) -> bool:
    before = getattr(contact, name)
    after = _apply(contact.write_ids, name, before, value, write_id, weak=weak)
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
    contact: Contact, incoming: Mapping[str, object], write_id: str, *, weak: bool
) -> bool:
    changed = False
    for key, value in incoming.items():
        if key not in contact.metadata and len(contact.metadata) >= METADATA_KEYS_MAX:
            continue
        before = contact.metadata.get(key)
        after = _apply(contact.write_ids, _METADATA + key, before, value, write_id, weak=weak)
        if after is None:
            changed |= contact.metadata.pop(key, None) is not None
        elif after != before:
            contact.metadata[key] = after
            changed = True
    return changed


def _apply(
    write_ids: dict[str, str], name: str, held: object, value: object, write_id: str, *, weak: bool
) -> object:
    """What the register of that name holds after a write; its write_ids are noted."""
    strong, last_weak = write_ids.get(name), write_ids.get(_WEAK + name)
    if strong is None and last_weak is None and not weak:
        write_ids[name] = write_id  # the first write, as most are, always lands
        return value
    before = Register(held, strong, last_weak)
    after = write_register(before, value, write_id, weak=weak)
    if after is not before:
        _remember(write_ids, name, after)
    return after.value


def _remember(write_ids: dict[str, str], name: str, register: Register) -> None:
    if register.strong is not None:
        write_ids[name] = register.strong
    if register.weak is not None:
        write_ids[_WEAK + name] = register.weak
    else:
        write_ids.pop(_WEAK + name, None)


def _set(contact: Contact, name: str, value: object) -> bool:
    if getattr(contact, name) == value:
        return False
    setattr(contact, name, value)
    return True
