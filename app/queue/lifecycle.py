"""What a worker's boot and shutdown begin and end."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from dramatiq import Broker, Middleware, Worker

from app.queue.heartbeat import Heartbeat


class Lifecycle(Middleware):
    """Ties a worker's intake and heartbeats to its boot and shutdown."""

    def __init__(self, heartbeats: Sequence[Heartbeat], stopping: threading.Event) -> None:
        self._heartbeats = heartbeats
        self._stopping = stopping

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        """Open the intake."""
        self._stopping.clear()
        for heartbeat in self._heartbeats:
            heartbeat.start()

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Close the intake: others need not wait for this process's longest job."""
        self._stopping.set()

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Acknowledge the last jobs."""
        for heartbeat in self._heartbeats:
            heartbeat.stop()
