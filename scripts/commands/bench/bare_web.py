"""The yardstick of the ingress: bare Starlette routes, served as the product's web process is.

`python -m scripts.commands.bench.bare_web PORT` serves:

    /bare   parses the same JSON and answers as many bytes as a capture's answer has
    /kept   the same, after one write to Redis that is on disk when it returns
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import redis.asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.server import serve

#: The list that /kept writes to.
KEPT_KEY = "bare"


def make_app() -> Starlette:
    """The bare routes."""
    client = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"], protocol=2)

    async def bare(request: Request) -> Response:
        return _answer(await request.json())

    async def kept(request: Request) -> Response:
        lead = await request.json()
        await client.rpush(KEPT_KEY, json.dumps(lead))
        return _answer(lead)

    return Starlette(
        routes=[Route("/bare", bare, methods=["POST"]), Route("/kept", kept, methods=["POST"])]
    )


def _answer(lead: dict[str, Any]) -> Response:
    """An answer with the fields of the product's and of its length."""
    data = {
        "id": "cont_00000000000000000000000000",
        "email": lead["email"],
        "first_name": lead["first_name"],
        "last_name": lead["last_name"],
        "stage": "lead",
        "source": "organic",
        "created_at": "2026-01-01T00:00:00.000Z",
        "capture_id": "cap_00000000000000000000000000",
    }
    return JSONResponse({"data": data}, status_code=202)


def main() -> None:
    """Serve until stopped."""
    serve(
        "scripts.commands.bench.bare_web:make_app",
        host="127.0.0.1",
        port=int(sys.argv[1]),
        port_setting="PORT",
        workers=1,
        idle_seconds=60,
    )


if __name__ == "__main__":
    main()
