"""Whatever goes wrong outside an endpoint's own handling, in the documented envelope."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from app.domain.errors import (
    BadRequest,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    RexError,
    UnsupportedMediaType,
)
from app.http.answers import connection_request_id, error_response

log = logging.getLogger(__name__)

_ERROR_BY_STATUS: Mapping[int, type[RexError]] = {
    HTTPStatus.BAD_REQUEST: BadRequest,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.METHOD_NOT_ALLOWED: MethodNotAllowed,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: PayloadTooLarge,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: UnsupportedMediaType,
}


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's own errors: no such route, no such method, a body over the limit."""
    assert isinstance(error, HTTPException)
    kind = _ERROR_BY_STATUS.get(error.status_code, RexError)
    headers = dict(error.headers or {})
    if kind is MethodNotAllowed:
        headers["Allow"] = ", ".join(_methods_at(request))
    return error_response(kind(), connection_request_id(request), headers)


def _methods_at(request: Request) -> list[str]:
    """Every method that the path takes; Starlette names those of its first route only."""
    methods: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= set(route.methods or ())
    return sorted(methods)


async def on_rex_error(request: Request, error: Exception) -> Response:
    """Errors of our own tree."""
    assert isinstance(error, RexError)
    return error_response(error, connection_request_id(request))


async def on_unexpected(request: Request, error: Exception) -> Response:
    """A fault of ours: the log has the traceback, the caller the request id."""
    request_id = connection_request_id(request)
    log.error("request.failed", exc_info=error, extra={"request_id": request_id})
    return error_response(RexError(), request_id)


HANDLERS = {
    HTTPException: on_http_exception,
    RexError: on_rex_error,
    Exception: on_unexpected,
}
