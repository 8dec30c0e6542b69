"""`replica` and `standby`: what it costs when a second machine has each lead as well.

Both servers and their copies share this machine, so the figures hold no network: add its round
trip to each latency.
"""

from __future__ import annotations

from scripts.commands.bench.copies import replica_of, standby_of
from scripts.commands.bench.figures import at_least, median
from scripts.commands.bench.load import Report
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say, alternate, compared
from scripts.commands.bench.record import CAPTURES_A_ROUND, drain_queue, fill_queue
from scripts.commands.bench.testbed import BenchFailed, Testbed

CONNECTIONS = 64
SECONDS = 10.0
#: Of a round, with one request at a time.
LIGHT_SECONDS = 4.0
_REQUIRED = {"REDIS_REPLICAS_REQUIRED": "1"}


def measure_replica(effort: Effort, say: Say) -> Outcome:
    """Alternate between captures that wait for a replica and captures that don't."""
    busy: dict[bool, list[Report]] = {True: [], False: []}
    light: dict[bool, list[float]] = {True: [], False: []}
    with Testbed() as testbed, replica_of(testbed):
        for number in range(effort.rounds):
            for waits in (True, False):
                testbed.start("web", _REQUIRED if waits else {})
                busy[waits].append(_load(testbed, effort.seconds(SECONDS), CONNECTIONS))
                light[waits].append(_load(testbed, effort.seconds(LIGHT_SECONDS), 1).p50_ms)
                testbed.stop("web")
                testbed.redis.flushall()
            say(
                f"round {number + 1}: "
                + ", alone ".join(f"{busy[w][-1].rate:,.0f}/s" for w in busy)
            )
        if testbed.query("SELECT count(*) FROM inbox"):
            raise BenchFailed("captures went to the fallback table: the replica was late")
    rates, rates_alone = ([report.rate for report in reports] for reports in busy.values())
    p99s, p99s_alone = ([report.p99_ms for report in reports] for reports in busy.values())
    one, other = map(median, light.values())
    return Outcome(
        [
            compared("202s a second", rates, "alone", rates_alone, at_least(0.5)),
            compared("p99", p99s, "alone", p99s_alone, form="{:.1f} ms"),
            Row("median of one at a time", f"{one:.2f} ms", f"alone {other:.2f} ms", one / other),
        ],
        raw={"rate": rates, "rate_alone": rates_alone},
    )


def measure_standby(effort: Effort, say: Say) -> Outcome:
    """Alternate between commits that wait for a standby and commits that don't."""
    count = effort.count(CAPTURES_A_ROUND)
    with Testbed() as testbed, standby_of(testbed):
        testbed.start("web")

        def drain(names: str) -> float:
            testbed.query(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
            testbed.query("SELECT pg_reload_conf()")
            fill_queue(testbed, count)
            return drain_queue(testbed)

        sides = {"synchronous": lambda: drain("ANY 1 (*)"), "alone": lambda: drain("")}
        synchronous, alone = alternate(effort, say, sides)
    return Outcome(
        [compared("captures a second", synchronous, "alone", alone, at_least(0.5))],
        raw={"rate": synchronous, "rate_alone": alone},
    )


def _load(testbed: Testbed, seconds: float, connections: int) -> Report:
    report = testbed.load(warm_up_seconds=0.5, seconds=seconds, connections=connections)
    if set(report.statuses) != {"202"} or report.unanswered:
        raise BenchFailed(f"{report.statuses}, {report.unanswered} unanswered")
    return report
