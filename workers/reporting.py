"""dramatiq middleware for reports and metrics: the jobs a worker process holds and has done."""

from __future__ import annotations

import threading
import time

from dramatiq import Broker, Middleware, Worker
from dramatiq.broker import MessageProxy

from app.metrics.families import JOB_SECONDS, JOBS
from app.monitoring.reporter import Reporter
from app.queue.batches import Batch
from app.queue.jobs import queue_of


class JobsInHand(Middleware):
    """Counts the jobs that actors work on, and those that they have done."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: Jobs and start (monotonic) of each call under way, by its thread.
        self._calls: dict[int, tuple[int, float]] = {}

    def holds(self) -> dict[str, int]:
        """What the process has in hand, for its report."""
        with self._lock:
            return {"jobs": sum(jobs for jobs, _ in self._calls.values())}

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        """A call begins."""
        with self._lock:
            self._calls[threading.get_ident()] = _jobs_of(message), time.monotonic()

    def after_process_message(
        self,
        broker: Broker,
        message: MessageProxy,
        *,
        result: object = None,
        exception: BaseException | None = None,
    ) -> None:
        """A call has ended, well or not."""
        with self._lock:
            jobs, began_at = self._calls.pop(threading.get_ident(), (0, time.monotonic()))
        queue = queue_of(message.queue_name)
        JOBS.labels(queue, "failed" if exception else "done").inc(jobs)
        JOB_SECONDS.labels(queue).observe(time.monotonic() - began_at)


class Reporting(Middleware):
    """Ties the reporter to the worker's life."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        """Begin to report."""
        self._reporter.start()

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Say good-bye."""
        self._reporter.stop()


def _jobs_of(message: MessageProxy) -> int:
    return len(message.entries) if isinstance(message, Batch) else 1
