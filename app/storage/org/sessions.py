"""Sessions of the console: looked up by the hash of a cookie, rotated, revoked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from peewee import fn

from app.domain.ids import new_id
from app.domain.org.user import IDLE_SECONDS, SESSION_SECONDS, User
from app.storage.database import Cursor, execute, fetch, fetch_one
from app.storage.models import Sessions, Users
from app.storage.org.users import COLUMNS, as_user

#: How often the time of the last use is written.
TOUCH_SECONDS = 60
#: Age at which a session gets another token.
ROTATE_SECONDS = 86_400
#: How long the token before that still counts, for requests that were under way.
OVERLAP_SECONDS = 60
#: Sessions of one user that are listed, and that there are; beyond, the oldest end.
SESSIONS_MAX = 20


class Session(NamedTuple):
    """A session that is valid, and whose it is."""

    id: str
    form_token: str
    user: User
    #: Whether the cookie must be replaced, and whether the time of use must be written.
    is_due_for_rotation: bool
    is_due_for_touch: bool


class ListedSession(NamedTuple):
    """A session as its user sees it."""

    id: str
    user_agent: str | None
    created_at: datetime
    used_at: datetime


def insert(
    cursor: Cursor, user_id: str, token_hash: bytes, form_token: str, user_agent: str | None
) -> str:
    """Store a new session; its id. What has expired goes, and more than `SESSIONS_MAX`."""
    mine = Sessions.select(Sessions.id).filter(user_id=user_id).order_by(Sessions.id.desc())
    execute(cursor, Sessions.delete().where(Sessions.id.in_(mine.offset(SESSIONS_MAX - 1))))
    execute(cursor, Sessions.delete().where(Sessions.expires_at < fn.now()))
    session_id = new_id("ses")
    new = Sessions.insert(
        id=session_id,
        user_id=user_id,
        hash=token_hash,
        form_token=form_token,
        user_agent=user_agent,
        expires_at=fn.now() + timedelta(seconds=SESSION_SECONDS),
    )
    execute(cursor, new)
    return session_id


def find(cursor: Cursor, org_id: str, token_hash: bytes) -> Session | None:
    """The valid session of an org's user with that token."""
    found = (
        Sessions.select(
            *(Sessions.id, Sessions.form_token),
            Sessions.rotated_at < _ago(ROTATE_SECONDS),
            Sessions.used_at < _ago(TOUCH_SECONDS),
            *COLUMNS,
        )
        .join(Users, on=(Users.id == Sessions.user_id))
        .where(
            (Sessions.hash == token_hash)
            | (Sessions.previous_hash == token_hash)
            & (Sessions.rotated_at > _ago(OVERLAP_SECONDS)),
            Sessions.expires_at > fn.now(),
            Sessions.used_at > _ago(IDLE_SECONDS),
            Users.org_id == org_id,
            Users.disabled_at.is_null(),
        )
    )
    return fetch_one(cursor, found, _session)


def _session(
    id: str, form_token: str, is_due_for_rotation: bool, is_due_for_touch: bool, *user: object
) -> Session:
    whose = as_user(*user)  # type: ignore[arg-type]
    return Session(id, form_token, whose, is_due_for_rotation, is_due_for_touch)


def rotate(cursor: Cursor, session_id: str, token_hash: bytes) -> bool:
    """Give a session another token, unless another request has just done so; whether it did."""
    due = (Sessions.id == session_id) & (Sessions.rotated_at < _ago(ROTATE_SECONDS))
    values = {"hash": token_hash, "previous_hash": Sessions.hash, "rotated_at": fn.now()}
    return execute(cursor, Sessions.update(**values).where(due)) == 1


def touch(cursor: Cursor, session_id: str) -> None:
    """Note that a session was used now."""
    execute(cursor, Sessions.update(used_at=fn.now()).where(Sessions.id == session_id))


def list_of(cursor: Cursor, user_id: str) -> list[ListedSession]:
    """A user's sessions, the latest first."""
    columns = (Sessions.id, Sessions.user_agent, Sessions.created_at, Sessions.used_at)
    mine = Sessions.select(*columns).filter(user_id=user_id).order_by(Sessions.id.desc())
    return fetch(cursor, mine.limit(SESSIONS_MAX), ListedSession)


def revoke(cursor: Cursor, user_id: str, session_id: str) -> bool:
    """End a user's session; whether there was one."""
    its = (Sessions.user_id == user_id) & (Sessions.id == session_id)
    return execute(cursor, Sessions.delete().where(its)) == 1


def revoke_others(cursor: Cursor, user_id: str, but: str = "") -> int:
    """End a user's sessions except one; how many."""
    its = (Sessions.user_id == user_id) & (Sessions.id != but)
    return execute(cursor, Sessions.delete().where(its))


def _ago(seconds: float) -> object:
    return fn.now() - timedelta(seconds=seconds)
