"""An outage is two lines in the log: of a process that is alone, and of a role with several."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from config import outage
from config.outage import Outage
from config.role_marker import FOLDER_VARIABLE

AWAY, BACK = "redis.unreachable", "redis.reachable"


@pytest.fixture
def role_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(outage, "SECONDS_BETWEEN_OUTAGES", 0.0)
    return tmp_path


def test_one_process_speaks_for_all_of_its_role(
    role_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    processes = [Outage("redis") for _ in range(3)]
    for _ in range(2):
        for each in processes * 2:
            each.failed(OSError("away"))
        for each in processes:
            each.worked()
    assert caplog.messages == [AWAY, BACK, AWAY, BACK]


def test_a_process_that_died_during_an_outage_does_not_silence_the_next_one(
    role_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Outage("redis").failed(OSError("away"))
    (marker,) = role_folder.iterdir()
    long_ago = time.time() - outage.MARK_SECONDS_MAX - 1
    os.utime(marker, (long_ago, long_ago))
    other = Outage("redis")
    other.failed(OSError("away"))
    other.worked()
    assert caplog.messages == [AWAY, AWAY, BACK]


def test_a_folder_that_is_gone_silences_nobody(
    role_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    role_folder.rmdir()
    for each in (Outage("redis"), Outage("redis")):
        each.failed(OSError("away"))
    assert caplog.messages == [AWAY, AWAY]
