"""A subscriber: receives deliveries on loopback, verifies each, and remembers when it came."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


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


class Receiver:
    """A webhook's receiving end on a free port; `answer` decides the status of each request."""

    def __init__(self, answer: Callable[[Mapping[str, str]], int] = lambda headers: 200) -> None:
        self.secret = ""
        self.received: list[Received] = []
        self._answer = answer
        self._arrived = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where to subscribe it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/webhook"

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, found: Callable[[list[Received]], bool], seconds: float) -> list[Received]:
        """What has come once `found` says it is enough; raises TimeoutError after `seconds`."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: found(self.received), seconds):
                raise TimeoutError(f"{len(self.received)} deliveries after {seconds} s")
            return list(self.received)

    def _note(self, at: float, headers: Mapping[str, str], body: bytes) -> int:
        status = self._answer(headers)
        verified = verify(self.secret, headers["X-Rex-Signature"], body)
        with self._arrived:
            self.received.append(Received(at, headers, body, verified, status))
            self._arrived.notify_all()
        return status

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # One segment per answer: Nagle's algorithm would hold back the second for 40 ms.
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                at = time.perf_counter()
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver._note(at, dict(self.headers), body)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        return Handler
