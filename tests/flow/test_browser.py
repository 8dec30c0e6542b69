"""A real browser on a page of another origin: what a page can send, and what it can read."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scripts.client import Rex
from tests.flow.browsers import browsing
from tests.flow.pages import PageHandler, PageServer
from tests.waiting import eventually

PATIENCE_SECONDS = 30.0
WAYS = ("json", "text", "urlencoded", "multipart", "often", "form", "beacon", "blob")
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


class ResultPages(PageServer):
    """Serves the test's pages and takes their results."""

    def __init__(self, rex_url: str) -> None:
        self.results: queue.Queue[dict[str, Any]] = queue.Queue()
        self._rex_url = rex_url
        super().__init__(self._handler())

    def _handler(self) -> type[PageHandler]:
        server = self

        class Handler(PageHandler):
            def do_GET(self) -> None:  # noqa: N802 (a name of http.server)
                pages = {"/": PAGE, "/leaving": LEAVING}
                page = pages.get(self.path, "<!doctype html><title>thanks</title>")
                page = page.replace("REX", server._rex_url).replace("PAGE", server.url)
                self.answer(page.encode())

            def do_POST(self) -> None:  # noqa: N802
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(b"")
                server.results.put(json.loads(body))

        return Handler


def test_a_page_of_another_origin_captures_in_every_way_and_reads_every_answer(
    rex: Rex, browser: str, tmp_path: Path
) -> None:
    with ResultPages(rex.base_url) as pages:
        settings = {"redirect_targets": [f"{pages.url}/thanks"], "capture_rate_per_email": 2}
        assert rex.request("PATCH", "/org", settings)[0] == 200
        with browsing(browser, pages.url, tmp_path / "profile"):
            results = pages.results.get(timeout=PATIENCE_SECONDS)
            captured = _wait_for_contacts(rex, [f"{way}@example.com" for way in WAYS])
    assert rex.request("PATCH", "/org", {"capture_rate_per_email": 0})[0] == 200

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
    assert captured["form@example.com"]["metadata"] == {"message": "1 < 2, ß"}


def _wait_for_contacts(rex: Rex, emails: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The contacts with these addresses, once there are all of them."""
    found: dict[str, dict[str, Any]] = {}

    def is_there(email: str) -> bool:
        _, page = rex.request("GET", f"/contacts?email={email}")
        found.update((contact["email"], contact) for contact in page["data"])
        return email in found

    for email in emails:
        eventually(lambda email=email: is_there(email), PATIENCE_SECONDS)  # type: ignore[misc]
    return found
