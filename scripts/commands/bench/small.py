"""`small`: the memory of everything that `rex all` starts, PostgreSQL and Valkey included."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from scripts.commands.bench.dataset import subscribe
from scripts.commands.bench.figures import at_most
from scripts.commands.bench.lead import DOMAIN, ORG
from scripts.commands.bench.load import Spec
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say
from scripts.commands.bench.testbed import BenchFailed, answers, run_load
from scripts.system.application import python_child
from scripts.system.child import Child
from scripts.system.embedded import make_temporary_folder
from scripts.system.ports import free_port
from scripts.system.processes import can_tell_memory, usage_of, watched_memory
from scripts.system.running import find_running
from scripts.system.waiting import wait_until
from scripts.system.warden import guarded
from scripts.system.whole import UNLIMITED

#: What the profile promises, in all.
MEMORY_MIB_MAX = 256
LOAD_SECONDS = 60.0
#: Leads a second of the load, each delivered to one webhook.
RATE = 100.0
SETTLE_SECONDS = 3.0
START_SECONDS = 60.0
STOP_SECONDS = 40.0
_NOT_INHERITED = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")


class _Small(NamedTuple):
    """A running `rex all`: its process and where it listens."""

    pid: int
    port: int


def measure(effort: Effort, say: Say) -> Outcome:
    """The highest of a look a second, idle and under load."""
    if not can_tell_memory():
        return Outcome(notes=["needs /proc, which this system has not"])
    with _running() as small:
        time.sleep(SETTLE_SECONDS)
        idle = usage_of([small.pid]).memory_mib
        with watched_memory([small.pid], 1.0) as loaded:
            run_load(Spec(port=small.port, rate=RATE, seconds=effort.seconds(LOAD_SECONDS)))
    say(f"idle {idle:.0f} MiB, highest {max(loaded):.0f} MiB")
    ours, with_load = f"idle {idle:.0f} MiB", f"{RATE:g} leads/s {max(loaded):.0f} MiB"
    goal = at_most(MEMORY_MIB_MAX, " MiB")
    row = Row("rex all with its servers, MiB", ours, with_load, max(loaded), goal)
    return Outcome([row], raw={"idle_mib": idle, "loaded_mib": loaded})


@contextmanager
def _running() -> Iterator[_Small]:
    """`rex all` as an operator starts it, with one webhook; its data is removed afterwards."""
    folder, port, sink_port = make_temporary_folder(), free_port(), free_port()
    environ = {
        **{name: text for name, text in os.environ.items() if name not in _NOT_INHERITED},
        **UNLIMITED,
        **{"PORT": str(port), "DATA_DIR": str(folder / "data"), "DEFAULT_ORG": ORG},
        **{"BASE_DOMAIN": DOMAIN, "ALLOW_PRIVATE_WEBHOOKS": "1"},
    }
    sink_arguments = ("scripts.commands.bench.sink", str(sink_port))
    rex = python_child("rex", ("scripts.rex", "all"), environ, folder, folder / "log")
    sink = python_child("sink", sink_arguments, environ, folder, folder / "log")
    with guarded(folder, [folder]):
        try:
            sink.start()
            rex.start()
            _wait(lambda: find_running(folder / "data") is not None and answers(sink_port), rex)
            _subscribe(folder / "data", f"http://127.0.0.1:{sink_port}/")
            yield _Small(rex.pid or 0, port)
        finally:
            rex.stop(STOP_SECONDS)
            sink.stop(STOP_SECONDS)


def _subscribe(data_folder: Path, url: str) -> None:
    running = find_running(data_folder)
    assert running is not None
    subscribe(running.environ["DATABASE_URL"], running.environ["SECRET_KEY"], url)


def _wait(holds: Callable[[], bool], rex: Child) -> None:
    wait_until(lambda: rex.pid is None or holds(), START_SECONDS, 0.1)
    if not holds():
        assert isinstance(rex.output, Path)
        raise BenchFailed(f"rex all did not get ready:\n{rex.output.read_text()[-1000:]}")
