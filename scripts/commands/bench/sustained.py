"""`sustained`: the highest rate of leads that the whole line carries without a growing backlog.

Leads come on schedule, each becomes a contact, an event and a delivery to one subscriber. A rate is
carried when almost nothing is left to deliver at the end of the schedule. Short probes find a rate;
a long run proves it.
"""

from __future__ import annotations

from scripts.commands.bench.figures import at_least
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say
from scripts.commands.bench.pipeline import Pipeline, running_pipeline
from scripts.commands.bench.testbed import BenchFailed

SECONDS = 60.0
PROBE_SECONDS = 10.0
FIRST_RATE = 500.0
STEP_UP = 1.19
STEP_DOWN = 0.9
#: What is left at the end of a carried run is delivered within this, and that share of its length.
REST_SECONDS = 0.5
REST_SHARE = 0.02
PATIENCE_SECONDS = 180.0


def measure(effort: Effort, say: Say) -> Outcome:
    """Raise the rate until a probe fails, then lower it until a long run holds."""
    with running_pipeline() as pipeline:
        rate = FIRST_RATE
        while _carries(pipeline, rate * STEP_UP, effort.seconds(PROBE_SECONDS), say):
            rate *= STEP_UP
        while not _carries(pipeline, rate, effort.seconds(SECONDS), say):
            rate *= STEP_DOWN
            if rate < FIRST_RATE / 4:
                raise BenchFailed("no rate is carried")
    what = f"leads a second for {effort.seconds(SECONDS):.0f} s"
    return Outcome(
        [Row(what, f"{rate:,.0f}/s", "", rate, at_least(1000, "/s"))],
        raw={"rate": rate},
    )


def _carries(pipeline: Pipeline, rate: float, seconds: float, say: Say) -> bool:
    before = pipeline.arrived()
    report = pipeline.testbed.load(rate=rate, seconds=seconds, warm_up_seconds=0)
    rest = pipeline.drain_seconds(before + report.accepted, PATIENCE_SECONDS)
    on_time = report.accepted >= 0.99 * rate * seconds
    carried = on_time and rest <= REST_SECONDS + REST_SHARE * seconds
    say(
        f"{rate:,.0f}/s for {seconds:.0f} s: {report.accepted / report.seconds:,.0f}/s answered,"
        f" p99 {report.p99_ms:.0f} ms, the rest delivered {rest:.1f} s later:"
        f" {'carried' if carried else 'too much'}"
    )
    return carried
