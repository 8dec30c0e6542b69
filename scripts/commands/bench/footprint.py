"""`footprint`: the memory of each process, idle and under load; what the idle system computes."""

from __future__ import annotations

import threading
import time

from scripts.commands.bench.figures import at_most
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say
from scripts.commands.bench.pipeline import Pipeline, running_pipeline
from scripts.system.processes import can_tell_memory, usage_of

IDLE_SECONDS = 30.0
LOAD_SECONDS = 20.0
#: Leads a second of the load.
RATE = 300.0
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
            *(_memory_row(name, mib, loaded[name]) for name, mib in idle.items()),
            _memory_row("all", sum(idle.values()), sum(loaded.values())),
        ],
        notes=["idle: " + ", ".join(f"{name} {share:.2%}" for name, share in shares.items())],
        raw={"idle_cpu": shares, "idle_mib": idle, "loaded_mib": loaded},
    )


def _memory_row(name: str, idle_mib: float, loaded_mib: float) -> Row:
    loaded = f"{RATE:g} leads/s {loaded_mib:.0f} MiB"
    return Row(f"{name}: memory, MiB", f"idle {idle_mib:.0f} MiB", loaded, loaded_mib)


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


def _memory(pipeline: Pipeline) -> dict[str, float]:
    return {name: usage_of([pid]).memory_mib for name, pid in _pids(pipeline).items()}


def _memory_under_load(pipeline: Pipeline, seconds: float) -> dict[str, float]:
    """Memory towards the end of a load."""
    spec = {"rate": RATE, "seconds": seconds}
    load = threading.Thread(target=pipeline.testbed.load, kwargs=spec)
    load.start()
    time.sleep(0.8 * seconds)
    memory = _memory(pipeline)
    load.join()
    return memory
