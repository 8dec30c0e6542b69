"""`backlog`: how fast a webhook's backlog is drained, by how deep it is, and then the queue's.

Each depth has its own database or queue, filled beforehand. Only the beginning of the drain is
measured, the same number at each depth; what was drained is refilled for the next round. The
worker's memory is read in the middle of a drain of captures.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import redis

from scripts.commands.bench.dataset import fill_pending, fill_queue, subscribe
from scripts.commands.bench.figures import at_least, median
from scripts.commands.bench.outcome import Effort, Outcome, Say, alternate_sizes, by_size
from scripts.commands.bench.record import recorded
from scripts.commands.bench.testbed import Testbed
from scripts.commands.queue_state import capture_jobs, notify
from scripts.system.processes import usage_of

DEPTHS = (10_000, 100_000, 1_000_000)
DEPTHS_QUICK = (10_000, 100_000)
#: Deliveries that are timed, and those before them.
TIMED = 6_000
WARM_UP = 500
#: Captures that are timed, those before them, and those of a job.
TIMED_CAPTURES = 7_500
WARM_UP_CAPTURES = 1_000
JOB_CAPTURES = 100
PATIENCE_SECONDS = 120.0


def measure(effort: Effort, say: Say) -> Outcome:
    """Alternate between the depths."""
    depths = DEPTHS_QUICK if effort.quick else DEPTHS
    with Testbed() as testbed:
        deliveries = _measure_deliveries(testbed, depths, effort, say)
        captures = _measure_captures(testbed, depths, effort, say)
    return Outcome(deliveries.rows + captures.rows, captures.notes, deliveries.raw | captures.raw)


def _measure_deliveries(
    testbed: Testbed, depths: Sequence[int], effort: Effort, say: Say
) -> Outcome:
    port = testbed.start_sink()
    url = f"http://127.0.0.1:{port}/"
    webhook_id = subscribe(testbed.database_url, testbed.secret_key, url)
    for depth in depths:
        fill_pending(testbed.copy_database(f"backlog_{depth}"), webhook_id, depth)
        say(f"{depth:,} deliveries are due")

    def drain(depth: int) -> float:
        database_url = testbed.url_of(f"backlog_{depth}")
        testbed.redis.flushall()
        testbed.start("deliveries", {"DATABASE_URL": database_url})
        before = testbed.count(port)
        notify(testbed.redis_url, webhook_id)
        rate = _rate(testbed, lambda: testbed.count(port), WARM_UP, effort.count(TIMED))
        testbed.stop("deliveries")
        fill_pending(database_url, webhook_id, testbed.count(port) - before)
        return rate

    rates = alternate_sizes(effort, say, depths, drain)
    rows = by_size("deliveries a second, {} pending", rates, at_least(0.9))
    return Outcome(rows, raw={"rates": {str(depth): each for depth, each in rates.items()}})


def _measure_captures(testbed: Testbed, depths: Sequence[int], effort: Effort, say: Say) -> Outcome:
    memory_mib: dict[int, list[float]] = {depth: [] for depth in depths}
    server = testbed.redis_url.rpartition("/")[0]
    urls = {depth: f"{server}/{number}" for number, depth in enumerate(depths, 1)}
    bytes_before = _redis_bytes(testbed)
    for depth, url in urls.items():
        fill_queue(testbed.database_url, url, depth, JOB_CAPTURES)
        say(f"{depth:,} captures are in the queue")
    bytes_each = (_redis_bytes(testbed) - bytes_before) / sum(depths)

    def drain(depth: int) -> float:
        worker = testbed.start("captures", {"REDIS_URL": urls[depth]})
        rate = _rate(testbed, lambda: recorded(testbed), WARM_UP_CAPTURES, TIMED_CAPTURES)
        memory_mib[depth].append(usage_of([worker.pid or 0]).memory_mib)
        testbed.stop("captures")
        with redis.Redis.from_url(urls[depth]) as client:
            left = capture_jobs(client) * JOB_CAPTURES
        fill_queue(testbed.database_url, urls[depth], depth - left, JOB_CAPTURES)
        return rate

    rates = alternate_sizes(effort, say, depths, drain)
    memory = "; ".join(f"{median(mib):.0f} MiB with {depth:,}" for depth, mib in memory_mib.items())
    return Outcome(
        by_size("captures a second, {} in the queue", rates, at_least(0.9)),
        notes=[
            f"a capture in the queue takes {bytes_each:,.0f} bytes of Redis' memory",
            f"the capture processes, draining: {memory}",
        ],
        raw={
            "captures": {str(depth): each for depth, each in rates.items()},
            "captures_memory_mib": {str(depth): each for depth, each in memory_mib.items()},
            "bytes_a_capture": bytes_each,
        },
    )


def _rate(testbed: Testbed, count: Callable[[], int], warm_up: int, timed: int) -> float:
    """What is counted a second, over `timed` of them after the first `warm_up`."""

    def when(wanted: int) -> tuple[float, int]:
        testbed.wait_until(lambda: count() >= wanted, "nothing is drained", PATIENCE_SECONDS)
        return time.monotonic(), count()

    began_at, at_begin = when(count() + warm_up)
    ended_at, at_end = when(at_begin + timed)
    return (at_end - at_begin) / (ended_at - began_at)


def _redis_bytes(testbed: Testbed) -> int:
    return int(testbed.redis.info("memory")["used_memory"])
