"""The audit log as its readers see it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from app.storage.database import Cursor, fetch
from app.storage.lists import walk
from app.storage.models import AuditLog, columns_for

#: Entries that one page with a filter looks at.
LOOKED_AT_MAX = 2000


class ListedEntry(NamedTuple):
    """Who did what, and when."""

    id: str
    at: datetime
    actor: str
    action: str
    subject_id: str | None
    details: dict[str, object]


class Wanted(NamedTuple):
    """Which entries of an org: ids from `first` up to, without, `last`; None: any."""

    org_id: str
    first: str
    last: str
    actor: str | None = None
    #: Such as `webhook.created`, or `webhook.` for all that begin so.
    actions: tuple[str, ...] | None = None
    subject_id: str | None = None

    def includes(self, entry: ListedEntry) -> bool:
        """Whether an entry of the org in that stretch passes the filters."""
        return (
            self.actor in (None, entry.actor)
            and self.subject_id in (None, entry.subject_id)
            and (self.actions is None or _is_one_of(entry.action, self.actions))
        )

    @property
    def has_filter(self) -> bool:
        """Whether it may pass over entries."""
        return (self.actor, self.actions, self.subject_id) != (None, None, None)


class Looked(NamedTuple):
    """What a page found, where it stopped, and whether there is more beyond."""

    entries: list[ListedEntry]
    last_id: str | None
    has_more: bool


def page(cursor: Cursor, wanted: Wanted, limit: int, *, newest_first: bool) -> Looked:
    """Up to `limit` entries in the order of their ids.

    With a filter a page may end before it is full: it has looked at enough then.
    """
    look_at = max(limit + 1, LOOKED_AT_MAX) if wanted.has_filter else limit + 1
    bounds = {"first": wanted.first, "last": wanted.last, "limit": look_at}
    kinds = {"org_id": [wanted.org_id]}
    rows = walk(cursor, AuditLog, ListedEntry, kinds, bounds, descending=newest_first)
    found = [each for each in rows if wanted.includes(each)]
    if len(found) > limit:
        return Looked(found[:limit], found[limit - 1].id, has_more=True)
    return Looked(found, rows[-1].id if rows else None, has_more=len(rows) == look_at)


def of_no_org(cursor: Cursor, limit: int) -> list[ListedEntry]:
    """The latest entries about the whole system, the newest first."""
    entries = AuditLog.select(*columns_for(AuditLog, ListedEntry))
    whole = entries.where(AuditLog.org_id.is_null())
    return fetch(cursor, whole.order_by(AuditLog.id.desc()).limit(limit), ListedEntry)


def _is_one_of(action: str, wanted: tuple[str, ...]) -> bool:
    return any(
        action == each or (each.endswith(".") and action.startswith(each)) for each in wanted
    )
