"""Full-text search in the captures of the last 30 days: words, from their beginnings.

The scheduler indexes an hour at a time, whatever of it is not indexed yet: recording does nothing
for it. Captures that were erased leave the index with the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from app.domain.ids import first_ulid_at
from app.storage.database import Cursor, execute, fetch_one
from app.storage.models import CaptureWords

KEPT_DAYS = 30
#: Captures that one step indexes.
STEP = 2000
#: Rows in which a search looks for words one by one, before it asks the index of words.
NEAR = 5000

#: Key of the advisory lock between the two who write; any number that no other lock here uses.
_LOCK = 0x5265_7848

_INDEX = """
INSERT INTO capture_words (capture_id, words)
SELECT id, json_to_tsvector('simple', payload, '["string"]') || array_to_tsvector(ARRAY[org_id])
FROM captures c WHERE id >= %(first)s AND id < %(last)s
    AND NOT EXISTS (SELECT FROM capture_words w WHERE w.capture_id = c.id)
LIMIT %(step)s
ON CONFLICT DO NOTHING
"""

# What a word's beginning fits is a guess to the planner: it would walk back through the rows for
# rare words, too, all of them. So words that are frequent fill a page from the near rows, and the
# others go by the index of words, whose rows are few then.
_NEAR = """
SELECT capture_id FROM (
    SELECT capture_id, words FROM capture_words WHERE capture_id < %(before)s
    ORDER BY capture_id DESC LIMIT %(near)s) AS near
WHERE words @@ %(wanted)s::tsquery ORDER BY capture_id DESC LIMIT %(limit)s
"""
_END_OF_NEAR = """
SELECT capture_id FROM capture_words WHERE capture_id < %(before)s
ORDER BY capture_id DESC OFFSET %(near)s - 1 LIMIT 1
"""
_FAR = """
WITH found AS MATERIALIZED (
    SELECT capture_id FROM capture_words
    WHERE words @@ %(wanted)s::tsquery AND capture_id < %(before)s)
SELECT capture_id FROM found ORDER BY capture_id DESC LIMIT %(limit)s
"""


def index(cursor: Cursor, hour: datetime) -> int:
    """Index up to `STEP` captures of an hour that are not indexed yet; how many."""
    _lock(cursor)
    first, last = (_first_id(at) for at in (hour, hour + timedelta(hours=1)))
    cursor.execute(_INDEX, {"first": first, "last": last, "step": STEP})
    return cursor.rowcount


def delete_old(cursor: Cursor, now: datetime) -> None:
    """Forget the words of captures that are older than the search goes back."""
    cursor.execute("DELETE FROM capture_words WHERE capture_id < %s", (f"cap_{oldest_ulid(now)}",))


def oldest_ulid(now: datetime) -> str:
    """The ULID from which on captures are in the index."""
    return first_ulid_at(int((now - timedelta(days=KEPT_DAYS)).timestamp() * 1000))


def forget(cursor: Cursor, capture_ids: Iterable[str]) -> None:
    """Forget the words of these captures, which were emptied in this transaction.

    Nobody indexes what they said meanwhile: whoever did so has committed, or waits for our commit.
    """
    _lock(cursor)
    theirs = CaptureWords.capture_id.in_(list(capture_ids))
    execute(cursor, CaptureWords.delete().where(theirs))


def has(cursor: Cursor, capture_id: str) -> bool:
    """Whether a capture is indexed: then what came before it is, or will be within seconds."""
    its = CaptureWords.select(CaptureWords.capture_id)
    return fetch_one(cursor, its.where(CaptureWords.capture_id == capture_id), str) is not None


def find(cursor: Cursor, org_id: str, words: Sequence[str], before: str, limit: int) -> list[str]:
    """Up to `limit` of an org's captures with words that begin so, the newest before that id."""
    wanted = " & ".join([_quoted(org_id), *(f"{_quoted(word)}:*" for word in words)])
    values = {"wanted": wanted, "before": before, "limit": limit, "near": NEAR}
    cursor.execute(_NEAR, values)
    found = [row[0] for row in cursor.fetchall()]
    if len(found) == limit:
        return found
    cursor.execute(_END_OF_NEAR, values)
    end = cursor.fetchone()
    if end is None:
        return found
    cursor.execute(_FAR, {**values, "before": end[0], "limit": limit - len(found)})
    return found + [row[0] for row in cursor.fetchall()]


def _lock(cursor: Cursor) -> None:
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


def _quoted(lexeme: str) -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _first_id(at: datetime) -> str:
    return "cap_" + first_ulid_at(int(at.timestamp() * 1000))
