"""API keys: stored as hashes, listed by their last characters."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.domain.api_key import ApiKey, NewKey, Scope
from app.domain.ids import new_id
from app.storage.database import Cursor
from app.storage.orgs import note_change

_LISTED = "id, name, prefix, last4, scope, created_at, revoked_at"


class ListedKey(msgspec.Struct):
    """A key as its owner sees it in a list."""

    id: str
    name: str | None
    prefix: str
    last4: str
    scope: Scope
    created_at: datetime
    revoked_at: datetime | None


def insert(cursor: Cursor, org_id: str, name: str | None, scope: Scope, key: NewKey) -> str:
    """Store a new key; its id. A key that is stored already keeps its id and scope."""
    cursor.execute(
        "INSERT INTO api_keys (id, org_id, name, hash, prefix, last4, scope)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (hash) DO UPDATE SET hash = excluded.hash RETURNING id",
        (new_id("key"), org_id, name, key.hash, key.prefix, key.last4, scope),
    )
    row = cursor.fetchone()
    assert row is not None
    note_change(cursor)
    return str(row[0])


def active_keys(cursor: Cursor) -> list[ApiKey]:
    """Every key that is not revoked, of every org."""
    cursor.execute("SELECT id, org_id, scope, hash FROM api_keys WHERE revoked_at IS NULL")
    return [ApiKey(row[0], row[1], Scope(row[2]), bytes(row[3])) for row in cursor.fetchall()]


def page(
    cursor: Cursor, org_id: str, after: str | None, limit: int, *, newest_first: bool = False
) -> list[ListedKey]:
    """Up to `limit` keys of an org in the order of creation, or its reverse, after that id."""
    direction, beyond = ("DESC", "<") if newest_first else ("ASC", ">")
    cursor.execute(
        f"SELECT {_LISTED} FROM api_keys WHERE org_id = %(org)s"
        f" AND (%(after)s::text IS NULL OR id {beyond} %(after)s)"
        f" ORDER BY id {direction} LIMIT %(limit)s",
        {"org": org_id, "after": after, "limit": limit},
    )
    return [ListedKey(*row) for row in cursor.fetchall()]


def find(cursor: Cursor, org_id: str, key_id: str) -> ListedKey | None:
    """An org's key, revoked or not."""
    cursor.execute(
        f"SELECT {_LISTED} FROM api_keys WHERE org_id = %s AND id = %s", (org_id, key_id)
    )
    row = cursor.fetchone()
    return ListedKey(*row) if row else None


def revoke(cursor: Cursor, org_id: str, key_id: str) -> bool:
    """Revoke an org's key; whether there was one to revoke."""
    cursor.execute(
        "UPDATE api_keys SET revoked_at = now()"
        " WHERE org_id = %s AND id = %s AND revoked_at IS NULL",
        (org_id, key_id),
    )
    revoked = cursor.rowcount == 1
    note_change(cursor)
    return revoked


def count(cursor: Cursor, org_id: str) -> int:
    """How many keys of an org are not revoked."""
    cursor.execute(
        "SELECT count(*) FROM api_keys WHERE org_id = %s AND revoked_at IS NULL", (org_id,)
    )
    row = cursor.fetchone()
    return int(row[0]) if row else 0
