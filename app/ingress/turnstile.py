"""The order in which captures are begun: a few in each turn of the event loop, the rest in line.

Reading and judging a lead is most of what a web process does. If all that has arrived were begun at
once, a burst would keep the event loop busy for its whole length, and whoever must be refused would
hear of it last.

Nothing is held while a capture is under way: slow bodies and callers who wait take nobody's place.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

log = logging.getLogger(__name__)

#: Captures begun in one turn: at 0.2 ms each, less than 10 ms of work.
PER_TURN = 32
#: Captures that wait to be begun: at 3,000 a second, a third of a second of work.
LINE_MAX = 1000
#: One line in the log tells of all refusals of this time.
TELL_SECONDS = 10.0


class Turnstile:
    """One per process."""

    def __init__(self) -> None:
        self._begun = 0
        self._line: deque[Callable[[], None]] = deque()
        self._refused = 0

    @property
    def is_full(self) -> bool:
        """Whether the next one had better come back."""
        return len(self._line) >= LINE_MAX

    def enter(self, begin: Callable[[], None]) -> None:
        """Call `begin` now or in a later turn, in the order of coming."""
        if self._begun < PER_TURN:
            self._begin(begin)
        else:
            self._line.append(begin)

    def note_refusal(self) -> None:
        """Count one who was sent away."""
        if not self._refused:
            asyncio.get_running_loop().call_later(TELL_SECONDS, self._tell)
        self._refused += 1

    def _begin(self, begin: Callable[[], None]) -> None:
        if not self._begun:
            asyncio.get_running_loop().call_soon(self._next_turn)
        self._begun += 1
        begin()

    def _next_turn(self) -> None:
        self._begun = 0
        while self._line and self._begun < PER_TURN:
            self._begin(self._line.popleft())

    def _tell(self) -> None:
        log.warning("capture.overload", extra={"refused": self._refused})
        self._refused = 0
