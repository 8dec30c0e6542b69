"""`scrapes`: what a scrape of every role each second costs at full load, in processor time.

Rounds with and without scrapes alternate; the web process's time for each capture and the delivery
process's for each delivery are compared round by round.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

import urllib3

from app.metrics.exposition import PORT_OF_ROLE
from scripts.commands.bench.dataset import subscribe
from scripts.commands.bench.deliver import drain
from scripts.commands.bench.figures import at_most, percentile
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say, compared
from scripts.commands.bench.testbed import Testbed
from scripts.system.ports import free_ports, is_free
from scripts.system.processes import usage_of

#: Many short rounds: what is looked for is smaller than what a neighbour on the machine costs.
ROUNDS_MIN = 16
CONNECTIONS = 64
SECONDS = 3.0
DELIVERIES = 4_000
SCRAPES, SCRAPES_TIMED = 20, 200
#: Of CPU time with scrapes to that without; a scrape's time; the series of all roles.
COST_GOAL, TIME_GOAL, SERIES_GOAL = at_most(1.02), at_most(20, " ms"), at_most(2000)


def with_metrics() -> dict[str, str]:
    """Settings of a testbed whose roles serve their metrics."""
    return {"METRICS_PORT": str(free_ports(len(PORT_OF_ROLE)))}


def measure(effort: Effort, say: Say) -> Outcome:
    """Alternate between rounds with and without scrapes."""
    rounds = effort.rounds if effort.quick else max(ROUNDS_MIN, effort.rounds)
    with Testbed(with_metrics()) as testbed:
        port = testbed.start_sink()
        webhook_id = subscribe(
            testbed.database_url, testbed.secret_key, f"http://127.0.0.1:{port}/"
        )
        testbed.start("web")

        def capture() -> int:
            spec = {"seconds": effort.seconds(SECONDS), "connections": CONNECTIONS}
            accepted = testbed.load(**spec, warm_up_seconds=0).accepted
            testbed.redis.flushall()
            return accepted

        captures = _compare(testbed, "web", capture, rounds, say)
        testbed.start("deliveries")
        count = effort.count(DELIVERIES)

        def deliver() -> int:
            before = testbed.count(port)
            drain(testbed, port, webhook_id, count)
            return testbed.count(port) - before

        deliveries = _compare(testbed, "deliveries", deliver, rounds, say)
        own = [_own_row(testbed, role) for role in _ports(testbed)]
    return Outcome([_row("capture, web", *captures), _row("delivery", *deliveries), *own])


def scrape_rows(testbed: Testbed) -> list[Row]:
    """How long a scrape of each role takes, and how many series all have."""
    rows, series = [], 0
    ports = _ports(testbed)
    testbed.wait_until(lambda: not any(map(is_free, ports.values())), "no metrics are served")
    for role, port in ports.items():
        asked = [_scrape(port) for _ in range(SCRAPES)]
        series += asked[-1][1]
        p95 = percentile([milliseconds for milliseconds, _ in asked], 0.95)
        rows.append(Row(f"a scrape of {role}", f"p95 {p95:.1f} ms", "", p95, TIME_GOAL))
    return [*rows, Row("series of all roles", f"{series:,}", "", series, SERIES_GOAL)]


def _compare(
    testbed: Testbed, role: str, work: Callable[[], int], rounds: int, say: Say
) -> tuple[list[float], list[float]]:
    """Microseconds of the role's processor time for each piece of work: with scrapes, without."""
    pid = testbed.pids()[role]
    spent: dict[bool, list[float]] = {True: [], False: []}
    work()  # warms it up
    for number in range(rounds):
        for scraped in (number % 2 == 0, number % 2 == 1):
            before = usage_of([pid]).cpu_seconds
            with _scraping(testbed, scraped):
                done = work()
            spent[scraped].append(1e6 * (usage_of([pid]).cpu_seconds - before) / done)
        with_, without = spent[True][-1], spent[False][-1]
        say(f"{role}, round {number + 1}: {with_:.1f} µs scraped, {without:.1f} µs not")
    return spent[True], spent[False]


@contextmanager
def _scraping(testbed: Testbed, wanted: bool) -> Iterator[None]:
    """Every role is scraped each second."""
    ended = threading.Event()
    ports = list(_ports(testbed).values()) if wanted else []

    def scrape() -> None:
        while not ended.is_set():
            for port in ports:
                with suppress(urllib3.exceptions.HTTPError):
                    _scrape(port)
            ended.wait(1)

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _scrape(port: int) -> tuple[float, int]:
    """Milliseconds to all of an answer, and its series."""
    began_at = time.perf_counter()
    answer = urllib3.request("GET", f"http://127.0.0.1:{port}/metrics", retries=False, timeout=5)
    milliseconds = 1000 * (time.perf_counter() - began_at)
    lines = answer.data.decode().splitlines()
    return milliseconds, sum(not line.startswith("#") for line in lines)


def _own_row(testbed: Testbed, role: str) -> Row:
    """The processor time of a scrape itself, while the role has nothing else to do."""
    pid, port = testbed.pids()[role], _ports(testbed)[role]
    before = usage_of([pid]).cpu_seconds
    for _ in range(SCRAPES_TIMED):
        _scrape(port)
    milliseconds = 1000 * (usage_of([pid]).cpu_seconds - before) / SCRAPES_TIMED
    share = milliseconds / 10  # of a core in percent, once a second
    return Row(
        f"share of a core for a scrape of {role} each second, %",
        f"{milliseconds:.1f} ms",
        "",
        share,
        at_most(2, " %"),
    )


def _ports(testbed: Testbed) -> Mapping[str, int]:
    first = testbed.system.settings.metrics_port
    running = {role: first + more for role, more in PORT_OF_ROLE.items()}
    return {role: port for role, port in running.items() if role in testbed.children}


def _row(what: str, scraped: list[float], plain: list[float]) -> Row:
    name = f"processor time of a {what}, scraped each second"
    return compared(name, scraped, "without", plain, COST_GOAL, form="{:.1f} µs")
