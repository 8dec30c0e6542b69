"""Erasing one person: everything that says who they were goes, in every table.

The contact's row stays as a tombstone: its id is a keyed hash of the address, and `erased_since`
keeps captures from before that moment, should one still be on its way, from bringing the person
back. A capture after it is the person's own new decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.storage.database import Cursor

# One that is under way loses its lease: what comes of it is an attempt and nothing more.
_CANCEL_OWED = """
UPDATE deliveries SET status = 'cancelled', settled_at = now(), next_attempt_at = NULL,
    lease = NULL, leased_until = NULL, last_result = 'erased'
WHERE status IN ('pending', 'attempting') AND event_id IN
    (SELECT id FROM events WHERE contact_id = %s AND type <> 'contact.deleted')
"""

# Receivers may send back what they were sent.
_FORGET_ANSWERS = """
UPDATE attempts SET response_headers = '[]', response_body = NULL
WHERE delivery_id IN (
    SELECT d.id FROM deliveries d JOIN events e ON e.id = d.event_id WHERE e.contact_id = %s)
"""

_EMPTY = "payload = '{}', client_address = NULL, user_agent = NULL, referrer = NULL"


def erase_history(cursor: Cursor, contact_id: str, ids: Sequence[str], write_id: str) -> None:
    """Empty the captures and events of a contact that is locked and deleted in this transaction.

    `ids` are all ids that lead to it, its own among them; `write_id` is the moment of the erasure.
    What is still owed about the person, but for the news of the deletion, is cancelled, and what
    receivers answered is forgotten.
    """
    cursor.execute(
        "UPDATE contacts SET erased_since = %s WHERE id = ANY(%s)", (write_id, list(ids))
    )
    cursor.execute(f"UPDATE captures SET {_EMPTY} WHERE contact_id = ANY(%s)", (list(ids),))
    cursor.execute(_CANCEL_OWED, (contact_id,))
    cursor.execute(_FORGET_ANSWERS, (contact_id,))
    cursor.execute(
        "UPDATE events SET data = json_build_object('id', contact_id, 'contact_id', contact_id,"
        " 'sequence', sequence, 'erased', true) WHERE contact_id = %s",
        (contact_id,),
    )


def erase_captures(cursor: Cursor, capture_ids: Iterable[str]) -> None:
    """Empty captures of erased people that came late."""
    cursor.execute(
        f"UPDATE captures SET {_EMPTY}, status = 'rejected', reason = 'erased' WHERE id = ANY(%s)",
        (list(capture_ids),),
    )
