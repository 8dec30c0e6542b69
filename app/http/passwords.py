"""Passwords: argon2id, one at a time in a process, so that sign-ins cannot take its memory."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.domain.errors import Unavailable

#: OWASP's parameters for argon2id: 19 MiB, two passes, one lane; about 20 ms.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
#: How long a sign-in waits for those before it.
PATIENCE_SECONDS = 2.0
#: Sign-ins that wait at the same time; more are told to come again.
WAITING_MAX = 8

#: What is verified when there is no such user: it takes as long.
_NOBODY = _HASHER.hash("nobody has this password")
_one_at_a_time = threading.Lock()
_waiting = threading.BoundedSemaphore(WAITING_MAX)


class PasswordsBusy(Unavailable):
    """Too many people sign in at this moment: try again in a few seconds."""


def hash_password(password: str) -> str:
    """What is stored. Blocks; raises `PasswordsBusy`."""
    with _Turn():
        return _HASHER.hash(password)


def is_password(password: str, stored: str | None) -> bool:
    """Whether that is the password; None: there is none, which takes as long to find out."""
    with _Turn():
        try:
            return _HASHER.verify(stored or _NOBODY, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


class _Turn:
    def __enter__(self) -> None:
        if not _waiting.acquire(blocking=False):
            raise PasswordsBusy
        try:
            if not _one_at_a_time.acquire(timeout=PATIENCE_SECONDS):
                raise PasswordsBusy
        finally:
            _waiting.release()

    def __exit__(self, *raised: object) -> None:
        _one_at_a_time.release()
