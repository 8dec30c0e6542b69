"""Captures: every submission as it came in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from app.domain.capture import Capture, CaptureStatus
from app.domain.contact import Contact
from app.domain.ids import time_of
from app.storage import contacts
from app.storage.database import Cursor
from app.storage.rows import as_json

#: The fields of a capture that a visitor sent.
_PAYLOAD_FIELDS = (
    "email",
    "first_name",
    "last_name",
    "phone",
    "title",
    "linkedin_url",
    "source",
    "source_detail",
    "metadata",
)

_decoder = msgspec.json.Decoder(list[Capture])

_INSERT = """
INSERT INTO captures
    (id, org_id, contact_id, status, reason, payload, keyed, client_address, user_agent, referrer)
SELECT id, org_id, contact_id, status, reason, payload, keyed, client_address, user_agent, referrer
FROM json_to_recordset(%s) AS new (
    id text, org_id text, contact_id text, status text, reason text, payload json,
    keyed boolean, client_address text, user_agent text, referrer text)
ON CONFLICT (id) DO NOTHING
RETURNING id
"""


def insert_new(cursor: Cursor, captures: Sequence[Capture]) -> set[str]:
    """Store captures as recorded or quarantined; the ids of those that were not there yet."""
    cursor.execute(_INSERT, (as_json([_row(capture) for capture in captures]),))
    return {row[0] for row in cursor.fetchall()}


def insert_rejected(cursor: Cursor, capture: Capture, reason: str) -> None:
    """Store a capture that could not be recorded, with the reason; harmless when repeated.

    A NUL character, which PostgreSQL cannot hold, becomes the sign for a replaced one.
    """
    row = _row(capture) | {"status": CaptureStatus.REJECTED, "reason": reason[:500]}
    cursor.execute(_INSERT, (as_json([row]).replace("\\u0000", "\\ufffd"),))


class Stored(NamedTuple):
    """A recorded capture's contact, and whether the capture created it."""

    contact: Contact
    created: bool


def find_recorded(cursor: Cursor, org_id: str, capture_id: str) -> Stored | None:
    """The contact that a capture was recorded in; None while it was not."""
    cursor.execute(
        "SELECT contact_id FROM captures WHERE id = %s AND org_id = %s AND status = 'recorded'",
        (capture_id, org_id),
    )
    row = cursor.fetchone()
    contact = contacts.find(cursor, org_id, row[0]) if row else None
    if contact is None:
        return None
    first = contact.first_captured_at
    created = contact.captures_count == 1 and first == time_of(capture_id)
    return Stored(contact, created)


def keep_unreadable(cursor: Cursor, queue: str, payload: bytes, reason: str) -> None:
    """Keep a job that nobody could read."""
    cursor.execute(
        "INSERT INTO unreadable_jobs (queue, payload, reason) VALUES (%s, %s, %s)",
        (queue, payload, reason[:500]),
    )


def _row(capture: Capture) -> dict[str, object]:
    return {
        "id": capture.id,
        "org_id": capture.org_id,
        "contact_id": capture.contact_id or None,
        "status": capture.status,
        "reason": capture.rejected or capture.quarantine,
        "payload": payload_of(capture),
        "keyed": capture.keyed,
        "client_address": capture.client_address,
        "user_agent": capture.user_agent,
        "referrer": capture.referrer,
    }


def payload_of(capture: Capture) -> dict[str, object]:
    """What the visitor sent, without the fields that were absent."""
    values = {name: getattr(capture, name) for name in _PAYLOAD_FIELDS}
    return {name: value for name, value in values.items() if value is not None and value != {}}


def decode_captures(raw: msgspec.Raw) -> list[Capture]:
    """The captures of a job, from JSON. Raises `msgspec.ValidationError` if one of them is none."""
    return _decoder.decode(raw)


def decode_capture(raw: object) -> Capture:
    """A capture from the plain values of a job. Raises `msgspec.ValidationError`."""
    return msgspec.convert(raw, Capture)
