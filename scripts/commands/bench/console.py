"""`console`: the first byte of each screen over a month of leads, and what is sent for it.

On the same data every role is scraped.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import urllib3

from scripts.commands.bench.console_data import SETTINGS, WEBHOOKS, fill
from scripts.commands.bench.console_screens import screens
from scripts.commands.bench.figures import at_most, percentile
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say
from scripts.commands.bench.pipeline import start_all
from scripts.commands.bench.scraping import scrape_rows, with_metrics
from scripts.commands.bench.testbed import Testbed
from scripts.system.application import sign_in_link
from scripts.system.processes import usage_of

LEADS = 1_000_000
#: How often each screen is asked for.
REQUESTS = 100
_USER = "bench@localhost"


def measure(effort: Effort, say: Say) -> Outcome:
    """Fill a database, then ask for each screen, one at a time."""
    leads = effort.count(LEADS)
    with Testbed({"BASE_DOMAIN": "localhost", **SETTINGS, **with_metrics()}) as testbed:
        fill(testbed, leads, say)
        say(f"{leads:,} leads and {leads * WEBHOOKS:,} deliveries are there")
        testbed.start("web")
        browser = _SignedIn(testbed)
        paths = screens(testbed)
        shown: dict[str, _Shown] = {}
        for name, path in paths.items():
            shown[name] = _show(testbed, browser, path, effort.count(REQUESTS))
            say(f"{name}: {percentile(shown[name].times, 0.95):.1f} ms")
        start_all(testbed)
        scrapes = scrape_rows(testbed)
    rows = [*(_row(name, each) for name, each in shown.items()), *scrapes]
    times = {name: each.times for name, each in shown.items()}
    return Outcome(rows, [f"{leads:,} leads, {leads * WEBHOOKS:,} deliveries"], {"ms": times})


class _Shown(NamedTuple):
    """A screen: milliseconds to the first byte of each request, bytes, processor time of one."""

    times: list[float]
    size: int
    cpu_ms: float


def _show(testbed: Testbed, browser: _SignedIn, path: str, count: int) -> _Shown:
    """Ask for a screen so often. The processor time is of web and PostgreSQL."""
    browser.ask(path)  # a template is compiled, a plan is made
    pids = [testbed.pids()[name] for name in ("web", "postgres")]
    before = usage_of(pids).cpu_seconds
    asked = [browser.ask(path) for _ in range(count)]
    spent = 1000 * (usage_of(pids).cpu_seconds - before) / count
    return _Shown([milliseconds for milliseconds, _ in asked], asked[-1][1], spent)


def _row(name: str, shown: _Shown) -> Row:
    p95 = percentile(shown.times, 0.95)
    ours = f"p50 {percentile(shown.times, 0.5):.1f} ms, p95 {p95:.1f} ms"
    beside = f"{shown.size / 1024:.1f} KiB sent, {shown.cpu_ms:.0f} ms of processor time"
    return Row(f"{name}, first byte", ours, beside, p95, at_most(50, " ms"))


class _SignedIn:
    """Asks for pages as somebody who has signed in."""

    def __init__(self, testbed: Testbed) -> None:
        self._http = urllib3.PoolManager(retries=False, timeout=30)
        self._url = f"{testbed.system.base_url}/console"
        link = sign_in_link(testbed.system.environ, _USER)
        assert link is not None
        path = f"{self._url}/sign-in/{link.rsplit('/', 1)[1]}"
        page = self._http.request("GET", path)
        token = page.headers["set-cookie"].partition("=")[2].partition(";")[0]
        answer = self._http.request(
            "POST",
            path,
            fields={"form_token": token},
            encode_multipart=False,
            headers={"Cookie": f"rex_form={token}"},
            redirect=False,
        )
        self._cookie = answer.headers["set-cookie"].partition(";")[0]

    def ask(self, path: str) -> tuple[float, int]:
        """Milliseconds to the first byte of a page, and its size."""
        began_at = time.perf_counter()
        answer = self._http.request(
            "GET", f"{self._url}/{path}", headers={"Cookie": self._cookie}, preload_content=False
        )
        milliseconds = 1000 * (time.perf_counter() - began_at)
        body = answer.read()
        assert answer.status == 200, (path, answer.status, body[:300])
        answer.release_conn()
        return milliseconds, len(body)
