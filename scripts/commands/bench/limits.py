"""`limits`: how the limit of a webhook adapts to receivers, simulated in virtual time."""

from __future__ import annotations

from collections.abc import Sequence

from scripts.commands.bench.outcome import Effort, Outcome, Row, Say
from scripts.commands.bench.receiver_models import (
    Model,
    Run,
    capped,
    fast,
    flaky,
    flapping,
    hanging,
    serial,
    simulate,
    slow,
)

#: Each receiver, and the seconds that are simulated: the fast one takes 60,000 a second.
RECEIVERS: Sequence[tuple[str, Model, float]] = (
    ("fast: 4 ms", fast, 2.0),
    ("slow: 300 ms", slow, 40.0),
    ("capped: refuses above 20", capped(20), 40.0),
    ("flaky: refuses 6 %", flaky, 40.0),
    ("hanging: never answers", hanging, 40.0),
    ("flapping: 5 s well, 5 s hanging", flapping, 40.0),
    ("serial: one by one, 20 ms each", serial, 40.0),
)
#: Seconds at which the curves begin: their axis is logarithmic.
BEGINS_AT = 0.002
#: Share by which a limit must change to be seen.
SEEN = 0.05


def measure(effort: Effort, say: Say) -> Outcome:
    """One run for each receiver."""
    outcome = Outcome()
    for name, model, seconds in RECEIVERS:
        run = simulate(model, effort.seconds(seconds))
        outcome.rows.append(_row(name, run))
        outcome.raw[name] = steps(run.limits)
        say(f"{name}: {outcome.rows[-1].ours}, {outcome.rows[-1].beside}")
    return outcome


def steps(limits: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    """The corners of a curve that starts at 1, without changes that cannot be seen."""
    kept = [(BEGINS_AT, 1)]
    for at, limit in limits:
        before = kept[-1][1]
        if abs(limit - before) > SEEN * before:
            kept += [(at, before), (at, limit)]
    return [*kept, (limits[-1][0], kept[-1][1])]


def _row(name: str, run: Run) -> Row:
    failed = f"{run.refused_share:.1%} refused, {run.timed_out} timed out"
    return Row(name, f"{run.rate:,.0f}/s", failed, run.average_in_flight)
