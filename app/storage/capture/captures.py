"""Captures: every submission as it came in.

What recording and waiting callers do all the time is raw SQL: peewee takes 0.3 ms to write even a
short statement, as long as PostgreSQL takes to run it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from app.domain.capture.capture import Capture
from app.domain.contact.contact import Contact
from app.domain.contact_fields import LeadFields, lead_values
from app.domain.ids import time_of
from app.domain.spam.captcha import Verification
from app.domain.touch.touch import Touch
from app.storage.capture.repeats import identity_of
from app.storage.contact import contacts
from app.storage.database import Cursor, execute
from app.storage.models import Captures, UnreadableJobs
from app.storage.prepared import Prepared
from app.storage.rows import as_json, insert_rows

SPAM, NOT_SPAM = "spam", "not_spam"


class Payload(LeadFields, omit_defaults=True, kw_only=True):
    """What a visitor sent, as it is stored: without the fields that were absent."""

    touches: list[Touch] = msgspec.field(default_factory=list)


class StoredCapture(msgspec.Struct):
    """A capture as stored."""

    id: str
    org_id: str
    contact_id: str | None
    status: str
    reason: str | None
    #: A `Payload`, or what one was stored as.
    payload: Any
    keyed: bool
    client_address: str | None
    user_agent: str | None
    referrer: str | None
    spam_score: float | None
    spam_signals: Any
    #: What a person said of it: `SPAM` or `NOT_SPAM`.
    marked: str | None = None
    #: What became of its captcha token; None: it had none.
    verification: str | None = None


class NewCapture(StoredCapture):
    """A capture to be stored."""

    #: What repeats of it have in common; None: no other stream can have one.
    identity: str | None = None


_decoder = msgspec.json.Decoder(list[Capture])

_INSERT = Prepared(
    "insert_captures",
    insert_rows(Captures, NewCapture.__struct_fields__) + " ON CONFLICT DO NOTHING RETURNING id",
)


def insert_new(cursor: Cursor, captures: Sequence[Capture]) -> set[str]:
    """Store captures as recorded or quarantined; the ids of those that were not there yet."""
    _INSERT.run(cursor, {"rows": as_json([_row(capture) for capture in captures])})
    return {row[0] for row in cursor.fetchall()}


def insert_rejected(cursor: Cursor, capture: Capture, reason: str) -> None:
    """Store a capture that could not be recorded, with the reason; harmless when repeated.

    A NUL character, which PostgreSQL cannot hold, becomes the sign for a replaced one.
    """
    rejected = msgspec.structs.replace(capture, rejected=reason[:500])
    row = _row(rejected)
    _INSERT.run(cursor, {"rows": as_json([row]).replace("\\u0000", "\\ufffd")})


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
    execute(cursor, UnreadableJobs.insert(queue=queue, payload=payload, reason=reason[:500]))


def _row(capture: Capture) -> NewCapture:
    return NewCapture(
        capture.id,
        capture.org_id,
        capture.contact_id or None,
        capture.status,
        capture.rejected or capture.quarantine,
        payload_of(capture),
        capture.keyed,
        capture.client_address,
        capture.user_agent,
        capture.referrer,
        capture.spam_score,
        capture.spam_signals,
        verification=Verification.PENDING if capture.verifies else None,
        identity=identity_of(capture),
    )


def payload_of(capture: Capture) -> Payload:
    """What the visitor sent."""
    return Payload(*lead_values(capture), touches=capture.touches)


def decode_captures(raw: msgspec.Raw) -> list[Capture]:
    """The captures of a job, from JSON. Raises `msgspec.ValidationError` for anything else."""
    return _decoder.decode(raw)


def decode_capture(raw: object) -> Capture:
    """A capture from the plain values of a job. Raises `msgspec.ValidationError`."""
    return msgspec.convert(raw, Capture)
