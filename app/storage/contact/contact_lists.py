"""Lists of contacts: filtered, in any of their orders, from any place on."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from app.domain.contact.contact import Contact
from app.storage.database import Cursor, fetch
from app.storage.lists import beyond
from app.storage.models import Contacts, select


class Filters(NamedTuple):
    """What contacts must have in common; None: anything."""

    stage: str | None = None
    source: str | None = None
    email: str | None = None
    form: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


_LOOKUPS = {"created_after": "created_at__gt", "created_before": "created_at__lt"}


def page(
    cursor: Cursor,
    org_id: str,
    filters: Filters,
    sort: str,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Contact]:
    """Up to `limit` contacts in the order `sort`: by `created_at`, `email` or `updated_at`.

    `-` before it reverses the order. The first two have an index.

    `after`: the value of the sorted column and the id of the contact to go on from.
    """
    found = select(Contacts, Contact).filter(org_id=org_id, deleted_at__is=None)
    for name, value in filters._asdict().items():
        if value is not None:
            found = found.filter(**{_LOOKUPS.get(name, name): value})
    columns = [getattr(Contacts, sort.removeprefix("-")), Contacts.id]
    ordered = beyond(found, columns, after, sort.startswith("-"))
    return fetch(cursor, ordered.limit(limit), Contact)
