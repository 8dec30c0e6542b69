"""How long the oldest of each kind has waited in PostgreSQL: index look-ups, no scans.

What is held on purpose does not count: webhooks that are paused, whose circuit is open, whose
receiver asked for a pause, or that wait for their rate's next permit. Ordered ones are left out,
too: what is due of them may wait for an earlier event of its contact.
"""

from __future__ import annotations

from peewee import fn

from app.domain.delivery.health import OPEN_AFTER
from app.domain.system.waiting import DueWebhook
from app.domain.webhook.webhook import WebhookStatus
from app.storage.database import Cursor, fetch, fetch_one
from app.storage.delivery.deliveries import OPEN_WEBHOOKS
from app.storage.models import Fallback, WebhookHealth, Webhooks
from app.storage.prepared import Prepared

#: Webhooks with the oldest due that are looked at.
WEBHOOKS_MAX = 200
#: Of each, how many of its longest due are looked at for first attempts and retries.
DEPTH = 20

_DUE = Prepared(
    "waiting_deliveries",
    OPEN_WEBHOOKS
    + f""",
due AS (
    SELECT open.webhook_id, open.next_attempt_at, h.flow
    FROM open
    JOIN webhooks w ON w.id = open.webhook_id AND w.status = 'active' AND NOT w.ordered
    JOIN webhook_health h ON h.webhook_id = open.webhook_id
    WHERE open.next_attempt_at <= now()
        AND h.failure_count < {OPEN_AFTER}
        AND COALESCE(h.not_before, '-infinity') <= now()
        AND COALESCE(h.rest_until, '-infinity') <= now()
        AND COALESCE(h.paced_until, '-infinity') <= now()
    ORDER BY open.next_attempt_at LIMIT {WEBHOOKS_MAX})
SELECT due.webhook_id,
    extract(epoch FROM now() - due.next_attempt_at)::float8,
    extract(epoch FROM now() - min(d.next_attempt_at) FILTER (WHERE d.attempts = 0))::float8,
    extract(epoch FROM now() - min(d.next_attempt_at) FILTER (WHERE d.attempts > 0))::float8,
    due.flow
FROM due, LATERAL (
    SELECT d.next_attempt_at, d.attempts FROM deliveries d
    WHERE d.webhook_id = due.webhook_id AND d.status = 'pending' AND d.next_attempt_at <= now()
    ORDER BY d.next_attempt_at LIMIT {DEPTH}) d
GROUP BY due.webhook_id, due.next_attempt_at, due.flow
ORDER BY due.next_attempt_at
""",
)


def due_webhooks(cursor: Cursor) -> list[DueWebhook]:
    """Up to `WEBHOOKS_MAX` webhooks that have something due and may be sent it now, oldest first.

    Among the `DEPTH` longest due of each, a first attempt behind more retries goes unseen.
    """
    _DUE.run(cursor, {})
    return [DueWebhook(*row) for row in cursor.fetchall()]


def oldest_fallback_seconds(cursor: Cursor) -> float:
    """How long the oldest captures have been in the fallback table; 0.0: it is empty."""
    age = fn.date_part("epoch", fn.clock_timestamp() - Fallback.created_at)
    return fetch_one(cursor, Fallback.select(age).order_by(Fallback.id).limit(1), float) or 0.0


def fallback_rows(cursor: Cursor) -> int:
    """About how many rows the fallback table has, from its first and last id."""
    first = Fallback.select(Fallback.id).order_by(Fallback.id).limit(1)
    last = Fallback.select(Fallback.id).order_by(Fallback.id.desc()).limit(1)
    low, high = fetch_one(cursor, first, int), fetch_one(cursor, last, int)
    return 0 if low is None or high is None else high - low + 1


def open_circuits(cursor: Cursor) -> int:
    """Active webhooks that get single probes only: one row for each webhook is read."""
    webhook = Webhooks.id == WebhookHealth.webhook_id
    open_ones = (WebhookHealth.failure_count >= OPEN_AFTER) & (
        Webhooks.status == WebhookStatus.ACTIVE
    )
    counted = WebhookHealth.select(fn.count(WebhookHealth.webhook_id)).join(Webhooks, on=webhook)
    (count,) = fetch(cursor, counted.where(open_ones), int)
    return count
