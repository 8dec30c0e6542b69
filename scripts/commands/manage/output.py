"""What a command found, for people as tables and for machines as JSON.

Everything that visitors and receivers wrote is shown with its control characters replaced: a name
must not be able to paint over an operator's terminal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.commands.columns import aligned

#: Longest text in a cell of a table; JSON has it whole.
CELL_CHARS_MAX = 60

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Listing:
    """Items of one kind. People see `columns` of them, in a dotted path the inner values."""

    items: Sequence[Record]
    columns: Sequence[str]
    #: What to say below when these are not all.
    more: str = ""
    #: The exit status that they mean.
    exit_status: int = 0
    #: Longest text in a cell.
    cell_chars_max: int = CELL_CHARS_MAX


def as_json(found: object) -> str:
    """One JSON value in one line."""
    return json.dumps(_plain(found), ensure_ascii=False)


def as_text(found: object) -> str:
    """Tables and lines for people."""
    if isinstance(found, Listing):
        return "\n".join(_table(found))
    if isinstance(found, Mapping):
        return "\n".join(_record(found))
    return shown(found)


def shown(value: object) -> str:
    """A value in a line: control characters replaced, absent as a dash."""
    if value is None or value == "" or value == [] or value == {}:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return shown(", ".join(value))
    text = value if isinstance(value, str) else json.dumps(_plain(value), ensure_ascii=False)
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _plain(found: object) -> object:
    if isinstance(found, Listing):
        return [_plain(item) for item in found.items]
    if isinstance(found, Mapping):
        return {name: _plain(value) for name, value in found.items()}
    return found


def _record(record: Record) -> list[str]:
    """A line for each value; below, each under its name, the listings."""
    plain = {name: value for name, value in record.items() if not isinstance(value, Listing)}
    lines = aligned([(name, shown(value)) for name, value in plain.items()])
    for name, value in record.items():
        if isinstance(value, Listing):
            lines += ["", f"{name}:", *_table(value)] if lines else [f"{name}:", *_table(value)]
    return lines


def _table(listing: Listing) -> list[str]:
    if not listing.items:
        return ["(none)"]
    values = [[_inner(item, column) for column in listing.columns] for item in listing.items]
    header = [column.rsplit(".", 1)[-1] for column in listing.columns]
    most = listing.cell_chars_max
    rows = [header, *([_cell(value, most) for value in row] for row in values)]
    columns = enumerate(zip(*values, strict=True))
    numbers = {at for at, column in columns if all(_is_number(value) for value in column)}
    return [*aligned(rows, numbers), *([listing.more] if listing.more else [])]


def _inner(item: Record, column: str) -> object:
    value: object = item
    for name in column.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _cell(value: object, chars_max: int) -> str:
    text = shown(value)
    return text if len(text) <= chars_max else text[: chars_max - 1] + "…"


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
