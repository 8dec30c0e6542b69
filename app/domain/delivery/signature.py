"""The signatures of a delivery: the documented one and the Standard Webhooks one."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

SECRET_PREFIX = "whsec_"


def generate_secret() -> str:
    """A new webhook secret: `whsec_` and 32 random bytes in base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, unix_seconds: int, body: bytes) -> str:
    """The documented header value: `t=<unix seconds>,v1=<hex>`, keyed with the whole secret."""
    message = b"%d.%b" % (unix_seconds, body)
    digest = hmac.digest(secret.encode(), message, hashlib.sha256).hex()
    return f"t={unix_seconds},v1={digest}"


def sign_standard(secret: str, event_id: str, unix_seconds: int, body: bytes) -> str:
    """One `v1,<base64>` of the Standard Webhooks header (its specification, "Signature scheme")."""
    message = b"%b.%d.%b" % (event_id.encode(), unix_seconds, body)
    digest = hmac.digest(_standard_key(secret), message, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


def _standard_key(secret: str) -> bytes:
    if secret.startswith(SECRET_PREFIX):
        try:
            return base64.b64decode(secret[len(SECRET_PREFIX) :], validate=True)
        except binascii.Error:
            pass
    return secret.encode()
