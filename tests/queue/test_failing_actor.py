from __future__ import annotations

import logging
import time
from itertools import pairwise

import dramatiq
import pytest

from app.queue.broker import WakingBroker
from app.queue.messages import encode_message
from tests.queue.working import QUEUE, Recorder, declare, drained, eventually, working

SECRET = "ada@example.com"


def test_a_failed_message_runs_again_after_growing_pauses(broker: WakingBroker) -> None:
    ran_at: list[float] = []

    def record(value: str) -> None:
        ran_at.append(time.monotonic())
        if len(ran_at) < 5:
            raise RuntimeError("not yet")

    declare(broker, record)
    broker.send(QUEUE, "record", SECRET)
    with working(broker):
        drained(broker)
    pauses = [later - earlier for earlier, later in pairwise(ran_at)]
    # 100, 200, 400, 400 ms by the policy; the janitor looks every 200 ms.
    assert len(pauses) == 4
    for pause, least in zip(pauses, [0.1, 0.2, 0.4, 0.4], strict=True):
        assert least <= pause < least + 1.5


def test_a_failing_message_does_not_hold_up_the_others(broker: WakingBroker) -> None:
    recorder = Recorder(broker)

    def fail() -> None:
        raise RuntimeError

    declare(broker, fail)
    broker.send(QUEUE, "fail")
    broker.enqueue_many(QUEUE, [encode_message(QUEUE, "record", [n]) for n in range(50)])
    with working(broker, threads=1):
        eventually(lambda: len(recorder.seen) == 50, seconds=3)
        eventually(lambda: sum(broker.depth(QUEUE)) == 1)


@pytest.mark.parametrize("exception", [SystemExit, KeyboardInterrupt, dramatiq.Retry, ValueError])
def test_no_exception_makes_a_message_count_as_done(
    broker: WakingBroker, exception: type[BaseException]
) -> None:
    failures = iter([exception(), exception()])
    ran: list[int] = []

    def record(value: int) -> None:
        for failure in failures:
            raise failure
        ran.append(value)

    declare(broker, record)
    broker.send(QUEUE, "record", 7)
    with working(broker):
        drained(broker)
    assert ran == [7]


def test_when_everything_fails_the_intake_slows_down_and_recovers_with_the_first_success(
    broker: WakingBroker,
) -> None:
    healthy, runs, done = False, [], []

    def record(value: int) -> None:
        runs.append(value)
        if not healthy:
            raise RuntimeError("the database is away")
        done.append(value)

    declare(broker, record)
    broker.enqueue_many(QUEUE, [encode_message(QUEUE, "record", [n]) for n in range(1000)])
    with working(broker):
        time.sleep(2)
        assert len(runs) < 60
        healthy = True
        drained(broker)
    assert sorted(done) == list(range(1000))


def test_arguments_never_reach_the_log(
    broker: WakingBroker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    failures = iter([RuntimeError("no"), dramatiq.RateLimitExceeded("slow down")])

    def record(value: str) -> str:
        for failure in failures:
            raise failure
        return value

    def keep_poison(queue: str, message_id: str, reason: str, payload: bytes) -> None: ...

    for actor in (record, keep_poison):
        declare(broker, actor)
    broker.send(QUEUE, "record", SECRET)
    broker.send(QUEUE, "nobody", SECRET)
    with working(broker):
        drained(broker)
    assert "Failed to process message record[" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("expected", [(), (ZeroDivisionError,)])
def test_a_failing_actor_does_not_flood_the_log(
    broker: WakingBroker, caplog: pytest.LogCaptureFixture, expected: tuple[type[Exception], ...]
) -> None:
    caplog.set_level(logging.INFO)

    def record(value: int) -> None:
        if value:
            raise ZeroDivisionError

    dramatiq.actor(broker=broker, queue_name=QUEUE, throws=expected)(record)
    # Every second one succeeds, so the brake stays off.
    broker.enqueue_many(QUEUE, [encode_message(QUEUE, "record", [n % 2]) for n in range(300)])
    with working(broker):
        eventually(lambda: sum(broker.depth(QUEUE)) == 150)
    failures = [r for r in caplog.records if "Failed to process" in r.message]
    assert 1 <= len(failures) <= 20
    assert all(bool(r.exc_info) == (not expected) for r in failures)
