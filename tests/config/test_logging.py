"""A log line is one JSON object that says what happened, with its ids."""

from __future__ import annotations

import json
import logging

from config.logging import JsonLine


def test_a_line_holds_the_event_its_fields_and_the_traceback() -> None:
    try:
        raise ValueError("broken")
    except ValueError as error:
        record = logging.LogRecord(
            "workers.captures",
            logging.ERROR,
            "x.py",
            1,
            "capture.rejected",
            None,
            (type(error), error, error.__traceback__),
        )
    record.capture_id = "cap_1"

    line = JsonLine().format(record)

    assert "\n" not in line
    told = json.loads(line)
    assert told["event"] == "capture.rejected"
    assert told["level"] == "error"
    assert told["capture_id"] == "cap_1"
    assert "ValueError: broken" in told["traceback"]
