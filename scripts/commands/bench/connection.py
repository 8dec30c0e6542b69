"""One keep-alive HTTP/1.1 connection of the load: prepared bytes out, answers in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

#: Takes an answer: the connection, its status, head and body.
Answered = Callable[["Connection", int, bytes], None]
#: Told when a connection is gone.
Lost = Callable[["Connection"], None]

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"


class Connection(asyncio.Protocol):
    """At most one request is under way on it; `due_at` and `sent_at` (monotonic) are that one's."""

    __slots__ = ("_answered", "_lost", "_received", "_transport", "due_at", "is_busy", "sent_at")

    def __init__(self, answered: Answered, lost: Lost) -> None:
        self._answered = answered
        self._lost = lost
        self._received = b""
        self._transport: asyncio.Transport | None = None
        self.is_busy = False
        self.due_at = self.sent_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent on it."""
        return self._transport is not None and not self._transport.is_closing()

    def send(self, request: bytes, due_at: float, now: float) -> None:
        """Send a request that was due at that time."""
        assert self._transport is not None
        self.due_at, self.sent_at, self.is_busy = due_at, now, True
        self._transport.write(request)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Of asyncio.Protocol."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Of asyncio.Protocol."""
        self._transport = None
        self._lost(self)

    def data_received(self, data: bytes) -> None:
        """Of asyncio.Protocol: an answer, or a piece of one."""
        if self._received:
            data = self._received + data
        size = size_of_message(data)
        if size is None or len(data) < size:
            self._received = data
            return
        self._received = b""
        self.is_busy = False
        self._answered(self, int(data[9:12]), data)


def size_of_message(data: bytes) -> int | None:
    """The bytes of a whole message that begins with `data`; None while its head is not complete."""
    end = data.find(_END_OF_HEAD)
    if end < 0:
        return None
    head = data[: end + 2].lower()
    at = head.find(_LENGTH)
    length = int(head[at + len(_LENGTH) : head.find(b"\r\n", at + 2)]) if at >= 0 else 0
    return end + len(_END_OF_HEAD) + length
