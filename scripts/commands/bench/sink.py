"""Answers HTTP as fast as Python can: a subscriber for deliveries, a yardstick for the load.

`python -m scripts.commands.bench.sink PORT`. The path decides the answer:

    /count      how many deliveries have come
    /delays     milliseconds from each event to its arrival here, by path; forgets them
    /hang...    nothing, ever
    /flap...    as any other for five seconds, nothing for the next five, and so on
    /after-N... as any other, N milliseconds later
    /busy-N...  503 to N % at random, and as any other
    /cap-N-M... 503 at once while N others are waiting; else as any other, M milliseconds later
    /refused    how often it said 503
    /202        202 with a body as long as a capture's answer
    any other   200, empty; counted as a delivery
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import defaultdict
from typing import cast

import msgspec
import uvloop

from app.domain.ids import milliseconds_of
from scripts.commands.bench.connection import size_of_message

_OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"
_FLAP_SECONDS = 5.0
_BODY = b"x" * 240
_ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-length: %d\r\n\r\n%b" % (len(_BODY), _BODY)


class Arrivals:
    """What has come, over all connections. `timed`: note how long each event took."""

    def __init__(self, *, timed: bool = False) -> None:
        self.timed = timed
        self.count = self.refused = self.waiting = 0
        self.delays_ms: dict[str, list[float]] = defaultdict(list)

    def note(self, path: str, body: bytes) -> None:
        """A delivery came in."""
        self.count += 1
        if self.timed:
            event_id = body.split(b'"', 4)[3].decode()  # {"id":"evt_...
            self.delays_ms[path].append(1000 * time.time() - milliseconds_of(event_id))

    def take_delays(self) -> dict[str, list[float]]:
        """The delays since the last call."""
        delays, self.delays_ms = dict(self.delays_ms), defaultdict(list)
        return delays


class Sink(asyncio.Protocol):
    """One connection."""

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Of asyncio.Protocol."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Of asyncio.Protocol: a request, or a piece of one."""
        assert self._transport is not None
        data = self._received + data
        end = data.find(b"\r\n\r\n")
        size = size_of_message(data)
        if size is None or len(data) < size:
            self._received = data
            return
        self._received = b""
        path = data[: data.find(b"\r\n")].split(b" ")[1].decode()
        body = data[end + 4 : size]
        kind, *numbers = path.split("/")[1].split("-")
        if kind in ("after", "cap"):
            self._answer_late(path, body, *map(int, numbers))
        elif kind == "busy" and random.random() * 100 < int(numbers[0]):
            self._arrivals.refused += 1
            self._transport.write(_BUSY)
        elif answer := self._answer(path, body):
            self._transport.write(answer)

    def _answer_late(self, path: str, body: bytes, *numbers: int) -> None:
        assert self._transport is not None
        arrivals, transport, ms = self._arrivals, self._transport, numbers[-1]
        if len(numbers) > 1 and arrivals.waiting >= numbers[0]:
            arrivals.refused += 1
            transport.write(_BUSY)
            return

        def answer() -> None:
            arrivals.waiting -= 1
            transport.write(self._answer(path, body))

        arrivals.waiting += 1
        asyncio.get_running_loop().call_later(ms / 1000, answer)

    def _answer(self, path: str, body: bytes) -> bytes:
        if path == "/202":
            return _ACCEPTED
        if path == "/count":
            return _json(self._arrivals.count)
        if path == "/delays":
            return _json(self._arrivals.take_delays())
        if path == "/refused":
            return _json(self._arrivals.refused)
        is_flap = (
            path.startswith("/flap") and time.monotonic() % (2 * _FLAP_SECONDS) > _FLAP_SECONDS
        )
        if path.startswith("/hang") or is_flap:
            return b""
        self._arrivals.note(path, body)
        return _OK


def _json(content: object) -> bytes:
    body = msgspec.json.encode(content)
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


async def serve(port: int, arrivals: Arrivals) -> asyncio.Server:
    """Listen on loopback."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Sink(arrivals), "127.0.0.1", port, backlog=2048)


async def _serve_for_ever(port: int, *, timed: bool) -> None:
    server = await serve(port, Arrivals(timed=timed))
    await server.serve_forever()


def main() -> None:
    """Serve until stopped. Arguments: the port, and `timed` to note delays."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve_for_ever(int(sys.argv[1]), timed="timed" in sys.argv[2:]))


if __name__ == "__main__":
    main()
