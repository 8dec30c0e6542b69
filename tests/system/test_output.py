from __future__ import annotations

import io
import json

import pytest

from scripts.system.output import Console, readable

LINE = json.dumps(
    {
        "time": "2026-03-16T12:00:01.250Z",
        "level": "info",
        "logger": "capture",
        "event": "capture.recorded",
        "capture_id": "cap_1",
        "seconds": 0.01,
    }
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_a_log_line_is_written_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    Console(terminal).prefixed("captures")(LINE)

    assert terminal.getvalue() == (
        "captures   | 12:00:01 capture.recorded capture_id=cap_1 seconds=0.01\n"
    )


def test_elsewhere_a_log_line_stays_json() -> None:
    stream = io.StringIO()
    Console(stream).prefixed("captures")(LINE)

    assert json.loads(stream.getvalue().partition(" | ")[2])["capture_id"] == "cap_1"


def test_a_warning_says_so_and_a_traceback_stands_below_its_line() -> None:
    fields = json.loads(LINE) | {"level": "error", "traceback": "Traceback:\n  in x"}

    first, *below = readable(json.dumps(fields)).splitlines()

    assert "ERROR capture.recorded" in first
    assert below == ["Traceback:", "  in x"]


@pytest.mark.parametrize("line", ["ready", "{", "[1]", "{}", '{"time": 1, "event": "x"}'])
def test_any_other_line_stays_as_it_is(line: str) -> None:
    assert readable(line) == line
