"""Endpoints: a webhook's target and its health, as the delivery workers see and change them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.domain.health import Health
from app.storage.database import Cursor
from app.storage.prepared import Prepared
from app.storage.rows import as_json


class Endpoint(msgspec.Struct):
    """Where a webhook's deliveries go, and how they are doing. Secrets are encrypted."""

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
    health: Health
    next_permit_at: datetime | None
    #: When it was read, by the database's clock: the one that all processes share.
    read_at: datetime
    #: Its deliveries under a lease; whoever holds the lock keeps count.
    in_flight: int


#: Columns that kept their first names.
_COLUMNS = {
    "concurrency_limit": "flow",
    "circuit_open_until": "not_before",
    "cooldown_until": "rest_until",
}
_HEALTH = [_COLUMNS.get(name, name) for name in Health.__struct_fields__]
# Two statements on one way: the second sees what was committed while the first one waited. A join
# would show the health of now beside the webhook of before.
_LOCK = Prepared(
    "lock_endpoints",
    """
SELECT FROM webhook_health WHERE webhook_id = ANY(%(ids)s) ORDER BY webhook_id FOR UPDATE
""",
    f"""
SELECT w.id, w.org_id, w.url, w.secret, w.previous_secret, w.previous_secret_until, w.headers,
    w.rate_limit, w.ordered, w.status, h.paced_until, clock_timestamp(),
    (SELECT count(*) FROM deliveries d WHERE d.webhook_id = w.id AND d.status = 'attempting'),
    {", ".join(f"h.{name}" for name in _HEALTH)}
FROM webhooks w JOIN webhook_health h ON h.webhook_id = w.id
WHERE w.id = ANY(%(ids)s)
""",
)

_SAVE_HEALTH = """
UPDATE webhook_health h
SET active_since = new.active_since, failure_count = new.failure_count,
    exhausted_count = new.exhausted_count, flow = new.concurrency_limit,
    not_before = new.circuit_open_until,
    rest_until = new.cooldown_until, last_success_at = new.last_success_at, recovering =
    new.recovering
FROM json_to_recordset(%s) AS new (
    webhook_id text, active_since timestamptz, failure_count integer, exhausted_count integer,
    concurrency_limit integer, circuit_open_until timestamptz, cooldown_until timestamptz,
    last_success_at timestamptz,
    recovering boolean)
WHERE h.webhook_id = new.webhook_id
"""


def lock(cursor: Cursor, webhook_ids: Iterable[str]) -> dict[str, Endpoint]:
    """These webhooks' endpoints by webhook id, their health locked in key order."""
    _LOCK.run(cursor, {"ids": sorted(set(webhook_ids))})
    return {row[0]: _endpoint(row) for row in cursor.fetchall()}


def org_of(cursor: Cursor, webhook_id: str) -> str:
    """The org of a webhook that exists."""
    cursor.execute("SELECT org_id FROM webhooks WHERE id = %s", (webhook_id,))
    row = cursor.fetchone()
    assert row is not None
    return str(row[0])


def save_health(cursor: Cursor, endpoints: Sequence[Endpoint]) -> None:
    """Write the health of endpoints that were locked in this transaction."""
    if endpoints:
        rows = [{"webhook_id": e.webhook_id} | msgspec.structs.asdict(e.health) for e in endpoints]
        cursor.execute(_SAVE_HEALTH, (as_json(rows),))


def save_pace(cursor: Cursor, webhook_id: str, next_permit_at: datetime) -> None:
    """Write up to when the endpoint's rate limit is used."""
    cursor.execute(
        "UPDATE webhook_health SET paced_until = %s WHERE webhook_id = %s",
        (next_permit_at, webhook_id),
    )


def _endpoint(row: tuple[Any, ...]) -> Endpoint:
    (
        webhook_id,
        org_id,
        url,
        secret,
        previous_secret,
        previous_secret_until,
        headers,
        rate_limit,
        ordered,
        status,
        next_permit_at,
        read_at,
        in_flight,
        *health,
    ) = row
    return Endpoint(
        webhook_id=webhook_id,
        org_id=org_id,
        url=url,
        secret=bytes(secret),
        previous_secret=None if previous_secret is None else bytes(previous_secret),
        previous_secret_until=previous_secret_until,
        headers=headers,
        rate_limit=rate_limit,
        ordered=ordered,
        status=status,
        health=Health(*health),
        next_permit_at=next_permit_at,
        read_at=read_at,
        in_flight=in_flight,
    )
