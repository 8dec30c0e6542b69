"""How waiting jobs become calls of an actor."""

from __future__ import annotations

import threading
import time
from typing import Any

import msgspec
import pytest

from app.queue.batches import Batching
from app.queue.broker import StreamsBroker
from app.queue.dead_letters import DeadLetters
from app.queue.jobs import encode_job
from tests.queue.conftest import MakeBroker
from tests.queue.working import QUEUE, Recorder, declare, drained, send, working
from tests.waiting import eventually


class Batches:
    """An actor that takes many jobs; the first call waits until the gate is open."""

    def __init__(self, broker: StreamsBroker, **batching: Any) -> None:
        self.gate = threading.Event()
        self.seen: list[list[Any]] = []
        self.bad: set[Any] = set()
        options = {"jobs_max": 10, "bytes_max": 10_000, **batching}
        declare(broker, self._run, "record", batching=Batching(**options))

    def _run(self, jobs: list[msgspec.Raw]) -> None:
        values = [msgspec.json.decode(job) for job in jobs]
        self.seen.append(values)
        if len(self.seen) == 1:
            self.gate.wait(60)
        if self.bad & set(values):
            raise RuntimeError("a bug of ours")


def test_jobs_that_wait_for_a_thread_are_one_call(redis_url: str, make_broker: MakeBroker) -> None:
    broker = make_broker(redis_url, threads=1)
    batches = Batches(broker)
    with working(broker, threads=1):
        send(broker, "first")
        eventually(lambda: len(batches.seen) == 1)
        send(broker, *range(10))
        batches.gate.set()
        drained(broker)
    assert batches.seen == [["first"], list(range(10))]


@pytest.mark.parametrize(("limit", "size"), [({"jobs_max": 4}, 1), ({"bytes_max": 4_500}, 1_000)])
def test_a_call_takes_no_more_jobs_and_bytes_than_its_actor_wants(
    broker: StreamsBroker, limit: dict[str, int], size: int
) -> None:
    batches = Batches(broker, **limit)
    batches.gate.set()
    send(broker, *("x" * size for _ in range(10)))
    with working(broker, threads=1):
        drained(broker)
    assert [len(batch) for batch in batches.seen] == [4, 4, 2]


def test_a_job_larger_than_the_limit_goes_alone(broker: StreamsBroker) -> None:
    batches = Batches(broker, bytes_max=100)
    batches.gate.set()
    send(broker, "a", "x" * 1_000, "b")
    with working(broker, threads=1):
        drained(broker)
    assert [len(batch) for batch in batches.seen] == [1, 1, 1]


def test_while_jobs_keep_coming_calls_begin_an_interval_apart(broker: StreamsBroker) -> None:
    batches = Batches(broker, jobs_max=2, interval_seconds_max=0.2)
    batches.gate.set()
    send(broker, *range(6))
    began = time.monotonic()
    with working(broker, threads=2):
        drained(broker)
    assert time.monotonic() - began > 2 * 0.2
    assert len(batches.seen) == 3


@pytest.mark.parametrize(
    ("jobs", "seconds"), [(1, 0.0), (2, 0.027), (8, 0.068), (27, 0.154), (64, 0.274), (99, 0.274)]
)
def test_the_interval_grows_with_what_a_call_had(jobs: int, seconds: float) -> None:
    batching = Batching(interval_seconds_max=0.274, jobs_at_max=64)
    assert batching.interval_seconds(jobs) == pytest.approx(seconds, abs=0.001)


def test_one_bad_job_costs_those_that_wait_with_it_nothing(broker: StreamsBroker) -> None:
    batches = Batches(broker, jobs_max=64)
    batches.gate.set()
    batches.bad = {13}
    send(broker, *range(64))
    with working(broker, threads=1):
        eventually(lambda: broker.depth(QUEUE) == (0, 0, 0, 1))
    (letter,) = DeadLetters(broker.client, QUEUE, broker.policy.keys).newest(10)
    assert letter.job == encode_job("record", [13]).decode()
    assert letter.reason == "failed 8 times: RuntimeError: a bug of ours"
    # Halves, not one by one: a bug in one job costs few calls.
    assert sum(len(batch) > 1 for batch in batches.seen) < 20
    assert {value for batch in batches.seen for value in batch} == set(range(64))


def test_jobs_of_other_actors_are_not_mixed_in(broker: StreamsBroker) -> None:
    batches, single = Batches(broker), Recorder(broker, "single")
    batches.gate.set()
    for actor in ("record", "record", "single", "record"):
        send(broker, actor, actor=actor)
    with working(broker, threads=1):
        drained(broker)
    assert batches.seen == [["record", "record"], ["record"]]
    assert single.seen == ["single"]


def test_every_thread_works_while_jobs_wait(broker: StreamsBroker) -> None:
    both = threading.Barrier(2)
    declare(broker, lambda jobs: both.wait(30) and None, "record", batching=Batching(2, 10_000))
    send(broker, *range(4))
    with working(broker, threads=2):
        drained(broker)


def test_a_worker_holds_no_more_than_its_threads_can_run(
    redis_url: str, make_broker: MakeBroker
) -> None:
    broker, gate = make_broker(redis_url, threads=2), threading.Event()
    declare(broker, lambda number: gate.wait(60) and None, "record")
    send(broker, *range(10))
    with working(broker, threads=2):
        eventually(lambda: broker.depth(QUEUE).in_flight == 2)
        assert broker.depth(QUEUE) == (8, 2, 0, 0)
        gate.set()
        drained(broker)
