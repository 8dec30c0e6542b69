"""Deliveries as the workers see them: claimed under a lease, settled once, never forgotten.

A lease is a number from a sequence (a fencing token) and an end. Only the holder of the lease can
settle; when it ends, the clock makes the delivery due again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from app.domain.attempt import Timings
from app.storage.database import Cursor
from app.storage.rows import as_json


class Claimed(msgspec.Struct):
    """A delivery that this process may attempt now, and nobody else."""

    id: str
    webhook_id: str
    lease: int
    #: Number of the attempt to make, from 1.
    number: int
    failures: int
    deferrals: int
    age_seconds: float
    event_id: str
    event_type: str
    contact_id: str | None
    occurred_at: datetime
    #: JSON text, to be sent as it is.
    data: str


class Settled(msgspec.Struct):
    """The outcome of an attempt: the delivery's next state and the attempt's row."""

    delivery_id: str
    lease: int
    number: int
    status: str
    failures: int
    deferrals: int
    delay_seconds: float | None
    result: str
    attempt_id: str
    started_at: datetime
    http_status: int | None
    error: str | None
    error_detail: str | None
    address: str | None
    timings: Timings
    response_headers: tuple[tuple[str, str], ...]
    #: Base64 of the first bytes of the answer.
    response_body: str | None


_IN_FLIGHT = "SELECT count(*) FROM deliveries WHERE webhook_id = %s AND status = 'attempting'"

_FIRST_OF_CONTACT = """
    AND NOT EXISTS (
        SELECT 1 FROM deliveries before
        WHERE before.webhook_id = d.webhook_id AND before.contact_id = d.contact_id
            AND before.sequence < d.sequence AND before.status IN ('pending', 'attempting'))
"""

_CLAIM = """
WITH due AS (
    SELECT d.id FROM deliveries d
    WHERE d.webhook_id = %(webhook_id)s AND d.status = 'pending' AND d.next_attempt_at <= now()
    {only}
    ORDER BY d.next_attempt_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED)
UPDATE deliveries d
SET status = 'attempting', attempts = attempts + 1, lease = nextval('leases'),
    leased_until = now() + %(lease)s
FROM due, events e
WHERE d.id = due.id AND e.id = d.event_id
RETURNING d.id, d.webhook_id, d.lease, d.attempts, d.failures, d.deferrals,
    extract(epoch FROM now() - COALESCE(d.reopened_at, d.created_at))::float8, d.event_id,
    d.event_type, d.contact_id, e.occurred_at, e.data::text
"""

_SETTLE = """
WITH outcome AS (
    SELECT * FROM json_to_recordset(%s) AS o (
        delivery_id text, lease bigint, status text, failures integer, deferrals integer,
        delay_seconds float8, result text))
UPDATE deliveries d
SET status = o.status, failures = o.failures, deferrals = o.deferrals, last_result = o.result,
    next_attempt_at = now() + make_interval(secs => o.delay_seconds),
    lease = NULL, leased_until = NULL,
    settled_at = CASE WHEN o.status <> 'pending' THEN now() END
FROM outcome o
WHERE d.id = o.delivery_id AND d.lease = o.lease
RETURNING d.id
"""

_INSERT_ATTEMPTS = """
INSERT INTO attempts (delivery_id, number, id, started_at, status, error, error_detail, address,
    timings, response_headers, response_body, result, next_attempt_at)
SELECT delivery_id, number, attempt_id, started_at, http_status, error, error_detail, address,
    timings, response_headers, decode(response_body, 'base64'), result,
    now() + make_interval(secs => delay_seconds)
FROM json_to_recordset(%s) AS new (
    delivery_id text, number integer, attempt_id text, started_at timestamptz,
    http_status integer, error text, error_detail text, address text, timings jsonb,
    response_headers jsonb, response_body text, result text, delay_seconds float8)
