"""Captures as their owners see them: a contact's history, and those that were set aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from app.domain.capture import Capture, CaptureStatus
from app.storage.database import Cursor

_COLUMNS = (
    "id, org_id, contact_id, status, reason, payload, keyed, client_address, user_agent, referrer"
)

# What a walk has in common is a bound and not an equality: so only the index that begins with it
# will do, and the planner cannot think of the primary key, which would have to be searched.
# A contact's captures stand under the ids that they were answered with: its own and its aliases'.
_OF_CONTACT = """
SELECT c.* FROM unnest(%(contacts)s::text[]) AS wanted (id), LATERAL (
    SELECT {columns} FROM captures
    WHERE (contact_id, id) > (wanted.id, %(first)s) AND (contact_id, id) < (wanted.id, %(last)s)
    ORDER BY contact_id {direction}, id {direction} LIMIT %(limit)s) AS c
ORDER BY c.id {direction} LIMIT %(limit)s
"""
_SET_ASIDE = """
SELECT c.* FROM unnest(%(statuses)s::text[]) AS wanted (status), LATERAL (
    SELECT {columns} FROM captures
    WHERE org_id = %(org)s AND status <> 'recorded'
        AND (status, id) > (wanted.status, %(first)s) AND (status, id) < (wanted.status, %(last)s)
    ORDER BY status {direction}, id {direction} LIMIT %(limit)s) AS c
ORDER BY c.id {direction} LIMIT %(limit)s
"""
_FIRST_ID, _LAST_ID = "cap_", "cap_~"


class ListedCapture(NamedTuple):
    """A capture as stored."""

    id: str
    org_id: str
    contact_id: str | None
    status: str
    reason: str | None
    payload: dict[str, Any]
    keyed: bool
    client_address: str | None
    user_agent: str | None
    referrer: str | None


def of_contact(
    cursor: Cursor, contact_ids: Sequence[str], after: str | None, limit: int, *, newest_first: bool
) -> list[ListedCapture]:
    """Up to `limit` captures that were answered with one of these ids."""
    return _page(cursor, _OF_CONTACT, {"contacts": list(contact_ids)}, after, limit, newest_first)


def set_aside(
    cursor: Cursor,
    org_id: str,
    statuses: Sequence[str],
    after: str | None,
    limit: int,
    *,
    newest_first: bool,
) -> list[ListedCapture]:
    """Up to `limit` of an org's captures that were quarantined or rejected."""
    bounds: dict[str, object] = {"org": org_id, "statuses": list(statuses)}
    return _page(cursor, _SET_ASIDE, bounds, after, limit, newest_first)


def lock(cursor: Cursor, org_id: str, capture_id: str) -> ListedCapture | None:
    """An org's capture, locked until the commit."""
    cursor.execute(
        f"SELECT {_COLUMNS} FROM captures WHERE id = %s AND org_id = %s FOR UPDATE",
        (capture_id, org_id),
    )
    row = cursor.fetchone()
    return ListedCapture(*row) if row else None


def mark_recorded(cursor: Cursor, capture_id: str) -> None:
    """Note that a capture was released; the reason for its quarantine stays."""
    cursor.execute(
        "UPDATE captures SET status = %s WHERE id = %s", (CaptureStatus.RECORDED, capture_id)
    )


def as_received(row: ListedCapture) -> Capture:
    """The capture as the ingress accepted it, not quarantined any more."""
    return Capture(
        id=row.id,
        org_id=row.org_id,
        contact_id=row.contact_id or "",
        keyed=row.keyed,
        client_address=row.client_address,
        user_agent=row.user_agent,
        referrer=row.referrer,
        **row.payload,
    )


def _page(
    cursor: Cursor,
    statement: str,
    bounds: dict[str, object],
    after: str | None,
    limit: int,
    newest_first: bool,
) -> list[ListedCapture]:
    direction = "DESC" if newest_first else "ASC"
    between = {
        "first": _FIRST_ID if newest_first or after is None else after,
        "last": after if newest_first and after is not None else _LAST_ID,
    }
    cursor.execute(
        statement.format(columns=_COLUMNS, direction=direction), bounds | between | {"limit": limit}
    )
    return [ListedCapture(*row) for row in cursor.fetchall()]
