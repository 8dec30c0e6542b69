"""Text of visitors in a spreadsheet."""

from __future__ import annotations

import pytest

from app.domain.text.spreadsheet import csv_line, defused


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("Ada", "Ada"),
        (None, ""),
        (12, "12"),
        (["a", {"b": 1}], '["a",{"b":1}]'),
        ('=HYPERLINK("http://evil.example")', '\'=HYPERLINK("http://evil.example")'),
        ("+1 555 0100", "'+1 555 0100"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1+1", "'  =1+1"),
        ("\t=1+1", "'\t=1+1"),
        ("＝1+1", "'＝1+1"),
        ("a=b", "a=b"),
    ],
)
def test_nothing_becomes_a_formula(value: object, cell: str) -> None:
    assert defused(value) == cell


def test_quotes_commas_and_line_ends_stay_in_their_cell() -> None:
    assert csv_line(['a "b"', "c,d", "e\nf"]) == b'"a ""b""","c,d","e\nf"\r\n'
