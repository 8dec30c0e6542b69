"""A real browser on a page of another origin: what a page can send, and what it can read."""

from __future__ import annotations

import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from scripts.client import Rex
from tests.flow.browsers import browsing

PATIENCE_SECONDS = 30.0
PAGE = Path(__file__).with_name("page.html").read_text()

#: Sent while its page goes away: as text, which needs no preflight, and as JSON, which does.
LEAVING = """<!doctype html>
<script>
  addEventListener('pagehide', () => {
    const lead = (email) => JSON.stringify({ email })
    navigator.sendBeacon('REX/capture', lead('beacon@example.com'))
    const text = new Blob([lead('blob@example.com')], { type: 'text/plain' })
    navigator.sendBeacon('REX/capture', text)
  })
</script>
"""


class PageServer:
    """Serves the test's pages on an origin of their own and takes their results."""

    def __init__(self, rex_url: str) -> None:
        self.results: queue.Queue[dict[str, Any]] = queue.Queue()
        self._rex_url = rex_url
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        # Another host name than the product's: another site, not only another port.
        return f"http://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> PageServer:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                pages = {"/": PAGE, "/leaving": LEAVING}
                page = pages.get(self.path, "<!doctype html><title>thanks</title>")
                page = page.replace("REX", server._rex_url).replace("PAGE", server.url)
                self._answer(page.encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(b"")
                server.results.put(json.loads(body))

            def _answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                return

        return Handler


def test_a_page_of_another_origin_captures_in_every_way_and_reads_every_answer(
    rex: Rex, browser: str, tmp_path: Path
) -> None:
    with PageServer(rex.base_url) as pages:
        settings = {"redirect_targets": [f"{pages.url}/thanks"], "capture_rate_per_email": 2}
        assert rex.request("PATCH", "/org", settings)[0] == 200
        with browsing(browser, pages.url, tmp_path / "profile"):
            results = pages.results.get(timeout=PATIENCE_SECONDS)
            captured = _wait_for_contacts(rex, 8)

    assert "error" not in results, results
    for way in ("json", "text", "urlencoded", "multipart"):
        assert results[way]["status"] == 202, way
        assert results[way]["email"] == f"{way}@example.com"
        assert results[way]["requestId"].startswith("req_")
    assert (results["invalid"]["status"], results["invalid"]["code"]) == (422, "validation_failed")
    *taken, limited = results["limited"]
    assert [each["status"] for each in taken] == [202, 202]
    assert (limited["status"], limited["code"]) == (429, "rate_limit_exceeded")
    assert int(limited["retryAfter"]) >= 1
    assert results["redirectedTo"] == f"{pages.url}/thanks"
    ways = ("json", "text", "urlencoded", "multipart", "often", "form", "beacon", "blob")
    assert captured.keys() == {f"{way}@example.com" for way in ways}
    assert captured["form@example.com"]["metadata"] == {"message": "1 < 2, ß"}


def _wait_for_contacts(rex: Rex, count: int) -> dict[str, dict[str, Any]]:
    """The org's contacts by address, once there are so many."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        _, page = rex.request("GET", "/contacts?limit=200")
        found = {contact["email"]: contact for contact in page["data"]}
        if len(found) >= count:
            return found
        assert time.monotonic() < deadline, sorted(found)
        time.sleep(0.05)  # the condition lives in another process
