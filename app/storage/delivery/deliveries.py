"""Deliveries after their claim (claims.py): settled once, released when lost, never forgotten.

Raw SQL, prepared where a delivery process or the scheduler runs it all the time: one statement for
all outcomes of a transaction (rows.py). What is rare is a query over the models.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from peewee import Expression, ModelSelect, fn

from app.domain.delivery.attempt import Timings
from app.domain.delivery.delivery import DeliveryStatus
from app.domain.webhook.webhook import WebhookStatus
from app.storage.database import Cursor, execute
from app.storage.models import Attempts, Deliveries, Webhooks
from app.storage.prepared import Prepared
from app.storage.rows import as_json


class Settled(msgspec.Struct):
    """The outcome of an attempt: the delivery's next state and the attempt's row."""

    delivery_id: str
    event_id: str
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


#: A lost worker's deliveries are due at once this often; then each one waits longer.
LOSSES_AT_ONCE = 3
#: A delivery that was lost so often is given up: it may be what kills the workers.
LOSSES_MAX = 10
#: Lost deliveries that one step releases: none holds a lock for long.
RELEASED_AT_ONCE = 1000
#: What became of deliveries about a person who was erased (erasure.py).
ERASED = "erased"

_SETTLE = Prepared(
    "settle",
    """
WITH outcome AS (
    SELECT * FROM json_to_recordset(%(rows)s) AS o (
        delivery_id text, event_id text, lease bigint, number integer, status text,
        failures integer, deferrals integer, delay_seconds float8, result text, attempt_id text,
        started_at timestamptz, http_status integer, error text, error_detail text, address text,
        timings jsonb, response_headers jsonb, response_body text)),
attempted AS (
    INSERT INTO attempts (delivery_id, number, id, started_at, status, error, error_detail,
        address, timings, response_headers, response_body, result, next_attempt_at)
    SELECT delivery_id, number, attempt_id, started_at, http_status, error, error_detail,
        address, timings, response_headers, decode(response_body, 'base64'), result,
        now() + make_interval(secs => delay_seconds)
    FROM outcome
    ON CONFLICT (delivery_id, number) DO NOTHING)
UPDATE deliveries d
SET status = o.status, failures = o.failures, deferrals = o.deferrals, last_result = o.result,
    next_attempt_at = now() + make_interval(secs => o.delay_seconds),
    lease = NULL, leased_until = NULL, holder = NULL,
    settled_at = CASE WHEN o.status <> 'pending' THEN now() END
FROM outcome o
-- The event leads to one partition.
WHERE d.id = o.delivery_id AND d.event_id = o.event_id AND d.lease = o.lease
RETURNING d.id
""",
)

#: The beginning of a statement: webhooks with open deliveries, and when the first of each is due.
#: A loose index scan hops from webhook to webhook: it costs their number, whatever their backlog.
OPEN_WEBHOOKS = """
WITH RECURSIVE open AS (
    (SELECT webhook_id, next_attempt_at FROM deliveries WHERE status = 'pending'
     ORDER BY webhook_id, next_attempt_at LIMIT 1)
    UNION ALL
    SELECT next.webhook_id, next.next_attempt_at FROM open, LATERAL (
        SELECT d.webhook_id, d.next_attempt_at FROM deliveries d
        WHERE d.status = 'pending' AND d.webhook_id > open.webhook_id
        ORDER BY d.webhook_id, d.next_attempt_at LIMIT 1) next)"""

_DUE_WEBHOOKS = Prepared(
    "due_webhooks",
    OPEN_WEBHOOKS
    + """
SELECT open.webhook_id
FROM open
JOIN webhooks w ON w.id = open.webhook_id AND w.status = 'active'
JOIN webhook_health h ON h.webhook_id = open.webhook_id
WHERE open.next_attempt_at <= now()
    AND COALESCE(h.not_before, '-infinity') <= now()
    AND COALESCE(h.rest_until, '-infinity') <= now() + interval '0.5 seconds'
""",
)

_RELEASE_LOST = Prepared(
    "release_lost",
    f"""
WITH lost AS (
    SELECT id, lease, (
        SELECT count(*) FROM attempts a
        WHERE a.delivery_id = d.id AND a.result = 'lost'
            AND a.started_at >= COALESCE(d.reopened_at, d.created_at)) AS losses
    FROM deliveries d
    WHERE status = 'attempting' AND (leased_until < now() OR holder = ANY(%(dead)s))
    LIMIT {RELEASED_AT_ONCE} FOR UPDATE SKIP LOCKED),
