"""Keeps dramatiq's own log lines few and free of payloads."""

from __future__ import annotations

import logging
import threading
import time

LINES_PER_MINUTE = 10


class LogRateLimit(logging.Filter):
    """Lets `LINES_PER_MINUTE` lines of a kind pass; a kind is a text and a type of exception.

    dramatiq logs every failed run with its traceback: ten thousand jobs that meet a database which
    is away say the same thing ten thousand times.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._minute = 0
        self._seen: dict[tuple[str, type[BaseException] | None], int] = {}

    def reset(self) -> None:
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


rate_limit = LogRateLimit()


def limit_lines(*names: str) -> None:
    """Limit what dramatiq's threads of these names log about failed runs."""
    for name in names:
        logging.getLogger(f"dramatiq.worker.{name}").addFilter(rate_limit)


def hide_arguments(actor_logger: logging.Logger) -> None:
    """Keep the actor's call, which dramatiq logs at DEBUG with all arguments, out of the log."""
    actor_logger.setLevel(max(logging.INFO, actor_logger.level))
