"""A log line is one JSON object that says what happened, with its ids."""

from __future__ import annotations

import json
import logging

from config.logging import HumanLine, JsonLine


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


def test_people_see_time_event_and_ids_first_and_nothing_that_moves_the_cursor() -> None:
    record = logging.LogRecord("w", logging.WARNING, "x.py", 1, "delivery.attempted", None, None)
    record.created = 1_773_662_400.25
    vars(record).update(status=503, reason="\x1b[2Jgone", delivery_id="dlv_1", event_id="evt_1")
    line = HumanLine().format(record)
    assert line == (
        "12:00:00 WARNING delivery.attempted delivery_id=dlv_1 event_id=evt_1 status=503"
        " reason=\ufffd[2Jgone"
    )
