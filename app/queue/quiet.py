"""Keeps dramatiq's own log lines few and free of payloads."""

from __future__ import annotations

import logging
import threading
import time

LINES_PER_MINUTE = 10


class FewOfAKind(logging.Filter):
    """Lets `LINES_PER_MINUTE` lines of a kind pass; a kind is a text and a type of exception.

    dramatiq logs every failed run with its traceback: ten thousand messages that meet a database
    which is away say the same thing ten thousand times.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._minute = 0
        self._seen: dict[tuple[str, type[BaseException] | None], int] = {}

    def forget(self) -> None:
        """Begin a new minute."""
        with self._lock:
            self._seen = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Decide over one record."""
        if record.levelno < logging.INFO:
            return True
        kind = (str(record.msg), record.exc_info[0] if record.exc_info else None)
        with self._lock:
            minute = int(time.monotonic() // 60)
            if minute != self._minute:
                self._minute, self._seen = minute, {}
            self._seen[kind] = self._seen.get(kind, 0) + 1
            return self._seen[kind] <= LINES_PER_MINUTE


few_of_a_kind = FewOfAKind()


def quieten_worker_threads() -> None:
    """Limit what the worker threads log about failed runs."""
    logging.getLogger("dramatiq.worker.WorkerThread").addFilter(few_of_a_kind)


def quieten_consumer(queue: str) -> None:
    """Limit what the queue's consumer thread logs."""
    logging.getLogger(f"dramatiq.worker.ConsumerThread({queue})").addFilter(few_of_a_kind)


def hide_arguments(actor_logger: logging.Logger) -> None:
    """Keep the actor's call, which dramatiq logs at DEBUG with all arguments, out of the log."""
    actor_logger.setLevel(max(logging.INFO, actor_logger.level))
