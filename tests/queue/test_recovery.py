from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from app.queue import keys
from app.queue.broker import WakingBroker, connect_broker
from app.queue.commands import Policy
from app.queue.consumer import WakingConsumer
from app.queue.messages import encode_message
from scripts.system.valkey import Valkey
from tests.queue.working import (
    QUEUE,
    Recorder,
    WorkerProcess,
    declare,
    drained,
    eventually,
    working,
)


@pytest.fixture
def victim(redis_url: str, policy: Policy, tmp_path: Path) -> Iterator[WorkerProcess]:
    process = WorkerProcess(redis_url, policy, tmp_path / "journal")
    yield process
    process.end()


def enqueue(broker: WakingBroker, count: int) -> None:
    broker.enqueue_many(QUEUE, [encode_message(QUEUE, "record", [str(n)]) for n in range(count)])


def test_what_a_killed_worker_held_runs_again(broker: WakingBroker, victim: WorkerProcess) -> None:
    enqueue(broker, 6)
    eventually(lambda: len(victim.begun()) == 2)
    assert broker.depth(QUEUE) == (2, 4)  # two running, two prefetched
    victim.end()
    recorder = Recorder(broker)
    with working(broker):
        drained(broker)
    assert sorted(recorder.seen) == [str(n) for n in range(6)]


def test_recovery_comes_within_twice_the_timeout(
    broker: WakingBroker, victim: WorkerProcess
) -> None:
    enqueue(broker, 2)
    eventually(lambda: len(victim.begun()) == 2)
    Recorder(broker)
    with working(broker):
        time.sleep(1.2)  # somebody has listened for a whole timeout
        victim.end()
        killed_at = time.monotonic()
        drained(broker)
        assert time.monotonic() - killed_at < 2 * broker.policy.heartbeat_timeout_ms / 1000


def test_recovered_messages_go_to_the_head_in_their_order(
    broker: WakingBroker, victim: WorkerProcess
) -> None:
    enqueue(broker, 8)
    eventually(lambda: broker.depth(QUEUE) == (4, 4))
    victim.end()
    recovered: list[int] = []

    def tidied() -> bool:
        recovered.append(broker.tidy().recovered)
        return recovered[-1] > 0

    eventually(tidied)
    assert recovered[-1] == 4
    recorder = Recorder(broker)
    with working(broker, threads=1):
        drained(broker)
    assert recorder.seen == [str(n) for n in range(8)]


def test_a_dead_process_without_messages_is_forgotten(
    broker: WakingBroker, victim: WorkerProcess
) -> None:
    heartbeats = keys.heartbeats_key(broker.policy.namespace)
    eventually(lambda: broker.client.zcard(heartbeats) == 1)
    victim.end()
    eventually(lambda: broker.tidy() is not None and broker.client.zcard(heartbeats) == 0)


def test_a_busy_worker_with_a_full_prefetch_is_never_taken_for_dead(
    redis_url: str, policy: Policy, broker: WakingBroker
) -> None:
    gate, ran = threading.Event(), []

    def record(name: str) -> None:
        ran.append(name)
        gate.wait(10)

    declare(broker, record)
    other = connect_broker(redis_url, policy=policy)
    recorder = Recorder(other)
    enqueue(broker, 4)
    with working(broker, threads=2):
        eventually(lambda: broker.depth(QUEUE) == (0, 4))
        with working(other):
            time.sleep(3 * policy.heartbeat_timeout_ms / 1000)
            assert recorder.seen == []
        gate.set()
        drained(broker)
    other.close()
    assert sorted(ran) == ["0", "1", "2", "3"]


def test_nobody_is_taken_for_dead_because_redis_was_away(
    own_redis: Valkey, fragile_broker: WakingBroker, policy: Policy
) -> None:
    gate, ran = threading.Event(), []

    def record(name: str) -> None:
        ran.append(name)
        gate.wait(10)

    declare(fragile_broker, record)
    other = connect_broker(own_redis.url, policy=policy)
    recorder = Recorder(other)
    enqueue(fragile_broker, 2)
    with working(fragile_broker, threads=2):
        eventually(lambda: len(ran) == 2)
        own_redis.kill()
        time.sleep(2 * policy.heartbeat_timeout_ms / 1000)
        own_redis.start()
        # The first to come back must not judge those who had no chance to be heard.
        assert other.tidy().recovered == 0
        with working(other):
            time.sleep(2 * policy.heartbeat_timeout_ms / 1000)
        gate.set()
        drained(fragile_broker)
    other.close()
    assert (len(ran), recorder.seen) == (2, [])


def test_a_frozen_worker_loses_its_messages_and_does_no_harm_when_it_wakes(
    broker: WakingBroker, redis_url: str, policy: Policy, tmp_path: Path
) -> None:
    frozen = WorkerProcess(redis_url, policy, tmp_path / "journal")
    enqueue(broker, 2)
    eventually(lambda: len(frozen.begun()) == 2)
    frozen.send(signal.SIGSTOP)
    recorder = Recorder(broker)
    with working(broker):
        drained(broker)
        frozen.send(signal.SIGCONT)
        assert frozen.end(signal.SIGTERM) == 0
        broker.send(QUEUE, "record", "after")
        drained(broker)
    assert sorted(recorder.seen) == ["0", "1", "after"]


def test_a_message_acked_by_a_process_taken_for_dead_does_not_run_again(
    redis_url: str, policy: Policy, broker: WakingBroker
) -> None:
    slow = connect_broker(redis_url, policy=policy)
    Recorder(slow)
    enqueue(slow, 1)
    consumer = slow.consume(QUEUE, prefetch=1)  # no worker, so no pulse: it falls silent
    job = next(consumer)
    assert job is not None
    recovered = 0

    def came_back() -> bool:
        nonlocal recovered
        recovered += broker.tidy().recovered
        return recovered == 1

    eventually(came_back)
    consumer.ack(job)
    recorder = Recorder(broker)
    with working(broker):
        drained(broker)
    assert recorder.seen == []
    assert broker.client.llen(keys.waiting_key(QUEUE, policy.namespace)) == 0
    consumer.close()
    slow.close()


def test_what_kills_its_worker_again_and_again_lets_the_others_pass(
    redis_url: str, policy: Policy, broker: WakingBroker
) -> None:
    Recorder(broker)
    enqueue(broker, 1)
    for _ in range(3):
        dying = connect_broker(redis_url, policy=policy)
        dying.declare_queue(QUEUE)
        consumer = dying.consume(QUEUE, prefetch=1)
        eventually(partial(gives_a_job, consumer))
        # Without a pulse it is as good as dead: it never acks and never gives back.
        eventually(lambda: broker.tidy().recovered == 1)
        consumer.close()
        dying.close()
    assert broker.client.zcard(keys.resting_key(QUEUE, policy.namespace)) == 1
    with working(broker):
        drained(broker)


def gives_a_job(consumer: WakingConsumer) -> bool:
    return next(consumer) is not None


def test_the_janitor_finds_queues_that_it_does_not_serve(
    redis_url: str, policy: Policy, broker: WakingBroker, victim: WorkerProcess
) -> None:
    enqueue(broker, 1)
    eventually(lambda: len(victim.begun()) == 1)
    victim.end()
    scheduler = connect_broker(redis_url, policy=policy)
    eventually(lambda: scheduler.tidy().recovered == 1)
    assert broker.depth(QUEUE) == (1, 0)
    scheduler.close()
