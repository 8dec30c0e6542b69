"""`isolation`: ten webhooks, one of which never answers and takes half of all events.

Each webhook has its own org; half of the leads go to the bad one's. The healthy nine are
compared with runs of the same load in which the bad webhook does not exist.
"""

from __future__ import annotations

from typing import NamedTuple

from scripts.commands.bench.dataset import subscribe, unsubscribe
from scripts.commands.bench.figures import at_least, at_most, percentile
from scripts.commands.bench.lead import DOMAIN
from scripts.commands.bench.outcome import Effort, Outcome, Say, compared
from scripts.commands.bench.pipeline import start_all, wait_until_recorded
from scripts.commands.bench.testbed import Testbed

HEALTHY = [f"healthy{number}" for number in range(1, 10)]
BAD = "acme"
#: Leads a second, all orgs together: well below what the line carries.
RATE = 400.0
SECONDS = 20.0
PATIENCE_SECONDS = 60.0


class _Run(NamedTuple):
    p95_ms: float
    #: Deliveries to the healthy nine a second, until the last one is in.
    rate: float


def measure(effort: Effort, say: Say) -> Outcome:
    """Alternate between runs with and without the bad webhook."""
    calm: list[_Run] = []
    harmed: list[_Run] = []
    with Testbed() as testbed:
        port = testbed.start_sink("timed")
        key = testbed.secret_key
        for org in HEALTHY:
            subscribe(testbed.database_url, key, f"http://127.0.0.1:{port}/{org}", org)
        start_all(testbed)
        seconds = effort.seconds(SECONDS)
        for number in range(effort.rounds):
            calm.append(_run(testbed, port, seconds))
            bad_url = f"http://127.0.0.1:{port}/hang"
            bad_id = subscribe(testbed.database_url, key, bad_url, BAD)
            harmed.append(_run(testbed, port, seconds))
            unsubscribe(testbed.database_url, bad_id)
            say(
                f"round {number + 1}: p95 {calm[-1].p95_ms:.0f} ms alone,"
                f" {harmed[-1].p95_ms:.0f} ms beside the bad one"
            )
    return _outcome(calm, harmed)


def _run(testbed: Testbed, port: int, seconds: float) -> _Run:
    testbed.get(port, "/delays")
    before = testbed.count(port)
    hosts = tuple(f"{org}.{DOMAIN}" for name in HEALTHY for org in (BAD, name))
    report = testbed.load(rate=RATE, seconds=seconds, hosts=hosts, warm_up_seconds=0)
    wait_until_recorded(testbed, PATIENCE_SECONDS)
    expected = before + report.accepted // 2
    testbed.wait_until(
        lambda: testbed.count(port) >= expected, "deliveries are missing", PATIENCE_SECONDS
    )
    by_path: dict[str, list[float]] = testbed.get(port, "/delays")
    delays = [delay for each in by_path.values() for delay in each]
    lateness = percentile(delays, 1.0) / 1000
    return _Run(percentile(delays, 0.95), len(delays) / (seconds + lateness))


def _outcome(calm: list[_Run], harmed: list[_Run]) -> Outcome:
    p95, calm_p95 = [run.p95_ms for run in harmed], [run.p95_ms for run in calm]
    rates, calm_rates = [run.rate for run in harmed], [run.rate for run in calm]
    return Outcome(
        [
            compared(
                "p95 of the healthy nine", p95, "alone", calm_p95, at_most(2), form="{:.0f} ms"
            ),
            compared("their throughput", rates, "alone", calm_rates, at_least(0.9)),
        ],
        raw={"p95_ms": p95, "calm_p95_ms": calm_p95, "rate": rates, "calm_rate": calm_rates},
    )
