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
    rates: dict[bool, list[float]] = {True: [], False: []}
    alone: dict[bool, list[float]] = {True: [], False: []}
    p99s: dict[bool, list[float]] = {True: [], False: []}
    with Testbed() as testbed, replica_of(testbed):
        for number in range(effort.rounds):
            for waits in (True, False):
                testbed.start("web", _REQUIRED if waits else {})
                busy = _load(testbed, seconds=effort.seconds(SECONDS), connections=CONNECTIONS)
                light = _load(testbed, seconds=effort.seconds(LIGHT_SECONDS), connections=1)
                testbed.stop("web")
                testbed.redis.flushall()
                rates[waits].append(busy.rate)
                p99s[waits].append(busy.p99_ms)
                alone[waits].append(light.p50_ms)
            say(f"round {number + 1}: {rates[True][-1]:,.0f}/s, alone {rates[False][-1]:,.0f}/s")
        if testbed.query("SELECT count(*) FROM inbox"):
            raise BenchFailed("captures went to the fallback table: the replica was late")
    one, other = median(alone[True]), median(alone[False])
    return Outcome(
        [
            compared("202s a second", rates[True], "alone", rates[False], at_least(0.5)),
            compared("p99", p99s[True], "alone", p99s[False], form="{:.1f} ms"),
            Row("median of one at a time", f"{one:.2f} ms", f"alone {other:.2f} ms", one / other),
        ],
        raw={"rate": rates[True], "rate_alone": rates[False]},
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


def _load(testbed: Testbed, **spec: float) -> Report:
    report = testbed.load(warm_up_seconds=0.5, **spec)
    if set(report.statuses) != {"202"} or report.unanswered:
        raise BenchFailed(f"{report.statuses}, {report.unanswered} unanswered")
    return report
