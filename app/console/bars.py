"""One bar per hour, stacked by source, as the template draws it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from app.domain.contact_fields import SOURCES

_STEP, _WIDTH, _HEIGHT = 30, 22, 120


class Part(NamedTuple):
    """A part of a bar; `tone` numbers its source."""

    y: float
    height: float
    tone: int


class Bar(NamedTuple):
    """An hour."""

    x: int
    hour: datetime
    total: int
    parts: list[Part]
    text: str


class Bars(NamedTuple):
    """What the template draws. The legend: sources that occur, their tone, and how many."""

    bars: list[Bar]
    legend: list[tuple[str, int, int]]
    most: int
    width: int
    height: int


def draw(counts: Sequence[Mapping[str, int]], first: datetime) -> Bars:
    """The bars of one count by source for each hour from `first` on."""
    most = max([1, *(sum(count.values()) for count in counts)])
    totals: Counter[str] = Counter()
    bars = []
    for at, count in enumerate(counts):
        totals.update(count)
        bars.append(_bar(at * _STEP, first + timedelta(hours=at), count, most))
    legend = [(source, _tone(source), total) for source, total in totals.most_common()]
    return Bars(bars, legend, most, len(counts) * _STEP, _HEIGHT)


def _bar(x: int, hour: datetime, count: Mapping[str, int], most: int) -> Bar:
    parts, y = [], float(_HEIGHT)
    for source in sorted(count, key=_tone):
        height = count[source] / most * (_HEIGHT - 4)
        y -= height
        parts.append(Part(round(y, 1), round(height, 1), _tone(source)))
    named = ", ".join(f"{source} {n}" for source, n in count.items()) or "none"
    return Bar(x, hour, sum(count.values()), parts, f"{hour:%H}:00 UTC: {named}")


def _tone(source: str) -> int:
    return SOURCES.index(source) if source in SOURCES else len(SOURCES) - 1
