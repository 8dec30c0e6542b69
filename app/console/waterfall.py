"""Times as a waterfall: one bar for each step, on a logarithmic axis.

A lead is recorded within milliseconds and may be retried for days; a linear axis would hide one of
the two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from app.console.rendering import duration

#: Label, start and end in milliseconds since the lead was received, and `ok` or `bad`.
Step = tuple[str, float, float, str]

_WIDTH, _LABEL, _ROW = 720, 170, 24
_LABEL_CHARS_MAX = 24
_TICKS_MS = (10.0, 100.0, 1e3, 1e4, 6e4, 6e5, 3.6e6, 3.6e7, 8.64e7, 6.048e8)


class Bar(NamedTuple):
    """A bar with its place."""

    label: str
    y: int
    x: float
    width: float
    tone: str
    text: str


class Waterfall(NamedTuple):
    """What the template draws."""

    bars: list[Bar]
    ticks: list[tuple[float, str]]
    width: int
    height: int


def draw(steps: Sequence[Step]) -> Waterfall:
    """The bars and the ticks of the axis."""
    last = max((end for _, _, end, _ in steps), default=0)
    ticks = [tick for tick in _TICKS_MS if tick <= last * 1.2] or [10.0]
    scale = (_WIDTH - _LABEL - 60) / _log(max(last, ticks[-1]))
    bars = []
    for row, (label, start, end, tone) in enumerate(steps):
        left, right = _LABEL + _log(start) * scale, _LABEL + _log(end) * scale
        at = f"{duration(max(0.0, end - start) / 1000)}, {duration(max(0.0, start) / 1000)} in"
        text = duration(end / 1000) if start <= 0 else at
        shown = label if len(label) <= _LABEL_CHARS_MAX else label[: _LABEL_CHARS_MAX - 1] + "…"
        y = 22 + row * _ROW
        bars.append(Bar(shown, y, round(left, 1), round(max(3.0, right - left), 1), tone, text))
    marks = [(round(_LABEL + _log(tick) * scale, 1), duration(tick / 1000)) for tick in ticks]
    return Waterfall(bars, marks, _WIDTH, 26 + len(steps) * _ROW)


def _log(milliseconds: float) -> float:
    return math.log10(1 + max(0.0, milliseconds))
