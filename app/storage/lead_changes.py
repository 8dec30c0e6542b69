"""Whether the newest leads of an org, or the deliveries of an event, have changed."""

from __future__ import annotations

from collections.abc import Iterable

from app.storage.database import Cursor

_CHANGES = """
SELECT org_id, md5(concat(
    (SELECT string_agg(concat(e.id, d.status, d.attempts), ',' ORDER BY e.id, d.id)
     FROM (SELECT id FROM events WHERE org_id = o.org_id ORDER BY id DESC LIMIT 50) AS e
     LEFT JOIN deliveries d ON d.event_id = e.id),
    (SELECT max(id) FROM captures WHERE org_id = o.org_id AND status = 'quarantined'),
    (SELECT max(id) FROM captures WHERE org_id = o.org_id AND status = 'rejected')))
FROM unnest(%s::text[]) AS o (org_id)
"""
_CHANGES_OF_EVENTS = """
SELECT event_id, md5(string_agg(concat(id, status, attempts, next_attempt_at), ',' ORDER BY id))
FROM deliveries WHERE event_id = ANY(%s) GROUP BY event_id
"""


def fingerprints(
    cursor: Cursor, org_ids: Iterable[str], event_ids: Iterable[str]
) -> dict[str, str]:
    """What differs when the newest leads of an org, or the deliveries of an event, have changed."""
    found: dict[str, str] = {}
    for statement, ids in ((_CHANGES, list(org_ids)), (_CHANGES_OF_EVENTS, list(event_ids))):
        if ids:
            cursor.execute(statement, (ids,))
            found |= dict(cursor.fetchall())
    return found
