"""Subscribers on free ports, for the demo, chaos and the tests."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from scripts.system.ports import LOOPBACK


@dataclass(frozen=True)
class Reply:
    """What a POST is answered, with an empty body."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


#: Takes the connection instead of answering on it; it is closed afterwards.
Misbehaviour = Callable[[socket.socket], None]
#: Gets the headers and body of a POST, and may block.
Take = Callable[[Mapping[str, str], bytes], Reply | Misbehaviour]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024


class PostServer:
    """Hands each POST to `take` and sends its reply. Serves within a with block."""

    def __init__(self, take: Take, host: str = LOOPBACK) -> None:
        self._server = _Server((host, 0), _handler(take))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where to subscribe it."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/webhook"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(take: Take) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # One segment per answer: Nagle's algorithm would hold back the second for 40 ms.
        wbufsize = -1
        disable_nagle_algorithm = True

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                self.close_connection = True  # the client has gone

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            reply = take(dict(self.headers), body)
            if isinstance(reply, Reply):
                self._send(reply)
            else:
                reply(self.connection)
                self.close_connection = True

        def _send(self, reply: Reply) -> None:
            # Without a Date of the library's: the reply says what its clock shows.
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    at: float
    headers: Mapping[str, str]
    body: bytes
    verified: bool
    answered: int

    @property
    def event(self) -> dict[str, Any]:
        """The delivered event."""
        value: dict[str, Any] = json.loads(self.body)
        return value


def verify(secret: str, signature: str, body: bytes) -> bool:
    """The documented verification: take the header apart by position, compare in constant time."""
    timestamp, value = (part.split("=", 1)[1] for part in signature.split(","))
    message = f"{timestamp}.".encode() + body
    expected = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, value)


class Receiver(PostServer):
    """A webhook's receiving end on a free port; `answer` decides the status of each request."""

    def __init__(self, answer: Callable[[Mapping[str, str]], int] = lambda headers: 200) -> None:
        super().__init__(self._take)
        self.secret = ""
        self.received: list[Received] = []
        self._answer = answer
        self._arrived = threading.Condition()

    def wait_for(self, found: Callable[[list[Received]], bool], seconds: float) -> list[Received]:
        """What has come once `found` says it is enough; raises TimeoutError after `seconds`."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: found(self.received), seconds):
                raise TimeoutError(f"{len(self.received)} deliveries after {seconds} s")
            return list(self.received)

    def _take(self, headers: Mapping[str, str], body: bytes) -> Reply:
        at = time.perf_counter()
        status = self._answer(headers)
        verified = verify(self.secret, headers["X-Rex-Signature"], body)
        with self._arrived:
            self.received.append(Received(at, headers, body, verified, status))
            self._arrived.notify_all()
        return Reply(status)
