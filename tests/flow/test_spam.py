"""Proofs of work on a whole system: what a flood gets, and what a visitor's browser does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3

from scripts.client import Rex
from scripts.system.whole import WholeSystem
from tests.flow.browsers import browsing
from tests.waiting import eventually

PATIENCE_SECONDS = 120.0
SENDERS = 16
PAGE = """<!doctype html>
<meta charset="utf-8">
<script src="REX/rex.js" defer></script>
<script src="REX/rex-pow.js" defer></script>
<form action="REX/capture" method="post" data-rex-pow KIT>
<input name="email" value="MAIL"><button>Send</button>
</form>
<script>addEventListener('load', () => document.querySelector('form').requestSubmit())</script>
"""


@pytest.fixture
def guarded(rex: Rex) -> Iterator[Rex]:
    """The system's org, with proofs of work required and without limits.

    They apply once the request is answered, since the system has one web process.
    """
    settings = {"capture_rate_per_address": 0, "capture_rate_per_email": 0}
    assert rex.request("PATCH", "/org", {"spam_mode": "require-pow", **settings})[0] == 200
    yield rex
    assert rex.request("PATCH", "/org", {"spam_mode": "monitor"})[0] == 200


def quarantined(rex: Rex) -> int:
    """How many captures are in quarantine."""
    count, cursor = 0, ""
    while True:
        _, page = rex.request("GET", f"/captures?status=quarantined&limit=200&cursor={cursor}")
        count += len(page["data"])
        if not page["has_more"]:
            return count
        cursor = page["next_cursor"]


@pytest.mark.parametrize("posts", [300, pytest.param(10_000, marks=pytest.mark.all_only)])
def test_a_flood_without_proofs_creates_no_contact_and_loses_nothing(
    system: WholeSystem, guarded: Rex, posts: int
) -> None:
    before = quarantined(guarded)
    with urllib3.connection_from_url(system.base_url, maxsize=SENDERS) as pool:

        def post(number: int) -> int:
            lead = {"email": f"flood{posts}.{number}@example.com", "first_name": "Ann"}
            while True:
                answer = pool.request("POST", "/capture", json=lead, retries=False)
                if answer.status != 503:  # too many at once: the server asks to come back
                    return int(answer.status)

        with ThreadPoolExecutor(SENDERS) as threads:
            assert set(threads.map(post, range(posts))) == {202}
    eventually(lambda: quarantined(guarded) == before + posts, PATIENCE_SECONDS)

    _, contacts = guarded.request("GET", "/contacts?limit=200")
    assert not [each for each in contacts["data"] if each["email"].startswith("flood")]


@contextmanager
def serving(page: bytes) -> Iterator[str]:
    """A page at an address of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("email", "kit"),
    [pytest.param("plain@a.com", "", marks=pytest.mark.all_only), ("kit@a.com", "data-rex")],
)
def test_a_visitors_form_brings_its_proof(
    system: WholeSystem, guarded: Rex, browser: str, tmp_path: Path, email: str, kit: str
) -> None:
    def captured() -> bool:
        _, page = guarded.request("GET", f"/contacts?email={email}")
        return bool(page["data"])

    page = PAGE.replace("REX", system.base_url).replace("KIT", kit).replace("MAIL", email).encode()
    with serving(page) as url, browsing(browser, url, tmp_path / "profile"):
        eventually(captured, PATIENCE_SECONDS)
    assert email not in str(guarded.request("GET", "/captures?status=quarantined&limit=200"))
