"""`GET /rex.js`, `GET /rex-pow.js`: readable files for pages, the same for every org."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import RexError
from app.http.answers import connection_request_id, error_response
from app.http.authenticator import RequestAuthenticator

_FOLDER = Path(__file__).with_name("static")
SOURCE, POW_SOURCE = _FOLDER / "rex.js", _FOLDER / "rex-pow.js"
#: Any page may load it, also one that asks for CORS (`integrity`) or is isolated (COEP). A browser
#: asks for a newer one after an hour, and shows the old one meanwhile.
_HEADERS = {
    "Content-Type": "text/javascript; charset=utf-8",
    "Cache-Control": "public, max-age=3600, stale-while-revalidate=86400",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Security-Policy": "default-src 'none'",
}


class _Variant(NamedTuple):
    """The file in one encoding, with its own strong ETag."""

    body: bytes
    headers: dict[str, str]


def _variant(body: bytes, encoding: str | None) -> _Variant:
    headers = {**_HEADERS, "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"'}
    return _Variant(body, headers | {"Content-Encoding": encoding} if encoding else headers)


class RexScript:
    """Serves a script at the host of any org."""

    def __init__(self, authenticator: RequestAuthenticator, file: Path = SOURCE) -> None:
        source = file.read_bytes()
        self._authenticator = authenticator
        self._plain = _variant(source, None)
        self._gzip = _variant(gzip.compress(source, 9, mtime=0), "gzip")

    async def serve(self, request: Request) -> Response:
        """The script, or that the browser has it already."""
        request_id = connection_request_id(request)
        try:
            await self._authenticator.org_of(request.headers.get("host", ""))
        except RexError as error:
            return error_response(error, request_id, {"Access-Control-Allow-Origin": "*"})
        variant = self._gzip if _takes_gzip(request.headers) else self._plain
        headers = variant.headers | {"X-Request-Id": request_id}
        known = request.headers.get("if-none-match", "")
        if variant.headers["ETag"] in known:
            return Response(status_code=304, headers=headers)
        return Response(variant.body, headers=headers)


def _takes_gzip(headers: Headers) -> bool:
    accepted = headers.get("accept-encoding", "").lower().replace(" ", "")
    return any(each in ("gzip", "gzip;q=1", "gzip;q=1.0") for each in accepted.split(","))
