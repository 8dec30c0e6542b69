from __future__ import annotations

import logging

import pytest
import redis

from app.queue.outage import Backoff, Outage


def test_an_outage_is_said_once_and_its_end_too(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage()
    for _ in range(1000):
        outage.failed(redis.ConnectionError("refused"))
    for _ in range(1000):
        outage.worked()
    assert [record.message for record in caplog.records] == [
        "redis.unreachable",
        "redis.reachable",
    ]


def test_a_connection_that_comes_and_goes_is_not_said_every_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outage = Outage()
    for _ in range(100):
        outage.failed(redis.ConnectionError())
        outage.worked()
    assert len(caplog.records) == 2


def test_nothing_is_said_while_all_is_well(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    Outage().worked()
    assert not caplog.records


def test_pauses_grow_to_two_seconds_with_jitter() -> None:
    backoff = Backoff()
    pauses = [backoff.next_seconds() for _ in range(50)]
    assert 0.05 <= pauses[0] <= 0.1
    assert all(1.0 <= pause <= 2.0 for pause in pauses[10:])
    backoff.reset()
    assert backoff.next_seconds() <= 0.1
