"""`GET /altcha`: a challenge for a proof of work, as ALTCHA's widget asks for one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.domain.spam.proof import make_challenge
from app.domain.times import now
from app.http.answers import connection_request_id
from app.http.authenticator import RequestAuthenticator

CHALLENGE_PATH = "/altcha"


def challenge_endpoint(
    authenticator: RequestAuthenticator,
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint; each org signs with a key of its own."""

    async def challenge(request: Request) -> Response:
        org = await authenticator.org_of(request.headers.get("host", ""))
        body = msgspec.json.encode(make_challenge(org.proof_key, now()))
        headers = {
            "cache-control": "no-store",
            "access-control-allow-origin": "*",
            "x-content-type-options": "nosniff",
            "x-request-id": connection_request_id(request),
        }
        return Response(body, media_type="application/json", headers=headers)

    return challenge
