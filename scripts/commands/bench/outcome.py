"""What a stage is asked for and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from scripts.commands.bench.figures import Goal, median, ratio_by_rounds

#: Takes a line of progress.
Say = Callable[[str], None]


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    #: How often each side of a comparison gets its turn.
    rounds: int = 5
    #: A rough look in a fraction of the time; its figures are not for the record.
    quick: bool = False
    #: Whether the stages measure what the plots need besides.
    plots: bool = False

    def seconds(self, full: float) -> float:
        """The length of a measurement that takes `full` seconds when it is done properly."""
        return full / 5 if self.quick else full

    def count(self, full: int) -> int:
        """The size of a sample that has `full` members when it is done properly."""
        return full // 5 if self.quick else full


class Row(NamedTuple):
    """A line of the table: a figure, what it is compared with, and the goal for `value`."""

    what: str
    ours: str
    beside: str
    value: float
    goal: Goal | None = None

    @property
    def verdict(self) -> str:
        """Whether the goal is met; empty without a goal."""
        if self.goal is None:
            return ""
        return "met" if self.goal.is_met_by(self.value) else "MISSED"


@dataclass
class Outcome:
    """Everything that a stage found out."""

    rows: list[Row] = field(default_factory=list)
    #: Sentences that belong to the figures: how we know, what was unusual.
    notes: list[str] = field(default_factory=list)
    #: Each round's figures by name, for `--json` and the plots.
    raw: dict[str, object] = field(default_factory=dict)


def compared(
    what: str,
    ours: Sequence[float],
    beside: str,
    theirs: Sequence[float],
    goal: Goal | None = None,
    *,
    form: str = "{:,.0f}/s",
) -> Row:
    """The medians of both sides, and of their ratios round by round."""
    other = f"{beside} {form.format(median(theirs))}"
    return Row(what, form.format(median(ours)), other, ratio_by_rounds(ours, theirs), goal)


def alternate(
    effort: Effort, say: Say, sides: Mapping[str, Callable[[], float]], form: str = "{:,.0f}/s"
) -> list[list[float]]:
    """Measure every side once a round, and say what came out; each side's rounds."""
    measured: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(effort.rounds):
        for name, measure in sides.items():
            measured[name].append(measure())
        told = ", ".join(f"{name} {form.format(each[-1])}" for name, each in measured.items())
        say(f"round {number + 1}: {told}")
    return [*measured.values()]


def alternate_sizes(
    effort: Effort, say: Say, sizes: Sequence[int], measure: Callable[[int], float]
) -> dict[int, list[float]]:
    """The same for sides that differ in a size."""
    sides = {f"{size:,}:": partial(measure, size) for size in sizes}
    return dict(zip(sizes, alternate(effort, say, sides), strict=True))


def middle(what: str, values: Sequence[float], form: str, goal: Goal | None = None) -> Row:
    """The median of the rounds, beside nothing."""
    return Row(what, form.format(median(values)), "", median(values), goal)


def by_size(what: str, rates: Mapping[int, Sequence[float]], goal: Goal | None = None) -> list[Row]:
    """Every size but the first compared with the first; {} in `what` stands for the size."""
    (first, first_rates), *others = rates.items()
    return [
        compared(what.format(f"{size:,}"), of_rounds, f"{first:,}:", first_rates, goal)
        for size, of_rounds in others
    ]
