"""What a dead worker held runs again, soon, and by no clock but the observer's own."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.queue.broker import StreamsBroker
from app.queue.dead_letters import DeadLetters
from app.queue.policy import Policy
from scripts.system.valkey import Valkey
from tests.queue.conftest import PATIENT, MakeBroker
from tests.queue.working import (
    QUEUE,
    Recorder,
    WorkerProcess,
    declare,
    drained,
    send,
    unfinished,
    watching,
    working,
)
from tests.waiting import eventually

StartProcess = Callable[..., WorkerProcess]


@pytest.fixture
def start_process(redis_url: str, policy: Policy, tmp_path: Path) -> Iterator[StartProcess]:
    """Starts worker processes that share a journal; ends them."""
    processes: list[WorkerProcess] = []

    def start(job: str = "hold", **options: int) -> WorkerProcess:
        processes.append(WorkerProcess(redis_url, policy, tmp_path / "journal", job, **options))
        return processes[-1]

    yield start
    for process in processes:
        process.end()


def enqueue(broker: StreamsBroker, count: int) -> None:
    send(broker, *(str(number) for number in range(count)))


def consumers(broker: StreamsBroker) -> list[str]:
    found: Any = broker.client.xinfo_consumers(broker.policy.keys.stream(QUEUE), "workers")
    return [each["name"].decode() for each in found]


@pytest.mark.parametrize("jobs_max", [1, 3])
def test_what_a_killed_worker_held_runs_again(
    broker: StreamsBroker, start_process: StartProcess, jobs_max: int
) -> None:
    victim = start_process(jobs_max=jobs_max)
    enqueue(broker, 6)
    eventually(lambda: len(victim.begun()) == 2)
    held = broker.depth(QUEUE).in_flight
    assert held >= 2
    victim.end()
    recorder = Recorder(broker)
    with working(broker):
        drained(broker)
    assert sorted(recorder.seen) == [str(n) for n in range(6)]


def test_a_worker_with_the_default_policy_is_replaced_within_seconds(
    redis_url: str, tmp_path: Path
) -> None:
    policy = Policy()
    broker = StreamsBroker(redis_url, policy=policy)
    victim = WorkerProcess(redis_url, policy, tmp_path / "journal")
    enqueue(broker, 2)
    eventually(lambda: len(victim.begun()) == 2)
    recorder = Recorder(broker)
    with working(broker):
        victim.end()
        # Six seconds, and as many again if the observer itself is held up.
        eventually(lambda: len(recorder.seen) == 2, 4 * policy.dead_after_seconds)
    broker.close()


def test_rescue_needs_no_other_worker_and_no_clock_of_redis(
    broker: StreamsBroker, start_process: StartProcess
) -> None:
    victim = start_process()
    enqueue(broker, 2)
    eventually(lambda: len(victim.begun()) == 2)
    keys = broker.policy.keys
    with watching(broker):
        victim.end()
        # As after a step back of Redis' clock: idle since a moment that is yet to come.
        pending: Any = broker.client.xpending_range(keys.stream(QUEUE), "workers", "-", "+", 10)
        for each in pending:
            broker.client.xclaim(
                keys.stream(QUEUE),
                "workers",
                each["consumer"],
                0,
                [each["message_id"]],
                time=int(time.time() * 1000) + 3_600_000,
                justid=True,
            )
        eventually(lambda: broker.depth(QUEUE) == (2, 0, 0, 0))


def test_a_dead_consumer_is_deleted_once_nothing_is_pending_for_it(
    broker: StreamsBroker, start_process: StartProcess
) -> None:
    victim = start_process()
    enqueue(broker, 2)
    eventually(lambda: len(victim.begun()) == 2)
    victim.end()
    assert any(f"-{victim.pid}-" in name for name in consumers(broker))
    with watching(broker):
        eventually(lambda: consumers(broker) == [])
    assert broker.depth(QUEUE) == (2, 0, 0, 0)
    assert not broker.client.exists(broker.policy.keys.heartbeats(QUEUE))


def test_a_dead_consumer_that_never_beat_is_found_as_well(
    redis_url: str, broker: StreamsBroker, make_broker: MakeBroker
) -> None:
    Recorder(broker)
    enqueue(broker, 3)
    consumer = broker.consume(QUEUE, prefetch=2)
    assert next(consumer) is not None  # no worker, so no heartbeat
    with watching(make_broker(redis_url)):
        eventually(lambda: broker.depth(QUEUE) == (3, 0, 0, 0))


def test_many_observers_of_one_death_rescue_each_job_once(
    redis_url: str, make_broker: MakeBroker, broker: StreamsBroker
) -> None:
    Recorder(broker)
    enqueue(broker, 300)
    consumer = broker.consume(QUEUE, prefetch=4)
    for _ in range(4):
        next(consumer)
    broker.client.xreadgroup("workers", "dead", {broker.policy.keys.stream(QUEUE): ">"}, count=290)
    observers = [make_broker(redis_url) for _ in range(4)]
    for observer in observers:
        observer.declare_queue(QUEUE)
        observer.watch()
    eventually(lambda: broker.depth(QUEUE).in_flight == 0)
    assert broker.depth(QUEUE) == (300, 0, 0, 0)


@PATIENT
def test_a_busy_worker_is_never_taken_for_dead(
    redis_url: str, policy: Policy, broker: StreamsBroker, make_broker: MakeBroker
) -> None:
    gate, ran = threading.Event(), []

    def record(name: str) -> None:
        ran.append(name)
        gate.wait(60)

    declare(broker, record)
    other = make_broker(redis_url)
    recorder = Recorder(other)
    enqueue(broker, 2)
    with working(broker, threads=2):
        eventually(lambda: broker.depth(QUEUE) == (0, 2, 0, 0))
        with working(other):
            assert not gate.wait(1.3 * policy.dead_after_seconds)
            assert recorder.seen == []
        gate.set()
        drained(broker)
    assert sorted(ran) == ["0", "1"]


@PATIENT
def test_nobody_is_taken_for_dead_because_redis_was_away(
    own_redis: Valkey, fragile_broker: StreamsBroker, policy: Policy, make_broker: MakeBroker
) -> None:
    gate, ran = threading.Event(), []

    def record(name: str) -> None:
        ran.append(name)
        gate.wait(60)

    declare(fragile_broker, record)
    other = make_broker(own_redis.url)
    recorder = Recorder(other)
    enqueue(fragile_broker, 2)
    with working(fragile_broker, threads=2):
        eventually(lambda: len(ran) == 2)
        with working(other):
            own_redis.kill()
            assert not gate.wait(1.2 * policy.dead_after_seconds)
            own_redis.start()
            assert not gate.wait(1.2 * policy.dead_after_seconds)
            gate.set()
            eventually(lambda: recorder.seen == [] and unfinished(fragile_broker) == 0)
    assert (len(ran), recorder.seen) == (2, [])


def test_a_frozen_worker_loses_its_jobs_and_does_no_harm_when_it_wakes(
    broker: StreamsBroker, start_process: StartProcess
) -> None:
    frozen = start_process()
    enqueue(broker, 2)
    eventually(lambda: len(frozen.begun()) == 2)
    frozen.send(signal.SIGSTOP)
    recorder = Recorder(broker)
    with working(broker):
        drained(broker)
        frozen.send(signal.SIGCONT)
        assert frozen.end(signal.SIGTERM) == 0
        send(broker, "after")
        drained(broker)
    assert sorted(recorder.seen) == ["0", "1", "after"]


@PATIENT
def test_a_frozen_observer_does_not_take_the_living_for_dead(
    broker: StreamsBroker, start_process: StartProcess, policy: Policy
) -> None:
    holding = start_process()
    enqueue(broker, 2)
    eventually(lambda: len(holding.begun()) == 2)
    observer = start_process("write")
    beats = broker.policy.keys.heartbeats(QUEUE)
    eventually(lambda: broker.client.hlen(beats) == 2)
    mine = next(n for n in broker.client.hkeys(beats) if f"-{observer.pid}-".encode() in n)
    observer.send(signal.SIGSTOP)
    assert not threading.Event().wait(1.3 * policy.dead_after_seconds)
    observer.send(signal.SIGCONT)
    # It has looked again when its heartbeat has changed a few times.
    seen: set[Any] = set()

    def has_beaten_often() -> bool:
        seen.add(broker.client.hget(beats, mine))
        return len(seen) > 5

    eventually(has_beaten_often)
    assert len(holding.begun()) == 2


def test_what_kills_its_workers_ends_as_a_dead_letter_and_takes_nobody_with_it(
    broker: StreamsBroker, start_process: StartProcess, policy: Policy
) -> None:
    names = ["a", "b", "killer", "c", "d", "e"]
    send(broker, *names)
    processes: list[WorkerProcess] = []

    def judged() -> bool:
        if not any(process.is_alive for process in processes):
            processes.append(start_process("die", jobs_max=4, threads=1))
        return broker.depth(QUEUE) == (0, 0, 0, 1)

    with watching(broker):
        eventually(judged, seconds=120)
    (letter,) = DeadLetters(broker.client, QUEUE, policy.keys).newest(10)
    assert "killer" in letter.job
    assert letter.reason == f"{policy.deaths_max} workers died while they held it"
    begun = processes[0].begun()
    assert begun.count("killer") == policy.deaths_max
    assert set(begun) == set(names)
    # Those beside it were lost with it at first; from then on it ran alone.
    assert max(begun.count(name) for name in names if name != "killer") <= 3
    assert begun[-1] != "killer" or len(begun) > policy.deaths_max
