"""What ./scripts/manage prints: tables that no input can paint over, and a progress bar."""

from __future__ import annotations

import io
import time

import pytest

from scripts.commands.manage.output import Listing, as_json, as_text, shown
from scripts.commands.manage.progress import Progress

EVIL = "\x1b[2J\x1b]0;owned\x07name\r\nsecond line\u202e"


def test_what_visitors_wrote_cannot_paint_on_the_terminal() -> None:
    table = as_text(Listing([{"name": EVIL, "n": 1234}], ("name", "n")))
    record = as_text({"name": EVIL, "inner": Listing([{"name": EVIL}], ("name",))})

    assert table.count("\n") == 1
    assert table.endswith("1,234")
    for text in (table, record):
        assert all(character.isprintable() or character == "\n" for character in text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ("", "-"),
        ([], "-"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (1234567, "1,234,567"),
        (["a", "b"], "a, b"),
        ({"a": 1}, '{"a": 1}'),
        ("Zoë", "Zoë"),
    ],
)
def test_values_are_short_and_readable(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_table_shows_some_columns_and_json_everything() -> None:
    found = Listing(
        [{"id": "a", "payload": {"email": "x@y.z"}, "more": "m" * 99}], ("id", "payload.email")
    )

    assert as_text(found).splitlines() == ["id  email", "a   x@y.z"]
    assert "m" * 99 in as_json(found)
    assert as_text(Listing([], ("id",))) == "(none)"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_a_bar_that_is_painted_over_on_a_terminal() -> None:
    times = iter([0.0, 2.0, 4.0])
    terminal = Terminal()
    with Progress(terminal, lambda: next(times)) as progress:
        for done in (0, 100, 400):
            progress.show(done, 400)

    states = terminal.getvalue().split("\r")
    assert "100 of 400, 50/s, 6 s left" in states[2]
    assert "[##############################] 100% 400 of 400" in states[3]
    assert terminal.getvalue().count("\n") == 1


def test_progress_elsewhere_is_a_few_lines() -> None:
    plain = io.StringIO()
    with Progress(plain, time.monotonic) as progress:
        for done in range(1001):
            progress.show(done, 1000)

    assert 10 <= plain.getvalue().count("\n") <= 12
