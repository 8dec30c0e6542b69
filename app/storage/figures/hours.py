"""Hourly figures: leads by source and status, deliveries and how long they took.

An hour is counted as a whole and replaced, never added to: so counting twice, late captures and two
schedulers do no harm. Ids contain the time, so an hour is a range of the primary key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from peewee import fn

from app.domain.ids import first_ulid_at
from app.storage.database import Cursor, execute, fetch
from app.storage.models import DeliveryHours, LeadHours, columns_for

HOUR = timedelta(hours=1)
#: How long hourly figures are kept.
KEPT_DAYS = 400
#: Key of the advisory lock of the one who counts; any number that no other lock here uses.
_LOCK = 0x5265_7847

_COUNT_LEADS = """
INSERT INTO lead_hours (org_id, hour, source, status, leads)
SELECT org_id, %(hour)s, COALESCE(payload ->> 'source', 'other'), status, count(*) FROM captures
WHERE id >= %(first_lead)s AND id < %(last_lead)s GROUP BY 1, 3, 4
"""
_COUNT_DELIVERIES = """
INSERT INTO delivery_hours (org_id, hour, succeeded, failed, unsettled, p50_ms, p95_ms)
SELECT org_id, %(hour)s, count(*) FILTER (WHERE status = 'succeeded'),
    count(*) FILTER (WHERE status = 'failed'),
    count(*) FILTER (WHERE status IN ('pending', 'attempting')),
    percentile_disc(0.5) WITHIN GROUP (ORDER BY ms) FILTER (WHERE status = 'succeeded'),
    percentile_disc(0.95) WITHIN GROUP (ORDER BY ms) FILTER (WHERE status = 'succeeded')
FROM (
    SELECT org_id, status, LEAST(2000000000,
        1000 * extract(epoch FROM settled_at - COALESCE(reopened_at, created_at)))::int AS ms
    FROM deliveries WHERE id >= %(first_delivery)s AND id < %(last_delivery)s) AS made
GROUP BY org_id
"""


class LeadHour(NamedTuple):
    """How many leads of one source and status came in an hour."""

    hour: datetime
    source: str
    status: str
    leads: int


class DeliveryHour(NamedTuple):
    """What became of the deliveries that were made in an hour; the times are of those that did."""

    hour: datetime
    succeeded: int
    failed: int
    unsettled: int
    p50_ms: int | None
    p95_ms: int | None


def count(cursor: Cursor, hour: datetime) -> bool:
    """Count an hour; False while another process counts."""
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", (_LOCK,))
    if cursor.fetchone() != (True,):
        return False
    first, last = (first_ulid_at(int(at.timestamp() * 1000)) for at in (hour, hour + HOUR))
    values = {
        "hour": hour,
        "first_lead": f"cap_{first}",
        "last_lead": f"cap_{last}",
        "first_delivery": f"dlv_{first}",
        "last_delivery": f"dlv_{last}",
    }
    for table, statement in ((LeadHours, _COUNT_LEADS), (DeliveryHours, _COUNT_DELIVERIES)):
        execute(cursor, table.delete().where(table.hour == hour))
        cursor.execute(statement, values)
    return True


def newest(cursor: Cursor) -> tuple[str | None, str | None]:
    """The ids of the latest capture and delivery: as long as they are the same, nothing came."""
    cursor.execute("SELECT (SELECT max(id) FROM captures), (SELECT max(id) FROM deliveries)")
    ((capture_id, delivery_id),) = cursor.fetchall()
    return capture_id, delivery_id


def delete_old(cursor: Cursor) -> None:
    """Delete what is older than hourly figures are kept."""
    for table in (LeadHours, DeliveryHours):
        old = table.hour < fn.now() - timedelta(days=KEPT_DAYS)
        execute(cursor, table.delete().where(old))


def leads_since(cursor: Cursor, org_id: str, since: datetime) -> list[LeadHour]:
    """An org's leads by hour, source and status."""
    found = LeadHours.select(*columns_for(LeadHours, LeadHour))
    rows = found.where(LeadHours.org_id == org_id, LeadHours.hour >= since)
    return fetch(cursor, rows.order_by(LeadHours.hour), LeadHour)


def deliveries_since(cursor: Cursor, org_id: str, since: datetime) -> list[DeliveryHour]:
    """An org's deliveries by hour."""
    found = DeliveryHours.select(*columns_for(DeliveryHours, DeliveryHour))
    rows = found.where(DeliveryHours.org_id == org_id, DeliveryHours.hour >= since)
    return fetch(cursor, rows.order_by(DeliveryHours.hour), DeliveryHour)


class WebhookState(NamedTuple):
    """What of a webhook needs a look: its oldest due delivery, and until when it is not called."""

    id: str
    name: str
    status: str
    oldest_due_at: datetime | None
    failure_count: int
    circuit_open_until: datetime | None


def webhook_states(cursor: Cursor, org_id: str) -> Sequence[WebhookState]:
    """The org's webhooks: one short walk through an index for each, whatever its backlog."""
    cursor.execute(
        """
        SELECT w.id, w.name, w.status,
            (SELECT next_attempt_at FROM deliveries d
             WHERE d.webhook_id = w.id AND d.status = 'pending'
             ORDER BY d.webhook_id, d.next_attempt_at LIMIT 1),
            h.failure_count, h.not_before
        FROM webhooks w JOIN webhook_health h ON h.webhook_id = w.id
        WHERE w.org_id = %s AND w.status <> 'deleted' ORDER BY w.id
        """,
        (org_id,),
    )
    return [WebhookState(*row) for row in cursor]
