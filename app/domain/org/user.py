"""Users: the people who sign in to the console, and what each role may do."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

#: How long a session lasts that nobody uses, and how long any may last.
IDLE_SECONDS = 7 * 86_400
SESSION_SECONDS = 30 * 86_400
#: How long a link to sign in is valid; it works once.
LINK_SECONDS = 3600
#: Characters of a password. Longer ones only cost time to hash.
PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX = 12, 200
_SECRET_BYTES = 32


class Role(StrEnum):
    """What a user may do, each more than the one before."""

    VIEWER = "viewer"  # sees everything of the org
    OPERATOR = "operator"  # works with leads and deliveries: releases, edits, retries
    ADMIN = "admin"  # changes webhooks, keys, the org, users; erases people


_RANK = {role: rank for rank, role in enumerate(Role)}


def may(role: Role, needed: Role) -> bool:
    """Whether a user with that role may do what needs the other one."""
    return _RANK[role] >= _RANK[needed]


class User(msgspec.Struct, frozen=True):
    """Somebody who may sign in to one org's console."""

    id: str
    org_id: str
    email: str
    role: Role
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None
    last_signed_in_at: datetime | None


class SecretToken(NamedTuple):
    """A secret for a cookie or a link: shown once, kept as its hash."""

    text: str
    hash: bytes


def new_token() -> SecretToken:
    """A token that nobody can guess."""
    text = secrets.token_urlsafe(_SECRET_BYTES)
    return SecretToken(text, hash_token(text))


def hash_token(text: str) -> bytes:
    """What a token is looked up by. It holds enough chance for a fast hash to be safe."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def password_problem(password: str, email: str) -> str | None:
    """Why a password cannot be taken; None when it can."""
    if len(password) < PASSWORD_CHARS_MIN:
        return f"is too short: use at least {PASSWORD_CHARS_MIN} characters"
    if len(password) > PASSWORD_CHARS_MAX:
        return f"is too long: use at most {PASSWORD_CHARS_MAX} characters"
    if password.casefold() in (email.casefold(), email.partition("@")[0].casefold()):
        return "is your address: use something that others cannot guess"
    if len(set(password)) < 4:
        return "repeats itself: use something that others cannot guess"
    return None


_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


def sign_in_address(text: str) -> str | None:
    """The address that a user signs in with, as it is stored; None when it cannot be one.

    `admin@localhost` is one, too: nobody sends mail to it.
    """
    address = text.strip().lower()
    return address if _ADDRESS.fullmatch(address) else None
