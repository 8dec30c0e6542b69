"""The frame around every keyed endpoint: who calls, may they, how often; then a plain function.

An endpoint is a plain function from a `Call` to an `Answer`. It runs in a thread, may block on
PostgreSQL, and raises errors of the tree; everything that all endpoints share happens here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial, update_wrapper

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.api.services import Services
from app.domain.api_key import ApiKey
from app.domain.errors import (
    InvalidJson,
    PayloadTooLarge,
    QueueUnavailable,
    RateLimitExceeded,
    RexError,
)
from app.domain.org import Org
from app.http.answers import JsonResponse, connection_request_id, error_response
from app.queue.admission import TokenBucket
from app.storage.database import retrying

#: The largest body taken, and the time that it may take to arrive.
BODY_BYTES_MAX = 64 * 1024
BODY_SECONDS_MAX = 10


@dataclass(frozen=True)
class Call:
    """A keyed request that is allowed to be made."""

    org: Org
    key: ApiKey
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    services: Services


@dataclass(frozen=True)
class Answer:
    """What to send back: `content` is anything that msgspec encodes; None: no body."""

    content: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Endpoint = Callable[[Call], Answer]


def keyed(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint as Starlette wants it."""

    async def serve(request: Request) -> Response:
        services: Services = request.app.state.services
        limits: dict[str, str] = {}
        request_id = connection_request_id(request)
        try:
            org = services.authenticator.org_at(request.headers.get("host", ""))
            presented = request.headers.get("x-api-key")
            key = services.authenticator.key_for(org, presented, request.method, request.url.path)
            limits.update(await _take_turn(services, key))
            body = await _read_body(request)
            call = Call(org, key, request.path_params, request.query_params, body, services)
            answer = await run_in_threadpool(retrying, partial(endpoint, call))
        except RexError as error:
            return error_response(error, request_id, limits)
        headers = {"X-Request-Id": request_id, **limits, **answer.headers}
        if answer.content is None:
            return Response(status_code=answer.status, headers=headers)
        return JsonResponse(answer.content, status_code=answer.status, headers=headers)

    # Takes along the name, the docstring and the description for the OpenAPI document.
    return update_wrapper(serve, endpoint)


async def _read_body(request: Request) -> bytes:
    """All of a body, within bounds of size and time."""
    chunks, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            async for chunk in request.stream():
                size += len(chunk)
                if size > BODY_BYTES_MAX:
                    raise PayloadTooLarge
                chunks.append(chunk)
    except TimeoutError:
        raise InvalidJson(f"The body did not arrive within {BODY_SECONDS_MAX} s") from None
    return b"".join(chunks)


def limit_headers(limit: int, remaining: int, wait_ms: int, unix_time: float) -> dict[str, str]:
    """The documented rate-limit headers."""
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(int(unix_time + wait_ms / 1000) + 1),
    }


async def _take_turn(services: Services, key: ApiKey) -> dict[str, str]:
    rate = services.settings.api_rate_per_key
    if rate == 0:
        return {}
    try:
        bucket = await services.admission.take(f"key:{key.id}", rate)
    except QueueUnavailable:
        # Without Redis nobody counts; refusing the API as well would only widen the outage.
        bucket = TokenBucket(allowed=True, remaining=rate, wait_ms=0)
    if not bucket.allowed:
        raise _LimitedKey(bucket.wait_ms, rate)
    return limit_headers(rate, bucket.remaining, bucket.wait_ms, time.time())


class _LimitedKey(RateLimitExceeded):
    """Too many requests with this API key."""

    def __init__(self, wait_ms: int, rate: int) -> None:
        super().__init__(-(-wait_ms // 1000) or 1, f"More than {rate} requests a minute")
