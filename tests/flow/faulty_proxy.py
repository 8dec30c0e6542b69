"""A proxy in front of the product that fails where a test wants it to."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import urllib3

from app.domain.submission.controls import IDEMPOTENCY_KEY


class Fault(StrEnum):
    """What becomes of one capture."""

    BLOCKED = "blocked"  # the connection is cut before anybody reads the request
    ANSWER_LOST = "answer lost"  # it is recorded, and the connection cut before the answer
    UNAVAILABLE = "503"
    LIMITED = "429"
    BROKEN = "500"
    HELD = "held"  # for seconds, or until the test lets go; then it is cut


#: Not for ever: a browser has six connections to a host.
HELD_SECONDS = 3.0
_STATUSES = {Fault.UNAVAILABLE: 503, Fault.LIMITED: 429, Fault.BROKEN: 500}
_PASSED = ("content-type", "origin", "referer", "user-agent", "accept", "host")
_RETURNED = ("content-type", "access-control-allow-origin", "access-control-expose-headers")


class FaultyProxy:
    """Passes requests on; a capture of an address first meets the faults planned for it."""

    def __init__(self, rex_url: str) -> None:
        self._rex_url = rex_url
        self._pool = urllib3.PoolManager(maxsize=16, retries=False, timeout=30)
        self._plans: defaultdict[str, list[Fault]] = defaultdict(list)
        self._letting_go = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        #: When each address was sent, and how often the product was given it.
        self.sent_at: defaultdict[str, list[float]] = defaultdict(list)
        self.passed_on: defaultdict[str, int] = defaultdict(int)
        self.keys: defaultdict[str, set[str]] = defaultdict(set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def plan(self, email: str, faults: Iterable[Fault]) -> None:
        """What the next captures of that address meet, one after the other."""
        self._plans[email] = list(faults)

    def let_go(self) -> None:
        """Cut what is held, and hold no more."""
        self._letting_go.set()

    def __enter__(self) -> FaultyProxy:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()
        self._server.shutdown()
        self._server.server_close()
        self._pool.clear()

    def _next_fault(self, body: bytes) -> Fault | None:
        lead = msgspec.json.decode(body)
        email = str(lead["email"])
        self.sent_at[email].append(time.monotonic())
        self.keys[email].add(str(lead[IDEMPOTENCY_KEY]))
        fault = self._plans[email].pop(0) if self._plans[email] else None
        if fault in (None, Fault.ANSWER_LOST):
            self.passed_on[email] += 1
        return fault

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._pass_on(b"")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fault = proxy._next_fault(body)
                if fault is Fault.HELD:
                    proxy._letting_go.wait(HELD_SECONDS)
                if fault in _STATUSES:
                    self._refuse(_STATUSES[fault])
                elif fault in (None, Fault.ANSWER_LOST):
                    self._pass_on(body, lose=fault is Fault.ANSWER_LOST)
                self.close_connection = True

            def _refuse(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Access-Control-Expose-Headers", "Retry-After")
                if status != 500:
                    self.send_header("Retry-After", "1")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def _pass_on(self, body: bytes, *, lose: bool = False) -> None:
                headers = {k: v for k, v in self.headers.items() if k.lower() in _PASSED}
                answer: Any = proxy._pool.request(
                    self.command, proxy._rex_url + self.path, body=body or None, headers=headers
                )
                if lose:
                    return
                self.send_response(answer.status)
                for name in _RETURNED:
                    if name in answer.headers:
                        self.send_header(name, answer.headers[name])
                self.send_header("Content-Length", str(len(answer.data)))
                self.end_headers()
                self.wfile.write(answer.data)

            def log_message(self, format: str, *args: Any) -> None:
                return

        return Handler
