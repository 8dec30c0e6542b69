"""Endpoints: a webhook's target and its health, as the delivery workers see and change them.

Locking and saving are raw SQL: each transaction of a delivery process begins with the one, and the
other writes all that it has changed in one statement (rows.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.domain.delivery.health import OPEN_AFTER, Health
from app.storage.database import Cursor, fetch_one
from app.storage.models import WebhookHealth, Webhooks, columns_for
from app.storage.prepared import Prepared
from app.storage.rows import as_json, record_of


class Endpoint(msgspec.Struct):
    """Where a webhook's deliveries go, and how they are doing. Secrets, headers encrypted."""

    webhook_id: str
    org_id: str
    url: str
    secret: bytes
    previous_secret: bytes | None
    previous_secret_until: datetime | None
    headers: dict[str, str]
    rate_limit: int | None
    ordered: bool
    status: str
    next_permit_at: datetime | None
    #: Changes with the webhook, not with its health.
    version: datetime
    #: When it was read, by the database's clock: the one that all processes share.
    read_at: datetime
    #: Its deliveries under a lease, counted only while its circuit is open.
    in_flight: int
    health: Health
    #: Its own retry policy; None: the operator's.
    retry: dict[str, object] | None = None
    #: Total time of an attempt; None: the operator's.
    timeout_seconds: int | None = None


_HEALTH = Health.__struct_fields__
_COLUMNS = columns_for(WebhookHealth, Health)
# Two statements in one round trip: the second sees what was committed while the first one waited.
# A join would show the health of now beside the webhook of before.
_LOCK = Prepared(
    "lock_endpoints",
    """
SELECT FROM webhook_health WHERE webhook_id = ANY(%(ids)s) ORDER BY webhook_id FOR UPDATE
""",
    f"""
SELECT w.id, w.org_id, w.url, w.secret, w.previous_secret, w.previous_secret_until, w.headers,
    w.rate_limit, w.ordered, w.status, h.paced_until, w.updated_at, clock_timestamp(),
    CASE WHEN h.failure_count >= {OPEN_AFTER} THEN (
        SELECT count(*) FROM deliveries d
        WHERE d.webhook_id = w.id AND d.status = 'attempting') ELSE 0 END,
    {", ".join(f"h.{column.column_name}" for column in _COLUMNS)},
    w.retry, w.timeout_seconds
FROM webhooks w JOIN webhook_health h ON h.webhook_id = w.id
WHERE w.id = ANY(%(ids)s)
""",
)
_SAVE_HEALTH = f"""
UPDATE webhook_health h
SET {", ".join(f"{column.column_name} = new.{column.name}" for column in _COLUMNS)}
FROM {record_of(WebhookHealth, ("webhook_id", *_HEALTH))}
WHERE h.webhook_id = new.webhook_id
"""


def lock(cursor: Cursor, webhook_ids: Iterable[str]) -> dict[str, Endpoint]:
    """These webhooks' endpoints by webhook id, their health locked in key order."""
    _LOCK.run(cursor, {"ids": sorted(set(webhook_ids))})
    return {row[0]: _endpoint(row) for row in cursor.fetchall()}


def org_of(cursor: Cursor, webhook_id: str) -> str:
    """The org of a webhook that exists."""
    query = Webhooks.select(Webhooks.org_id).where(Webhooks.id == webhook_id)
    org_id = fetch_one(cursor, query, str)
    assert org_id is not None
    return org_id


def save_health(cursor: Cursor, endpoints: Sequence[Endpoint]) -> None:
    """Write the health of endpoints that were locked in this transaction."""
    if endpoints:
        rows = [{"webhook_id": e.webhook_id} | msgspec.structs.asdict(e.health) for e in endpoints]
        cursor.execute(_SAVE_HEALTH, {"rows": as_json(rows)})


def save_pace(cursor: Cursor, webhook_id: str, next_permit_at: datetime) -> None:
    """Write up to when the endpoint's rate limit is used."""
    cursor.execute(
        "UPDATE webhook_health SET paced_until = %s WHERE webhook_id = %s",
        (next_permit_at, webhook_id),
    )


def _endpoint(row: tuple[Any, ...]) -> Endpoint:
    *facts, retry, timeout_seconds = row
    its = len(facts) - len(_HEALTH)
    fields = (*facts[:its], Health(*facts[its:]), retry, timeout_seconds)
    return Endpoint(*fields)
