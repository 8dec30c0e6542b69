"""An HTTP server on a free port of loopback, for those who play a subscriber."""

from __future__ import annotations

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


class PostServer:
    """Hands the headers and body of each POST to `take`, which may block, and sends its reply.

    Serves within a with block.
    """

    def __init__(self, take: Callable[[Mapping[str, str], bytes], Reply]) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(take))
        self._server.daemon_threads = True
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


def _handler(
    take: Callable[[Mapping[str, str], bytes], Reply],
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # One segment per answer: Nagle's algorithm would hold back the second for 40 ms.
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            reply = take(dict(self.headers), body)
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
