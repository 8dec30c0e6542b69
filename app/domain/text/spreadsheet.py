"""Cells of a CSV file, which spreadsheets open: text of visitors must not become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import msgspec

#: What a formula begins with, and what programs skip before they look.
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def defused(value: object) -> str:
    """A value as the text of a cell; what would be a formula gets an apostrophe before it.

    What has parts is JSON.
    """
    if isinstance(value, dict | list):
        value = msgspec.json.encode(value).decode()
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_STARTS) else text


def csv_line(values: Iterable[object]) -> bytes:
    """A line of a CSV file, as RFC 4180 has it."""
    line = io.StringIO()
    csv.writer(line).writerow(map(defused, values))
    return line.getvalue().encode()
