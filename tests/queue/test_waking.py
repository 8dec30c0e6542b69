from __future__ import annotations

import threading
import time

import pytest

from app.queue import consumer as consumer_module
from app.queue import keys
from app.queue.broker import WakingBroker, connect_broker
from app.queue.commands import Policy
from app.queue.messages import encode_message
from tests.queue.working import QUEUE, Recorder, declare, drained, eventually, working


@pytest.fixture
def long_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks so long that only a wake-up explains a short wait."""
    monkeypatch.setattr(consumer_module, "BLOCK_SECONDS", 4.0)


def blocked_clients(broker: WakingBroker) -> int:
    return int(broker.client.info("clients")["blocked_clients"])


@pytest.mark.usefixtures("long_block")
def test_a_blocked_consumer_wakes_when_a_message_comes(broker: WakingBroker) -> None:
    recorder = Recorder(broker)
    with working(broker):
        eventually(lambda: blocked_clients(broker) == 1)
        sent_at = time.monotonic()
        broker.send(QUEUE, "record", 1)
        eventually(lambda: recorder.seen == [1])
        assert time.monotonic() - sent_at < 1


@pytest.mark.usefixtures("long_block")
def test_a_full_consumer_wakes_when_a_message_has_run(broker: WakingBroker) -> None:
    gate = threading.Semaphore(0)
    ran: list[int] = []

    def step(number: int) -> None:
        assert gate.acquire(timeout=10)
        ran.append(number)

    declare(broker, step)
    broker.enqueue_many(QUEUE, [encode_message(QUEUE, "step", [n]) for n in range(6)])
    with working(broker, threads=1):
        eventually(lambda: broker.depth(QUEUE) == (4, 2))
        began = time.monotonic()
        gate.release(6)
        drained(broker)
        assert time.monotonic() - began < 2
    assert ran == list(range(6))


def test_a_token_left_between_fetch_and_block_is_not_lost(broker: WakingBroker) -> None:
    Recorder(broker)
    consumer = broker.consume(QUEUE, prefetch=2)
    assert next(consumer) is None
    broker.send(QUEUE, "record", 1)
    began = time.monotonic()
    assert next(consumer) is not None
    assert time.monotonic() - began < 0.5
    consumer.close()


@pytest.mark.usefixtures("long_block")
def test_one_token_for_a_burst_wakes_every_process(redis_url: str, policy: Policy) -> None:
    both = threading.Barrier(2)
    brokers = [connect_broker(redis_url, policy=policy, prefetch=1) for _ in range(2)]
    for broker in brokers:
        declare(broker, lambda: both.wait(5) and None, "meet")
    with working(brokers[0], threads=1), working(brokers[1], threads=1):
        eventually(lambda: blocked_clients(brokers[0]) == 2)
        began = time.monotonic()
        messages = [encode_message(QUEUE, "meet", []) for _ in range(2)]
        brokers[0].enqueue_many(QUEUE, messages)
        drained(brokers[0])
        assert time.monotonic() - began < 2
    for broker in brokers:
        broker.close()


def test_an_empty_queue_keeps_no_tokens(broker: WakingBroker) -> None:
    Recorder(broker)
    for number in range(100):
        broker.send(QUEUE, "record", number)
    wake = keys.wake_key(QUEUE, broker.policy.namespace)
    assert broker.client.llen(wake) == keys.WAKE_TOKENS
    assert 0 < broker.client.pttl(wake) <= keys.WAKE_EXPIRY_MS
    with working(broker):
        drained(broker)
    assert not broker.client.exists(wake)


def test_no_thread_serves_a_delay_queue(broker: WakingBroker) -> None:
    Recorder(broker)
    with working(broker) as worker:
        assert list(worker.consumers) == [QUEUE]


def test_a_worker_takes_the_prefetch_of_its_broker(redis_url: str, policy: Policy) -> None:
    broker = connect_broker(redis_url, policy=policy, prefetch=7)
    Recorder(broker)
    with working(broker, threads=1) as worker:
        assert worker.consumers[QUEUE].prefetch == 7
    broker.close()
