"""The figures as one table to read, or as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

from scripts.commands.bench.outcome import Outcome, Row

_HEADINGS = ("stage", "measured", "ours", "beside", "ratio or value", "goal", "")
#: Columns that are figures and stand to the right.
_RIGHT = frozenset((2, 3, 4, 5))


def render(outcomes: Mapping[str, Outcome]) -> str:
    """The table, the notes of each stage below it, and how many goals were met."""
    rows = [row for outcome in outcomes.values() for row in outcome.rows]
    notes = [f"{stage}: {note}" for stage, outcome in outcomes.items() for note in outcome.notes]
    return "\n".join([*_lines(rows), "", *notes, "", summary(rows)])


def summary(rows: Sequence[Row]) -> str:
    """How many goals were met, and which were not."""
    judged = [row for row in rows if row.goal is not None]
    missed = [f"{row.stage} ({row.what})" for row in judged if row.verdict != "met"]
    met = f"{len(judged) - len(missed)} of {len(judged)} goals met"
    return f"{met}; missed: {', '.join(missed)}" if missed else met


def as_json(outcomes: Mapping[str, Outcome], machine: Mapping[str, object]) -> str:
    """Rows, notes and the raw figures of every round, by stage."""
    return json.dumps(
        {
            "machine": machine,
            "stages": {
                stage: {
                    "rows": [_row_as_json(row) for row in outcome.rows],
                    "notes": outcome.notes,
                    "raw": outcome.raw,
                }
                for stage, outcome in outcomes.items()
            },
        },
        indent=2,
    )


def _row_as_json(row: Row) -> dict[str, object]:
    return {
        "what": row.what,
        "ours": row.ours,
        "beside": row.beside,
        "value": None if math.isnan(row.value) else row.value,
        "goal": str(row.goal) if row.goal else None,
        "verdict": row.verdict,
    }


def _lines(rows: Sequence[Row]) -> list[str]:
    cells = [_HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(_HEADINGS))]
    rule = "  ".join("-" * width for width in widths)
    lines = ["  ".join(_align(line, widths)).rstrip() for line in cells]
    return [lines[0], rule, *lines[1:]]


def _align(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        text.rjust(width) if column in _RIGHT else text.ljust(width)
        for column, (text, width) in enumerate(zip(line, widths, strict=True))
    ]


def _cells(row: Row) -> tuple[str, ...]:
    goal = str(row.goal) if row.goal else ""
    return (row.stage, row.what, row.ours, row.beside, _short(row.value), goal, row.verdict)


def _short(value: float) -> str:
    if math.isnan(value):
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
