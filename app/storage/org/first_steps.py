"""How far a new org has come: its first lead, webhook and successful delivery."""

from __future__ import annotations

from typing import NamedTuple

from app.storage.database import Cursor


class FirstSteps(NamedTuple):
    """What the org has done once, also when it was deleted since."""

    lead: bool
    webhook: bool
    delivery: bool


def done(cursor: Cursor, org_id: str) -> FirstSteps:
    """The org's first steps, from the first row of each kind."""
    cursor.execute(
        """
        SELECT EXISTS (SELECT FROM events WHERE org_id = %(org)s),
            EXISTS (SELECT FROM webhooks WHERE org_id = %(org)s),
            EXISTS (SELECT FROM webhooks w JOIN webhook_health h ON h.webhook_id = w.id
                WHERE w.org_id = %(org)s AND h.last_success_at IS NOT NULL)
        """,
        {"org": org_id},
    )
    (row,) = cursor.fetchall()
    return FirstSteps(*row)
