"""Figures for operators: how much there is of everything, and what is due, held or failed.

Each counts rows, so on big tables each costs a scan; nothing that answers a visitor may use them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app.storage.database import Cursor

# `state` is what a delivery waits for; its webhook tells whether pending means held.
_STATES = """
    SELECT d.org_id, d.webhook_id, d.attempts, d.next_attempt_at, CASE
        WHEN d.status <> 'pending' THEN d.status
        WHEN w.status IN ('paused', 'disabled') THEN 'held'
        WHEN d.next_attempt_at <= now() THEN 'due'
        ELSE 'waiting' END AS state
    FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
    WHERE d.org_id = ANY(%(orgs)s)
"""

_OF_ORGS = f"""
WITH captures_of AS (
    SELECT org_id,
        count(*) FILTER (WHERE status = 'recorded') AS recorded,
        count(*) FILTER (WHERE status = 'quarantined') AS quarantined,
        count(*) FILTER (WHERE status = 'rejected') AS rejected
    FROM captures WHERE org_id = ANY(%(orgs)s) GROUP BY org_id),
contacts_of AS (
    SELECT org_id, count(*) AS contacts FROM contacts
    WHERE org_id = ANY(%(orgs)s) AND deleted_at IS NULL GROUP BY org_id),
events_of AS (
    SELECT org_id, count(*) AS events FROM events WHERE org_id = ANY(%(orgs)s) GROUP BY org_id),
deliveries_of AS (
    SELECT org_id,
        count(*) FILTER (WHERE state = 'due') AS due,
        count(*) FILTER (WHERE state = 'waiting') AS waiting,
        count(*) FILTER (WHERE state = 'held') AS held,
        count(*) FILTER (WHERE state = 'attempting') AS in_flight,
        count(*) FILTER (WHERE state = 'succeeded') AS succeeded,
        count(*) FILTER (WHERE state = 'failed') AS failed,
        count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
        sum(attempts) AS attempts
    FROM ({_STATES}) AS states GROUP BY org_id)
SELECT o.slug, COALESCE(recorded, 0), COALESCE(quarantined, 0), COALESCE(rejected, 0),
    COALESCE(contacts, 0), COALESCE(events, 0), COALESCE(due, 0), COALESCE(waiting, 0),
    COALESCE(held, 0), COALESCE(in_flight, 0), COALESCE(succeeded, 0), COALESCE(failed, 0),
    COALESCE(cancelled, 0), COALESCE(attempts, 0)
FROM orgs o
LEFT JOIN captures_of c ON c.org_id = o.id
LEFT JOIN contacts_of t ON t.org_id = o.id
LEFT JOIN events_of e ON e.org_id = o.id
LEFT JOIN deliveries_of d ON d.org_id = o.id
WHERE o.id = ANY(%(orgs)s)
ORDER BY o.slug
"""

_OF_WEBHOOKS = f"""
WITH deliveries_of AS (
    SELECT webhook_id,
        count(*) FILTER (WHERE state = 'due') AS due,
        count(*) FILTER (WHERE state = 'waiting') AS waiting,
        count(*) FILTER (WHERE state = 'held') AS held,
        count(*) FILTER (WHERE state = 'failed') AS failed,
        min(next_attempt_at) FILTER (WHERE state = 'due') AS oldest_due_at
    FROM ({_STATES}) AS states GROUP BY webhook_id)
SELECT o.slug, w.id, w.name, w.url, w.status, w.status_reason, h.failure_count,
    h.exhausted_count, h.not_before, h.last_success_at, COALESCE(due, 0), COALESCE(waiting, 0),
    COALESCE(held, 0), COALESCE(failed, 0), oldest_due_at
FROM webhooks w
JOIN orgs o ON o.id = w.org_id
JOIN webhook_health h ON h.webhook_id = w.id
LEFT JOIN deliveries_of d ON d.webhook_id = w.id
WHERE w.org_id = ANY(%(orgs)s) AND w.status <> 'deleted'
ORDER BY o.slug, w.id
"""

_BACKLOG = """
SELECT (SELECT COALESCE(sum(json_array_length(captures)), 0) FROM inbox),
    (SELECT count(*) FROM unreadable_jobs)
"""


class OrgFigures(NamedTuple):
    """How much an org has. Deliveries by what they wait for; attempts are those of what is kept."""

    org: str
    recorded: int
    quarantined: int
    rejected: int
    contacts: int
    events: int
    due: int
    waiting: int
    held: int
    in_flight: int
    succeeded: int
    failed: int
    cancelled: int
    attempts: int


class WebhookFigures(NamedTuple):
    """A webhook's health and backlog."""

    org: str
    id: str
    name: str
    url: str
    status: str
    status_reason: str | None
    failure_count: int
    exhausted_count: int
    circuit_open_until: datetime | None
    last_success_at: datetime | None
    due: int
    waiting: int
    held: int
    failed: int
    oldest_due_at: datetime | None


class Backlog(NamedTuple):
    """What waits in PostgreSQL for the queue, and what nobody could read."""

    inbox_captures: int
    unreadable_jobs: int


def of_orgs(cursor: Cursor, org_ids: Sequence[str]) -> list[OrgFigures]:
    """How much these orgs have, by name."""
    cursor.execute(_OF_ORGS, {"orgs": list(org_ids)})
    return [OrgFigures(row[0], *map(int, row[1:])) for row in cursor.fetchall()]


def of_webhooks(cursor: Cursor, org_ids: Sequence[str]) -> list[WebhookFigures]:
    """How the webhooks of these orgs are doing."""
    cursor.execute(_OF_WEBHOOKS, {"orgs": list(org_ids)})
    return [WebhookFigures(*row) for row in cursor.fetchall()]


def backlog(cursor: Cursor) -> Backlog:
    """What waits or lies aside, of all orgs together."""
    cursor.execute(_BACKLOG)
    row = cursor.fetchone()
    assert row is not None
    return Backlog(int(row[0]), int(row[1]))
