"""Exports: lists as files, read page by page while they are sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from app.console.visit import Download
from app.domain.text.spreadsheet import csv_line
from app.http.operations import Ask, Caller

#: Rows of one step and of a file.
_STEP, _ROWS_MAX = 200, 100_000

Row = Mapping[str, Any]


def pages_of(ask: Ask, caller: Caller, query: Mapping[str, str]) -> Iterator[Row]:
    """Every item of a list of the API, up to `_ROWS_MAX`.

    The first page is asked for at once: what is wrong with the query is known before a file begins.
    """
    asked = {**query, "limit": str(_STEP)}
    return _rest(ask, caller, asked, ask(caller, query=asked))


def _rest(
    ask: Ask, caller: Caller, asked: dict[str, str], page: Mapping[str, Any]
) -> Iterator[Row]:
    left = _ROWS_MAX
    while True:
        yield from page["data"]
        left -= _STEP
        if page["next_cursor"] is None or left <= 0:
            return
        page = ask(caller, query=asked | {"cursor": page["next_cursor"]})


def exported(name: str, form: str, columns: Sequence[str], rows: Iterable[Row]) -> Download:
    """The rows as CSV, or as NDJSON if that is the form."""
    if form == "ndjson":
        lines = (msgspec.json.encode({name: row[name] for name in columns}) + b"\n" for row in rows)
        return Download(f"{name}.ndjson", "application/x-ndjson", lines)
    return Download(f"{name}.csv", "text/csv; charset=utf-8", _csv(columns, rows))


def _csv(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    yield csv_line(columns)
    for row in rows:
        yield csv_line(row[name] for name in columns)
