"""Plots as SVG, written by hand: lines with points over axes that are linear or logarithmic."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, cast

from scripts.commands.bench.figures import median
from scripts.commands.bench.outcome import Outcome

_WIDTH, _HEIGHT = 750, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 50, 50, 60
_COLOURS = ("#1f6feb", "#9a6700", "#1a7f37", "#8250df")
_FONT = "font-family='system-ui, sans-serif' font-size='13' fill='#333'"


class Axis(NamedTuple):
    """What an axis shows. A logarithmic one takes no values of 0."""

    title: str
    is_logarithmic: bool = False


class Curve(NamedTuple):
    """Named points."""

    name: str
    points: Sequence[tuple[float, float]]
    is_dashed: bool = False


class _Scale:
    """From values to places on the page."""

    def __init__(self, axis: Axis, values: Sequence[float], begin: float, end: float) -> None:
        self._is_logarithmic = axis.is_logarithmic
        self._begin, self._end = begin, end
        if axis.is_logarithmic:
            lowest = math.floor(math.log10(min(values)))
            highest = max(math.ceil(math.log10(max(values))), lowest + 1)
            self.ticks = [10.0**power for power in range(lowest, highest + 1)]
            self._low, self._high = float(lowest), float(highest)
        else:
            step = nice_step(max(values))
            self.ticks = [step * number for number in range(math.ceil(max(values) / step) + 1)]
            self._low, self._high = self.ticks[0], self.ticks[-1]

    def place(self, value: float) -> float:
        value = math.log10(value) if self._is_logarithmic else value
        share = (value - self._low) / (self._high - self._low)
        return self._begin + share * (self._end - self._begin)


def nice_step(highest: float) -> float:
    """The distance of about five round ticks up to `highest`: 1, 2 or 5 of a power of ten."""
    rough = highest / 5 or 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough)


def plot(title: str, x: Axis, y: Axis, curves: Sequence[Curve]) -> str:
    """A plot as the text of an SVG file."""
    xs = _Scale(x, [p[0] for c in curves for p in c.points], _LEFT, _WIDTH - _RIGHT)
    ys = _Scale(y, [p[1] for c in curves for p in c.points], _HEIGHT - _BOTTOM, _TOP)
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {_HEIGHT}' {_FONT}>",
        f"<rect width='{_WIDTH}' height='{_HEIGHT}' fill='white'/>",
        f"<text x='{_LEFT}' y='24' font-size='15' font-weight='600'>{title}</text>",
        *(_horizontal(ys.place(tick), _label(tick)) for tick in ys.ticks),
        *(_vertical(xs.place(tick), _label(tick)) for tick in xs.ticks),
        f"<text x='{_WIDTH / 2}' y='{_HEIGHT - 12}' text-anchor='middle'>{x.title}</text>",
        f"<text transform='translate(18 {_HEIGHT / 2}) rotate(-90)' text-anchor='middle'>"
        f"{y.title}</text>",
    ]
    for number, curve in enumerate(curves):
        parts += _drawn(curve, xs, ys, _COLOURS[number % len(_COLOURS)])
        parts.append(_key(number, curve))
    return "\n".join([*parts, "</svg>", ""])


def _horizontal(at: float, label: str) -> str:
    return (
        f"<line x1='{_LEFT}' x2='{_WIDTH - _RIGHT}' y1='{at:.1f}' y2='{at:.1f}' stroke='#ddd'/>"
        f"<text x='{_LEFT - 8}' y='{at + 4:.1f}' text-anchor='end'>{label}</text>"
    )


def _vertical(at: float, label: str) -> str:
    bottom = _HEIGHT - _BOTTOM
    return (
        f"<line x1='{at:.1f}' x2='{at:.1f}' y1='{_TOP}' y2='{bottom}' stroke='#eee'/>"
        f"<text x='{at:.1f}' y='{bottom + 20}' text-anchor='middle'>{label}</text>"
    )


def _drawn(curve: Curve, xs: _Scale, ys: _Scale, colour: str) -> list[str]:
    places = [(xs.place(x), ys.place(y)) for x, y in curve.points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dashes = " stroke-dasharray='5 4'" if curve.is_dashed else ""
    return [
        f"<polyline points='{line}' fill='none' stroke='{colour}' stroke-width='2'{dashes}/>",
        *(f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3.5' fill='{colour}'/>" for x, y in places),
    ]


def _key(number: int, curve: Curve) -> str:
    x, colour = _LEFT + 160 * number, _COLOURS[number % len(_COLOURS)]
    return (
        f"<line x1='{x}' x2='{x + 18}' y1='38' y2='38' stroke='{colour}' stroke-width='3'/>"
        f"<text x='{x + 24}' y='42'>{curve.name}</text>"
    )


def _label(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:g}"


def draw_plots(outcomes: Mapping[str, Outcome], folder: Path) -> list[Path]:
    """Write the plots that these outcomes have figures for; the files."""
    drawn = {
        "latency-by-load.svg": _latency_by_load(outcomes.get("ingest")),
        "drain-by-backlog.svg": _drain_by_backlog(outcomes.get("backlog")),
    }
    written = []
    for name, text in drawn.items():
        if text:
            (folder / name).write_text(text)
            written.append(folder / name)
    return written


def _latency_by_load(outcome: Outcome | None) -> str:
    if outcome is None or "latency" not in outcome.raw:
        return ""
    latency = cast(Mapping[str, Sequence[tuple[float, float, float]]], outcome.raw["latency"])
    curves = [
        Curve(f"{title} {percentile}", [(p[0], p[at]) for p in latency[name]], is_dashed=at == 2)
        for name, title in (("ours", "POST /capture"), ("bare", "bare route"))
        for at, percentile in ((1, "p50"), (2, "p99"))
    ]
    title = "Latency of durable captures by load, one web process"
    return plot(title, Axis("requests a second"), Axis("milliseconds", True), curves)


def _drain_by_backlog(outcome: Outcome | None) -> str:
    if outcome is None or "rates" not in outcome.raw:
        return ""
    rates = cast(Mapping[str, Sequence[float]], outcome.raw["rates"])
    points = [(float(depth), median(of_rounds)) for depth, of_rounds in rates.items()]
    title = "Drain speed by backlog, one webhook, one delivery process"
    x = Axis("deliveries pending at the start", True)
    return plot(title, x, Axis("deliveries a second"), [Curve("median of the rounds", points)])
