"""`ingest`: durable 202s a second from one web process, beside a bare route without a queue.

No workers run and no limits count. The trivial responder in the same run shows what the load could
do: it must be well above either side.
"""

from __future__ import annotations

from scripts.commands.bench.figures import at_least, at_most, median
from scripts.commands.bench.load import Report
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say, compared
from scripts.commands.bench.testbed import BenchFailed, Testbed
from scripts.system.processes import usage_of

#: Connections of the load.
CONNECTIONS = 64
SECONDS = 10.0
#: Shares of the highest rate at which the plot shows the latency.
LOAD_SHARES = (0.1, 0.25, 0.4, 0.55, 0.7, 0.8, 0.9, 1.0)


def measure(effort: Effort, say: Say) -> Outcome:
    """Alternate between the product, the bare route and the trivial responder."""
    with Testbed() as testbed:
        testbed.start("web")
        bare_port = testbed.start_bare_web()
        sink_port = testbed.start_sink()
        seconds = effort.seconds(SECONDS)
        ours, bare, trivial = (_Side(testbed, name) for name in ("web", "bare_web", "sink"))
        for number in range(effort.rounds):
            ours.take(path="/capture", port=testbed.port, seconds=seconds)
            bare.take(path="/bare", port=bare_port, seconds=seconds)
            trivial.take(path="/202", port=sink_port, seconds=seconds / 2)
            say(f"round {number + 1}: {ours.last.rate:,.0f}/s, bare {bare.last.rate:,.0f}/s")
            testbed.redis.flushall()
        if testbed.query("SELECT count(*) FROM inbox"):
            raise BenchFailed("captures went to the fallback table: Redis refused them")
        outcome = _outcome(ours, bare, trivial)
        if effort.plots:
            outcome.raw["latency"] = _latency_by_load(testbed, bare_port, ours, bare, effort, say)
        return outcome


class _Side:
    """One side of the comparison: its reports, and the processor time of its process."""

    def __init__(self, testbed: Testbed, process: str) -> None:
        self._testbed = testbed
        self._pid = testbed.pids()[process]
        self.reports: list[Report] = []
        self.cpu_us: list[float] = []

    def take(self, *, port: int, path: str, seconds: float) -> None:
        before = usage_of([self._pid]).cpu_seconds
        report = self._testbed.load(
            port=port, path=path, seconds=seconds, connections=CONNECTIONS, warm_up_seconds=0.5
        )
        used = usage_of([self._pid]).cpu_seconds - before
        if set(report.statuses) != {"202"} or report.unanswered:
            raise BenchFailed(f"{path}: {report.statuses}, {report.unanswered} unanswered")
        self.reports.append(report)
        self.cpu_us.append(1e6 * used / report.accepted)

    @property
    def last(self) -> Report:
        return self.reports[-1]

    @property
    def rates(self) -> list[float]:
        return [report.rate for report in self.reports]

    @property
    def p50s(self) -> list[float]:
        return [report.p50_ms for report in self.reports]

    @property
    def p99s(self) -> list[float]:
        return [report.p99_ms for report in self.reports]


def _outcome(ours: _Side, bare: _Side, trivial: _Side) -> Outcome:
    p50, bare_p50 = median(ours.p50s), median(bare.p50s)
    load_cpu = median([report.cpu_share for report in ours.reports])
    return Outcome(
        [
            compared("202s a second", ours.rates, "bare", bare.rates, at_least(0.75)),
            Row("p50", f"{p50:.1f} ms", f"bare {bare_p50:.1f} ms", p50 / bare_p50),
            compared("p99", ours.p99s, "bare", bare.p99s, at_most(4), form="{:.1f} ms"),
        ],
        notes=[
            f"the load took {load_cpu:.0%} of a core, and drove a trivial responder to"
            f" {median(trivial.rates):,.0f}/s",
            f"processor time of the web process: {median(ours.cpu_us):.0f} µs a 202, of the bare"
            f" one {median(bare.cpu_us):.0f} µs",
        ],
        raw={
            "rate": ours.rates,
            "bare_rate": bare.rates,
            "trivial_rate": trivial.rates,
            "p50_ms": ours.p50s,
            "bare_p50_ms": bare.p50s,
            "p99_ms": ours.p99s,
            "bare_p99_ms": bare.p99s,
            "cpu_us": ours.cpu_us,
            "bare_cpu_us": bare.cpu_us,
        },
    )


def _latency_by_load(
    testbed: Testbed, bare_port: int, ours: _Side, bare: _Side, effort: Effort, say: Say
) -> dict[str, list[list[float]]]:
    """Rate, p50 and p99 (ms) of both sides at rising loads, on schedule (an open loop)."""
    points: dict[str, list[list[float]]] = {"ours": [], "bare": []}
    sides = (
        ("ours", testbed.port, "/capture", median(ours.rates)),
        ("bare", bare_port, "/bare", median(bare.rates)),
    )
    for share in LOAD_SHARES:
        for name, port, path, highest in sides:
            report = testbed.load(
                port=port,
                path=path,
                rate=share * highest,
                seconds=effort.seconds(SECONDS),
                connections=CONNECTIONS,
            )
            points[name].append([report.rate, report.p50_ms, report.p99_ms])
        say(f"latency at {share:.0%} of the highest rate: p99 {points['ours'][-1][2]:.1f} ms")
        testbed.redis.flushall()
    return points
