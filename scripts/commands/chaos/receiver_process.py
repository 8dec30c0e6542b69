"""`python -m scripts.commands.chaos.receiver_process JOURNAL`: the receivers, in their own process.

It says its ports in one line, `{"healthy": 41234, ...}`, and then takes orders, one JSON object per
line: `{"secrets": {"healthy": "whsec_...", ...}}` and `{"heal": true}`. It ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import sys
import time
from pathlib import Path
from typing import NamedTuple

from scripts.commands.chaos.journal import Reception, Writer
from scripts.commands.chaos.receivers import RECEIVERS, Behaviour, Receiver
from scripts.receiver import verify

#: Longer than any attempt may take: the sender must be the one who gives up.
PATIENCE_SECONDS = 30.0
DRIP_SECONDS = 0.25
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_FAILED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
_HARD_CLOSE = struct.pack("ii", 1, 0)


class Request(NamedTuple):
    """A delivery as it came over the wire."""

    headers: dict[str, str]
    body: bytes


class Subscriber:
    """One receiver: behaves as told and writes down every request."""

    def __init__(self, receiver: Receiver, journal: Writer) -> None:
        self.receiver = receiver
        self.secret = ""
        self.is_healed = False
        self._journal = journal

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection until it ends."""
        try:
            while True:
                request = await _read_request(reader)
                at = time.monotonic()
                status = await self._behave(reader, writer)
                self._note(request, at, status)
                if status is None:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _behave(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> int | None:
        match self._choose():
            case Behaviour.ANSWER:
                return await _send(writer, _OK, 200)
            case Behaviour.FAIL:
                return await _send(writer, _FAILED, 500)
            case Behaviour.HANG:
                await _until_hung_up(reader)
            case Behaviour.DRIP:
                await _drip(reader, writer)
            case Behaviour.RESET:
                _reset(writer)
        return None

    def _choose(self) -> Behaviour:
        if self.is_healed or random.random() >= self.receiver.share:
            return Behaviour.ANSWER
        return self.receiver.behaviour

    def _note(self, request: Request, at: float, status: int | None) -> None:
        event = json.loads(request.body)
        self._journal.write(
            Reception(
                receiver=self.receiver.name,
                event_id=event["id"],
                event_type=event["event"],
                contact_id=event["data"].get("contact_id"),
                delivery_id=request.headers["x-rex-delivery"],
                attempt=int(request.headers["x-rex-attempt"]),
                at=at,
                until=time.monotonic(),
                status=status,
                verified=verify(self.secret, request.headers["x-rex-signature"], request.body),
            )
        )


async def _read_request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    pairs = (line.split(":", 1) for line in head.split("\r\n")[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    return Request(headers, await reader.readexactly(int(headers["content-length"])))


async def _send(writer: asyncio.StreamWriter, answer: bytes, status: int) -> int:
    writer.write(answer)
    await writer.drain()
    return status


async def _until_hung_up(reader: asyncio.StreamReader) -> None:
    try:
        await asyncio.wait_for(reader.read(1), PATIENCE_SECONDS)
    except (TimeoutError, ConnectionError):
        return


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    hung_up = asyncio.ensure_future(_until_hung_up(reader))
    try:
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * int(PATIENCE_SECONDS / DRIP_SECONDS):
            writer.write(bytes([byte]))
            if (await asyncio.wait([hung_up], timeout=DRIP_SECONDS))[0]:
                return
    finally:
        hung_up.cancel()


def _reset(writer: asyncio.StreamWriter) -> None:
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _HARD_CLOSE)
    writer.transport.abort()


async def _follow_orders(subscribers: list[Subscriber]) -> None:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        for subscriber in subscribers:
            subscriber.secret = order.get("secrets", {}).get(
                subscriber.receiver.name, subscriber.secret
            )
            subscriber.is_healed |= subscriber.receiver.heals and "heal" in order


async def main(journal: Path) -> None:
    """Receives until the input ends."""
    writer = Writer(journal)
    subscribers = [Subscriber(receiver, writer) for receiver in RECEIVERS]
    ports = {}
    for subscriber in subscribers:
        server = await asyncio.start_server(subscriber.serve, "127.0.0.1", 0, backlog=1024)
        ports[subscriber.receiver.name] = server.sockets[0].getsockname()[1]
    print(json.dumps(ports), flush=True)
    await _follow_orders(subscribers)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
