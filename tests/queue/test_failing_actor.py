from __future__ import annotations

import logging
import time
from itertools import pairwise
from typing import Any

import dramatiq
import pytest

from app.queue.broker import StreamsBroker
from tests.queue.working import QUEUE, Recorder, declare, drained, send, working
from tests.waiting import eventually

SECRET = "ada@example.com"


def test_a_failed_job_runs_again_after_growing_pauses(broker: StreamsBroker) -> None:
    ran_at: list[float] = []

    def record(value: str) -> None:
        ran_at.append(time.monotonic())
        if len(ran_at) < 5:
            raise RuntimeError("not yet")

    declare(broker, record)
    send(broker, SECRET)
    with working(broker):
        drained(broker)
    pauses = [later - earlier for earlier, later in pairwise(ran_at)]
    assert len(pauses) == 4
    for pause, least in zip(pauses, [0.1, 0.2, 0.4, 0.4], strict=True):
        assert pause >= least


def test_a_failing_job_does_not_hold_up_the_others(broker: StreamsBroker) -> None:
    recorder = Recorder(broker)

    def fail(value: int) -> None:
        raise RuntimeError

    declare(broker, fail)
    send(broker, 0, actor="fail")
    send(broker, *range(50))
    with working(broker, threads=1):
        eventually(lambda: len(recorder.seen) == 50)
        eventually(lambda: sum(broker.depth(QUEUE)) == 1)  # at whatever stage it is


@pytest.mark.parametrize("exception", [SystemExit, KeyboardInterrupt, dramatiq.Retry, ValueError])
def test_no_exception_makes_a_job_count_as_done(
    broker: StreamsBroker, exception: type[BaseException]
) -> None:
    failures = iter([exception(), exception()])
    ran: list[int] = []

    def record(value: int) -> None:
        for failure in failures:
            raise failure
        ran.append(value)

    declare(broker, record)
    send(broker, 7)
    with working(broker):
        drained(broker)
    assert ran == [7]


def test_a_failed_job_rests_though_redis_clock_is_set_back(broker: StreamsBroker) -> None:
    """Its time then lies further ahead than any pause is long."""
    failures = iter([RuntimeError()])
    recorder = Recorder(broker, "done")

    def record(value: int) -> None:
        for failure in failures:
            raise failure
        send(broker, value, actor="done")

    declare(broker, record)
    send(broker, 1)
    retry = broker.policy.keys.retry(QUEUE)
    with working(broker):
        eventually(lambda: broker.depth(QUEUE).retrying == 1 or bool(recorder.seen))
        members: Any = broker.client.zrange(retry, 0, -1)
        for member in members:
            broker.client.zincrby(retry, 3600, member)
        drained(broker)
    assert recorder.seen == [1]


def test_when_everything_fails_the_intake_slows_down_and_recovers_with_the_first_success(
    broker: StreamsBroker,
) -> None:
    healthy, runs, done = False, [], []

    def record(value: int) -> None:
        runs.append(time.monotonic())
        if not healthy:
            raise TimeoutError("the database is away")
        done.append(value)

    declare(broker, record, throws=(TimeoutError,))
    send(broker, *range(500))
    with working(broker):
        # The pauses between runs grow: without them 500 jobs are tried within a second.
        eventually(lambda: len(runs) > 14 and runs[-1] - runs[-2] > 0.4)
        assert len(runs) < 60
        healthy = True
        drained(broker)
    assert sorted(done) == list(range(500))


def test_arguments_never_reach_the_log(
    broker: StreamsBroker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    failures = iter([RuntimeError("no"), dramatiq.RateLimitExceeded("slow down")])

    def record(value: str) -> str:
        for failure in failures:
            raise failure
        return value

    declare(broker, record)
    send(broker, SECRET)
    send(broker, SECRET, actor="nobody")
    with working(broker):
        drained(broker)
    assert "Failed to process message record[" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("expected", [(), (ZeroDivisionError,)])
def test_a_failing_actor_does_not_flood_the_log(
    broker: StreamsBroker, caplog: pytest.LogCaptureFixture, expected: tuple[type[Exception], ...]
) -> None:
    caplog.set_level(logging.INFO)
    done: list[int] = []

    def record(value: int) -> None:
        if value:
            raise ZeroDivisionError
        done.append(value)

    declare(broker, record, throws=expected)
    # Every second one succeeds, so the intake is not throttled.
    send(broker, *(number % 2 for number in range(300)))
    with working(broker):
        eventually(lambda: len(done) == 150)
    failures = [r for r in caplog.records if "Failed to process" in r.message]
    assert 1 <= len(failures) <= 20
    assert all(bool(r.exc_info) == (not expected) for r in failures)
