"""Scraping the roles of a testbed: how long it takes, and what is served."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from functools import partial

import urllib3

from app.metrics.exposition import PORT_OF_ROLE
from scripts.commands.bench.figures import at_most, percentile
from scripts.commands.bench.outcome import Row
from scripts.commands.bench.testbed import Testbed
from scripts.system.ports import free_ports, is_free
from scripts.system.waiting import repeated

#: Scrapes that are timed, of each role.
SCRAPES = 20
#: A scrape's time; the series of all roles.
TIME_GOAL, SERIES_GOAL = at_most(20, " ms"), at_most(2000)


def with_metrics() -> dict[str, str]:
    """Settings of a testbed whose roles serve their metrics."""
    return {"METRICS_PORT": str(free_ports(len(PORT_OF_ROLE)))}


def ports_of(testbed: Testbed) -> Mapping[str, int]:
    """Where the running roles serve their metrics."""
    first = testbed.system.settings.metrics_port
    running = {role: first + more for role, more in PORT_OF_ROLE.items()}
    return {role: port for role, port in running.items() if role in testbed.children}


def scrape_rows(testbed: Testbed) -> list[Row]:
    """How long a scrape of each role takes, and how many series all have."""
    rows, series = [], 0
    ports = ports_of(testbed)
    testbed.wait_until(lambda: not any(map(is_free, ports.values())), "no metrics are served")
    for role, port in ports.items():
        asked = [scrape(port) for _ in range(SCRAPES)]
        series += asked[-1][1]
        p95 = percentile([milliseconds for milliseconds, _ in asked], 0.95)
        rows.append(Row(f"a scrape of {role}", f"p95 {p95:.1f} ms", "", p95, TIME_GOAL))
    return [*rows, Row("series of all roles", f"{series:,}", "", series, SERIES_GOAL)]


@contextmanager
def scraping(port: int | None, interval_seconds: float) -> Iterator[list[float]]:
    """A role is scraped all the time; what each scrape took. None: no role."""
    taken: list[float] = []

    def scrape_once(port: int) -> None:
        with suppress(urllib3.exceptions.HTTPError):
            taken.append(scrape(port)[0])

    with repeated(partial(scrape_once, port), interval_seconds) if port else nullcontext():
        yield taken


def scrape(port: int) -> tuple[float, int]:
    """Milliseconds to all of an answer, and its series."""
    began_at = time.perf_counter()
    answer = urllib3.request("GET", f"http://127.0.0.1:{port}/metrics", retries=False, timeout=5)
    milliseconds = 1000 * (time.perf_counter() - began_at)
    lines = answer.data.decode().splitlines()
    return milliseconds, sum(not line.startswith("#") for line in lines)
