"""A server that stands in for the providers of captchas: each token is good once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

SECRET = "s3cret&of=the+org"
EXPIRED, FORGED, WRONG = "timeout-or-duplicate", "invalid-input-response", "invalid-input-secret"


class Provider:
    """Answers by token: `good…`, `expired`, `status-503`, `garbage`, `slow`; others are forged."""

    def __init__(self, url: str) -> None:
        self.url = url
        #: The form of each request, with its path.
        self.asked: list[dict[str, str]] = []
        #: Nothing slow is answered before.
        self.released = threading.Event()
        self._used: dict[str, str | None] = {}
        self._lock = threading.Lock()

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, bytes]:
        """Status and body."""
        token = form["response"]
        with self._lock:
            self.asked.append(form | {"path": path})
            result = self._judge(token, form)
        if token.endswith("slow"):
            self.released.wait(60)
        if token.startswith("status-"):
            return int(token[7:]), b"{}"
        return 200, b"<html>" if token == "garbage" else json.dumps(result).encode()

    def _judge(self, token: str, form: dict[str, str]) -> dict[str, Any]:
        key = form.get("idempotency_key")
        if form["secret"] != SECRET:
            return {"success": False, "error-codes": [WRONG]}
        if token == "expired":
            return {"success": False, "error-codes": [EXPIRED]}
        if not token.startswith("good"):
            return {"success": False, "error-codes": [FORGED]}
        if token in self._used and (key is None or self._used[token] != key):
            return {"success": False, "error-codes": [EXPIRED]}
        self._used[token] = key
        return {"success": True, "error-codes": [], "hostname": "example.com"}


@contextmanager
def providing() -> Iterator[Provider]:
    """The server, running."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            status, answer = provider.answer(self.path, form)
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
            except OSError:  # the client did not wait, which is what a test is about
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
