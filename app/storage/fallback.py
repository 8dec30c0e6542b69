"""The inbox: captures that were accepted while the queue was away."""

from __future__ import annotations

from collections.abc import Sequence

from app.storage.database import Cursor


def keep(cursor: Cursor, captures: Sequence[bytes]) -> None:
    """Keep captures, each as JSON, in one row."""
    cursor.execute(
        "INSERT INTO inbox (captures) VALUES (%s)", (f"[{b','.join(captures).decode()}]",)
    )


def oldest(cursor: Cursor, limit: int) -> list[tuple[int, str]]:
    """The oldest rows and their captures as JSON text, locked against other clocks."""
    cursor.execute(
        "SELECT id, captures::text FROM inbox ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
        (limit,),
    )
    return list(cursor.fetchall())


def remove(cursor: Cursor, ids: Sequence[int]) -> None:
    """Forget rows whose captures are in the queue."""
    cursor.execute("DELETE FROM inbox WHERE id = ANY(%s)", (list(ids),))
