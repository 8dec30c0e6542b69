"""Lines of several processes on one terminal."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
from collections.abc import Callable
from typing import TextIO

_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92)
_WIDTH = len("deliveries")


class Console:
    """Writes whole lines, each behind the name of its process, in its colour on a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._colours = itertools.cycle(_COLOURS)
        self._uses_colour = stream.isatty() and "NO_COLOR" not in os.environ

    def say(self, text: str) -> None:
        """A line of our own."""
        with self._lock, contextlib.suppress(OSError, ValueError):  # the reader may have gone
            self._stream.write(text + "\n")
            self._stream.flush()

    def prefixed(self, name: str) -> Callable[[str], None]:
        """Where the lines of the process `name` go."""
        prefix = f"{name:<{_WIDTH}} | "
        if self._uses_colour:
            prefix = f"\033[{next(self._colours)}m{prefix}\033[0m"
        return lambda line: self.say(prefix + line)
