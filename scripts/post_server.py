"""An HTTP server on a free port of loopback, for code that plays a subscriber."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


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

    def __init__(self, take: Take) -> None:
        self._server = _Server(("127.0.0.1", 0), _handler(take))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where to subscribe it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/webhook"

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