ON CONFLICT (delivery_id, number) DO NOTHING
"""

# The loose index scan hops from webhook to webhook: its cost is the number of webhooks with open
# deliveries, whatever their backlog.
_DUE_WEBHOOKS = """
WITH RECURSIVE open AS (
    (SELECT webhook_id, next_attempt_at FROM deliveries WHERE status = 'pending'
     ORDER BY webhook_id, next_attempt_at LIMIT 1)
    UNION ALL
    SELECT next.webhook_id, next.next_attempt_at FROM open, LATERAL (
        SELECT d.webhook_id, d.next_attempt_at FROM deliveries d
        WHERE d.status = 'pending' AND d.webhook_id > open.webhook_id
        ORDER BY d.webhook_id, d.next_attempt_at LIMIT 1) next)
SELECT open.webhook_id
FROM open
JOIN webhooks w ON w.id = open.webhook_id AND w.status = 'active'
JOIN webhook_health h ON h.webhook_id = open.webhook_id
WHERE open.next_attempt_at <= now() AND (h.not_before IS NULL OR h.not_before <= now())
"""

_RELEASE_EXPIRED = """
WITH lost AS (
    SELECT id FROM deliveries WHERE status = 'attempting' AND leased_until < now()
    LIMIT %(limit)s FOR UPDATE SKIP LOCKED),
released AS (
    UPDATE deliveries d SET status = 'pending', next_attempt_at = now(), lease = NULL,
        leased_until = NULL, last_result = 'lost'
    FROM lost WHERE d.id = lost.id
    RETURNING d.id, d.attempts)
INSERT INTO attempts (delivery_id, number, id, started_at, error, error_detail, result,
    next_attempt_at)
SELECT id, attempts, replace(id, 'dlv_', 'att_'), now(), 'worker_lost',
    'The worker that made this attempt stopped before it could record the outcome.', 'lost', now()
FROM released
ON CONFLICT (delivery_id, number) DO NOTHING
"""

_CANCEL_DELETED = """
UPDATE deliveries d SET status = 'cancelled', settled_at = now(), next_attempt_at = NULL,
    last_result = 'webhook deleted'
WHERE d.id IN (
    SELECT p.id FROM webhooks w JOIN deliveries p ON p.webhook_id = w.id
    WHERE w.status = 'deleted' AND p.status = 'pending' LIMIT %(limit)s)
"""


def count_in_flight(cursor: Cursor, webhook_id: str) -> int:
    """Deliveries of a webhook that are leased. Exact while its endpoint is locked."""
    cursor.execute(_IN_FLIGHT, (webhook_id,))
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def claim(
    cursor: Cursor, webhook_id: str, limit: int, lease_seconds: float, *, ordered: bool
) -> list[Claimed]:
    """Lease up to `limit` due deliveries of a webhook, the longest due first.

    `ordered`: only the first open delivery of each contact.
    """
    statement = _CLAIM.format(only=_FIRST_OF_CONTACT if ordered else "")
    lease = timedelta(seconds=lease_seconds)
    cursor.execute(statement, {"webhook_id": webhook_id, "limit": limit, "lease": lease})
    return [Claimed(*row) for row in cursor.fetchall()]


def settle(cursor: Cursor, outcomes: Sequence[Settled]) -> set[str]:
    """Record attempts and move their deliveries on; the ids of those whose lease still held.

    An attempt whose lease was lost keeps its row; the delivery belongs to somebody else by then.
    """
    if not outcomes:
        return set()
    rows = as_json(outcomes)
    cursor.execute(_INSERT_ATTEMPTS, (rows,))
    cursor.execute(_SETTLE, (rows,))
    return {row[0] for row in cursor.fetchall()}


def due_webhooks(cursor: Cursor) -> list[str]:
    """Active webhooks that have a delivery due and may be tried now."""
    cursor.execute(_DUE_WEBHOOKS)
    return [row[0] for row in cursor.fetchall()]


def release_expired(cursor: Cursor, limit: int) -> int:
    """Make deliveries due whose lease ran out, with an attempt row that says so; how many."""
    cursor.execute(_RELEASE_EXPIRED, {"limit": limit})
    return cursor.rowcount


def cancel_deleted(cursor: Cursor, limit: int) -> int:
    """Cancel open deliveries of deleted webhooks; how many."""
    cursor.execute(_CANCEL_DELETED, {"limit": limit})
    return cursor.rowcount
