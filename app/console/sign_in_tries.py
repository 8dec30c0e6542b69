"""Limits password attempts: per client and per user."""

from __future__ import annotations

import hashlib

from anyio import from_thread
from starlette.requests import Request

from app.domain.capture.client_address import bucket_of
from app.domain.errors import QueueUnavailable
from app.domain.org.org import Org
from app.domain.org.user import User
from app.http.answers import rate_limit_exceeded
from app.http.services import Services

#: Tries a minute, from one client and for one user.
_TRIES_PER_CLIENT, _TRIES_PER_USER = 20, 10


async def take_tries(request: Request, org: Org, address: str | None) -> None:
    """Count a try. Raises `RateLimitExceeded` after too many from a client or for a user."""
    services: Services = request.app.state.services
    peer = request.client.host if request.client else None
    forwarded = request.headers.get("x-forwarded-for")
    client = bucket_of(services.authenticator.client_address(peer, forwarded))
    await _take(services, f"sign-in:{org.id}:{client}", _TRIES_PER_CLIENT)
    if address is not None:
        whose = hashlib.sha256(address.encode()).hexdigest()[:32]
        await _take(services, f"sign-in:{org.id}:user:{whose}", _TRIES_PER_USER)


def take_try_of(services: Services, user: User) -> None:
    """Raise `RateLimitExceeded` when a session's user tries too many passwords.

    A session that was stolen must not find out the password. Blocks; for threads of the server.
    """
    key = f"password:{user.org_id}:{user.id}"
    from_thread.run(_take, services, key, _TRIES_PER_USER)


async def _take(services: Services, key: str, rate: int) -> None:
    try:
        bucket = await services.admission.take(key, rate)
    except QueueUnavailable:
        return  # passwords are checked one at a time, which is a limit, too
    if not bucket.allowed:
        raise rate_limit_exceeded(bucket.wait_ms, "Too many tries")
