"""New deliveries: due at once, or leased from the start.

Raw SQL, prepared (prepared.py), one statement for all rows of a transaction (rows.py): every
capture ends here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from app.domain.delivery.retry_policy import RetryRules
from app.domain.ids import new_id
from app.domain.webhook.event import Event
from app.storage.database import Cursor
from app.storage.models import Deliveries
from app.storage.prepared import Prepared
from app.storage.rows import as_json, insert_rows


class NewDelivery(msgspec.Struct):
    """A delivery to create: an event for a webhook."""

    org_id: str
    webhook_id: str
    event_id: str
    event_type: str
    contact_id: str | None
    sequence: int | None
    id: str = msgspec.field(default_factory=lambda: new_id("dlv"))


class Holder(NamedTuple):
    """A delivery process that gets leases, and the rules by which they last."""

    name: str
    retries: RetryRules


class Leased(NamedTuple):
    """The lease of a new delivery."""

    lease: int
    #: By the database's clock.
    leased_at: datetime


_COLUMNS = NewDelivery.__struct_fields__
_DUE = insert_rows(Deliveries, _COLUMNS, status="'pending'", next_attempt_at="now()")
_INSERT_DUE = Prepared("insert_deliveries", _DUE)
# Apart, since looking for conflicts takes 7 µs a row, and new events can have none.
_INSERT_MISSING = _DUE + " ON CONFLICT (event_id, webhook_id) DO NOTHING"
_LEASED = insert_rows(
    Deliveries,
    _COLUMNS,
    status="'attempting'",
    next_attempt_at="now()",
    attempts="1",
    lease="nextval('leases')",
    leased_until="now() + %(lease)s",
    holder="%(holder)s",
)
_INSERT_LEASED = Prepared("insert_leased", _LEASED + " RETURNING id, lease, now()")


def owed(event: Event, webhook_id: str) -> NewDelivery:
    """The delivery of an event to a webhook."""
    return NewDelivery(
        event.org_id, webhook_id, event.id, event.type, event.contact_id, event.sequence
    )


def insert_due(cursor: Cursor, deliveries: Sequence[NewDelivery]) -> None:
    """Store deliveries of new events, due at once."""
    if deliveries:
        _INSERT_DUE.run(cursor, {"rows": as_json(deliveries)})


def insert_missing(cursor: Cursor, deliveries: Sequence[NewDelivery]) -> int:
    """Store those deliveries, due at once, that are not there yet; how many."""
    cursor.execute(_INSERT_MISSING, {"rows": as_json(deliveries)})
    return cursor.rowcount


def insert_leased(
    cursor: Cursor, deliveries: Sequence[NewDelivery], holder: str, lease_seconds: float
) -> dict[str, Leased]:
    """Store deliveries of new events whose first attempt is the holder's; their leases by id."""
    if not deliveries:
        return {}
    lease = timedelta(seconds=lease_seconds)
    values = {"rows": as_json(deliveries), "lease": lease, "holder": holder}
    _INSERT_LEASED.run(cursor, values)
    return {row[0]: Leased(*row[1:]) for row in cursor.fetchall()}
