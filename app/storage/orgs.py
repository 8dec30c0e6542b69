"""Orgs."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg2.extras

from app.domain.org import Org, OrgSettings
from app.storage.database import Cursor

_COLUMNS = "id, slug, created_at, id_secret, settings"


def insert(cursor: Cursor, org: Org) -> None:
    """Store a new org. Raises psycopg2's UniqueViolation when the slug is taken."""
    cursor.execute(
        f"INSERT INTO orgs ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s)",
        (org.id, org.slug, org.created_at, org.id_secret, _as_json(org.settings)),
    )
    note_change(cursor)


def find_by_slug(cursor: Cursor, slug: str) -> Org | None:
    """The org of that name."""
    cursor.execute(f"SELECT {_COLUMNS} FROM orgs WHERE slug = %s", (slug,))
    row = cursor.fetchone()
    return _org(row) if row else None


def lock(cursor: Cursor, org_id: str) -> Org:
    """The org with that id, which there must be, as it is now and until the commit."""
    cursor.execute(f"SELECT {_COLUMNS} FROM orgs WHERE id = %s FOR UPDATE", (org_id,))
    row = cursor.fetchone()
    assert row is not None
    return _org(row)


def all_orgs(cursor: Cursor) -> list[Org]:
    """Every org."""
    cursor.execute(f"SELECT {_COLUMNS} FROM orgs ORDER BY id")
    return [_org(row) for row in cursor.fetchall()]


def update_settings(cursor: Cursor, org_id: str, settings: OrgSettings) -> None:
    """Replace an org's settings."""
    cursor.execute(
        "UPDATE orgs SET settings = %s, updated_at = now() WHERE id = %s",
        (_as_json(settings), org_id),
    )
    note_change(cursor)


def note_change(cursor: Cursor) -> None:
    """Tell every web process, once this transaction is committed, to read orgs and keys again."""
    cursor.execute("UPDATE directory SET version = version + 1")


def directory_version(cursor: Cursor) -> int:
    """Rises with every change of an org or a key."""
    cursor.execute("SELECT version FROM directory")
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def _org(row: tuple[Any, ...]) -> Org:
    org_id, slug, created_at, id_secret, settings = row
    return Org(org_id, slug, created_at, bytes(id_secret), msgspec.convert(settings, OrgSettings))


def _as_json(settings: OrgSettings) -> psycopg2.extras.Json:
    return psycopg2.extras.Json(msgspec.to_builtins(settings))
