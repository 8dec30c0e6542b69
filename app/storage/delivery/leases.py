"""Leases by their holder: which there are, and giving them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app.storage.database import Cursor
from app.storage.delivery.claims import Claimed
from app.storage.prepared import Prepared
from app.storage.rows import as_json


class Lease(NamedTuple):
    """A lease without what it is for."""

    id: str
    webhook_id: str
    lease: int


class Held(NamedTuple):
    """What a process holds at a moment of the database's clock."""

    at: datetime
    leases: list[Lease]


_HELD = Prepared(
    "held",
    """
SELECT clock.now, d.id, d.webhook_id, d.lease
FROM (SELECT clock_timestamp() AS now) clock
LEFT JOIN deliveries d ON d.status = 'attempting' AND d.holder = %(holder)s
""",
)

_HOLDERS = Prepared(
    "holders",
    "SELECT DISTINCT holder FROM deliveries WHERE status = 'attempting' AND holder IS NOT NULL",
)

_GIVE_BACK = """
UPDATE deliveries d
SET status = 'pending', attempts = d.attempts - 1, lease = NULL, leased_until = NULL, holder = NULL
FROM json_to_recordset(%s) AS unsent (id text, lease bigint)
WHERE d.id = unsent.id AND d.lease = unsent.lease
RETURNING d.webhook_id
"""


def held_by(cursor: Cursor, holder: str) -> Held:
    """The leases of a process."""
    _HELD.run(cursor, {"holder": holder})
    rows = cursor.fetchall()
    return Held(rows[0][0], [Lease(*row[1:]) for row in rows if row[1] is not None])


def holders(cursor: Cursor) -> list[str]:
    """The processes that hold leases."""
    _HOLDERS.run(cursor, {})
    return [row[0] for row in cursor.fetchall()]


def give_back(cursor: Cursor, unsent: Sequence[Claimed | Lease]) -> list[str]:
    """Make leased deliveries due as before; the webhook of each whose lease still held.

    No attempt was made, so none is counted.
    """
    if not unsent:
        return []
    rows = [{"id": each.id, "lease": each.lease} for each in unsent]
    cursor.execute(_GIVE_BACK, (as_json(rows),))
    return [row[0] for row in cursor.fetchall()]
