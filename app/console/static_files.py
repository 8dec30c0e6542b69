"""Styles, scripts and icons, named by a hash of their contents so browsers cache them for good."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from app.console.headers import SECURITY_HEADERS
from app.domain.errors import NotFound

_FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
PREFIX = "/console/static/"
_YEAR_SECONDS = 31_536_000


class _File(NamedTuple):
    url: str
    content: bytes
    media_type: str


def _read(path: Path) -> _File:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:12]
    return _File(f"{PREFIX}{digest}/{path.name}", content, _TYPES[path.suffix])


_FILES = {path.name: _read(path) for path in _FOLDER.iterdir() if path.suffix in _TYPES}
_BY_URL = {file.url: file for file in _FILES.values()}


def url_of(name: str) -> str:
    """The URL of a file in the folder `static`."""
    return _FILES[name].url


async def serve_file(request: Request) -> Response:
    """Serve a file. It holds no personal data, so caches may keep it."""
    file = _BY_URL.get(request.url.path)
    if file is None:
        raise NotFound
    cache = {"Cache-Control": f"public, max-age={_YEAR_SECONDS}, immutable"}
    headers = SECURITY_HEADERS | cache
    return Response(file.content, media_type=file.media_type, headers=headers)
