"""Workers for tests: in this process, and in one that can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dramatiq
import msgspec
from dramatiq.errors import ConnectionClosed

from app.queue.broker import StreamsBroker
from app.queue.jobs import encode_job
from app.queue.policy import Policy

QUEUE = "captures"
ROOT = Path(__file__).parents[2]


def drained(broker: StreamsBroker, seconds: float = 60.0) -> None:
    """Wait until nothing is left in the queue, at whatever stage."""
    broker.join(QUEUE, timeout=int(seconds * 1000))


@contextmanager
def working(broker: StreamsBroker, threads: int = 4) -> Iterator[dramatiq.Worker]:
    """A worker in this process."""
    worker = dramatiq.Worker(broker, worker_threads=threads, worker_timeout=50)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop(timeout=30_000)


@contextmanager
def watching(broker: StreamsBroker) -> Iterator[None]:
    """A process without a worker that rescues and retries, as the scheduler does."""
    broker.declare_queue(QUEUE)
    broker.watch()
    yield
    broker.close()


def declare(
    broker: StreamsBroker, run: Callable[..., object], name: str | None = None, **options: Any
) -> dramatiq.Actor[..., object]:
    """Make a function an actor of the tests' queue."""
    return dramatiq.actor(broker=broker, queue_name=QUEUE, actor_name=name, **options)(run)


def send(broker: StreamsBroker, *values: Any, actor: str = "record") -> None:
    """Enqueue a job for each value."""
    broker.enqueue_many(QUEUE, [encode_job(actor, [value]) for value in values])


def unfinished(broker: StreamsBroker) -> int | None:
    """How many jobs are not done; None while Redis is away or comes up."""
    try:
        return broker.depth(QUEUE).unfinished
    except ConnectionClosed:
        return None


class Recorder:
    """An actor that remembers its arguments, in order."""

    def __init__(self, broker: StreamsBroker, name: str = "record") -> None:
        self.seen: list[Any] = []
        self._lock = threading.Lock()
        self.actor = declare(broker, self._run, name)

    def _run(self, value: Any) -> None:
        with self._lock:
            self.seen.append(value)


class WorkerProcess:
    """A worker in a process of its own, which may be killed.

    `job` is what it does with each job's name: `write` it to the journal, `hold` it after that
    until the end, or `die` of it if it begins with `killer`. It takes `jobs_max` at once.
    """

    def __init__(
        self,
        redis_url: str,
        policy: Policy,
        journal: Path,
        job: str = "hold",
        *,
        jobs_max: int = 1,
        threads: int = 2,
    ) -> None:
        self._journal = journal
        arguments = {"url": redis_url, "policy": policy, "journal": str(journal), "job": job}
        given = msgspec.json.encode({**arguments, "jobs_max": jobs_max, "threads": threads})
        command = [sys.executable, "-m", "tests.queue.worker_process", given.decode()]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )

    def begun(self) -> list[str]:
        """The names of the jobs that began, in order."""
        return self._journal.read_text().split() if self._journal.exists() else []

    @property
    def pid(self) -> int:
        """As in the name of its consumer."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def send(self, which: signal.Signals) -> None:
        """Send a signal."""
        os.kill(self._process.pid, which)

    def end(self, which: signal.Signals = signal.SIGKILL) -> int:
        """Send a last signal and wait; its exit status."""
        if self.is_alive:
            self.send(which)
        return self._process.wait(30)
