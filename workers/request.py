"""The headers of a delivery: what a subscriber verifies, deduplicates and debugs by."""

from __future__ import annotations

from app.domain.signature import sign, sign_standard
from app.storage.claims import Claimed
from app.storage.endpoints import Endpoint
from app.storage.secret_cipher import SecretCipher

VERSION = "1.0"
USER_AGENT = f"Rex-Webhooks/{VERSION}"


def request_headers(
    endpoint: Endpoint, claimed: Claimed, body: bytes, cipher: SecretCipher, unix_time: float
) -> dict[str, str]:
    """The owner's extra headers and then our own, signed at `unix_time` (seconds).

    While a rotated secret overlaps with the one before it, both sign.
    """
    seconds = int(unix_time)
    secret = cipher.decrypt(endpoint.secret)
    headers = cipher.decrypt_values(endpoint.headers)
    headers["Content-Type"] = "application/json"
    headers["User-Agent"] = USER_AGENT
    headers["X-Rex-Event"] = claimed.event_type
    headers["X-Rex-Delivery"] = claimed.id
    headers["X-Rex-Attempt"] = str(claimed.number)
    headers["X-Rex-Signature"] = sign(secret, seconds, body)
    standard = sign_standard(secret, claimed.event_id, seconds, body)
    previous = _previous_secret(endpoint, cipher, unix_time)
    if previous is not None:
        headers["X-Rex-Signature-Previous"] = sign(previous, seconds, body)
        standard += " " + sign_standard(previous, claimed.event_id, seconds, body)
    headers["webhook-id"] = claimed.event_id
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
