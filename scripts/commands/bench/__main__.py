"""`./scripts/bench`: measures each stage beside the fastest way to do the same work here.

    ./scripts/bench all                 every stage, and the table
    ./scripts/bench ingest deliver      only these
    ./scripts/bench all --plots         and the plots in docs/
    ./scripts/bench all --quick         a rough look, in a fraction of the time

Each stage starts its own system on free ports and stops it. docs/performance.md explains the
figures. The exit status is 1 when a goal was missed, 2 when a stage could not be measured.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from scripts.checkout import CHECKOUT
from scripts.commands.arguments import script_parser
from scripts.commands.bench import (
    backlog,
    console,
    contacts,
    deliver,
    footprint,
    hostile,
    idle,
    ingest,
    ingest_light,
    isolation,
    limits,
    overload,
    record,
    retention,
    scrapes,
    second_machine,
    slow,
    small,
    spam,
    sustained,
)
from scripts.commands.bench.outcome import Effort, Outcome, Say
from scripts.commands.bench.plot import draw_plots
from scripts.commands.bench.table import as_json, render
from scripts.commands.bench.testbed import BenchFailed

#: Every stage, in the order in which `all` takes them.
STAGES: Mapping[str, Callable[[Effort, Say], Outcome]] = {
    "ingest": ingest.measure,
    "ingest-light": ingest_light.measure,
    "record": record.measure,
    "replica": second_machine.measure_replica,
    "standby": second_machine.measure_standby,
    "deliver": deliver.measure,
    "idle": idle.measure,
    "sustained": sustained.measure,
    "isolation": isolation.measure,
    "limits": limits.measure,
    "slow": slow.measure,
    "flaky": slow.measure_flaky,
    "hostile": hostile.measure,
    "fairness": hostile.measure_fairness,
    "backlog": backlog.measure,
    "overload": overload.measure,
    "footprint": footprint.measure,
    "small": small.measure,
    "scrapes": scrapes.measure,
    "contacts": contacts.measure,
    "console": console.measure,
    "spam": spam.measure,
    "retention": retention.measure,
}
DOCS = CHECKOUT / "docs"
ROUNDS = 5
ROUNDS_QUICK = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table; the exit status."""
    chosen = _parse(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    rounds = chosen.rounds or (ROUNDS_QUICK if chosen.quick else ROUNDS)
    effort = Effort(rounds, quick=chosen.quick, plots=chosen.plots)
    names = list(STAGES) if "all" in chosen.stages else list(dict.fromkeys(chosen.stages))
    outcomes: dict[str, Outcome] = {}
    failed = False
    try:
        for name in names:
            try:
                outcomes[name] = _measure(name, effort)
            except BenchFailed as problem:
                print(f"{name}: {problem}", file=sys.stderr)
                failed = True
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        failed = True
    if chosen.plots:
        draw_plots(outcomes, DOCS)
    print(as_json(outcomes, _machine()) if chosen.json else render(outcomes))
    if failed:
        return 2
    rows = [row for outcome in outcomes.values() for row in outcome.rows]
    return 1 if any(row.verdict == "MISSED" for row in rows) else 0


def _measure(name: str, effort: Effort) -> Outcome:
    began_at = time.monotonic()
    say = _sayer(name)
    outcome = STAGES[name](effort, say)
    say(f"done in {time.monotonic() - began_at:.0f} s")
    return outcome


def _sayer(name: str) -> Say:
    def say(text: str) -> None:
        print(f"{name:<12} {text}", file=sys.stderr, flush=True)

    return say


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = script_parser("bench", __doc__)
    parser.add_argument(
        "stages", nargs="+", choices=("all", *STAGES), metavar="STAGE", help=", ".join(STAGES)
    )
    parser.add_argument("--rounds", type=int, help=f"of each side (default {ROUNDS})")
    parser.add_argument("--quick", action="store_true", help="a fraction of the time")
    parser.add_argument("--plots", action="store_true", help="draw the plots in docs/")
    parser.add_argument("--json", action="store_true", help="everything as JSON")
    return parser.parse_args(arguments)


def _machine() -> dict[str, object]:
    return {
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    sys.exit(main())
