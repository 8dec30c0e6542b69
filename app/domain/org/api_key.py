"""API keys: what they look like, what is kept of them, what each scope may do."""

from __future__ import annotations

import hashlib
import secrets
from enum import StrEnum
from typing import NamedTuple

import msgspec

KINDS = ("live", "test")
#: Random bytes in a key. With this much chance a plain fast hash is a safe thing to store.
_SECRET_BYTES = 30


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    READ_WRITE = "read-write"
    CAPTURE_ONLY = "capture-only"


class ApiKey(msgspec.Struct, frozen=True):
    """A key as it is known after its creation: without itself."""

    id: str
    org_id: str
    scope: Scope
    hash: bytes


class NewKey(NamedTuple):
    """A key at its creation: shown once, kept as hash and last characters."""

    text: str
    hash: bytes
    prefix: str
    last4: str


def generate_key(kind: str) -> NewKey:
    """A new random key, `rex_live_...` or `rex_test_...`."""
    return describe_key(f"rex_{kind}_{secrets.token_urlsafe(_SECRET_BYTES)}")


def describe_key(text: str) -> NewKey:
    """What is kept of a key."""
    return NewKey(text, hash_key(text), text[:9], text[-4:])


def hash_key(text: str) -> bytes:
    """What a key is looked up by: 32 bytes that tell nothing about it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def allows(scope: Scope, method: str, path: str) -> bool:
    """Whether a key of that scope may make that request."""
    if path == "/capture":
        return scope in (Scope.READ_WRITE, Scope.CAPTURE_ONLY)
    if scope is Scope.READ_WRITE:
        return True
    return scope is Scope.READ and method in ("GET", "HEAD")
