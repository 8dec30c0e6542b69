"""What goes when it is old: in small steps by id, and never what is not finished.

Ids begin with their time, so a step walks the primary key from where the last one ended; nothing
is locked for longer than one step takes. A walk returns where it got to; None: all done.
"""

from __future__ import annotations

from typing import NamedTuple

from app.storage.database import Cursor

_DELETE_DELIVERIES = """
WITH step AS (
    SELECT id, status FROM deliveries WHERE id > %(after)s AND id < %(before)s
    ORDER BY id LIMIT %(limit)s),
gone AS (
    DELETE FROM deliveries d USING step
    WHERE d.id = step.id AND step.status NOT IN ('pending', 'attempting')
        AND d.status = step.status
    RETURNING d.id),
attempts_gone AS (DELETE FROM attempts a USING gone WHERE a.delivery_id = gone.id)
SELECT max(id), count(*), (SELECT count(*) FROM gone) FROM step
"""

_DELETE_EVENTS = """
WITH step AS (
    SELECT id FROM events WHERE id > %(after)s AND id < %(before)s ORDER BY id LIMIT %(limit)s),
gone AS (
    DELETE FROM events e USING step
    WHERE e.id = step.id
        AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = e.id)
    RETURNING e.id)
SELECT max(id), count(*), (SELECT count(*) FROM gone) FROM step
"""

_DELETE_CAPTURES = """
WITH step AS (
    SELECT id FROM captures WHERE id > %(after)s AND id < %(before)s ORDER BY id LIMIT %(limit)s),
gone AS (DELETE FROM captures c USING step WHERE c.id = step.id RETURNING c.id)
SELECT max(id), count(*), (SELECT count(*) FROM gone) FROM step
"""

_FAIL_EXPIRED = """
UPDATE deliveries SET status = 'failed', settled_at = now(), next_attempt_at = NULL,
    last_result = 'expired'
WHERE id IN (
    SELECT d.id FROM webhook_health h
    JOIN webhooks w ON w.id = h.webhook_id AND w.status = 'active'
    JOIN deliveries d ON d.webhook_id = h.webhook_id AND d.status = 'pending'
    WHERE h.failure_count >= %(open_after)s
        AND d.next_attempt_at < now()
        AND greatest(d.created_at, h.active_since) < now() - make_interval(secs => %(age)s)
    LIMIT %(limit)s
    FOR UPDATE OF d SKIP LOCKED)
"""

_FAIL_HELD = """
WITH old AS (
    SELECT d.id FROM webhooks w
    JOIN deliveries d ON d.webhook_id = w.id AND d.status = 'pending'
    WHERE w.status IN ('paused', 'disabled')
        AND d.created_at < now() - make_interval(secs => %(age)s)
    LIMIT %(limit)s
    FOR UPDATE OF d SKIP LOCKED),
failed AS (
    UPDATE deliveries d SET status = 'failed', settled_at = now(), next_attempt_at = NULL,
        last_result = 'held too long'
    FROM old WHERE d.id = old.id
    RETURNING d.webhook_id)
SELECT webhook_id, count(*) FROM failed GROUP BY 1
"""


class Step(NamedTuple):
    """How far a walk along the ids got, and how many rows went."""

    reached: str
    deleted: int


def delete_deliveries(cursor: Cursor, after: str, before: str, limit: int) -> Step | None:
    """Delete settled deliveries, and their attempts, between two ids."""
    return _walk(cursor, _DELETE_DELIVERIES, after, before, limit)


def delete_events(cursor: Cursor, after: str, before: str, limit: int) -> Step | None:
    """Delete events between two ids that no delivery refers to any more."""
    return _walk(cursor, _DELETE_EVENTS, after, before, limit)


def delete_captures(cursor: Cursor, after: str, before: str, limit: int) -> Step | None:
    """Delete captures between two ids; their contacts stay."""
    return _walk(cursor, _DELETE_CAPTURES, after, before, limit)


def fail_expired(cursor: Cursor, open_after: int, age_seconds: float, limit: int) -> int:
    """Give up what waits for a dead endpoint for longer than deliveries are retried; how many."""
    values = {"open_after": open_after, "age": age_seconds, "limit": limit}
    cursor.execute(_FAIL_EXPIRED, values)
    return cursor.rowcount


def fail_held(cursor: Cursor, age_seconds: float, limit: int) -> dict[str, int]:
    """Give up what has been held for too long; how many, by webhook."""
    cursor.execute(_FAIL_HELD, {"age": age_seconds, "limit": limit})
    return dict(cursor.fetchall())


def _walk(cursor: Cursor, statement: str, after: str, before: str, limit: int) -> Step | None:
    cursor.execute(statement, {"after": after, "before": before, "limit": limit})
    row = cursor.fetchone()
    if row is None or row[1] == 0:
        return None
    return Step(row[0], row[2])
