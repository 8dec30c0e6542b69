"""What many measurements come to: percentiles, medians, ratios, and whether a goal is met."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a `share` (0 to 1) of them does not exceed; NaN for none at all."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values: Sequence[float]) -> float:
    """The middle of the values; NaN for none at all."""
    return statistics.median(values) if values else math.nan


def ratio_by_rounds(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios of each round: what slows a round down slows both of its halves."""
    pairs = zip(ours, theirs, strict=True)
    return median([one / other for one, other in pairs if other])


class Goal(NamedTuple):
    """A figure and the side of it that is good."""

    limit: float
    is_least: bool
    unit: str = ""

    def is_met_by(self, value: float) -> bool:
        """Whether the value is on the good side; NaN never is."""
        return value >= self.limit if self.is_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.is_least else '≤'} {self.limit:,g}{self.unit}"


def at_least(limit: float, unit: str = "") -> Goal:
    """As much as that or more."""
    return Goal(limit, True, unit)


def at_most(limit: float, unit: str = "") -> Goal:
    """As much as that or less."""
    return Goal(limit, False, unit)
