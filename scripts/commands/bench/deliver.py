"""`deliver`: deliveries a second from due rows to a receiver, beside a plain loop of threads.

One worker process with the product's settings. Beside it as many threads as it may have in flight
to one webhook post the same requests to the same receiver, and store nothing.
"""

from __future__ import annotations

import time

from scripts.commands.bench.dataset import fill_pending, ring, subscribe
from scripts.commands.bench.figures import at_least, median, ratio_by_rounds
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say
from scripts.commands.bench.testbed import BenchFailed, Place

#: Deliveries of one round, on each side.
DELIVERIES = 15_000
PATIENCE_SECONDS = 120.0
#: Deliveries before the scheduler starts: connections are opened, the worker is warm.
WARM_UP = 300


def measure(effort: Effort, say: Say) -> Outcome:
    """Alternate between a delivery worker and the plain loop."""
    count = effort.count(DELIVERIES)
    ours: list[float] = []
    bare: list[float] = []
    with Place() as place:
        port = place.start_sink()
        url = f"http://127.0.0.1:{port}/ours"
        webhook_id = subscribe(place.database_url, place.environ["SECRET_KEY"], url)
        place.start("deliveries")
        for number in range(effort.rounds):
            ours.append(drain(place, port, webhook_id, count))
            arguments = (f"http://127.0.0.1:{port}/bare", str(count), str(place.window))
            bare.append(count / place.script("bare_deliver", *arguments))
            say(f"round {number + 1}: {ours[-1]:,.0f}/s, bare {bare[-1]:,.0f}/s")
        _check(place, (WARM_UP + count) * effort.rounds)
    return Outcome(
        rows=[
            Row(
                "deliver",
                "deliveries a second",
                f"{median(ours):,.0f}/s",
                f"urllib3 {median(bare):,.0f}/s",
                ratio_by_rounds(ours, bare),
                at_least(0.60),
            )
        ],
        raw={"rate": ours, "bare_rate": bare},
    )


def drain(place: Place, port: int, webhook_id: str, count: int) -> float:
    """Make so many deliveries due and see them through; deliveries a second."""
    fill_pending(place.database_url, webhook_id, WARM_UP + count)
    before = place.get(port, "/count")
    ring(place.redis_url, webhook_id)
    first = before + WARM_UP
    place.wait_until(lambda: place.get(port, "/count") >= first, "nothing is delivered")
    began_at, at_begin = time.perf_counter(), place.get(port, "/count")
    # The receiver is asked first: to look for what is open reads what is not.
    last = before + WARM_UP + count
    place.wait_until(
        lambda: place.get(port, "/count") >= last and not _open(place),
        "not all was delivered",
        PATIENCE_SECONDS,
    )
    seconds = time.perf_counter() - began_at
    return float(place.get(port, "/count") - at_begin) / seconds


def _open(place: Place) -> bool:
    return bool(
        place.query(
            "SELECT EXISTS (SELECT FROM deliveries WHERE status = 'pending')"
            " OR EXISTS (SELECT FROM deliveries WHERE status = 'attempting')"
        )
    )


def _check(place: Place, expected: int) -> None:
    attempts = place.query("SELECT count(*) FROM attempts WHERE result = 'succeeded'")
    if attempts != expected:
        raise BenchFailed(f"{attempts:,} attempts on record where {expected:,} were expected")
