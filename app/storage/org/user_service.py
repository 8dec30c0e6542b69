"""What admins and `manage users` do with users, each with its line in the audit log.

Nothing here commits.
"""

from __future__ import annotations

from datetime import timedelta

from app.domain.errors import Conflict, Invalid
from app.domain.org.user import LINK_SECONDS, Role, SecretToken, User, new_token, sign_in_address
from app.domain.times import now
from app.storage.database import Cursor
from app.storage.org import audit, sessions, users


def create(cursor: Cursor, org_id: str, email: str, role: Role, actor: str) -> User:
    """A new user. Raises `Invalid`, or `Conflict` when the address is taken."""
    address = sign_in_address(email)
    if address is None:
        raise Invalid({"email": "is not an address: it looks like name@example.com"})
    user = users.insert(cursor, org_id, address, role)
    if user is None:
        raise Conflict(f"There is a user with the address {address} already")
    audit.note(
        cursor, "user.created", actor=actor, org_id=org_id, subject_id=user.id, role=role.value
    )
    return user


def make_link(cursor: Cursor, user: User, actor: str) -> SecretToken:
    """A link by which the user signs in once, within the hour. Raises `Conflict`."""
    if user.disabled_at is not None:
        raise Conflict("This user is disabled: enable them first")
    token = new_token()
    users.insert_link(cursor, user.id, token.hash, now() + timedelta(seconds=LINK_SECONDS))
    _note(cursor, "user.link_made", user, actor)
    return token


def set_role(cursor: Cursor, user: User, role: Role, actor: str) -> None:
    """Give a user another role. Raises `Conflict` when no admin would be left."""
    if role is not Role.ADMIN:
        _check_other_admin(cursor, user)
    users.set_role(cursor, user.id, role)
    _note(cursor, "user.role_changed", user, actor, role=role.value)


def disable(cursor: Cursor, user: User, actor: str) -> None:
    """Let a user in no more, from this moment on. Raises `Conflict` for the last admin."""
    _check_other_admin(cursor, user)
    users.disable(cursor, user.id)
    _note(cursor, "user.disabled", user, actor)


def enable(cursor: Cursor, user: User, actor: str) -> None:
    """Let a disabled user in again."""
    users.enable(cursor, user.id)
    _note(cursor, "user.enabled", user, actor)


def delete(cursor: Cursor, user: User, actor: str) -> None:
    """Remove a user with sessions and links. Raises `Conflict` for the last admin."""
    _check_other_admin(cursor, user)
    users.delete(cursor, user.id)
    _note(cursor, "user.deleted", user, actor)


def change_password(cursor: Cursor, user: User, password_hash: str, session_id: str) -> int:
    """Replace the user's own password; how many of the user's other sessions that ended."""
    users.set_password(cursor, user.id, password_hash)
    users.delete_links(cursor, user.id)
    ended = sessions.revoke_others(cursor, user.id, session_id)
    _note(cursor, "user.password_changed", user, user.id, sessions_ended=ended)
    return ended


def _check_other_admin(cursor: Cursor, user: User) -> None:
    is_active_admin = user.role is Role.ADMIN and user.disabled_at is None
    if is_active_admin and users.count_admins(cursor, user.org_id) < 2:
        raise Conflict("This is the last admin: make another user an admin first")


def _note(cursor: Cursor, action: str, user: User, actor: str, **details: object) -> None:
    whose, who = user.org_id, user.id
    audit.note(cursor, action, actor=actor, org_id=whose, subject_id=who, **details)
