"""The figures as one table to read, or as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from scripts.commands.bench.outcome import Outcome, Row
from scripts.commands.columns import aligned

_HEADINGS = ("stage", "measured", "ours", "beside", "ratio or value", "goal", "")
#: Columns that are figures.
_RIGHT = frozenset((2, 3, 4, 5))


def render(outcomes: Mapping[str, Outcome]) -> str:
    """The table, the notes of each stage below it, and how many goals were met."""
    cells = [_HEADINGS, *(_cells(stage, row) for stage, row in _rows(outcomes))]
    heading, *lines = aligned(cells, _RIGHT)
    rule = "  ".join("-" * max(map(len, column)) for column in zip(*cells, strict=True))
    notes = [f"{stage}: {note}" for stage, outcome in outcomes.items() for note in outcome.notes]
    return "\n".join([heading, rule, *lines, "", *notes, "", summary(outcomes)])


def summary(outcomes: Mapping[str, Outcome]) -> str:
    """How many goals were met, and which were not."""
    judged = [(stage, row) for stage, row in _rows(outcomes) if row.goal is not None]
    missed = [f"{stage} ({row.what})" for stage, row in judged if row.verdict != "met"]
    met = f"{len(judged) - len(missed)} of {len(judged)} goals met"
    return f"{met}; missed: {', '.join(missed)}" if missed else met


def as_json(outcomes: Mapping[str, Outcome], machine: Mapping[str, object]) -> str:
    """Rows, notes and the raw figures of every round, by stage."""
    stages = {
        stage: {
            "rows": [_row_as_json(row) for row in outcome.rows],
            "notes": outcome.notes,
            "raw": outcome.raw,
        }
        for stage, outcome in outcomes.items()
    }
    return json.dumps({"machine": machine, "stages": stages}, indent=2)


def _rows(outcomes: Mapping[str, Outcome]) -> list[tuple[str, Row]]:
    return [(stage, row) for stage, outcome in outcomes.items() for row in outcome.rows]


def _row_as_json(row: Row) -> dict[str, object]:
    return {
        "what": row.what,
        "ours": row.ours,
        "beside": row.beside,
        "value": None if math.isnan(row.value) else row.value,
        "goal": str(row.goal) if row.goal else None,
        "verdict": row.verdict,
    }


def _cells(stage: str, row: Row) -> tuple[str, ...]:
    goal = str(row.goal) if row.goal else ""
    return (stage, row.what, row.ours, row.beside, _short(row.value), goal, row.verdict)


def _short(value: float) -> str:
    if math.isnan(value):
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
