"""Lines of several processes on one terminal."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import threading
from collections.abc import Callable
from typing import TextIO

from config.logging import as_words

_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92)
_WIDTH = len("deliveries")


class Console:
    """Writes whole lines, each behind the name of its process.

    On a terminal it has a colour, and what is logged as JSON is written for people.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._colours = itertools.cycle(_COLOURS)
        self._is_terminal = stream.isatty()
        self._uses_colour = self._is_terminal and "NO_COLOR" not in os.environ

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
        for_reader = readable if self._is_terminal else str
        return lambda line: self.say(prefix + for_reader(line))


def readable(line: str) -> str:
    """A line of the product's log for people. Other lines stay as they are."""
    try:
        fields = json.loads(line)
        return as_words(fields) if isinstance(fields["time"], str) else line
    except (ValueError, TypeError, KeyError):
        return line
