"""`record`: captures a second from a full queue into PostgreSQL, beside the bare statements.

The queue is filled through the ingress, so that jobs are of the sizes that it makes. One webhook is
subscribed: each capture becomes a contact, an event and a delivery. The clock runs from the first
commit of a worker process to the last, so that its start does not count.
"""

from __future__ import annotations

import time

from scripts.commands.bench.dataset import subscribe
from scripts.commands.bench.figures import at_least, median
from scripts.commands.bench.outcome import Effort, Outcome, Say, alternate, compared
from scripts.commands.bench.testbed import BenchFailed, Testbed
from scripts.commands.queue_state import capture_jobs

#: Captures of one round, on each side.
CAPTURES_A_ROUND = 40_000
#: Longer than any round takes.
PATIENCE_SECONDS = 120.0


def measure(effort: Effort, say: Say) -> Outcome:
    """Alternate between a capture worker and the plain loop, on the same growing tables."""
    count = effort.count(CAPTURES_A_ROUND)
    sizes: list[float] = []
    with Testbed() as testbed:
        # Nothing listens there, so the deliveries stay due.
        subscribe(testbed.database_url, testbed.secret_key, "http://127.0.0.1:9/")
        rehearsal_url = testbed.copy_database("rehearsal")
        testbed.start("web")
        arguments = (testbed.database_url, rehearsal_url, str(count))

        def drain() -> float:
            sizes.append(count / fill_queue(testbed, count))
            return drain_queue(testbed)

        sides = {"ours": drain, "bare": lambda: count / testbed.script("bare_record", *arguments)}
        ours, bare = alternate(effort, say, sides)
        _check(testbed, expected=2 * count * effort.rounds)
    return Outcome(
        [compared("captures a second", ours, "statements", bare, at_least(0.75))],
        notes=[f"jobs of {median(sizes):.0f} captures, as the ingress made them"],
        raw={"rate": ours, "bare_rate": bare, "captures_a_job": sizes},
    )


def fill_queue(testbed: Testbed, count: int) -> int:
    """Fill the queue with `count` captures; the number of jobs they came in."""
    report = testbed.load(requests=count, seconds=PATIENCE_SECONDS, warm_up_seconds=0)
    if report.accepted != count:
        raise BenchFailed(f"{report.accepted} of {count} captures were taken: {report.statuses}")
    return capture_jobs(testbed.redis)


def drain_queue(testbed: Testbed) -> float:
    """Run a worker until the queue is empty; captures a second."""
    before = recorded(testbed)
    testbed.start("captures")
    testbed.wait_until(lambda: recorded(testbed) > before, "nothing is recorded")
    began_at, at_begin = time.perf_counter(), recorded(testbed)
    testbed.wait_until(
        lambda: not capture_jobs(testbed.redis), "the queue is not emptied", PATIENCE_SECONDS
    )
    seconds = time.perf_counter() - began_at
    rate = (recorded(testbed) - at_begin) / seconds
    testbed.stop("captures")
    return rate


def recorded(testbed: Testbed) -> int:
    """Events so far: asks a sequence, which costs the server next to nothing."""
    return int(testbed.query("SELECT last_value - (NOT is_called)::int FROM events_number_seq"))


def _check(testbed: Testbed, expected: int) -> None:
    for table in ("captures", "contacts", "events", "deliveries"):
        found = testbed.query(f"SELECT count(*) FROM {table}")
        if found != expected:
            raise BenchFailed(f"{found:,} {table} where {expected:,} were expected")
