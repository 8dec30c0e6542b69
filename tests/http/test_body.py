"""Bodies are read whole, or given up for their size or their time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message

from app.domain.errors import InvalidJson, PayloadTooLarge
from app.http.body import BODY_BYTES_MAX, read_body


async def read(*messages: Message) -> bytes:
    """What comes of a body that arrives in these messages, and then no more."""
    waiting = list(messages)

    async def receive() -> Message:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    return await read_body(receive, seconds_max=0.05)


def chunk(body: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_may_come_in_pieces() -> None:
    assert asyncio.run(read(chunk(b"ab", True), chunk(b"", True), chunk(b"c"))) == b"abc"


def test_a_body_of_the_largest_size_is_read_and_one_byte_more_is_refused() -> None:
    whole = b" " * BODY_BYTES_MAX

    assert asyncio.run(read(chunk(whole[:999], True), chunk(whole[999:]))) == whole
    with pytest.raises(PayloadTooLarge):
        asyncio.run(read(chunk(whole, True), chunk(b" ", True)))


def test_a_body_that_is_announced_too_large_is_refused_unread() -> None:
    async def receive() -> Message:
        raise AssertionError("read")

    with pytest.raises(PayloadTooLarge):
        asyncio.run(read_body(receive, str(BODY_BYTES_MAX + 1)))


def test_a_body_that_drips_is_given_up() -> None:
    with pytest.raises(InvalidJson, match=r"within 0\.05 s"):
        asyncio.run(read(chunk(b"{", True)))


def test_a_body_that_is_cut_off_is_refused() -> None:
    with pytest.raises(InvalidJson, match="cut off"):
        asyncio.run(read(chunk(b"{", True), {"type": "http.disconnect"}))
