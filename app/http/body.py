"""Request bodies, within bounds of size and time."""

from __future__ import annotations

import asyncio

from starlette.types import Receive

from app.domain.errors import InvalidJson, PayloadTooLarge

#: Largest body taken, in bytes.
BODY_BYTES_MAX = 64 * 1024
#: Time for a body to arrive, in seconds; a client that drips longer only holds a connection.
BODY_SECONDS_MAX = 10.0


async def read_body(
    receive: Receive, content_length: str = "", seconds_max: float = BODY_SECONDS_MAX
) -> bytes:
    """All of a body. Raises `PayloadTooLarge`, or `InvalidJson` when it does not come in time."""
    if content_length.isdecimal() and int(content_length[:20]) > BODY_BYTES_MAX:
        raise PayloadTooLarge
    try:
        async with asyncio.timeout(seconds_max):
            return await _gather_body(receive)
    except TimeoutError:
        raise InvalidJson(f"The body did not arrive within {seconds_max:g} s") from None


async def _gather_body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InvalidJson("The body was cut off")
        body += message.get("body", b"")
        if len(body) > BODY_BYTES_MAX:
            raise PayloadTooLarge
        more = message.get("more_body", False)
    return body
