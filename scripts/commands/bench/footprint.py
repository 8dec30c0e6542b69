"""`footprint`: the memory of each process, idle and under load; what the idle system computes.

Memory is the proportional set size (PSS): pages that processes share count in parts. RSS, where it
is told, counts them in full for each.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from scripts.commands.bench.dataset import owe_each, subscribe_each
from scripts.commands.bench.figures import at_most
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say
from scripts.commands.bench.pipeline import Pipeline, running_pipeline, start_all
from scripts.commands.bench.testbed import Testbed
from scripts.system.processes import Usage, can_tell_memory, usage_of
from scripts.system.profile import PROCESSES, SMALL

IDLE_SECONDS = 30.0
LOAD_SECONDS = 20.0
#: Leads a second of the load.
RATE = 300.0
#: What a delivery process may need with all of these in flight, and the idle application in all.
MEMORY_GOAL = at_most(150, " MiB")
#: Webhooks that never answer, one attempt in flight to each.
HANGING = 1000
#: Of a process's slots, webhooks that do not answer get 60 %.
SLOTS = 1700
HANG_SECONDS = 120.0
_IN_FLIGHT = "SELECT count(*) FROM deliveries WHERE status = 'attempting'"
#: Nothing of the start is still under way after this.
SETTLE_SECONDS = 3.0


def measure(effort: Effort, say: Say) -> Outcome:
    """Look at every process, idle first."""
    if not can_tell_memory():
        return Outcome(notes=["needs /proc, which this system has not"])
    with running_pipeline() as pipeline:
        time.sleep(SETTLE_SECONDS)
        shares = _idle_shares(pipeline, effort.seconds(IDLE_SECONDS))
        idle = _memory(pipeline)
        loaded = _memory_under_load(pipeline, effort.seconds(LOAD_SECONDS))
    hanging = _memory_with_attempts_in_flight()
    small = _memory_of_small()
    application = _total(idle[name] for name in PROCESSES)
    share = sum(shares.values())
    say(f"idle: {share:.2%} of a core")
    return Outcome(
        [
            Row(
                "the idle system's share of a core, %",
                f"{share:.2%}",
                "",
                100 * share,
                at_most(2, " %"),
            ),
            _goal_row("the idle application in four roles, MiB", application),
            _goal_row("the idle application as `rex all` runs it, MiB", small),
            _goal_row(f"a delivery process with {HANGING:,} attempts in flight, MiB", hanging),
            *(_memory_row(name, use, loaded[name]) for name, use in idle.items()),
            _memory_row("all", _total(idle.values()), _total(loaded.values())),
        ],
        notes=["idle: " + ", ".join(f"{name} {share:.2%}" for name, share in shares.items())],
        raw={
            "idle_cpu": shares,
            "idle": idle,
            "small": small,
            "loaded": loaded,
            "hanging": hanging,
        },
    )


def _goal_row(what: str, use: Usage) -> Row:
    ours, beside = f"PSS {use.memory_mib:.0f} MiB", f"RSS {use.resident_mib:.0f} MiB"
    return Row(what, ours, beside, use.memory_mib, MEMORY_GOAL)


def _memory_row(name: str, idle: Usage, loaded: Usage) -> Row:
    beside = f"{RATE:g} leads/s {loaded.memory_mib:.0f} MiB"
    ours = f"idle {idle.memory_mib:.0f} MiB"
    return Row(f"{name}: memory, MiB", ours, beside, loaded.memory_mib)


def _total(uses: Iterable[Usage]) -> Usage:
    return Usage(*map(sum, zip(*uses, strict=True)))


def _pids(pipeline: Pipeline) -> dict[str, int]:
    return {name: pid for name, pid in pipeline.testbed.pids().items() if name != "sink"}


def _idle_shares(pipeline: Pipeline, seconds: float) -> dict[str, float]:
    """Each process's share of a core while nothing happens."""
    pids = _pids(pipeline)
    before = {name: usage_of([pid]).cpu_seconds for name, pid in pids.items()}
    began_at = time.monotonic()
    time.sleep(seconds)
    elapsed = time.monotonic() - began_at
    return {
        name: (usage_of([pid]).cpu_seconds - before[name]) / elapsed for name, pid in pids.items()
    }


def _memory(pipeline: Pipeline) -> dict[str, Usage]:
    return {name: usage_of([pid]) for name, pid in _pids(pipeline).items()}


def _memory_under_load(pipeline: Pipeline, seconds: float) -> dict[str, Usage]:
    """Memory towards the end of a load."""
    spec = {"rate": RATE, "seconds": seconds}
    load = threading.Thread(target=pipeline.testbed.load, kwargs=spec)
    load.start()
    time.sleep(0.8 * seconds)
    memory = _memory(pipeline)
    load.join()
    return memory


def _memory_of_small() -> Usage:
    """Of the application with one process for captures and scheduler, and few threads."""
    with Testbed(SMALL.settings) as testbed:
        start_all(testbed, SMALL.processes)
        time.sleep(SETTLE_SECONDS)
        pids = testbed.pids()
        return _total(usage_of([pids[name]]) for name in SMALL.processes)


def _memory_with_attempts_in_flight() -> Usage:
    """Of a delivery process whose attempts all wait for an answer that never comes."""
    settings = {"WORKER_THREADS": str(SLOTS), "DELIVERY_TOTAL_SECONDS": str(HANG_SECONDS)}
    with Testbed(settings) as testbed:
        port = testbed.start_sink()
        urls = {f"hang{n}": f"http://127.0.0.1:{port}/hang{n}" for n in range(HANGING)}
        subscribe_each(testbed.database_url, testbed.secret_key, urls)
        owe_each(testbed.database_url)
        for role in ("deliveries", "scheduler"):
            testbed.start(role)
        testbed.wait_until(
            lambda: testbed.query(_IN_FLIGHT) == HANGING, "too few attempts are in flight"
        )
        time.sleep(SETTLE_SECONDS)
        use = usage_of([testbed.pids()["deliveries"]])
        testbed.children.pop("deliveries").stop(0)  # it would wait for its attempts
        return use
