from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Iterator

import pytest
import redis

from app.queue import consumer as consumer_module
from app.queue import keys, scripts
from app.queue.broker import WakingBroker, connect_broker
from app.queue.commands import Policy
from app.queue.messages import encode_message
from scripts.system.valkey import Valkey
from tests.queue.losing_proxy import LosingProxy
from tests.queue.working import QUEUE, Recorder, declare, drained, eventually, working


@pytest.fixture
def proxy(own_redis: Valkey) -> Iterator[LosingProxy]:
    proxy = LosingProxy(own_redis.url)
    yield proxy
    proxy.close()


@pytest.fixture
def often_reconciled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_module, "SECONDS_BETWEEN_RECONCILIATIONS", 0.2)


def enqueue(broker: WakingBroker, values: range) -> None:
    broker.enqueue_many(QUEUE, [encode_message(QUEUE, "record", [n]) for n in values])


def booked(broker: WakingBroker) -> int:
    """How many messages Redis books to this process."""
    key = keys.acks_key(broker.broker_id, QUEUE, broker.policy.namespace)
    return int(broker.client.scard(key))


def test_a_redis_that_restarts_strands_nothing(
    own_redis: Valkey, fragile_broker: WakingBroker
) -> None:
    recorder = Recorder(fragile_broker)
    enqueue(fragile_broker, range(3000))
    with working(fragile_broker):
        eventually(lambda: len(recorder.seen) > 100)
        own_redis.kill()
        time.sleep(0.5)
        own_redis.start()
        back_at = time.monotonic()
        drained(fragile_broker)
        assert time.monotonic() - back_at < 8
        assert booked(fragile_broker) == 0
    assert set(recorder.seen) == set(range(3000))


def test_work_goes_on_soon_after_redis_is_back(
    own_redis: Valkey, fragile_broker: WakingBroker
) -> None:
    recorder = Recorder(fragile_broker)
    with working(fragile_broker):
        own_redis.kill()
        time.sleep(3)
        own_redis.start()
        began = time.monotonic()
        fragile_broker.send(QUEUE, "record", 1)
        eventually(lambda: recorder.seen == [1])
        assert time.monotonic() - began < 3


def test_connections_that_are_cut_all_the_time_lose_and_strand_nothing(
    broker: WakingBroker,
) -> None:
    recorder = Recorder(broker)
    enqueue(broker, range(1000))
    with working(broker):
        deadline = time.monotonic() + 20
        while broker.depth(QUEUE) != (0, 0):
            assert time.monotonic() < deadline
            broker.client.client_kill_filter(_type="normal", skipme=True)
            time.sleep(0.02)
    assert set(recorder.seen) == set(range(1000))


@pytest.mark.parametrize("name", ["FETCH", "SETTLE", "RECONCILE", "HEARTBEAT", "TIDY"])
@pytest.mark.usefixtures("often_reconciled")
def test_a_lost_reply_strands_nothing(
    own_redis: Valkey, proxy: LosingProxy, policy: Policy, name: str
) -> None:
    producer = connect_broker(own_redis.url, policy=policy)
    broker = connect_broker(proxy.url, policy=policy)
    recorder = Recorder(broker)
    enqueue(producer, range(1))
    with working(broker):
        drained(producer)  # every script is known to the server
        proxy.lose_reply_to(getattr(scripts, name).sha.encode())
        enqueue(producer, range(1, 100))
        assert proxy.lost.wait(5)
        drained(producer)
    assert sorted(set(recorder.seen)) == list(range(100))
    producer.close()
    broker.close()


@pytest.mark.usefixtures("often_reconciled")
def test_messages_booked_by_a_fetch_that_nobody_awaits_come_back(broker: WakingBroker) -> None:
    recorder = Recorder(broker)
    with working(broker):
        enqueue(broker, range(0))
        zombie_fetch(broker, [encode_message(QUEUE, "record", [n]) for n in range(3)])
        drained(broker)
    assert sorted(recorder.seen) == [0, 1, 2]


def zombie_fetch(broker: WakingBroker, messages: list[tuple[str, bytes]]) -> None:
    """Book messages to the process as a stalled server does that goes on after the timeout."""
    namespace = broker.policy.namespace
    ids = [message_id for message_id, _ in messages]
    broker.client.hset(keys.payloads_key(QUEUE, namespace), mapping=dict(messages))
    broker.client.sadd(keys.acks_key(broker.broker_id, QUEUE, namespace), *ids)


def test_a_running_message_is_not_taken_for_a_stray(
    broker: WakingBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "SECONDS_BETWEEN_RECONCILIATIONS", 0.0)
    monkeypatch.setattr(consumer_module, "BLOCK_SECONDS", 0.02)
    ran: list[int] = []

    def record(number: int) -> None:
        ran.append(number)
        time.sleep(0.05)

    declare(broker, record)
    enqueue(broker, range(40))
    with working(broker):
        drained(broker)
    assert sorted(ran) == list(range(40))


