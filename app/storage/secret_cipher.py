"""Secrets at rest: encrypted with the key from the settings, readable by nobody without it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

#: Opened secrets that are remembered: a webhook's signs each of its deliveries.
_DECRYPTED_MAX = 4096
#: In front of a header's encrypted value. One without it was stored before values were encrypted.
_ENCRYPTED = "encrypted:"


class UnreadableSecret(Exception):
    """A stored secret was encrypted with another SECRET_KEY."""


class SecretCipher:
    """Encrypts with a 32-byte key (Fernet: AES-128-CBC and HMAC-SHA256).

    Also decrypts what was encrypted with `previous`, the key before it.
    """

    def __init__(self, key: bytes, previous: bytes | None = None) -> None:
        self._current = _fernet(key)
        self._any = MultiFernet([self._current, *([_fernet(previous)] if previous else [])])
        self._decrypted = lru_cache(_DECRYPTED_MAX)(self._open)

    def encrypt(self, secret: str) -> bytes:
        """What to store."""
        return self._current.encrypt(secret.encode())

    def decrypt(self, encrypted: bytes) -> str:
        """What was encrypted. Raises `UnreadableSecret`."""
        return self._decrypted(bytes(encrypted))

    def can_decrypt(self, encrypted: bytes) -> bool:
        """Whether the secret is readable."""
        try:
            self.decrypt(encrypted)
        except UnreadableSecret:
            return False
        return True

    def renew(self, encrypted: bytes) -> bytes:
        """The same secret under the current key; unchanged if it is. Raises `UnreadableSecret`."""
        try:
            self._current.decrypt(bytes(encrypted))
        except InvalidToken:
            return self.encrypt(self.decrypt(encrypted))
        return bytes(encrypted)

    def encrypt_values(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers to store: their names stay readable. Values that are encrypted are renewed."""
        return {name: _ENCRYPTED + self._renewed(value).decode() for name, value in headers.items()}

    def decrypt_values(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers as they were given. Raises `UnreadableSecret`."""
        return {
            name: self.decrypt(value.removeprefix(_ENCRYPTED).encode())
            if value.startswith(_ENCRYPTED)
            else value
            for name, value in headers.items()
        }

    def _renewed(self, value: str) -> bytes:
        if value.startswith(_ENCRYPTED):
            return self.renew(value.removeprefix(_ENCRYPTED).encode())
        return self.encrypt(value)

    def _open(self, encrypted: bytes) -> str:
        try:
            return self._any.decrypt(encrypted).decode()
        except InvalidToken:
            raise UnreadableSecret from None


def _fernet(key: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(key))
