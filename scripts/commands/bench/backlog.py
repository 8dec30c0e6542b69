"""`backlog`: how fast a webhook's backlog is drained, by how deep it is, and then the queue's.

Each depth has a database of its own, filled by SQL. Measured is the beginning of the drain, the
same number of deliveries at each depth; what was drained is filled up again for the next round.
The captures are measured in the same way (queue_backlog.py).
"""

from __future__ import annotations

import time
from typing import NamedTuple

from scripts.commands.bench import queue_backlog
from scripts.commands.bench.dataset import fill_pending, notify, subscribe
from scripts.commands.bench.figures import at_least, median, ratio_by_rounds
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say
from scripts.commands.bench.testbed import Testbed

DEPTHS = (10_000, 100_000, 1_000_000)
DEPTHS_QUICK = (10_000, 100_000)
#: Deliveries that are timed, and those before them.
TIMED = 6_000
WARM_UP = 500
PATIENCE_SECONDS = 120.0


class _Backlog(NamedTuple):
    depth: int
    database_url: str
    rates: list[float]


def measure(effort: Effort, say: Say) -> Outcome:
    """Alternate between the depths."""
    timed = effort.count(TIMED)
    depths = DEPTHS_QUICK if effort.quick else DEPTHS
    with Testbed() as testbed:
        port = testbed.start_sink()
        url = f"http://127.0.0.1:{port}/"
        webhook_id = subscribe(testbed.database_url, testbed.environ["SECRET_KEY"], url)
        backlogs = []
        for depth in depths:
            database_url = testbed.copy_database(f"backlog_{depth}")
            fill_pending(database_url, webhook_id, depth)
            backlogs.append(_Backlog(depth, database_url, []))
            say(f"{depth:,} deliveries are due")
        for _ in range(effort.rounds):
            for backlog in backlogs:
                backlog.rates.append(_drain_some(testbed, port, backlog, webhook_id, timed))
                say(f"{backlog.depth:,} pending: {backlog.rates[-1]:,.0f}/s")
        captures = queue_backlog.measure(testbed, depths, effort, say)
    deliveries = _outcome(backlogs)
    return Outcome(
        deliveries.rows + captures.rows,
        deliveries.notes + captures.notes,
        deliveries.raw | captures.raw,
    )


def _drain_some(
    testbed: Testbed, port: int, backlog: _Backlog, webhook_id: str, timed: int
) -> float:
    """Deliveries a second in the first part of a drain."""
    testbed.redis.flushall()
    testbed.start("deliveries", {"DATABASE_URL": backlog.database_url})
    before = testbed.get(port, "/count")
    notify(testbed.redis_url, webhook_id)
    began_at, at_begin = _when(testbed, port, before + WARM_UP)
    ended_at, at_end = _when(testbed, port, at_begin + timed)
    testbed.stop("deliveries")
    fill_pending(backlog.database_url, webhook_id, testbed.get(port, "/count") - before)
    return (at_end - at_begin) / (ended_at - began_at)


def _when(testbed: Testbed, port: int, count: int) -> tuple[float, int]:
    """When so many deliveries have come, and how many by then."""
    testbed.wait_until(
        lambda: testbed.get(port, "/count") >= count, "the backlog does not move", PATIENCE_SECONDS
    )
    return time.monotonic(), int(testbed.get(port, "/count"))


def _outcome(backlogs: list[_Backlog]) -> Outcome:
    first, *others = backlogs
    return Outcome(
        rows=[
            Row(
                "backlog",
                f"deliveries a second, {other.depth:,} pending",
                f"{median(other.rates):,.0f}/s",
                f"{first.depth:,}: {median(first.rates):,.0f}/s",
                ratio_by_rounds(other.rates, first.rates),
                at_least(0.9),
            )
            for other in others
        ],
        raw={"rates": {str(each.depth): each.rates for each in backlogs}},
    )
