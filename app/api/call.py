"""What every keyed endpoint needs: authentication, rate limit, body; then a plain function.

An endpoint is a plain function from a `Call` to an `Answer`. It runs in a thread, may block on
PostgreSQL, and raises errors of the tree; everything that endpoints share happens here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial, update_wrapper
from http import HTTPStatus
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from app.api.csv_pages import csv_response, wants_csv
from app.api.lists import Page
from app.domain.errors import (
    NotFound,
    QueueUnavailable,
    RexError,
)
from app.domain.ids import is_id
from app.domain.org.api_key import ApiKey
from app.domain.org.org import Org
from app.http.answers import (
    JsonResponse,
    connection_request_id,
    error_response,
    limit_headers,
    rate_limit_exceeded,
)
from app.http.authenticator import RequestAuthenticator
from app.http.body import read_body
from app.http.services import Services
from app.queue.admission import AdmissionResult, AdmissionStatus
from app.storage.database import Cursor, retrying
from app.storage.org import audit

Found = TypeVar("Found")

#: Pause before an answer that is not final is asked for again.
LOOK_AGAIN_SECONDS = 0.1


@dataclass(frozen=True)
class Call:
    """An authenticated, allowed request."""

    org: Org
    key: ApiKey
    path: Mapping[str, str]
    query: QueryParams
    body: bytes
    services: Services
    #: The Host header; "" for a call that came in another way.
    host: str = ""

    def note(
        self, cursor: Cursor, action: str, subject_id: str | None = None, **details: object
    ) -> None:
        """Note a change that this request makes in the audit log."""
        whose = self.org.id
        audit.note(
            cursor, action, actor=self.key.id, org_id=whose, subject_id=subject_id, **details
        )

    def id_in_path(self, prefix: str, noun: str) -> str:
        """The id in the path. Raises `NotFound` when it is not one of that prefix."""
        wanted = self.path["id"]
        return existing(wanted if is_id(wanted, prefix) else None, noun)


class Answer(NamedTuple):
    """What to send back: `content` is anything that msgspec encodes; None: no body.

    A 202 with `again` is not final: for up to `again_seconds` that is asked for a better one.
    """

    content: object = None
    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    again: Callable[[], Answer] | None = None
    again_seconds: float = 0


Endpoint = Callable[[Call], Answer]


def existing(found: Found | None, noun: str) -> Found:
    """What was found. Raises `NotFound` when it was not."""
    if found is None:
        raise NotFound(f"{noun} not found")
    return found


def keyed(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint as Starlette wants it."""

    async def serve(request: Request) -> Response:
        services: Services = request.app.state.services
        limits: dict[str, str] = {}
        request_id = connection_request_id(request)
        try:
            host = request.headers.get("host", "")
            org, key = await _identify(services.authenticator, request)
            bucket = await _take_token(services, key)
            rate = services.settings.api_rate_per_key
            raw = limit_headers(rate, bucket.remaining, bucket.wait_ms)
            limits = {name.decode(): value.decode() for name, value in raw}
            if not bucket.allowed:
                raise rate_limit_exceeded(bucket.wait_ms, f"More than {rate} requests a minute")
            body = await read_body(request.receive, request.headers.get("content-length", ""))
            call = Call(org, key, request.path_params, request.query_params, body, services, host)
            answer = await run_in_threadpool(retrying, partial(endpoint, call))
            answer = await _final(answer)
        except RexError as error:
            return error_response(error, request_id, limits)
        headers = {"X-Request-Id": request_id, **limits, **answer.headers}
        if answer.content is None:
            return Response(status_code=answer.status, headers=headers)
        if isinstance(answer.content, Page):
            headers["Vary"] = "Accept"
            if wants_csv(request):
                return csv_response(request, endpoint, answer.content, headers)
        return JsonResponse(answer.content, status_code=answer.status, headers=headers)

    # Takes along the name, the docstring and the description for the OpenAPI document.
    return update_wrapper(serve, endpoint)


async def _identify(authenticator: RequestAuthenticator, request: Request) -> tuple[Org, ApiKey]:
    host, presented = request.headers.get("host", ""), request.headers.get("x-api-key")

    def identify() -> tuple[Org, ApiKey]:
        org = authenticator.org_at(host)
        return org, authenticator.key_for(org, presented, request.method, request.url.path)

    return await authenticator.identified(host, presented, identify)


async def _final(answer: Answer) -> Answer:
    """The answer once it is no 202 any more, or when its time is up. Holds no thread meanwhile."""
    again, deadline = answer.again, time.monotonic() + answer.again_seconds
    while again and answer.status == HTTPStatus.ACCEPTED and time.monotonic() < deadline:
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
        answer = await run_in_threadpool(retrying, again)
    return answer


async def _take_token(services: Services, key: ApiKey) -> AdmissionResult:
    rate = services.settings.api_rate_per_key
    unlimited = AdmissionResult(AdmissionStatus.ACCEPTED, rate, 0, b"")
    if rate == 0:
        return unlimited
    try:
        return await services.admission.take(f"key:{key.id}", rate)
    except QueueUnavailable:
        # Without Redis nobody counts; refusing the API as well would only widen the outage.
        return unlimited
