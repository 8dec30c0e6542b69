"""What goes when it is old: in small steps by id, and never what is not finished.

Ids begin with their time, so a step walks the primary key from where the last one ended; nothing
is locked for longer than one step takes. A walk returns where it got to; None: all done.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from app.domain.ids import first_ulid_at
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

# The bound on the id spares the look at what is younger; the age of what was taken up again, by
# hand or by a replay, counts from then.
_IS_OLD = """
    d.id < %(before)s
    AND greatest(COALESCE(d.reopened_at, d.created_at), {since}) < now()
        - make_interval(secs => %(age)s)
"""
_FAIL_OLD = """
failed AS (
    UPDATE deliveries d SET status = 'failed', settled_at = now(), next_attempt_at = NULL,
        last_result = %(result)s
    FROM old WHERE d.id = old.id
    RETURNING d.webhook_id),
counted AS (SELECT webhook_id, count(*) AS failed FROM failed GROUP BY 1)
"""

_FAIL_EXPIRED = f"""
WITH old AS (
    SELECT d.id FROM webhook_health h
    JOIN webhooks w ON w.id = h.webhook_id AND w.status = 'active'
    JOIN deliveries d ON d.webhook_id = h.webhook_id AND d.status = 'pending'
    WHERE h.failure_count >= %(open_after)s AND d.next_attempt_at < now()
        AND {_IS_OLD.format(since="h.active_since")}
    LIMIT %(limit)s
    FOR UPDATE OF d SKIP LOCKED),
{_FAIL_OLD},
blamed AS (
    UPDATE webhook_health h SET exhausted_count = h.exhausted_count + counted.failed
    FROM counted WHERE h.webhook_id = counted.webhook_id)
SELECT webhook_id, failed FROM counted
"""

_FAIL_HELD = f"""
WITH old AS (
    SELECT d.id FROM webhooks w
    JOIN deliveries d ON d.webhook_id = w.id AND d.status = 'pending'
    WHERE w.status IN ('paused', 'disabled') AND {_IS_OLD.format(since="d.created_at")}
    LIMIT %(limit)s
    FOR UPDATE OF d SKIP LOCKED),
{_FAIL_OLD}
SELECT webhook_id, failed FROM counted
"""

_BEYOND = """
SELECT w.id, beyond.id FROM webhooks w, LATERAL (
    SELECT d.id FROM deliveries d WHERE d.webhook_id = w.id AND d.status = 'pending'
    ORDER BY d.id DESC OFFSET %s LIMIT 1) beyond
WHERE w.status IN ('paused', 'disabled')
"""

_FAIL_BEYOND = f"""
WITH old AS (
    SELECT d.id FROM deliveries d
    WHERE d.webhook_id = %(webhook_id)s AND d.status = 'pending' AND d.id <= %(last)s
        AND EXISTS (SELECT FROM webhooks w
            WHERE w.id = d.webhook_id AND w.status IN ('paused', 'disabled'))
    ORDER BY d.id LIMIT %(limit)s
    FOR UPDATE OF d SKIP LOCKED),
{_FAIL_OLD}
SELECT webhook_id, failed FROM counted
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


def fail_expired(cursor: Cursor, open_after: int, age_seconds: float, limit: int) -> dict[str, int]:
    """Give up what waits for a dead endpoint for longer than deliveries are retried.

    How many, by webhook; its endpoint is to blame for them.
    """
    values = _of_age(age_seconds) | {"open_after": open_after, "limit": limit}
    cursor.execute(_FAIL_EXPIRED, values | {"result": "expired"})
    return dict(cursor.fetchall())


def fail_held(cursor: Cursor, age_seconds: float, limit: int) -> dict[str, int]:
    """Give up what has been held for too long; how many, by webhook."""
    values = _of_age(age_seconds) | {"limit": limit}
    cursor.execute(_FAIL_HELD, values | {"result": "held too long"})
    return dict(cursor.fetchall())


def held_beyond(cursor: Cursor, most: int) -> dict[str, str]:
    """By webhook that holds more than so many deliveries: the youngest that is too much."""
    cursor.execute(_BEYOND, (most,))
    return dict(cursor.fetchall())


def fail_held_up_to(cursor: Cursor, webhook_id: str, last: str, limit: int) -> dict[str, int]:
    """Give up what a webhook holds, the oldest first, up to a delivery; how many."""
    values = {"webhook_id": webhook_id, "last": last, "limit": limit}
    cursor.execute(_FAIL_BEYOND, values | {"result": "too many held"})
    return dict(cursor.fetchall())


def _of_age(age_seconds: float) -> dict[str, object]:
    before = first_ulid_at(int((time.time() - age_seconds) * 1000))
    return {"age": age_seconds, "before": f"dlv_{before}"}


def _walk(cursor: Cursor, statement: str, after: str, before: str, limit: int) -> Step | None:
    cursor.execute(statement, {"after": after, "before": before, "limit": limit})
    row = cursor.fetchone()
    if row is None or row[1] == 0:
        return None
    return Step(row[0], row[2])
