"""Receivers with a will of their own: they hang, refuse, ask for patience, and note everything."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Reply:
    """What a stranger answers."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Arrival:
    """A request that a stranger got, and what it answered when (monotonic seconds)."""

    at: float
    answered_at: float
    delivery_id: str
    event: dict[str, Any]
    reply: Reply

    @property
    def contact_id(self) -> str:
        """The contact that the event is about."""
        return str(self.event["data"]["id"])

    @property
    def sequence(self) -> int:
        """Which of its contact's events it is."""
        return int(self.event["data"]["sequence"])


class Stranger:
    """A receiver on a free port; `answer` gets each event, and may take its time."""

    def __init__(self, answer: Callable[[dict[str, Any]], Reply] = lambda event: Reply()) -> None:
        self._answer = answer
        self._noted = threading.Condition()
        self._arrivals: list[Arrival] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where to subscribe it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/webhook"

    @property
    def arrivals(self) -> list[Arrival]:
        """What was answered so far, in the order of the answers."""
        with self._noted:
            return list(self._arrivals)

    @property
    def accepted(self) -> list[Arrival]:
        """What was answered with 200 so far."""
        return [each for each in self.arrivals if each.reply.status == 200]

    def wait_for(self, accepted: int, seconds: float) -> None:
        """Until so many were accepted; fails after `seconds`."""

        def enough() -> bool:
            return sum(each.reply.status == 200 for each in self._arrivals) >= accepted

        with self._noted:
            assert self._noted.wait_for(enough, seconds), (
                f"{sum(each.reply.status == 200 for each in self._arrivals)} of {accepted}"
                f" accepted after {seconds} s"
            )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _note(self, at: float, delivery_id: str, body: bytes) -> Reply:
        event = json.loads(body)
        reply = self._answer(event)
        with self._noted:
            self._arrivals.append(Arrival(at, time.monotonic(), delivery_id, event, reply))
            self._noted.notify_all()
        return reply

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stranger = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # One segment per answer: Nagle's algorithm would hold back the second for 40 ms.
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                at = time.monotonic()
                body = self.rfile.read(int(self.headers["Content-Length"]))
                reply = stranger._note(at, self.headers["X-Rex-Delivery"], body)
                try:
                    self._send(reply)
                except OSError:
                    self.close_connection = True  # nobody waits for it any more

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
