"""Orgs."""

from __future__ import annotations

from datetime import datetime

import msgspec
from peewee import fn

from app.domain.org.org import Org, OrgSettings
from app.storage.database import Cursor, execute, fetch, fetch_one
from app.storage.models import Directory, Orgs, select

_ORGS = select(Orgs, Org)


def insert(cursor: Cursor, org: Org) -> None:
    """Store a new org. Raises psycopg2's UniqueViolation when the slug is taken."""
    values = msgspec.structs.asdict(org) | {"settings": msgspec.to_builtins(org.settings)}
    execute(cursor, Orgs.insert(**values))


def find_by_slug(cursor: Cursor, slug: str) -> Org | None:
    """The org of that name."""
    return fetch_one(cursor, _ORGS.filter(slug=slug), _org)


def lock(cursor: Cursor, org_id: str) -> Org:
    """The org with that id, which there must be, as it is now and until the commit."""
    found = fetch_one(cursor, _ORGS.filter(id=org_id).for_update("FOR NO KEY UPDATE"), _org)
    assert found is not None
    return found


def all_orgs(cursor: Cursor) -> list[Org]:
    """Every org."""
    return fetch(cursor, _ORGS.order_by(Orgs.id), _org)


def changed_orgs(cursor: Cursor, after: int) -> list[Org]:
    """The orgs that are new or have changed since that version of the directory."""
    return fetch(cursor, _ORGS.where(Orgs.version > after), _org)


def update_settings(cursor: Cursor, org_id: str, settings: OrgSettings) -> None:
    """Replace an org's settings."""
    changed = Orgs.update(settings=msgspec.to_builtins(settings), updated_at=fn.now())
    execute(cursor, changed.where(Orgs.id == org_id))


def set_captcha_secret(cursor: Cursor, org_id: str, encrypted: bytes | None) -> None:
    """Replace the secret with which an org's captcha tokens are verified."""
    execute(cursor, Orgs.update(captcha_secret=encrypted).where(Orgs.id == org_id))


def directory_version(cursor: Cursor) -> tuple[int, datetime]:
    """What rises with every change of an org or a key, by a trigger; and the server's time."""
    query = Directory.select(Directory.version, fn.clock_timestamp())
    found = fetch_one(cursor, query, lambda *row: row)
    assert found is not None
    return found


def _org(
    id: str, slug: str, created_at: datetime, id_secret: bytes, settings: dict[str, object]
) -> Org:
    return Org(id, slug, created_at, id_secret, msgspec.convert(settings, OrgSettings))
