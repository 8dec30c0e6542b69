"""Lists of contacts: filtered, in any of their orders, from any place on."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from app.domain.contact import Contact
from app.storage.contacts import COLUMN_LIST
from app.storage.database import Cursor

#: Columns that contacts can be sorted by, and their types. The first two have an index.
SORT_COLUMNS = {"created_at": "timestamptz", "email": "text", "updated_at": "timestamptz"}


class Filters(NamedTuple):
    """What contacts must have in common; None: anything."""

    stage: str | None = None
    source: str | None = None
    email: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


def page(
    cursor: Cursor,
    org_id: str,
    filters: Filters,
    sort: str,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Contact]:
    """Up to `limit` contacts in the order `sort` (`created_at`, `-created_at`, ...).

    `after`: the value of the sorted column and the id of the contact to go on from.
    """
    column = sort.removeprefix("-")
    direction, beyond = ("DESC", "<") if sort.startswith("-") else ("ASC", ">")
    conditions = ["org_id = %(org)s", "deleted_at IS NULL"]
    conditions += [f"{name} = %({name})s" for name in _EQUAL if getattr(filters, name) is not None]
    if filters.created_after is not None:
        conditions.append("created_at > %(created_after)s")
    if filters.created_before is not None:
        conditions.append("created_at < %(created_before)s")
    if after is not None:
        kind = SORT_COLUMNS[column]
        conditions.append(f"({column}, id) {beyond} (%(value)s::{kind}, %(id)s)")
    value, last_id = after or (None, None)
    cursor.execute(
        f"SELECT {COLUMN_LIST} FROM contacts WHERE {' AND '.join(conditions)}"
        f" ORDER BY {column} {direction}, id {direction} LIMIT %(limit)s",
        filters._asdict() | {"org": org_id, "value": value, "id": last_id, "limit": limit},
    )
    return [Contact(*row) for row in cursor.fetchall()]


_EQUAL = ("stage", "source", "email")
