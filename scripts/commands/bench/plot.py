"""The plots of docs/performance.md and docs/delivery.md, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pygal
from pygal.style import CleanStyle

from scripts.commands.bench.figures import median
from scripts.commands.bench.outcome import Outcome

_DASHED = {"dasharray": "5, 4"}


def draw_plots(outcomes: Mapping[str, Outcome], folder: Path) -> list[Path]:
    """Write the plots of what was measured; where they are."""
    plots = {
        "latency-by-load.svg": _latency_by_load(outcomes.get("ingest", Outcome())),
        "drain-by-backlog.svg": _drain_by_backlog(outcomes.get("backlog", Outcome())),
        "limits-by-receiver.svg": _limits_by_receiver(outcomes.get("limits", Outcome())),
    }
    written = []
    for name, plot in plots.items():
        if plot is not None:
            (folder / name).write_bytes(plot.render())
            written.append(folder / name)
    return written


def _latency_by_load(outcome: Outcome) -> Any:
    if "latency" not in outcome.raw:
        return None
    latency = cast(Mapping[str, Sequence[tuple[float, float, float]]], outcome.raw["latency"])
    plot = _plot(
        "Latency of durable captures by load, one web process",
        "requests a second",
        "milliseconds",
        logarithmic=True,
    )
    for name, title in (("ours", "POST /capture"), ("bare", "bare route")):
        for at, percentile in ((1, "p50"), (2, "p99")):
            points = [(point[0], point[at]) for point in latency[name]]
            plot.add(f"{title} {percentile}", points, stroke_style=_DASHED if at == 2 else {})
    return plot


def _drain_by_backlog(outcome: Outcome) -> Any:
    if "rates" not in outcome.raw:
        return None
    rates = cast(Mapping[str, Sequence[float]], outcome.raw["rates"])
    plot = _plot(
        "Drain speed by backlog, one webhook, one delivery process",
        "deliveries pending at the start",
        "deliveries a second",
        xrange=(0, max(map(int, rates))),
        range=(0, 1.1 * max(map(median, rates.values()))),
    )
    plot.add("median of the rounds", [(int(depth), median(each)) for depth, each in rates.items()])
    return plot


def _limits_by_receiver(outcome: Outcome) -> Any:
    if not outcome.raw:
        return None
    plot = _plot(
        "The limit of a webhook by receiver, simulated",
        "seconds since the first delivery",
        "attempts in flight at once",
        logarithmic=True,
        show_dots=False,
        legend_at_bottom_columns=2,
        x_labels=(0.01, 0.1, 1, 10),
        y_labels=(1, 2, 5, 10, 20, 50, 100, 256),
    )
    for name, limits in outcome.raw.items():
        plot.add(name, cast(Sequence[tuple[float, int]], limits))
    return plot


def _plot(title: str, x: str, y: str, **options: object) -> Any:
    """An empty plot, without the script that pygal would load from elsewhere."""
    return pygal.XY(
        title=title,
        x_title=x,
        y_title=y,
        js=(),
        style=CleanStyle,
        width=750,
        height=400,
        legend_at_bottom=True,
        **options,
    )
