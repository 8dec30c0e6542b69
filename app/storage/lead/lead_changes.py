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
SELECT topic,
    md5(string_agg(concat(d.id, d.status, d.attempts, d.next_attempt_at), ',' ORDER BY d.id))
FROM unnest(%s::text[]) AS t (topic)
JOIN deliveries d ON d.event_id = split_part(topic, '/', 2) AND d.org_id = split_part(topic, '/', 1)
GROUP BY topic
"""


def fingerprints(cursor: Cursor, org_ids: Iterable[str], events: Iterable[str]) -> dict[str, str]:
    """What differs when the newest leads of an org, or the deliveries of an event, have changed.

    `events`: each as `org_id/event_id`, so that nobody watches those of another org.
    """
    found: dict[str, str] = {}
    for statement, ids in ((_CHANGES, list(org_ids)), (_CHANGES_OF_EVENTS, list(events))):
        if ids:
            cursor.execute(statement, (ids,))
            found |= dict(cursor.fetchall())
    return found
