"""Ties a worker process to its pulse: from boot to the last message handed back."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence

from dramatiq import Broker, Middleware, Worker
from dramatiq.common import iter_queue

from app.queue.messages import Job
from app.queue.pulse import Pulse


class Lifecycle(Middleware):
    """Starts the pulse before the first fetch; at shutdown returns at once what has not begun."""

    def __init__(
        self,
        pulse: Pulse,
        stopping: threading.Event,
        wake: Callable[[int], None],
        give_back: Callable[[str, Sequence[bytes]], None],
        prefetch: int | None,
    ) -> None:
        self._pulse = pulse
        self._stopping = stopping
        self._wake = wake
        self._give_back = give_back
        self._prefetch = prefetch

    @property
    def actor_options(self) -> set[str]:
        """What dramatiq's worker reads, and only its retries would declare."""
        return {"throws"}

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        """Open the intake."""
        if self._prefetch is not None:
            worker.queue_prefetch = self._prefetch
        self._stopping.clear()
        self._pulse.start()

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Close the intake, so that others need not wait for this process's longest job."""
        self._stopping.set()
        self._wake(len(worker.consumers))
        ids_by_queue: dict[str, list[bytes]] = defaultdict(list)
        for item in iter_queue(worker.work_queue):
            assert isinstance(item.message, Job)
            ids_by_queue[item.message.queue_name].append(item.message.redis_id)
            worker.work_queue.task_done()
        for queue, ids in ids_by_queue.items():
            self._give_back(queue, ids)

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Report the last finished messages."""
        self._pulse.stop()
