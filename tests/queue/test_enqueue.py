from __future__ import annotations

import pytest
from dramatiq.errors import ConnectionClosed, QueueJoinTimeout, QueueNotFound

from app.queue.broker import StreamsBroker
from app.queue.jobs import encode_job
from scripts.system.valkey import Valkey
from tests.queue.conftest import MakeBroker
from tests.queue.working import QUEUE, Recorder, drained, send, working


def test_jobs_run_in_the_order_they_were_sent(broker: StreamsBroker) -> None:
    recorder = Recorder(broker)
    send(broker, *range(1234))
    assert broker.depth(QUEUE).waiting == 1234
    with working(broker, threads=1):
        drained(broker)
    assert recorder.seen == list(range(1234))


def test_an_actor_can_be_sent_to_as_dramatiq_does(broker: StreamsBroker) -> None:
    recorder = Recorder(broker)
    recorder.actor.send({"name": "Ada"})
    with working(broker):
        drained(broker)
    assert recorder.seen == [{"name": "Ada"}]


def test_the_documented_command_enqueues_without_the_broker(broker: StreamsBroker) -> None:
    recorder = Recorder(broker)
    with working(broker):
        broker.client.xadd(
            broker.policy.keys.stream(QUEUE), {"job": encode_job("record", ["by hand"])}
        )
        drained(broker)
    assert recorder.seen == ["by hand"]


def test_what_was_enqueued_before_the_first_worker_runs(broker: StreamsBroker) -> None:
    """The group starts at the beginning of the stream, not at its end."""
    send(broker, 1)
    recorder = Recorder(broker)
    with working(broker):
        drained(broker)
    assert recorder.seen == [1]


def test_a_finished_job_leaves_nothing_behind(broker: StreamsBroker) -> None:
    Recorder(broker)
    send(broker, *range(100))
    with working(broker):
        drained(broker)
    keys = broker.policy.keys
    assert broker.client.xlen(keys.stream(QUEUE)) == 0
    assert broker.client.xpending(keys.stream(QUEUE), "workers")["pending"] == 0
    # A stopped worker leaves no consumer and no heartbeat that others would look after.
    assert broker.client.xinfo_consumers(keys.stream(QUEUE), "workers") == []
    assert broker.client.exists(keys.heartbeats(QUEUE)) == 0


def test_job_streams_are_not_trimmed(broker: StreamsBroker) -> None:
    send(broker, *range(20_000))
    assert broker.depth(QUEUE) == (20_000, 0, 0, 0)


def test_depth_tells_what_waits_from_what_is_in_flight(broker: StreamsBroker) -> None:
    Recorder(broker)
    send(broker, *range(5))
    consumer = broker.consume(QUEUE, prefetch=2)
    assert next(consumer) is not None
    assert broker.depth(QUEUE) == (3, 2, 0, 0)
    consumer.close()
    broker.flush(QUEUE)
    assert broker.depth(QUEUE) == (0, 0, 0, 0)


def test_a_delay_is_refused(broker: StreamsBroker) -> None:
    recorder = Recorder(broker)
    with pytest.raises(ValueError, match="PostgreSQL"):
        recorder.actor.send_with_options(args=(1,), delay=1000)


def test_an_undeclared_queue_is_not_consumed(broker: StreamsBroker) -> None:
    with pytest.raises(QueueNotFound):
        broker.consume("nowhere")


def test_waiting_for_a_queue_that_stays_full_ends(broker: StreamsBroker) -> None:
    send(broker, 1)
    with pytest.raises(QueueJoinTimeout):
        broker.join(QUEUE, timeout=50)


def test_enqueuing_without_redis_says_so(own_redis: Valkey, make_broker: MakeBroker) -> None:
    broker = make_broker(own_redis.url)
    own_redis.kill()
    with pytest.raises(ConnectionClosed):
        send(broker, 1)
    with pytest.raises(ConnectionClosed):
        broker.depth(QUEUE)
