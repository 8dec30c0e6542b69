"""Captures that are not recorded: in the fallback table, or in jobs that nobody could read."""

from __future__ import annotations

from typing import Any

import msgspec

from app.domain.contact.traces import Person
from app.storage.database import Cursor


class Waiting(msgspec.Struct):
    """A row of captures that are not recorded: in the fallback table, or unreadable."""

    row_id: int
    text: str


def of_person(cursor: Cursor, person: Person) -> list[dict[str, Any]]:
    """A person's captures that are not recorded; one that is not JSON has its `text` alone."""
    rows = [*in_fallback(cursor, person), *unreadable(cursor, person)]
    theirs = [each for row in rows for each in split(person, row.text)[0]]
    return [each if isinstance(each, dict) else {"text": each} for each in theirs]


def in_fallback(cursor: Cursor, person: Person) -> list[Waiting]:
    """Rows of the fallback table with captures of the person, locked."""
    return _waiting(cursor, person, "inbox", "captures::text")


def unreadable(cursor: Cursor, person: Person) -> list[Waiting]:
    """Jobs that nobody could read and that mention the person, locked."""
    return _waiting(cursor, person, "unreadable_jobs", "encode(payload, 'escape')")


def _waiting(cursor: Cursor, person: Person, table: str, as_text: str) -> list[Waiting]:
    word = "one.word" if table == "inbox" else "encode(convert_to(one.word, 'UTF8'), 'escape')"
    stored = "captures::text" if table == "inbox" else "payload"
    cursor.execute(
        f"SELECT id, {stored} FROM {table} WHERE EXISTS (SELECT FROM unnest(%s) AS one (word)"
        f" WHERE strpos(lower({as_text}), lower({word})) > 0) ORDER BY id FOR UPDATE",
        ([*person.traces.ids, *person.traces.emails],),
    )
    rows = [Waiting(row_id, _as_text(found)) for row_id, found in cursor.fetchall()]
    return [row for row in rows if person.traces.are_in(row.text)]


def _as_text(stored: str | bytes) -> str:
    return stored if isinstance(stored, str) else stored.decode("utf-8", "replace")


def split(person: Person, text: str) -> tuple[list[Any], list[Any] | None]:
    """A person's captures in a JSON text of one or more, and those of others; None: none are.

    What is not JSON is the person's as a whole, unless it names other orgs only.
    """
    try:
        values = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        is_of_org = person.org_id in text or "org_" not in text
        return ([text], None) if is_of_org else ([], [text])
    items = values if isinstance(values, list) else [values]
    theirs = [each for each in items if _is_theirs(person, each)]
    others = [each for each in items if not _is_theirs(person, each)]
    return theirs, others or None


def _is_theirs(person: Person, capture: object) -> bool:
    if not isinstance(capture, dict) or "org_id" not in capture:
        return person.traces.are_in(msgspec.json.encode(capture).decode())
    if capture["org_id"] != person.org_id:
        return False
    if capture.get("contact_id"):
        return capture["contact_id"] in person.traces.ids
    return person.traces.are_in(msgspec.json.encode(capture).decode())
