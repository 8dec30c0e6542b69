"""`GET /openapi.yaml` and `GET /docs`: the same document for programs and for people."""

from __future__ import annotations

import json
from functools import lru_cache

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from app.api.docs_page import page
from app.api.openapi import build_document
from app.http.answers import connection_request_id


async def openapi_yaml(request: Request) -> Response:
    """The OpenAPI document."""
    return _response(request, _texts(request.app)[0], "application/yaml")


async def docs_page(request: Request) -> Response:
    """The OpenAPI document as a page."""
    return _response(request, _texts(request.app)[1], "text/html")


def _response(request: Request, text: str, media_type: str) -> Response:
    headers = {
        "X-Request-Id": connection_request_id(request),
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "Access-Control-Allow-Origin": "*",
    }
    return Response(text, media_type=media_type, headers=headers)


@lru_cache(maxsize=1)
def _texts(app: Starlette) -> tuple[str, str]:
    document = build_document(app.routes)
    # Every JSON text is YAML 1.2.
    return json.dumps(document, ensure_ascii=False, indent=1), page(document)
