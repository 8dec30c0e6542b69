"""The yardstick of the ingress: bare Starlette routes, served as the product's web process is.

`python -m scripts.commands.bench.bare_web PORT` serves with uvicorn:

    /bare   parses the same JSON and answers as many bytes as a capture's answer has
    /kept   the same, after one write to Redis that is on disk when it returns
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import redis.asyncio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.main import CONNECTIONS_MAX, KEEP_ALIVE_SECONDS

#: The list that /kept writes to.
KEPT_KEY = "bare"


def make_app(redis_url: str) -> Starlette:
    """The bare routes."""
    client = redis.asyncio.Redis.from_url(redis_url, protocol=2)

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
    uvicorn.run(
        make_app(os.environ["REDIS_URL"]),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS_MAX,
        backlog=2048,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )


if __name__ == "__main__":
    main()
