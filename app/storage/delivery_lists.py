"""Deliveries as their owners see them: listed, looked at with their attempts, retried by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app.domain.delivery import DeliveryStatus
from app.storage.database import Cursor

#: Deliveries of each status that one page with a filter by event type looks at.
LOOKED_AT_MAX = 2000
#: Attempts that one delivery shows: the latest.
ATTEMPTS_SHOWN = 200

_STORED = tuple(status for status in DeliveryStatus if status is not DeliveryStatus.HELD)
_COLUMNS = (
    "id, webhook_id, event_id, event_type, contact_id, status, attempts, last_result,"
    " next_attempt_at, created_at, settled_at"
)
_QUALIFIED = ", ".join(f"d.{name}" for name in _COLUMNS.split(", "))

# One short walk through the index per status, merged: no status, however rare, makes it search.
# The status is a bound and not an equality, so that the planner cannot think of the primary key,
# in which the wanted rows may be a million others away.
_PAGE = """
SELECT d.* FROM unnest(%(statuses)s::text[]) AS wanted (status), LATERAL (
    SELECT {columns} FROM deliveries
    WHERE webhook_id = %(webhook)s
        AND (status, id) >= (wanted.status, %(first)s) AND (status, id) < (wanted.status, %(last)s)
    ORDER BY status {direction}, id {direction} LIMIT %(limit)s) AS d
ORDER BY d.id {direction} LIMIT %(limit)s
"""

_RETRY = """
UPDATE deliveries d SET status = 'pending', next_attempt_at = now(), failures = 0, deferrals = 0,
    reopened_at = now(), settled_at = NULL
FROM webhooks w
WHERE d.id = %s AND w.id = d.webhook_id AND w.status <> 'deleted' AND d.status <> 'attempting'
"""


class ListedDelivery(NamedTuple):
    """A delivery without its attempts."""

    id: str
    webhook_id: str
    event_id: str
    event_type: str
    contact_id: str | None
    status: str
    attempts: int
    last_result: str | None
    next_attempt_at: datetime | None
    created_at: datetime
    settled_at: datetime | None


class ListedAttempt(NamedTuple):
    """One HTTP request of a delivery, as it was recorded."""

    id: str
    number: int
    started_at: datetime
    status: int | None
    error: str | None
    error_detail: str | None
    address: str | None
    timings: dict[str, int | None]
    response_headers: list[tuple[str, str]]
    response_body: bytes | None
    result: str
    next_attempt_at: datetime | None


class Looked(NamedTuple):
    """What a page found, where it stopped, and whether there is more beyond."""

    deliveries: list[ListedDelivery]
    last_id: str | None
    has_more: bool


def page(
    cursor: Cursor,
    webhook_id: str,
    statuses: Sequence[str] | None,
    event_types: Sequence[str] | None,
    ids: tuple[str, str],
    limit: int,
    *,
    newest_first: bool,
) -> Looked:
    """Up to `limit` deliveries of a webhook with ids from `ids[0]` up to, without, `ids[1]`.

    With `event_types` a page may end before it is full: it has looked at enough then.
    """
    look_at = limit + 1 if event_types is None else LOOKED_AT_MAX
    cursor.execute(
        _PAGE.format(columns=_COLUMNS, direction="DESC" if newest_first else "ASC"),
        {
            "webhook": webhook_id,
            "statuses": list(_STORED if statuses is None else statuses),
            "first": ids[0],
            "last": ids[1],
            "limit": look_at,
        },
    )
    rows = [ListedDelivery(*row) for row in cursor.fetchall()]
    found = [row for row in rows if event_types is None or row.event_type in event_types]
    if len(found) > limit:
        return Looked(found[:limit], found[limit - 1].id, has_more=True)
    return Looked(found, rows[-1].id if rows else None, has_more=len(rows) == look_at)


def find(cursor: Cursor, org_id: str, delivery_id: str) -> tuple[ListedDelivery, str] | None:
    """An org's delivery, and the status of its webhook."""
    cursor.execute(
        f"SELECT {_QUALIFIED}, w.status FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id"
        " WHERE d.org_id = %s AND d.id = %s",
        (org_id, delivery_id),
    )
    row = cursor.fetchone()
    return (ListedDelivery(*row[:-1]), row[-1]) if row else None


def attempts_of(cursor: Cursor, delivery_id: str) -> list[ListedAttempt]:
    """The latest attempts of a delivery, the first of them first."""
    cursor.execute(
        "SELECT id, number, started_at, status, error, error_detail, address, timings,"
        " response_headers, response_body, result, next_attempt_at FROM attempts"
        " WHERE delivery_id = %s ORDER BY number DESC LIMIT %s",
        (delivery_id, ATTEMPTS_SHOWN),
    )
    return [ListedAttempt(*row) for row in reversed(cursor.fetchall())]


def retry(cursor: Cursor, delivery_id: str) -> bool:
    """Make a delivery due now, as if it were new; False while an attempt is under way.

    False as well when its webhook was deleted. The count of its attempts goes on.
    """
    cursor.execute(_RETRY, (delivery_id,))
    return cursor.rowcount == 1
