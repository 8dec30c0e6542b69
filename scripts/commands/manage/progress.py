"""A progress bar on a terminal; elsewhere a line now and then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self, TextIO

_WIDTH = 30
#: Elsewhere than on a terminal, a line at every such share of the whole.
_STEP = 0.1


class Progress:
    """Shows how far something is, how fast it goes and how long it will take."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._is_terminal = stream.isatty()
        self._started: tuple[float, int] | None = None
        self._next_share = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_terminal and self._started is not None:
            self._stream.write("\n")

    def show(self, done: int, total: int) -> None:
        """`done` of `total` so far."""
        now = self._clock()
        self._started = self._started or (now, done)
        share = min(1.0, done / total) if total else 1.0
        line = f"{_bar(share)} {done:,} of {total:,}{self._pace(now, done, total)}"
        if self._is_terminal:
            self._stream.write(f"\r{line}\033[K")
        elif share >= self._next_share:
            self._stream.write(line + "\n")
            self._next_share = share + _STEP if share < 1 else 2.0
        self._stream.flush()

    def _pace(self, now: float, done: int, total: int) -> str:
        assert self._started is not None
        since, done_before = self._started
        if now - since < 1 or done == done_before:
            return ""
        per_second = (done - done_before) / (now - since)
        return f", {per_second:,.0f}/s, {max(0, total - done) / per_second:,.0f} s left"


def _bar(share: float) -> str:
    filled = round(share * _WIDTH)
    return f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {share:4.0%}"
