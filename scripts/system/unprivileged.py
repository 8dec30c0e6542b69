"""The user that PostgreSQL, which refuses root, runs as for root, and what that user reaches."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path
from typing import TypedDict

_CANDIDATES = ("nobody", "postgres", "daemon")


class NoUnprivilegedUser(Exception):
    """We are root, and there is no ordinary user whom PostgreSQL could run as."""


def server_user() -> str | None:
    """The user to run PostgreSQL as; None when we are an ordinary user ourselves."""
    if os.geteuid() != 0:
        return None
    existing = {entry.pw_name for entry in pwd.getpwall() if entry.pw_uid != 0}
    for name in _CANDIDATES:
        if name in existing:
            return name
    raise NoUnprivilegedUser(f"PostgreSQL refuses root; add one of the users {_CANDIDATES}")


class AsUser(TypedDict):
    """Arguments of subprocess.Popen and subprocess.run."""

    user: str | None
    group: int | None
    extra_groups: list[str | int] | None


def as_user(user: str | None) -> AsUser:
    """Makes a process run as this user and in no group but the user's; None: as ourselves."""
    if user is None:
        return {"user": None, "group": None, "extra_groups": None}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def can_enter(user: str | None, folder: Path) -> bool:
    """Whether the user may pass through the folder. Asked of the kernel, which knows about ACLs."""
    return _succeeds(user, 'cd "$1"', folder)


def can_run(user: str | None, program: Path) -> bool:
    """Whether the user can start the program and the libraries that it needs."""
    return _succeeds(user, '"$1" --version', program)


def _succeeds(user: str | None, command: str, path: Path) -> bool:
    done = subprocess.run(
        ["sh", "-c", command, "sh", str(path)],
        cwd="/",
        **as_user(user),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return done.returncode == 0
