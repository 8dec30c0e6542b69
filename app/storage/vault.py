"""Secrets at rest: encrypted with the key from the settings, readable by nobody without it."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken

#: Opened secrets that are remembered: a webhook's signs each of its deliveries.
_OPENED_MAX = 4096


class UnreadableSecret(Exception):
    """A stored secret was encrypted with another SECRET_KEY."""


class Vault:
    """Encrypts and decrypts with one 32-byte key (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self._opened = lru_cache(_OPENED_MAX)(self._open)

    def seal(self, secret: str) -> bytes:
        """What to store."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """What was sealed. Raises `UnreadableSecret`."""
        return self._opened(bytes(sealed))

    def _open(self, sealed: bytes) -> str:
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise UnreadableSecret from None
