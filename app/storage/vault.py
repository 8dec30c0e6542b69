"""Secrets at rest: encrypted with the key from the settings, readable by nobody without it."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken


class UnreadableSecret(Exception):
    """A stored secret was encrypted with another SECRET_KEY."""


class Vault:
    """Encrypts and decrypts with one 32-byte key (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, secret: str) -> bytes:
        """What to store."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """What was sealed. Raises `UnreadableSecret`."""
        try:
            return self._fernet.decrypt(bytes(sealed)).decode()
        except InvalidToken:
            raise UnreadableSecret from None
