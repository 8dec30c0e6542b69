"""dramatiq's side of the reports: a worker process reports itself from its boot to its end."""

from __future__ import annotations

import threading

from dramatiq import Broker, Middleware, Worker
from dramatiq.broker import MessageProxy

from app.monitoring.reporter import Reporter
from app.queue.batches import Batch


class JobsInHand(Middleware):
    """Counts the jobs that actors work on right now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs = 0

    def holds(self) -> dict[str, int]:
        """What the process has in hand, for its report."""
        return {"jobs": self._jobs}

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        """A batch begins."""
        self._add(_jobs_of(message))

    def after_process_message(
        self,
        broker: Broker,
        message: MessageProxy,
        *,
        result: object = None,
        exception: BaseException | None = None,
    ) -> None:
        """A batch has ended, well or not."""
        self._add(-_jobs_of(message))

    def _add(self, jobs: int) -> None:
        with self._lock:
            self._jobs += jobs


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
