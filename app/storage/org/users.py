"""Users of the console: found by address, changed by admins and `manage users`."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from peewee import fn

from app.domain.ids import new_id
from app.domain.org.user import Role, User
from app.storage.database import Cursor, execute, fetch, fetch_one
from app.storage.models import Sessions, SignInLinks, Users


class Credentials(NamedTuple):
    """A user, with what a password is checked against; None: signs in by a link only."""

    user: User
    password_hash: str | None


COLUMNS = (
    *(Users.id, Users.org_id, Users.email, Users.role, Users.password_hash.is_null(False)),
    *(Users.created_at, Users.disabled_at, Users.last_signed_in_at),
)


def as_user(
    id: str,
    org_id: str,
    email: str,
    role: str,
    has_password: bool,
    created_at: datetime,
    disabled_at: datetime | None,
    last_signed_in_at: datetime | None,
) -> User:
    """The user of a row with `COLUMNS`."""
    moments = (created_at, disabled_at, last_signed_in_at)
    return User(id, org_id, email, Role(role), has_password, *moments)


def insert(cursor: Cursor, org_id: str, email: str, role: Role) -> User | None:
    """A new user of an org; None when there is one with that address."""
    new = Users.insert(id=new_id("usr"), org_id=org_id, email=email, role=role)
    return fetch_one(cursor, new.on_conflict_ignore().returning(*COLUMNS), as_user)


def list_of(cursor: Cursor, org_id: str, limit: int) -> list[User]:
    """Up to `limit` users of an org, in the order of their addresses."""
    found = Users.select(*COLUMNS).filter(org_id=org_id).order_by(Users.email).limit(limit)
    return fetch(cursor, found, as_user)


def find(cursor: Cursor, org_id: str, user_id: str) -> User | None:
    """An org's user."""
    return fetch_one(cursor, Users.select(*COLUMNS).filter(org_id=org_id, id=user_id), as_user)


def find_by_email(cursor: Cursor, org_id: str, email: str) -> User | None:
    """The user of an org with that address."""
    found = Users.select(*COLUMNS).filter(org_id=org_id, email=email)
    return fetch_one(cursor, found, as_user)


def credentials(cursor: Cursor, org_id: str, email: str) -> Credentials | None:
    """What a sign-in with that address is checked against; None for a disabled user, too."""
    found = Users.select(*COLUMNS, Users.password_hash)
    active = found.filter(org_id=org_id, email=email, disabled_at__is=None)
    return fetch_one(cursor, active, lambda *row: Credentials(as_user(*row[:-1]), row[-1]))


def count_admins(cursor: Cursor, org_id: str) -> int:
    """How many admins of an org may sign in; their rows are locked until the commit."""
    its = Users.select(Users.id).filter(org_id=org_id, role=Role.ADMIN, disabled_at__is=None)
    return len(fetch(cursor, its.for_update(), str))


def set_role(cursor: Cursor, user_id: str, role: Role) -> None:
    """Give a user another role; it counts from the next request on."""
    execute(cursor, Users.update(role=role).where(Users.id == user_id))


def set_password(cursor: Cursor, user_id: str, password_hash: str) -> None:
    """Replace a user's password."""
    execute(cursor, Users.update(password_hash=password_hash).where(Users.id == user_id))


def note_sign_in(cursor: Cursor, user_id: str) -> None:
    """Note that a user has signed in now."""
    execute(cursor, Users.update(last_signed_in_at=fn.now()).where(Users.id == user_id))


def disable(cursor: Cursor, user_id: str) -> None:
    """Let a user in no more: sessions and links end at once."""
    execute(cursor, Users.update(disabled_at=fn.now()).where(Users.id == user_id))
    execute(cursor, Sessions.delete().where(Sessions.user_id == user_id))
    delete_links(cursor, user_id)


def delete(cursor: Cursor, user_id: str) -> None:
    """Remove a user; sessions and links go with the row."""
    execute(cursor, Users.delete().where(Users.id == user_id))


def delete_links(cursor: Cursor, user_id: str) -> None:
    """End the links of a user that were not used."""
    execute(cursor, SignInLinks.delete().where(SignInLinks.user_id == user_id))


def enable(cursor: Cursor, user_id: str) -> None:
    """Let a disabled user in again."""
    execute(cursor, Users.update(disabled_at=None).where(Users.id == user_id))


def insert_link(cursor: Cursor, user_id: str, token_hash: bytes, expires_at: datetime) -> None:
    """Store a link by which a user signs in once; expired ones of all users go."""
    execute(cursor, SignInLinks.delete().where(SignInLinks.expires_at < fn.now()))
    link = SignInLinks.insert(hash=token_hash, user_id=user_id, expires_at=expires_at)
    execute(cursor, link)


def user_of_link(cursor: Cursor, org_id: str, token_hash: bytes) -> User | None:
    """Whom a link that is still valid belongs to."""
    found = (
        Users.select(*COLUMNS)
        .join(SignInLinks, on=(SignInLinks.user_id == Users.id))
        .where(
            Users.org_id == org_id,
            Users.disabled_at.is_null(),
            SignInLinks.hash == token_hash,
            SignInLinks.expires_at > fn.now(),
        )
    )
    return fetch_one(cursor, found, as_user)


def use_link(cursor: Cursor, org_id: str, token_hash: bytes) -> User | None:
    """The same, and the link works no more. Of two at the same time one gets the user."""
    user = user_of_link(cursor, org_id, token_hash)
    spent = execute(cursor, SignInLinks.delete().where(SignInLinks.hash == token_hash))
    return user if spent else None
