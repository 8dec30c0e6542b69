"""Captures as their owners see them: a contact's history, and those that were set aside."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.capture.capture import Capture, CaptureStatus
from app.storage.capture.captures import NOT_SPAM, StoredCapture
from app.storage.database import Cursor, execute, fetch_one
from app.storage.lists import walk
from app.storage.models import Captures, select

_OF_FORM = "(%(form)s::text IS NULL OR payload->>'form' = %(form)s)"


def of_contact(
    cursor: Cursor,
    contact_ids: Sequence[str],
    after: str | None,
    limit: int,
    *,
    newest_first: bool,
    form: str | None = None,
) -> list[StoredCapture]:
    """Up to `limit` captures, of one form or any, that were answered with one of these ids.

    Those of a contact stand under its own id and those of its aliases.
    """
    bounds = _bounds(after, limit, newest_first, form)
    kinds = {"contact_id": contact_ids}
    return walk(
        cursor, Captures, StoredCapture, kinds, bounds, which=_OF_FORM, descending=newest_first
    )


def set_aside(
    cursor: Cursor,
    org_id: str,
    statuses: Sequence[str],
    after: str | None,
    limit: int,
    *,
    newest_first: bool,
    form: str | None = None,
    down_to: str = "",
) -> list[StoredCapture]:
    """Up to `limit` of an org's captures, of one form or any, quarantined or rejected.

    `down_to`: an id before which none is looked for.
    """
    bounds = _bounds(after, limit, newest_first, form) | {"org": org_id}
    bounds["first"] = max(str(bounds["first"]), down_to)
    which = f"org_id = %(org)s AND status <> 'recorded' AND {_OF_FORM}"
    kinds = {"status": statuses}
    return walk(
        cursor, Captures, StoredCapture, kinds, bounds, which=which, descending=newest_first
    )


def lock(cursor: Cursor, org_id: str, capture_id: str) -> StoredCapture | None:
    """An org's capture, locked until the commit."""
    found = select(Captures, StoredCapture).filter(id=capture_id, org_id=org_id)
    return fetch_one(cursor, found.for_update(), StoredCapture)


def mark_recorded(cursor: Cursor, capture_id: str) -> None:
    """Note that a capture was released; the reason for its quarantine stays."""
    released = Captures.update(status=CaptureStatus.RECORDED, marked=NOT_SPAM)
    execute(cursor, released.where(Captures.id == capture_id))


def mark(cursor: Cursor, capture_id: str, marked: str) -> None:
    """Note what a person said of a capture."""
    execute(cursor, Captures.update(marked=marked).where(Captures.id == capture_id))


def as_received(row: StoredCapture) -> Capture:
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


def _bounds(
    after: str | None, limit: int, newest_first: bool, form: str | None
) -> dict[str, object]:
    first, last = "cap_", "cap_~"
    if after is not None:
        first, last = (first, after) if newest_first else (after + "~", last)
    return {"first": first, "last": last, "limit": limit, "form": form}
