"""Pages on an origin of their own: another site than the product's, not only another port."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self


class PageHandler(BaseHTTPRequestHandler):
    """Answers in full, and logs nothing."""

    def answer(self, body: bytes, kind: str = "text/html", policy: str = "") -> None:
        """Send a body; `policy` is its Content-Security-Policy."""
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if policy:
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return


class PageServer:
    """Serves pages while it is entered."""

    def __init__(self, handler: type[PageHandler]) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)

    @property
    def url(self) -> str:
        return f"http://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Pages(PageServer):
    """Serves one page at any path, except for the files that it is given.

    `page` may be changed while it is served; `policy` is its Content-Security-Policy.
    """

    def __init__(self, page: str = "", policy: str = "") -> None:
        self.page = page
        self.policy = policy
        self.files: dict[str, Path] = {}
        super().__init__(self._handler())

    def _handler(self) -> type[PageHandler]:
        pages = self

        class Handler(PageHandler):
            def do_GET(self) -> None:
                file = pages.files.get(self.path)
                body = file.read_bytes() if file else pages.page.encode()
                self.answer(body, "text/javascript" if file else "text/html", pages.policy)

        return Handler
