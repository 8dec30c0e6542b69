"""What a run says while it goes: events, and one line of progress."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TextIO

Say = Callable[[str], None]

#: Without a terminal, whose line could be overwritten, a line of progress comes this often.
_SECONDS_BETWEEN_LINES = 10.0


class ProgressPrinter:
    """Writes to one stream from several threads."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._told_at = 0.0
        self._overwrites = stream.isatty()

    def say(self, text: str) -> None:
        """A line that stays."""
        with self._lock:
            self._write("\r\033[K" if self._overwrites else "", text, "\n")

    def progress(self, text: str) -> None:
        """A line that the next one replaces."""
        with self._lock:
            if self._overwrites:
                self._write("\r\033[K", text, "")
            elif time.monotonic() - self._told_at > _SECONDS_BETWEEN_LINES:
                self._told_at = time.monotonic()
                self._write("", text, "\n")

    def _write(self, *parts: str) -> None:
        self._stream.write("".join(parts))
        self._stream.flush()
