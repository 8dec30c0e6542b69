"""How often somebody may try to sign in: from one client address, and for one user."""

from __future__ import annotations

import hashlib

from starlette.requests import Request

from app.domain.errors import QueueUnavailable
from app.domain.org import Org
from app.http.answers import rate_limit_exceeded
from app.http.services import Services

#: Tries a minute, from one client address and for one address of a user.
_TRIES_PER_CLIENT, _TRIES_PER_USER = 20, 10


async def take_tries(request: Request, org: Org, address: str | None) -> None:
    """Raise `RateLimitExceeded` for too many tries from a client, or for one user."""
    services: Services = request.app.state.services
    peer = request.client.host if request.client else None
    forwarded = request.headers.get("x-forwarded-for")
    client = services.authenticator.client_address(peer, forwarded)
    buckets = [(f"sign-in:{org.id}:{client}", _TRIES_PER_CLIENT)]
    if address is not None:
        whose = hashlib.sha256(address.encode()).hexdigest()[:32]
        buckets.append((f"sign-in:{org.id}:user:{whose}", _TRIES_PER_USER))
    for key, rate in buckets:
        try:
            bucket = await services.admission.take(key, rate)
        except QueueUnavailable:
            return  # passwords are checked one at a time, which is a limit, too
        if not bucket.allowed:
            raise rate_limit_exceeded(bucket.wait_ms, "Too many tries to sign in")
