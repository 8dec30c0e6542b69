"""Request bodies, within bounds of size and time."""

from __future__ import annotations

import asyncio
from typing import Protocol

from starlette.types import Receive

from app.domain.errors import InvalidJson, PayloadTooLarge

#: Largest body taken, in bytes.
BODY_BYTES_MAX = 64 * 1024
#: Time for a body to arrive, in seconds; a client that drips longer only holds a connection.
BODY_SECONDS_MAX = 10.0


#: Bytes that may arrive of a body of which something is dropped on the way, and the time for them.
FILTERED_BYTES_MAX = 10 * 1024 * 1024
FILTERED_SECONDS_MAX = 60.0


class Filter(Protocol):
    """Drops parts of a body while it arrives."""

    def take(self, chunk: bytes) -> bytes:
        """What is kept so far."""

    def rest(self) -> bytes:
        """What is kept of the end."""


class KeepAll:
    """Drops nothing."""

    def take(self, chunk: bytes) -> bytes:
        return chunk

    def rest(self) -> bytes:
        return b""


async def read_body(
    receive: Receive, content_length: str = "", seconds_max: float = BODY_SECONDS_MAX
) -> bytes:
    """All of a body. Raises `PayloadTooLarge`, or `InvalidJson` when it does not come in time."""
    return await _read(receive, content_length, BODY_BYTES_MAX, seconds_max, KeepAll())


async def read_filtered(receive: Receive, content_length: str, kept: Filter) -> bytes:
    """What is kept of a body. Raises as `read_body`."""
    return await _read(receive, content_length, FILTERED_BYTES_MAX, FILTERED_SECONDS_MAX, kept)


async def _read(
    receive: Receive, content_length: str, bytes_max: int, seconds_max: float, kept: Filter
) -> bytes:
    if content_length.isdecimal() and int(content_length[:20]) > bytes_max:
        raise PayloadTooLarge
    try:
        async with asyncio.timeout(seconds_max):
            return await _gather_body(receive, bytes_max, kept)
    except TimeoutError:
        raise InvalidJson(f"The body did not arrive within {seconds_max:g} s") from None


async def _gather_body(receive: Receive, bytes_max: int, kept: Filter) -> bytes:
    body, received, more = b"", 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InvalidJson("The body was cut off")
        chunk = message.get("body", b"")
        received += len(chunk)
        body += kept.take(chunk)
        more = message.get("more_body", False)
        if not more:
            body += kept.rest()
        if received > bytes_max or len(body) > BODY_BYTES_MAX:
            raise PayloadTooLarge
    return body
