"""`manage users`: who may sign in to the console."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable

import msgspec

from app.domain.errors import NotFound
from app.domain.org.user import Role, User, sign_in_address
from app.storage.database import Cursor, transaction
from app.storage.org import audit, user_service, users
from config.urls import console_url
from scripts.commands.manage.command_line import Command, option
from scripts.commands.manage.operator import Operator
from scripts.commands.manage.output import Listing

#: Users that one list shows.
_LISTED_MAX = 1000


def list_users(operator: Operator, arguments: Namespace) -> object:
    """The users of an org's console, disabled ones among them."""
    with transaction(operator.services.database) as cursor:
        found = users.list_of(cursor, operator.org.id, _LISTED_MAX)
    columns = ("email", "role", "has_password", "last_signed_in_at", "disabled_at", "id")
    return Listing([msgspec.to_builtins(user) for user in found], columns)


def create_user(operator: Operator, arguments: Namespace) -> object:
    """Make a user, and a link by which they sign in once within the hour."""
    with transaction(operator.services.database) as cursor:
        role = Role(arguments.role)
        user = user_service.create(cursor, operator.org.id, arguments.email, role, audit.MANAGE)
        return _with_link(operator, cursor, user)


def make_link(operator: Operator, arguments: Namespace) -> object:
    """Make a link by which a user signs in once within the hour; with --create also the user."""
    with transaction(operator.services.database) as cursor:
        address = sign_in_address(arguments.email) or arguments.email
        user = users.find_by_email(cursor, operator.org.id, address)
        if user is None and arguments.create:
            owner, by = operator.org.id, audit.MANAGE
            user = user_service.create(cursor, owner, arguments.email, Role.ADMIN, by)
        return _with_link(operator, cursor, _existing(user))


def set_role(operator: Operator, arguments: Namespace) -> object:
    """Give a user another role; it counts at once."""
    with transaction(operator.services.database) as cursor:
        user, role = _named(operator, cursor, arguments), Role(arguments.role)
        user_service.set_role(cursor, user, role, audit.MANAGE)
    return {"email": user.email, "role": role.value}


def disable_user(operator: Operator, arguments: Namespace) -> object:
    """Let a user in no more: sessions and links end at once."""
    return {**_change(operator, arguments, user_service.disable), "disabled": True}


def enable_user(operator: Operator, arguments: Namespace) -> object:
    """Let a disabled user in again."""
    return {**_change(operator, arguments, user_service.enable), "disabled": False}


def delete_user(operator: Operator, arguments: Namespace) -> object:
    """Remove a user with all sessions and links; the audit log keeps the id."""
    return {**_change(operator, arguments, user_service.delete), "deleted": True}


def _change(
    operator: Operator, arguments: Namespace, change: Callable[[Cursor, User, str], object]
) -> dict[str, object]:
    with transaction(operator.services.database) as cursor:
        user = _named(operator, cursor, arguments)
        change(cursor, user, audit.MANAGE)
    return {"email": user.email}


def _named(operator: Operator, cursor: Cursor, arguments: Namespace) -> User:
    address = sign_in_address(arguments.email) or arguments.email
    return _existing(users.find_by_email(cursor, operator.org.id, address))


def _existing(user: User | None) -> User:
    if user is None:
        raise NotFound("There is no such user; see ./scripts/manage users list")
    return user


def _with_link(operator: Operator, cursor: Cursor, user: User) -> dict[str, object]:
    token = user_service.make_link(cursor, user, audit.MANAGE)
    link = f"{console_url(operator.settings, operator.org.slug)}/console/sign-in/{token.text}"
    return {"id": user.id, "email": user.email, "role": user.role.value, "link": link}


_EMAIL = option("email", metavar="ADDRESS")
_ROLES = [str(role) for role in Role]

COMMANDS = (
    Command("users list", list_users),
    Command(
        "users create",
        create_user,
        _EMAIL,
        option("--role", choices=_ROLES, default="viewer", help="default: viewer"),
    ),
    Command(
        "users link",
        make_link,
        _EMAIL,
        option("--create", action="store_true", help="make the user, an admin, if there is none"),
    ),
    Command("users role", set_role, _EMAIL, option("role", choices=_ROLES)),
    Command("users disable", disable_user, _EMAIL),
    Command("users enable", enable_user, _EMAIL),
    Command("users delete", delete_user, _EMAIL),
)
