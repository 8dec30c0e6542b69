"""Answers HTTP as fast as Python can: a subscriber for deliveries, a yardstick for the load.

`python -m scripts.commands.bench.sink PORT`. The path decides the answer:

    /count      how many deliveries have come
    /delays     milliseconds from each event to its arrival here, by path; forgets them
    /hang...    nothing, ever
    /202        202 with a body as long as a capture's answer
    any other   200, empty; counted as a delivery
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict
from datetime import datetime
from typing import cast

import msgspec
import uvloop

_OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
_BODY = b"x" * 240
_ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
_TIMESTAMP = b'"timestamp":"'


class Arrivals:
    """What has come, over all connections. `timed`: note how long each event took."""

    def __init__(self, *, timed: bool = False) -> None:
        self.timed = timed
        self.count = 0
        self.delays_ms: dict[str, list[float]] = defaultdict(list)

    def note(self, path: str, body: bytes) -> None:
        """A delivery came in."""
        self.count += 1
        if self.timed:
            at = body.find(_TIMESTAMP) + len(_TIMESTAMP)
            text = body[at : body.find(b'"', at)].decode()
            happened_at = datetime.fromisoformat(text).timestamp()
            self.delays_ms[path].append(1000 * (time.time() - happened_at))

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
        size = end + 4 + _content_length(data[:end]) if end >= 0 else len(data) + 1
        if len(data) < size:
            self._received = data
            return
        self._received = b""
        path = data[: data.find(b"\r\n")].split(b" ")[1].decode()
        answer = self._answer(path, data[end + 4 : size])
        if answer:
            self._transport.write(answer)

    def _answer(self, path: str, body: bytes) -> bytes:
        if path == "/202":
            return _ACCEPTED
        if path == "/count":
            return _json(self._arrivals.count)
        if path == "/delays":
            return _json(self._arrivals.take_delays())
        if path.startswith("/hang"):
            return b""
        self._arrivals.note(path, body)
        return _OK


def _content_length(head: bytes) -> int:
    at = head.lower().find(b"\r\ncontent-length:")
    return int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


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
