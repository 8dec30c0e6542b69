"""Files that pages load from here: read once, with a strong ETag, for any origin."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from app.http.answers import connection_request_id

_FOLDER = Path(__file__).with_name("static")
#: How long a browser may go without asking whether a file has changed.
CACHE_SECONDS = 3600

Endpoint = Callable[[Request], Awaitable[Response]]


def file_endpoint(name: str, media_type: str) -> Endpoint:
    """The endpoint of a file in `static/`."""
    content = (_FOLDER / name).read_bytes()
    etag = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    headers = {
        "etag": etag,
        "cache-control": f"public, max-age={CACHE_SECONDS}",
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
        "x-content-type-options": "nosniff",
    }

    async def serve(request: Request) -> Response:
        known = request.headers.get("if-none-match", "")
        more = headers | {"x-request-id": connection_request_id(request)}
        if etag in known or known == "*":
            return Response(status_code=304, headers=more)
        return Response(content, media_type=media_type, headers=more)

    return serve
