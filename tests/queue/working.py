"""Workers for tests: in this process, and in one that can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dramatiq

from app.queue.broker import WakingBroker
from app.queue.commands import Policy

QUEUE = "captures"


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until `condition` holds; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def drained(broker: WakingBroker, seconds: float = 10.0) -> None:
    """Wait until nothing is left in the queue, at whatever stage."""
    broker.join(QUEUE, timeout=int(seconds * 1000))


@contextmanager
def working(broker: WakingBroker, threads: int = 4) -> Iterator[dramatiq.Worker]:
    """A worker in this process."""
    worker = dramatiq.Worker(broker, worker_threads=threads, worker_timeout=50)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop(timeout=5_000)


def declare(
    broker: WakingBroker, run: Callable[..., object], name: str | None = None
) -> dramatiq.Actor[..., object]:
    """Make a function an actor of the tests' queue."""
    return dramatiq.actor(broker=broker, queue_name=QUEUE, actor_name=name)(run)


class Recorder:
    """An actor that remembers its arguments, in order."""

    def __init__(self, broker: WakingBroker, name: str = "record") -> None:
        self.seen: list[Any] = []
        self._lock = threading.Lock()
        self.actor = declare(broker, self._run, name)

    def _run(self, value: Any) -> None:
        with self._lock:
            self.seen.append(value)


class WorkerProcess:
    """A worker in a process of its own; its job `hold` writes its name and runs until killed."""

    def __init__(self, redis_url: str, policy: Policy, journal: Path, job: str = "hold") -> None:
        self._journal = journal
        command = [sys.executable, "-m", "tests.queue.worker_process", redis_url]
        command += [policy.namespace, str(policy.heartbeat_timeout_ms), str(journal), job]
        self._process = subprocess.Popen(command, cwd=Path(__file__).parents[2])

    def begun(self) -> list[str]:
        """The names of the jobs that began, in order."""
        return self._journal.read_text().split() if self._journal.exists() else []

    def send(self, which: signal.Signals) -> None:
        """Send a signal."""
        os.kill(self._process.pid, which)

    def end(self, which: signal.Signals = signal.SIGKILL) -> int:
        """Send a last signal and wait; its exit status."""
        if self._process.poll() is None:
            self.send(which)
        return self._process.wait(10)
