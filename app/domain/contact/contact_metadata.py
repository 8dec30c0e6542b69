"""The bounds of a contact's metadata: what many captures add up to must not grow without end."""

from __future__ import annotations

import msgspec

from app.domain.contact.contact import Contact
from app.domain.contact.register import forget, is_fill, last_write

#: Metadata of one contact, in bytes as compact JSON: twice what one capture may have.
BYTES_MAX = 32 * 1024
KEYS_MAX = 500

_encode = msgspec.json.Encoder().encode


def register_of(key: str) -> str:
    """The name of a metadata key's register."""
    return f"metadata.{key}"


def trim_metadata(contact: Contact) -> None:
    """Let the least recently received keys leave until the rest is within the bounds.

    They stay in their captures. What only filled a blank leaves before what somebody wrote, so no
    visitor displaces a user's edits. Only here may the order of processing decide.
    """
    metadata, write_ids = contact.metadata, contact.write_ids
    size = len(_encode(metadata))
    if size <= BYTES_MAX and len(metadata) <= KEYS_MAX:
        return

    def rank(key: str) -> tuple[bool, str]:
        register = register_of(key)
        return not is_fill(write_ids, register), last_write(write_ids, register)

    for key in sorted(metadata, key=rank):
        size -= len(_encode({key: metadata.pop(key)})) - 1
        forget(write_ids, register_of(key))
        if size <= BYTES_MAX and len(metadata) <= KEYS_MAX:
            break
