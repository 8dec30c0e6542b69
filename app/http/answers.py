"""Answers: JSON bodies, the error envelope, and what every answer carries."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import HTTPConnection
from starlette.responses import Response

from app.domain.errors import (
    STATUS_BY_CODE,
    Conflict,
    Invalid,
    MethodNotAllowed,
    RateLimitExceeded,
    RexError,
    Unavailable,
)
from app.domain.ids import new_ulid

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,100}")
_encoder = msgspec.json.Encoder()


class JsonResponse(Response):
    """A response whose content is anything that msgspec encodes."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return _encoder.encode(content)


def request_id_of(sent: str | None) -> str:
    """The caller's request id when it is a sane one, a new one otherwise."""
    if sent and _SANE_REQUEST_ID.fullmatch(sent):
        return sent
    return "req_" + new_ulid()


def connection_request_id(connection: HTTPConnection) -> str:
    """The id of a request, the same for all who ask."""
    state = connection.scope.setdefault("state", {})
    if "request_id" not in state:
        state["request_id"] = request_id_of(connection.headers.get("x-request-id"))
    return str(state["request_id"])


def error_body(error: RexError, request_id: str) -> dict[str, object]:
    """The documented envelope of an error."""
    inner: dict[str, object] = {"code": error.code, "message": error.message}
    if isinstance(error, Invalid):
        inner["fields"] = error.fields
        if len(error.fields) == 1:
            inner["field"] = next(iter(error.fields))
    if isinstance(error, Conflict) and error.existing_id:
        inner["existing_id"] = error.existing_id
    inner["request_id"] = request_id
    return {"error": inner}


def error_headers(error: RexError) -> dict[str, str]:
    """Headers that an error's answer carries besides."""
    if isinstance(error, RateLimitExceeded | Unavailable):
        return {"Retry-After": str(error.retry_after_seconds)}
    if isinstance(error, MethodNotAllowed) and error.allowed:
        return {"Allow": error.allowed}
    return {}


def error_response(
    error: RexError, request_id: str, headers: Mapping[str, str] | None = None
) -> JsonResponse:
    """The answer to a request that went wrong."""
    return JsonResponse(
        error_body(error, request_id),
        status_code=STATUS_BY_CODE[error.code],
        headers={"X-Request-Id": request_id, **error_headers(error), **(headers or {})},
    )


def limit_headers(limit: int, remaining: int, wait_ms: int) -> list[tuple[bytes, bytes]]:
    """The documented rate-limit headers, raw; none without a limit, or while nobody counts."""
    if limit == 0 or remaining < 0:
        return []
    return [
        (b"x-ratelimit-limit", b"%d" % limit),
        (b"x-ratelimit-remaining", b"%d" % remaining),
        (b"x-ratelimit-reset", b"%d" % (time.time() + wait_ms / 1000 + 1)),
    ]


def rate_limit_exceeded(wait_ms: int, message: str) -> RateLimitExceeded:
    """The error for a caller who has to wait."""
    seconds = -(-wait_ms // 1000) or 1
    return RateLimitExceeded(seconds, f"{message}: try again in {seconds} s")
