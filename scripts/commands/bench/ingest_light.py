"""`ingest-light`: one request at a time, beside a bare route with one Redis write."""

from __future__ import annotations

from scripts.commands.bench.figures import at_most
from scripts.commands.bench.outcome import Effort, Outcome, Say, compared
from scripts.commands.bench.testbed import Testbed

#: Requests of one round.
REQUESTS = 2000


def measure(effort: Effort, say: Say) -> Outcome:
    """Alternate between the product and the bare route that writes to the same Redis."""
    ours: list[float] = []
    kept: list[float] = []
    with Testbed() as testbed:
        testbed.start("web")
        bare_port = testbed.start_bare_web()
        for number in range(effort.rounds):
            for port, path, medians in (
                (testbed.port, "/capture", ours),
                (bare_port, "/kept", kept),
            ):
                report = testbed.load(
                    port=port,
                    path=path,
                    connections=1,
                    requests=effort.count(REQUESTS),
                    seconds=60,
                    warm_up_seconds=0.1,
                )
                medians.append(report.p50_ms)
            say(f"round {number + 1}: {ours[-1]:.2f} ms, bare {kept[-1]:.2f} ms")
            testbed.redis.flushall()
    what, beside = "median of one at a time", "bare + write"
    row = compared(what, ours, beside, kept, at_most(1.3), form="{:.2f} ms")
    return Outcome([row], raw={"p50_ms": ours, "bare_p50_ms": kept})
