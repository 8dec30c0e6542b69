"""A worker whose clock is wrong says so: what it signs is refused without a reason."""

from __future__ import annotations

import threading
import time

import pytest

from app.storage.database import Database
from tests.waiting import eventually
from workers import clock_check
from workers.clock_check import check_clock, watch_clock


@pytest.mark.parametrize(
    ("offset", "told"),
    [(0, []), (25, []), (-25, []), (40, [40]), (3600, [3600]), (-3600, [-3600])],
)
def test_a_clock_more_than_30_seconds_off_is_warned_of(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    offset: int,
    told: list[int],
) -> None:
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + offset)

    check_clock(database)

    warned = [each for each in caplog.records if each.message == "clock.skewed"]
    assert [round(vars(each)["seconds_ahead_of_database"], -1) for each in warned] == told


def test_the_clock_is_watched_every_minute(
    database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert clock_check.INTERVAL_SECONDS == 60
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + 3600)
    monkeypatch.setattr(clock_check, "INTERVAL_SECONDS", 0.05)
    stopping = threading.Event()
    watch_clock(database_url, stopping)
    try:
        eventually(lambda: caplog.text.count("clock.skewed") > 2)
    finally:
        stopping.set()
