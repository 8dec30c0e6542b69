"""The headers of a delivery: what a subscriber verifies, deduplicates and debugs by."""

from __future__ import annotations

from app.domain.delivery.delivery_request import open_headers
from app.domain.delivery.signature import sign, sign_standard
from app.storage.delivery.claims import Claimed
from app.storage.secret_cipher import SecretCipher
from app.storage.webhook.endpoints import Endpoint


def request_headers(
    endpoint: Endpoint, claimed: Claimed, body: bytes, cipher: SecretCipher, unix_time: float
) -> dict[str, str]:
    """The owner's extra headers and then our own, signed at `unix_time` (seconds).

    While a rotated secret overlaps with the one before it, both sign.
    """
    seconds = int(unix_time)
    secret = cipher.decrypt(endpoint.secret)
    headers = cipher.decrypt_values(endpoint.headers)
    headers |= open_headers(claimed.event_id, claimed.event_type, claimed.id, claimed.number)
    headers["X-Rex-Signature"] = sign(secret, seconds, body)
    standard = sign_standard(secret, claimed.event_id, seconds, body)
    previous = _previous_secret(endpoint, cipher, unix_time)
    if previous is not None:
        headers["X-Rex-Signature-Previous"] = sign(previous, seconds, body)
        standard += " " + sign_standard(previous, claimed.event_id, seconds, body)
    headers["webhook-timestamp"] = str(seconds)
    headers["webhook-signature"] = standard
    return headers


def _previous_secret(endpoint: Endpoint, cipher: SecretCipher, unix_time: float) -> str | None:
    until = endpoint.previous_secret_until
    if endpoint.previous_secret is None or until is None or until.timestamp() <= unix_time:
        return None
    # One that cannot be read any more must not keep the new one from signing.
    readable = cipher.can_decrypt(endpoint.previous_secret)
    return cipher.decrypt(endpoint.previous_secret) if readable else None
