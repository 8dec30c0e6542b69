"""API keys: stored as hashes, listed by their last characters."""

from __future__ import annotations

from datetime import datetime

import msgspec
from peewee import EXCLUDED, fn

from app.domain.ids import new_id
from app.domain.org.api_key import ApiKey, NewKey, Scope
from app.storage.database import Cursor, execute, fetch, fetch_one
from app.storage.lists import beyond
from app.storage.models import ApiKeys, columns_for, select


class ListedKey(msgspec.Struct):
    """A key as its owner sees it in a list."""

    id: str
    name: str | None
    prefix: str
    last4: str
    scope: Scope
    created_at: datetime
    revoked_at: datetime | None


_LISTED = select(ApiKeys, ListedKey)
_IS_ACTIVE = ApiKeys.revoked_at.is_null()


def insert(cursor: Cursor, org_id: str, name: str | None, scope: Scope, key: NewKey) -> str:
    """Store a new key; its id. A key that is stored already keeps its id and scope."""
    values = key._asdict() | {"id": new_id("key"), "org_id": org_id, "name": name, "scope": scope}
    del values["text"]
    inserted = ApiKeys.insert(**values).returning(ApiKeys.id)
    # An update that changes nothing, so that the id comes back.
    same = {ApiKeys.hash: EXCLUDED.hash}
    stored = inserted.on_conflict(conflict_target=[ApiKeys.hash], update=same)
    return str(fetch_one(cursor, stored, str))


def changed_keys(cursor: Cursor, after: int) -> list[tuple[ApiKey, bool]]:
    """The keys that changed since that version of the directory, and whether each is active."""
    columns = (*columns_for(ApiKeys, ApiKey), _IS_ACTIVE)
    changed = ApiKeys.select(*columns).where(ApiKeys.version > after)
    found = fetch(cursor, changed, lambda *row: (ApiKey(*row[:-1]), row[-1]))
    return [(msgspec.structs.replace(key, scope=Scope(key.scope)), is_) for key, is_ in found]


def page(
    cursor: Cursor, org_id: str, after: str | None, limit: int, *, newest_first: bool = False
) -> list[ListedKey]:
    """Up to `limit` keys of an org in the order of creation, or its reverse, after that id."""
    listed = _LISTED.filter(org_id=org_id).limit(limit)
    return fetch(cursor, beyond(listed, [ApiKeys.id], after and (after,), newest_first), ListedKey)


def find(cursor: Cursor, org_id: str, key_id: str) -> ListedKey | None:
    """An org's key, revoked or not."""
    return fetch_one(cursor, _LISTED.filter(org_id=org_id, id=key_id), ListedKey)


def revoke(cursor: Cursor, org_id: str, key_id: str) -> bool:
    """Revoke an org's key; whether there was one to revoke."""
    its = (ApiKeys.org_id == org_id) & (ApiKeys.id == key_id) & _IS_ACTIVE
    return execute(cursor, ApiKeys.update(revoked_at=fn.now()).where(its)) == 1


def count(cursor: Cursor, org_id: str) -> int:
    """How many keys of an org are not revoked."""
    active = ApiKeys.select(fn.count(ApiKeys.id)).where(_IS_ACTIVE)
    return fetch_one(cursor, active.filter(org_id=org_id), int) or 0
