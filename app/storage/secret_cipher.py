"""Secrets at rest: encrypted with the key from the settings, readable by nobody without it."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken

#: Opened secrets that are remembered: a webhook's signs each of its deliveries.
_DECRYPTED_MAX = 4096


class UnreadableSecret(Exception):
    """A stored secret was encrypted with another SECRET_KEY."""


class SecretCipher:
    """Encrypts and decrypts with one 32-byte key (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self._decrypted = lru_cache(_DECRYPTED_MAX)(self._open)

    def encrypt(self, secret: str) -> bytes:
        """What to store."""
        return self._fernet.encrypt(secret.encode())

    def decrypt(self, encrypted: bytes) -> str:
        """What was encrypted. Raises `UnreadableSecret`."""
        return self._decrypted(bytes(encrypted))

    def _open(self, encrypted: bytes) -> str:
        try:
            return self._fernet.decrypt(encrypted).decode()
        except InvalidToken:
            raise UnreadableSecret from None
