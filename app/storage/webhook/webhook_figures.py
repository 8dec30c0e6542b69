"""How each webhook is doing: counted up to a bound, so that no backlog makes a page slow."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from app.domain.ids import first_ulid_at
from app.domain.times import now
from app.storage.database import Cursor

#: Deliveries of one status that are counted; beyond, a figure means `at least`.
COUNTED_MAX = 1000
#: Successful deliveries of which the times are taken: the latest.
_TIMED = 100
#: Webhooks whose figures one page shows.
WEBHOOKS_MAX = 200
_DAY = timedelta(hours=24)


class WebhookFigures(NamedTuple):
    """A webhook's deliveries of 24 hours, up to `COUNTED_MAX`, and its endpoint's health."""

    webhook_id: str
    succeeded: int
    failed: int
    #: Whenever they were made.
    pending: int
    oldest_due_at: datetime | None
    p95_ms: int | None
    failure_count: int
    concurrency_limit: int | None
    circuit_open_until: datetime | None
    cooldown_until: datetime | None
    last_success_at: datetime | None


def _counted(status: str, bound: str = "") -> str:
    return (
        f"(SELECT count(*) FROM (SELECT FROM deliveries d WHERE d.webhook_id = w.id"
        f" AND d.status = '{status}' {bound} LIMIT {COUNTED_MAX}) AS counted)"
    )


_RECENT = "AND d.id >= %(first)s"
# A range of rows, not an equality and an order by id: the planner would rather walk the primary
# key, past the deliveries of all other webhooks to a quiet one's last.
_SUCCEEDED = """(d.webhook_id, d.status, d.id) >= (w.id, 'succeeded', '')
    AND (d.webhook_id, d.status, d.id) < (w.id, 'succeeded', '~')"""
_FIGURES = f"""
SELECT w.id, {_counted("succeeded", _RECENT)}, {_counted("failed", _RECENT)}, {_counted("pending")},
    (SELECT next_attempt_at FROM deliveries d WHERE d.webhook_id = w.id AND d.status = 'pending'
     ORDER BY d.webhook_id, d.next_attempt_at LIMIT 1),
    (SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY (a.timings ->> 'total_ms')::int)
     FROM (SELECT id, attempts FROM deliveries d WHERE {_SUCCEEDED}
           ORDER BY d.webhook_id DESC, d.status DESC, d.id DESC LIMIT {_TIMED}) AS latest
     , LATERAL (SELECT timings FROM attempts
                WHERE delivery_id = latest.id AND number = latest.attempts OFFSET 0) AS a),
    h.failure_count, h.flow, h.not_before, h.rest_until, h.last_success_at
FROM webhooks w JOIN webhook_health h ON h.webhook_id = w.id
WHERE w.org_id = %(org)s AND w.status <> 'deleted'
    AND (%(webhook)s::text IS NULL OR w.id = %(webhook)s)
ORDER BY w.id LIMIT %(limit)s
"""


def of_org(cursor: Cursor, org_id: str, webhook_id: str | None = None) -> dict[str, WebhookFigures]:
    """The figures of an org's first webhooks, or of one of them, by their ids."""
    first = "dlv_" + first_ulid_at(int((now() - _DAY).timestamp() * 1000))
    cursor.execute(
        _FIGURES, {"org": org_id, "first": first, "webhook": webhook_id, "limit": WEBHOOKS_MAX}
    )
    return {row[0]: WebhookFigures(*row) for row in cursor}
