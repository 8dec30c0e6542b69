"""`deliver`: deliveries a second from due rows to a receiver, beside a plain loop of threads.

One worker process with the product's settings. Beside it as many threads as are fastest here post
the same requests to the same receiver, and store nothing.
"""

from __future__ import annotations

import time

from scripts.commands.bench.dataset import fill_pending, subscribe
from scripts.commands.bench.figures import at_least
from scripts.commands.bench.outcome import Effort, Outcome, Say, alternate, compared
from scripts.commands.bench.testbed import BenchFailed, Testbed
from scripts.commands.queue_state import notify

#: Deliveries of one round, on each side.
DELIVERIES = 15_000
#: More threads than this only wait for each other.
BARE_THREADS = 10
PATIENCE_SECONDS = 120.0
#: Deliveries before the clock starts: connections are opened, the worker is warm.
WARM_UP = 300


def measure(effort: Effort, say: Say) -> Outcome:
    """Alternate between a delivery worker and the plain loop."""
    count = effort.count(DELIVERIES)
    with Testbed() as testbed:
        port = testbed.start_sink()
        url = f"http://127.0.0.1:{port}/ours"
        webhook_id = subscribe(testbed.database_url, testbed.secret_key, url)
        testbed.start("deliveries")
        arguments = (f"http://127.0.0.1:{port}/bare", str(count), str(BARE_THREADS))
        sides = {
            "ours": lambda: drain(testbed, port, webhook_id, count),
            "bare": lambda: count / testbed.script("bare_deliver", *arguments),
        }
        ours, bare = alternate(effort, say, sides)
        _check(testbed, (WARM_UP + count) * effort.rounds)
    return Outcome(
        [compared("deliveries a second", ours, "urllib3", bare, at_least(0.85))],
        raw={"rate": ours, "bare_rate": bare},
    )


def drain(testbed: Testbed, port: int, webhook_id: str, count: int) -> float:
    """Make `count` deliveries due and wait for them; deliveries a second."""
    before, at_begin, began_at = begin(testbed, port, webhook_id, count)
    # The receiver is asked first: to look for what is open reads what is not.
    last = before + WARM_UP + count
    testbed.wait_until(
        lambda: testbed.count(port) >= last and not _open(testbed),
        "not all was delivered",
        PATIENCE_SECONDS,
    )
    seconds = time.perf_counter() - began_at
    return (testbed.count(port) - at_begin) / seconds


def begin(testbed: Testbed, port: int, webhook_id: str, count: int) -> tuple[int, int, float]:
    """Make `WARM_UP` and `count` deliveries due and wait for the warm-up.

    The receiver's count before all and now, and the time of now.
    """
    fill_pending(testbed.database_url, webhook_id, WARM_UP + count)
    before = testbed.count(port)
    notify(testbed.redis_url, webhook_id)
    first = before + WARM_UP
    testbed.wait_until(lambda: testbed.count(port) >= first, "nothing is delivered")
    return before, testbed.count(port), time.perf_counter()


def _open(testbed: Testbed) -> bool:
    return bool(
        testbed.query(
            "SELECT EXISTS (SELECT FROM deliveries WHERE status = 'pending')"
            " OR EXISTS (SELECT FROM deliveries WHERE status = 'attempting')"
        )
    )


def _check(testbed: Testbed, expected: int) -> None:
    attempts = testbed.query("SELECT count(*) FROM attempts WHERE result = 'succeeded'")
    if attempts != expected:
        raise BenchFailed(f"{attempts:,} attempts on record where {expected:,} were expected")
