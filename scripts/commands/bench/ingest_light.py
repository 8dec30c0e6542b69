"""`ingest-light`: one request at a time, beside a bare route with one Redis write."""

from __future__ import annotations

from scripts.commands.bench.figures import at_most
from scripts.commands.bench.outcome import Effort, Outcome, Say, alternate, compared
from scripts.commands.bench.testbed import Testbed

#: Requests of one round.
REQUESTS = 2000


def measure(effort: Effort, say: Say) -> Outcome:
    """Alternate between the product and the bare route that writes to the same Redis."""
    with Testbed() as testbed:
        testbed.start("web")
        bare_port = testbed.start_bare_web()

        def p50(port: int, path: str) -> float:
            spec = {"connections": 1, "requests": effort.count(REQUESTS), "seconds": 60}
            report = testbed.load(port=port, path=path, warm_up_seconds=0.1, **spec)
            testbed.redis.flushall()
            return report.p50_ms

        sides = {
            "ours": lambda: p50(testbed.port, "/capture"),
            "bare": lambda: p50(bare_port, "/kept"),
        }
        ours, kept = alternate(effort, say, sides, "{:.2f} ms")
    what, beside = "median of one at a time", "bare + write"
    row = compared(what, ours, beside, kept, at_most(1.3), form="{:.2f} ms")
    return Outcome([row], raw={"p50_ms": ours, "bare_p50_ms": kept})
