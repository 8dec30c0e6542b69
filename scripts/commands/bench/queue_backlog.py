"""The second half of `backlog`: how fast a worker drains captures, by how many are in the queue.

Each depth has a queue of its own, in a Redis database of its own, filled with jobs as the ingress
makes them. Measured is the beginning of the drain; what was drained is filled up again for the next
round. The worker's memory is read in the middle of it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import redis

from app.queue.jobs import CAPTURES
from app.queue.keys import payloads_key
from scripts.commands.bench.dataset import fill_queue
from scripts.commands.bench.figures import at_least, median, ratio_by_rounds
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say
from scripts.commands.bench.record import recorded
from scripts.commands.bench.testbed import Testbed
from scripts.commands.bench.usage import usage_of

#: Captures that are timed, those before them, and those of a job.
TIMED = 7_500
WARM_UP = 1_000
JOB_CAPTURES = 100
PATIENCE_SECONDS = 120.0


class _Queue(NamedTuple):
    depth: int
    redis_url: str
    rates: list[float]
    #: Of the worker, while it drains.
    memory_mib: list[float]


def measure(testbed: Testbed, depths: Sequence[int], effort: Effort, say: Say) -> Outcome:
    """Alternate between the depths."""
    empty = _redis_bytes(testbed)
    queues = []
    for number, depth in enumerate(depths, 1):
        # Each takes two databases: the queue's and the next.
        redis_url = f"{testbed.redis_url.rpartition('/')[0]}/{2 * number}"
        fill_queue(testbed.database_url, redis_url, depth, JOB_CAPTURES)
        queues.append(_Queue(depth, redis_url, [], []))
        say(f"{depth:,} captures are in the queue")
    bytes_each = (_redis_bytes(testbed) - empty) / sum(queue.depth for queue in queues)
    for _ in range(effort.rounds):
        for queue in queues:
            _drain_some(testbed, queue)
            say(f"{queue.depth:,} in the queue: {queue.rates[-1]:,.0f}/s")
    return _outcome(queues, bytes_each)


def _drain_some(testbed: Testbed, queue: _Queue) -> None:
    before = recorded(testbed)
    worker = testbed.start("captures", {"REDIS_URL": queue.redis_url})
    began_at, at_begin = _when(testbed, before + WARM_UP)
    ended_at, at_end = _when(testbed, at_begin + TIMED)
    queue.memory_mib.append(usage_of([worker.pid or 0]).memory_mib)
    testbed.stop("captures")
    queue.rates.append((at_end - at_begin) / (ended_at - began_at))
    with redis.Redis.from_url(queue.redis_url) as client:
        left = int(client.hlen(payloads_key(CAPTURES)))
    fill_queue(
        testbed.database_url, queue.redis_url, queue.depth - left * JOB_CAPTURES, JOB_CAPTURES
    )


def _when(testbed: Testbed, count: int) -> tuple[float, int]:
    """When so many captures have been recorded, and how many by then."""
    testbed.wait_until(
        lambda: recorded(testbed) >= count, "the queue does not move", PATIENCE_SECONDS
    )
    return time.monotonic(), recorded(testbed)


def _redis_bytes(testbed: Testbed) -> int:
    return int(testbed.redis.info("memory")["used_memory"])


def _outcome(queues: Sequence[_Queue], bytes_each: float) -> Outcome:
    first, *others = queues
    memory = "; ".join(
        f"{median(queue.memory_mib):.0f} MiB with {queue.depth:,}" for queue in queues
    )
    return Outcome(
        rows=[
            Row(
                "backlog",
                f"captures a second, {other.depth:,} in the queue",
                f"{median(other.rates):,.0f}/s",
                f"{first.depth:,}: {median(first.rates):,.0f}/s",
                ratio_by_rounds(other.rates, first.rates),
                at_least(0.9),
            )
            for other in others
        ],
        notes=[
            f"a capture in the queue takes {bytes_each:,.0f} bytes of Redis' memory",
            f"the capture processes, draining: {memory}",
        ],
        raw={
            "captures": {str(queue.depth): queue.rates for queue in queues},
            "captures_memory_mib": {str(queue.depth): queue.memory_mib for queue in queues},
            "bytes_a_capture": bytes_each,
        },
    )
