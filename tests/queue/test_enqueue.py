from __future__ import annotations

from typing import Any, cast

import pytest
import redis
from dramatiq.errors import ConnectionClosed, QueueJoinTimeout, QueueNotFound

from app.queue import keys
from app.queue.broker import WakingBroker, connect_broker
from app.queue.messages import encode_message
from scripts.system.valkey import Valkey
from tests.queue.working import QUEUE, Recorder, declare, drained, working


def test_messages_run_in_the_order_they_were_sent(broker: WakingBroker) -> None:
    recorder = Recorder(broker)
    for number in range(20):
        broker.send(QUEUE, "record", number)
    with working(broker, threads=1):
        drained(broker)
    assert recorder.seen == list(range(20))


def test_an_actor_can_be_sent_to_as_dramatiq_does(broker: WakingBroker) -> None:
    recorder = Recorder(broker)
    recorder.actor.send({"name": "Ada"})
    with working(broker):
        drained(broker)
    assert recorder.seen == [{"name": "Ada"}]


def test_many_messages_are_enqueued_at_once(broker: WakingBroker) -> None:
    recorder = Recorder(broker)
    broker.enqueue_many(QUEUE, [encode_message(QUEUE, "record", [n]) for n in range(1234)])
    assert broker.depth(QUEUE) == (1234, 0)
    with working(broker, threads=1):
        drained(broker)
    assert recorder.seen == list(range(1234))


def test_enqueuing_the_same_message_again_adds_nothing(broker: WakingBroker) -> None:
    message = encode_message(QUEUE, "record", [1])
    broker.enqueue_many(QUEUE, [message])
    broker.enqueue_many(QUEUE, [message, message])
    assert broker.depth(QUEUE) == (1, 0)


def test_the_documented_commands_enqueue_without_the_broker(broker: WakingBroker) -> None:
    recorder = Recorder(broker)
    with working(broker):
        enqueue_by_hand(broker.client, broker.policy.namespace, ["by hand"])
        drained(broker)
    assert recorder.seen == ["by hand"]


def enqueue_by_hand(client: redis.Redis, namespace: str, args: list[Any]) -> None:
    message_id, payload = encode_message(QUEUE, "record", args)
    wake = keys.wake_key(QUEUE, namespace)
    with client.pipeline(transaction=True) as pipeline:
        pipeline.hset(keys.payloads_key(QUEUE, namespace), message_id, payload)
        pipeline.rpush(keys.waiting_key(QUEUE, namespace), message_id)
        pipeline.lpush(wake, 1)
        pipeline.ltrim(wake, 0, keys.WAKE_TOKENS - 1)
        pipeline.pexpire(wake, keys.WAKE_EXPIRY_MS)
        pipeline.execute()


def test_the_scripts_use_the_documented_keys(broker: WakingBroker) -> None:
    namespace = broker.policy.namespace
    recorder = Recorder(broker)

    def fail(value: int) -> None:
        raise RuntimeError

    declare(broker, fail)
    broker.send(QUEUE, "fail", 1)
    broker.send(QUEUE, "record", 1)
    assert names(broker) == {
        keys.waiting_key(QUEUE, namespace),
        keys.payloads_key(QUEUE, namespace),
        keys.wake_key(QUEUE, namespace),
    }
    consumer = broker.consume(QUEUE, prefetch=2)
    jobs = [next(consumer), next(consumer)]
    assert {
        keys.acks_key(broker.broker_id, QUEUE, namespace),
        keys.heartbeats_key(namespace),
        keys.payloads_key(QUEUE, namespace),
    } <= names(broker)
    assert keys.waiting_key(QUEUE, namespace) not in names(broker)
    consumer.nack(jobs[0])  # type: ignore[arg-type]
    consumer.ack(jobs[1])  # type: ignore[arg-type]
    assert {keys.resting_key(QUEUE, namespace), keys.failures_key(QUEUE, namespace)} <= names(
        broker
    )
    assert broker.depth(QUEUE) == (1, 0)
    broker.flush_all()
    consumer.close()
    assert broker.depth(QUEUE) == (0, 0)
    assert recorder.seen == []


def keys_of(broker: WakingBroker) -> list[bytes]:
    return cast(list[bytes], broker.client.keys(f"{broker.policy.namespace}*"))


def names(broker: WakingBroker) -> set[str]:
    return {key.decode() for key in keys_of(broker)}


def test_a_producer_leaves_nothing_behind_that_needs_a_janitor(broker: WakingBroker) -> None:
    broker.send(QUEUE, "record", 1)
    assert keys.heartbeats_key(broker.policy.namespace) not in names(broker)


def test_depth_tells_what_waits_from_what_is_in_flight(broker: WakingBroker) -> None:
    Recorder(broker)
    for number in range(5):
        broker.send(QUEUE, "record", number)
    consumer = broker.consume(QUEUE, prefetch=2)
    next(consumer)
    assert broker.depth(QUEUE) == (3, 2)
    consumer.close()


def test_a_delay_is_refused(broker: WakingBroker) -> None:
    recorder = Recorder(broker)
    with pytest.raises(ValueError, match="PostgreSQL"):
        recorder.actor.send_with_options(args=(1,), delay=1000)


def test_an_undeclared_queue_is_not_consumed(broker: WakingBroker) -> None:
    with pytest.raises(QueueNotFound):
        broker.consume("nowhere")


def test_waiting_for_a_queue_that_stays_full_ends(broker: WakingBroker) -> None:
    broker.send(QUEUE, "record", 1)
    with pytest.raises(QueueJoinTimeout):
        broker.join(QUEUE, timeout=50)


def test_enqueuing_without_redis_says_so(own_redis: Valkey) -> None:
    broker = connect_broker(own_redis.url)
    own_redis.kill()
    with pytest.raises(ConnectionClosed):
        broker.send(QUEUE, "record", 1)
    with pytest.raises(ConnectionClosed):
        broker.depth(QUEUE)
    own_redis.start()
    broker.send(QUEUE, "record", 1)
    broker.close()