def test_scripts_are_taught_again_to_a_server_that_forgot_them(broker: WakingBroker) -> None:
    recorder = Recorder(broker)
    with working(broker):
        for number in range(20):
            broker.client.script_flush()
            broker.send(QUEUE, "record", number)
        drained(broker)
    assert recorder.seen == list(range(20))


def test_a_server_before_shebangs_gets_the_scripts_without(broker: WakingBroker) -> None:
    script = scripts.Script("heartbeat")
    script._use("#!lua\n#!to an older server this line is a syntax error\n" + script._body)
    assert script(broker.client, broker.policy.namespace, broker.broker_id) == 1
    assert script._text == script._body


def test_work_goes_on_after_redis_was_emptied(
    own_redis: Valkey, fragile_broker: WakingBroker
) -> None:
    recorder = Recorder(fragile_broker)
    with working(fragile_broker):
        fragile_broker.send(QUEUE, "record", 1)
        drained(fragile_broker)
        fragile_broker.client.flushall()
        fragile_broker.send(QUEUE, "record", 2)
        drained(fragile_broker)
        heartbeats = keys.heartbeats_key(fragile_broker.policy.namespace)
        eventually(lambda: fragile_broker.client.zcard(heartbeats) == 1)
    assert recorder.seen == [1, 2]


def test_no_job_waits_for_a_redis_that_does_not_answer(
    own_redis: Valkey, fragile_broker: WakingBroker
) -> None:
    gate, finished = threading.Event(), []

    def record(number: int) -> None:
        gate.wait(10)
        finished.append(number)

    declare(fragile_broker, record)
    enqueue(fragile_broker, range(4))
    with working(fragile_broker, threads=1):
        eventually(lambda: fragile_broker.depth(QUEUE) == (2, 2))
        own_redis.freeze()
        began = time.monotonic()
        gate.set()
        eventually(lambda: len(finished) == 2)
        assert time.monotonic() - began < 1
        own_redis.thaw()
        drained(fragile_broker)
    assert sorted(finished) == [0, 1, 2, 3]


def test_messages_that_finished_while_redis_was_away_do_not_run_again(
    own_redis: Valkey, fragile_broker: WakingBroker
) -> None:
    gate, finished = threading.Event(), []

    def record(number: int) -> None:
        gate.wait(10)
        finished.append(number)

    declare(fragile_broker, record)
    enqueue(fragile_broker, range(2))
    with working(fragile_broker, threads=2):
        eventually(lambda: fragile_broker.depth(QUEUE) == (0, 2))
        own_redis.kill()
        gate.set()
        eventually(lambda: len(finished) == 2)
        time.sleep(2 * fragile_broker.policy.heartbeat_timeout_ms / 1000)
        own_redis.start()
        drained(fragile_broker)
    assert sorted(finished) == [0, 1]


def test_a_long_outage_is_said_in_few_lines(
    own_redis: Valkey, fragile_broker: WakingBroker, caplog: pytest.LogCaptureFixture
) -> None:
    Recorder(fragile_broker)
    caplog.set_level(logging.INFO)
    with working(fragile_broker, threads=8):
        caplog.clear()
        own_redis.kill()
        time.sleep(3)
        assert [record.message for record in caplog.records] == ["redis.unreachable"]
        own_redis.start()
        eventually(lambda: "redis.reachable" in caplog.text)


def test_a_full_server_is_still_drained(own_redis: Valkey, fragile_broker: WakingBroker) -> None:
    recorder = Recorder(fragile_broker)
    client = redis.Redis.from_url(own_redis.url, protocol=2)
    enqueue(fragile_broker, range(100))
    client.config_set("maxmemory", 1)
    with pytest.raises(redis.OutOfMemoryError):
        client.set("more", "no")
    with working(fragile_broker):
        drained(fragile_broker)
        assert fragile_broker.tidy() == (0, 0)
    client.close()
    assert sorted(recorder.seen) == list(range(100))


def test_a_read_only_server_is_waited_for(own_redis: Valkey, fragile_broker: WakingBroker) -> None:
    recorder = Recorder(fragile_broker)
    enqueue(fragile_broker, range(10))
    fragile_broker.client.replicaof("127.0.0.1", "1")
    with working(fragile_broker):
        time.sleep(0.5)
        assert recorder.seen == []
        fragile_broker.client.replicaof("NO", "ONE")
        drained(fragile_broker)
    assert sorted(recorder.seen) == list(range(10))


def test_two_hundred_threads_do_not_run_out_of_connections(broker: WakingBroker) -> None:
    recorder, counter = Recorder(broker, name="second"), itertools.count()

    def record(number: int) -> None:
        next(counter)
        broker.send(QUEUE, "second", number)

    declare(broker, record)
    enqueue(broker, range(400))
    with working(broker, threads=200):
        drained(broker)
    assert next(counter) == 400
    assert sorted(recorder.seen) == list(range(400))
