"""The fallback queue: captures that were accepted while Redis was away."""

from __future__ import annotations

from collections.abc import Sequence

from app.storage.database import Cursor, execute, fetch
from app.storage.models import Fallback


def keep(cursor: Cursor, captures: Sequence[bytes]) -> None:
    """Keep captures, each as JSON, in one row."""
    text = f"[{b','.join(captures).decode()}]"
    # As raw SQL: while Redis is away, every capture comes this way.
    cursor.execute("INSERT INTO inbox (captures) VALUES (%s)", (text,))


def oldest(cursor: Cursor, limit: int) -> list[tuple[int, str]]:
    """The oldest rows and their captures as JSON text, locked against other schedulers."""
    rows = Fallback.select(Fallback.id, Fallback.captures.cast("text")).order_by(Fallback.id)
    return fetch(cursor, rows.limit(limit).for_update(skip_locked=True), lambda *row: row)


def remove(cursor: Cursor, ids: Sequence[int]) -> None:
    """Forget rows whose captures are in the queue."""
    execute(cursor, Fallback.delete().where(Fallback.id.in_(ids)))
