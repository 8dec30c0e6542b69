"""Finds captures that repeat another one, which their stream did not know of.

A stream remembers what it answered, and no other does. A capture that went elsewhere, since its
shard was away or CAPTURE_STREAMS was changed, may repeat one that is recorded already, or is not
yet: whichever comes second is found here. Repeats have the same contact, whose row is locked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.domain.capture.capture import Capture
from app.domain.ids import first_ulid_at, milliseconds_of
from app.storage.database import Cursor
from app.storage.rows import as_json

#: Those that were inserted together find each other: the first of them stays.
_DELETE = """
DELETE FROM captures USING json_to_recordset(%(rows)s)
    AS new (id text, contact_id text, identity text, since text, until text)
WHERE captures.id = new.id AND EXISTS (
    SELECT FROM captures first
    WHERE first.contact_id = new.contact_id AND first.id BETWEEN new.since AND new.until
        AND first.identity = new.identity AND first.id <> new.id
        AND (first.id < new.id OR first.id <> ALL(%(ids)s))
)
RETURNING captures.id
"""


def delete_repeats(
    cursor: Cursor, inserted: Sequence[Capture], known: Collection[str]
) -> Sequence[Capture]:
    """Delete those of the captures just inserted that repeat another; return those that stay.

    `known`: the ids of contacts that existed before, all locked.
    """
    seen: set[str] = set()
    asked = False
    for capture in inserted:
        if capture.identity:
            asked |= capture.contact_id in known or capture.identity in seen
            seen.add(capture.identity)
    if not asked:
        return inserted
    rows = [_row(capture) for capture in inserted if capture.identity]
    ids = [capture.id for capture in inserted]
    cursor.execute(_DELETE, {"rows": as_json(rows), "ids": ids})
    repeats = {row[0] for row in cursor.fetchall()}
    return [capture for capture in inserted if capture.id not in repeats]


def identity_of(capture: Capture) -> str | None:
    """What is stored of a capture's identity: the digest in it."""
    return capture.identity.rpartition(":")[2] if capture.identity else None


def _row(capture: Capture) -> dict[str, str | None]:
    at = milliseconds_of(capture.id)
    return {
        "id": capture.id,
        "contact_id": capture.contact_id,
        "identity": identity_of(capture),
        "since": f"cap_{first_ulid_at(at - capture.identity_ms)}",
        "until": f"cap_{first_ulid_at(at + capture.identity_ms)}",
    }
