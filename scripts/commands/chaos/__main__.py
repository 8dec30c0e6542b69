"""`./scripts/chaos`: breaks a system under load and counts what was lost, stuck or duplicated.

The exit status is 1 when a promise was broken, another one when the run itself failed.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.commands.arguments import script_parser
from scripts.commands.chaos.clients import Load
from scripts.commands.chaos.hosts.cluster import obstacle, three_hosts
from scripts.commands.chaos.observe import observe
from scripts.commands.chaos.observe import table as table_of_signs
from scripts.commands.chaos.progress import ProgressPrinter
from scripts.commands.chaos.prometheus import NoPrometheus
from scripts.commands.chaos.receivers import HEALTHY
from scripts.commands.chaos.report import as_json, table
from scripts.commands.chaos.run import Options, run
from scripts.commands.chaos.schedule import (
    HOST_FAULT_KINDS,
    HOST_PAUSE_SECONDS,
    WARM_UP_SECONDS,
    outage,
    plan,
)

#: The outage scenario: this many leads while one server is away for this long.
OUTAGE_LEADS = 10_000
OUTAGE_SECONDS = 30.0
#: They begin a moment after the outage and are all posted before its end.
_AFTER_ITS_BEGIN = 0.5
_BEFORE_ITS_END = 1.5
#: Leads a second at most: three of everything share this machine.
HOSTS_RATE = 12.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the table; the exit status."""
    chosen = _parse(arguments)
    if chosen.observe:
        return _observe()
    if chosen.hosts and (reason := obstacle()):
        print(f"chaos: {reason}", file=sys.stderr)
        return 2
    printer = ProgressPrinter(sys.stderr if chosen.json else sys.stdout)
    options = _options(chosen)
    printer.say(f"Seed {options.seed}; {len(options.schedule)} faults:")
    for fault in options.schedule:
        printer.say(f"  {fault}")
    try:
        outcome = run(options, printer.say, printer.progress)
    except KeyboardInterrupt:
        printer.say("Stopped.")
        return 2
    if chosen.json:
        print(json.dumps(as_json(options, outcome)))
    else:
        printer.say(table(options, outcome))
    return 0 if outcome.is_clean else 1


def _observe() -> int:
    try:
        found = observe(print)
    except NoPrometheus as error:
        print(f"chaos: {error}", file=sys.stderr)
        return 2
    print(table_of_signs(found))
    return 0 if all(signs.is_complete for signs in found) else 1


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = script_parser("chaos", __doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long faults happen")
    parser.add_argument("--seed", type=int, help="of the schedule and the leads; random if absent")
    parser.add_argument("--rate", type=float, default=Load().rate, help="leads a second")
    parser.add_argument("--hosts", action="store_true", help="three hosts, one of them away")
    parser.add_argument("--outage", choices=("valkey", "postgres"), help="one long outage instead")
    parser.add_argument(
        "--observe", action="store_true", help="break it in each way and show who noticed"
    )
    parser.add_argument("--json", action="store_true", help="the result as JSON on standard output")
    parser.add_argument("--log", type=Path, help="a file for the lines of all processes")
    return parser.parse_args(arguments)


def _options(chosen: argparse.Namespace) -> Options:
    seed = secrets.randbelow(1_000_000) if chosen.seed is None else chosen.seed
    if chosen.hosts:
        schedule = plan(seed, chosen.seconds, HOST_FAULT_KINDS, HOST_PAUSE_SECONDS)
        load = Load(min(chosen.rate, HOSTS_RATE))
        return Options(seed, chosen.seconds, schedule, load, log=chosen.log, target=three_hosts)
    if chosen.outage is None:
        schedule = plan(seed, chosen.seconds)
        return Options(seed, chosen.seconds, schedule, Load(chosen.rate), log=chosen.log)
    posting_seconds = OUTAGE_SECONDS - _AFTER_ITS_BEGIN - _BEFORE_ITS_END
    load = Load(
        rate=OUTAGE_LEADS / posting_seconds,
        clients=24,
        begins_seconds=WARM_UP_SECONDS + _AFTER_ITS_BEGIN,
        most=OUTAGE_LEADS,
    )
    seconds = WARM_UP_SECONDS + OUTAGE_SECONDS
    schedule = outage(chosen.outage, OUTAGE_SECONDS)
    return Options(seed, seconds, schedule, load, HEALTHY, chosen.log)


if __name__ == "__main__":
    sys.exit(main())