released AS (
    UPDATE deliveries d
    SET status = CASE WHEN losses + 1 < {LOSSES_MAX} THEN 'pending' ELSE 'failed' END,
        next_attempt_at = CASE
            WHEN losses < {LOSSES_AT_ONCE} THEN now()
            WHEN losses + 1 < {LOSSES_MAX} THEN
                now() + make_interval(secs => 5 * 3 ^ (losses - {LOSSES_AT_ONCE})) END,
        settled_at = CASE WHEN losses + 1 >= {LOSSES_MAX} THEN now() END,
        lease = NULL, leased_until = NULL, holder = NULL, last_result = 'lost'
    FROM lost WHERE d.id = lost.id
    RETURNING d.id, d.attempts, lost.lease, d.next_attempt_at)
INSERT INTO attempts (delivery_id, number, id, started_at, error, error_detail, result,
    next_attempt_at)
-- A lease is unique, and hexadecimal digits are digits of an id.
SELECT id, attempts, 'att_' || substr(id, 5, 10) || upper(lpad(to_hex(lease), 16, '0')), now(),
    'worker_lost',
    'The worker that made this attempt stopped before it could record the outcome.', 'lost',
    next_attempt_at
FROM released
ON CONFLICT (delivery_id, number) DO NOTHING
""",
)


def settle(cursor: Cursor, outcomes: Sequence[Settled]) -> set[str]:
    """Record attempts and move their deliveries on; the ids of those whose lease still held.

    An attempt whose lease was lost keeps its row; the delivery belongs to somebody else by then,
    or to nobody, if the person whom it was about has been erased.
    """
    if not outcomes:
        return set()
    _SETTLE.run(cursor, {"rows": as_json(outcomes)})
    held = {row[0] for row in cursor.fetchall()}
    late = [o.delivery_id for o in outcomes if o.delivery_id not in held]
    if late:
        erased = Deliveries.id.in_(late) & (Deliveries.last_result == ERASED)
        forget_answers(cursor, Deliveries.select(Deliveries.id).where(erased))
    return held


def due_webhooks(cursor: Cursor) -> list[str]:
    """Active webhooks that have a delivery due and may be tried now.

    Those whose cooldown is almost over as well: a delivery worker waits for its exact end.
    """
    _DUE_WEBHOOKS.run(cursor, {})
    return [row[0] for row in cursor.fetchall()]


def release_lost(cursor: Cursor, dead: Sequence[str] = ()) -> int:
    """Make up to `RELEASED_AT_ONCE` deliveries due whose lease ran out; how many.

    Those that a dead process holds as well. Each gets an attempt row that says so.
    """
    _RELEASE_LOST.run(cursor, {"dead": list(dead)})
    return cursor.rowcount


def cancel_deleted(cursor: Cursor, limit: int) -> int:
    """Cancel open deliveries of deleted webhooks; how many."""
    pending = Deliveries.status == DeliveryStatus.PENDING
    its = pending & (Webhooks.status == WebhookStatus.DELETED)
    webhook = Webhooks.id == Deliveries.webhook_id
    some = Deliveries.select(Deliveries.id).join(Webhooks, on=webhook).where(its).limit(limit)
    return cancel(cursor, pending & Deliveries.id.in_(some), "webhook deleted")


def cancel(cursor: Cursor, which: Expression, result: str) -> int:
    """End open deliveries for a reason; how many. One that is under way loses its lease."""
    cancelled = Deliveries.update(
        status=DeliveryStatus.CANCELLED,
        settled_at=fn.now(),
        next_attempt_at=None,
        lease=None,
        leased_until=None,
        holder=None,
        last_result=result,
    )
    return execute(cursor, cancelled.where(which))


def reopen(cursor: Cursor, which: Expression) -> int:
    """Make deliveries due now, as if they were new; how many. The count of attempts goes on."""
    reopened = Deliveries.update(
        status=DeliveryStatus.PENDING,
        next_attempt_at=fn.now(),
        failures=0,
        deferrals=0,
        reopened_at=fn.now(),
        settled_at=None,
    )
    return execute(cursor, reopened.where(which))


def forget_answers(cursor: Cursor, deliveries: ModelSelect[Deliveries]) -> None:
    """Empty what receivers answered to these deliveries: they may send back what they were sent."""
    blank = Attempts.update(response_headers=[], response_body=None)
    execute(cursor, blank.where(Attempts.delivery_id.in_(deliveries)))
