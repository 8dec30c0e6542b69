"""The fallback queue: captures that were accepted while Redis was away."""

from __future__ import annotations

from collections.abc import Sequence

from app.storage.database import Cursor

# Rows are locked as they are fetched, which is why their size can bound their number.
_OLDEST = """
DECLARE oldest NO SCROLL CURSOR FOR SELECT id, captures::text FROM inbox WHERE id > %s
ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED
"""


def keep(cursor: Cursor, captures: Sequence[bytes]) -> None:
    """Keep captures, each as JSON, in one row."""
    text = f"[{b','.join(captures).decode()}]"
    # As raw SQL: while Redis is away, every capture comes this way.
    cursor.execute("INSERT INTO inbox (captures) VALUES (%s)", (text,))


def lock_oldest(cursor: Cursor, after: int, chars_max: int) -> list[tuple[int, str]]:
    """The oldest rows behind a row's id, each with its captures as JSON text, up to a size.

    Locked until the transaction ends; what others have locked is passed over.
    """
    rows: list[tuple[int, str]] = []
    cursor.execute(_OLDEST, (after,))
    while sum(len(captures) for _, captures in rows) < chars_max:
        cursor.execute("FETCH 20 FROM oldest")
        found = cursor.fetchall()
        if not found:
            break
        rows += found
    return rows


def remove(cursor: Cursor, ids: Sequence[int]) -> None:
    """Forget rows whose captures are recorded."""
    cursor.execute("DELETE FROM inbox WHERE id = ANY(%s)", (list(ids),))
