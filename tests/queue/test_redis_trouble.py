from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import redis

from app.queue import consumer as consumer_module
from app.queue.broker import StreamsBroker
from app.queue.connection import REPLY_SECONDS
from app.queue.jobs import GROUP
from scripts.system.valkey import Valkey
from tests.queue.conftest import PATIENT, Engine, MakeBroker
from tests.queue.losing_proxy import LosingProxy
from tests.queue.working import QUEUE, Recorder, declare, drained, send, unfinished, working
from tests.waiting import eventually


@pytest.fixture
def proxy(own_redis: Valkey) -> Iterator[LosingProxy]:
    proxy = LosingProxy(own_redis.url)
    yield proxy
    proxy.close()


@pytest.fixture
def often_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_module, "SECONDS_BETWEEN_ORPHAN_CHECKS", 0.2)


def stay_away(seconds: float) -> None:
    """Let an outage last: its length is what is tested."""
    threading.Event().wait(seconds)


def test_a_redis_that_restarts_strands_nothing(
    own_redis: Valkey, fragile_broker: StreamsBroker
) -> None:
    recorder = Recorder(fragile_broker)
    send(fragile_broker, *range(1000))
    with working(fragile_broker):
        eventually(lambda: len(recorder.seen) > 100)
        own_redis.kill()
        stay_away(0.5)
        own_redis.start()
        eventually(lambda: unfinished(fragile_broker) == 0)
    assert set(recorder.seen) == set(range(1000))
    assert fragile_broker.depth(QUEUE).in_flight == 0


def test_work_goes_on_soon_after_redis_is_back(
    own_redis: Valkey, fragile_broker: StreamsBroker, engine: Engine
) -> None:
    recorder = Recorder(fragile_broker)
    with working(fragile_broker):
        own_redis.kill()
        stay_away(3)
        own_redis.start()

        def sent() -> bool:
            with_cluster_down = redis.ResponseError if engine.cluster else ()
            try:
                fragile_broker.client.xadd(fragile_broker.policy.keys.stream(QUEUE), JOB)
            except with_cluster_down:  # a cluster takes two seconds to come up
                return False
            return True

        eventually(sent)
        eventually(lambda: recorder.seen == [1], consumer_module.RETRY_MAX_SECONDS + 8)


JOB: Any = {"job": b'{"actor_name":"record","args":[1]}'}


def test_connections_that_are_cut_all_the_time_lose_and_strand_nothing(
    broker: StreamsBroker,
) -> None:
    recorder = Recorder(broker)

    def has_done(count: int) -> bool:
        return len(recorder.seen) > count

    send(broker, *range(500))
    with working(broker):
        for done in range(0, 450, 15):
            broker.client.client_kill_filter(_type="normal", skipme=True)
            eventually(partial(has_done, done))
        drained(broker)
    assert set(recorder.seen) == set(range(500))


@pytest.mark.parametrize(
    "command", ["XREADGROUP", "XDEL", "XACK", "HSET", "XINFO", "ZCARD", "XPENDING"]
)
@pytest.mark.usefixtures("often_checked")
def test_a_lost_reply_strands_nothing(
    own_redis: Valkey, proxy: LosingProxy, make_broker: MakeBroker, command: str
) -> None:
    producer, broker = make_broker(own_redis.url), make_broker(proxy.url)
    recorder = Recorder(broker)
    with working(broker):
        proxy.lose_reply_to(f"\r\n{command}\r\n".encode())
        send(producer, *range(100))
        assert proxy.lost.wait(30)
        drained(producer)
    assert set(recorder.seen) == set(range(100))


def test_a_retry_whose_reply_is_lost_runs_again(
    own_redis: Valkey, proxy: LosingProxy, make_broker: MakeBroker
) -> None:
    producer, broker = make_broker(own_redis.url), make_broker(proxy.url)
    runs: list[int] = []

    def record(number: int) -> None:
        runs.append(number)
        if len(runs) == 1:
            proxy.lose_reply_to(b"\r\nZADD\r\n")
            raise RuntimeError

    declare(broker, record)
    send(producer, 1)
    with working(broker):
        eventually(lambda: len(runs) > 1)
        drained(producer)


@pytest.mark.usefixtures("often_checked")
def test_jobs_taken_by_a_read_that_nobody_awaits_come_back(broker: StreamsBroker) -> None:
    """A stalled server goes on after the client's timeout and answers a closed connection."""
    recorder = Recorder(broker)
    stream = broker.policy.keys.stream(QUEUE)
    with working(broker):
        send(broker, 0)
        drained(broker)
        with broker.client.pipeline() as pipe:  # nobody comes between
            for _ in range(3):
                pipe.xadd(stream, JOB)
            pipe.xreadgroup(GROUP, broker.consumer_name, {stream: ">"})
            pipe.execute()
        drained(broker)
    assert recorder.seen == [0, 1, 1, 1]


def test_a_running_job_is_not_taken_for_an_orphan(
    broker: StreamsBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "SECONDS_BETWEEN_ORPHAN_CHECKS", 0.0)
    monkeypatch.setattr(consumer_module, "BLOCK_SECONDS", 0.02)
    ran: list[int] = []

    def record(number: int) -> None:
        ran.append(number)
        stay_away(0.05)

    declare(broker, record)
    send(broker, *range(40))
    with working(broker):
        drained(broker)
    assert sorted(ran) == list(range(40))


def test_work_goes_on_after_redis_was_emptied(
    own_redis: Valkey, fragile_broker: StreamsBroker
) -> None:
    """The group is gone with the stream, and is made again."""
    recorder = Recorder(fragile_broker)
    with working(fragile_broker):
        send(fragile_broker, 1)
        drained(fragile_broker)
        fragile_broker.client.flushall()
        send(fragile_broker, 2)
        eventually(lambda: recorder.seen == [1, 2])
        drained(fragile_broker)
        fragile_broker.client.flushall()
        eventually(
            lambda: fragile_broker.client.exists(fragile_broker.policy.keys.heartbeats(QUEUE)) == 1
        )
        send(fragile_broker, 3)
        eventually(lambda: recorder.seen == [1, 2, 3])


def test_no_job_waits_for_a_redis_that_does_not_answer(
    own_redis: Valkey, make_broker: MakeBroker
) -> None:
    broker, gate, finished = make_broker(own_redis.url, threads=2), threading.Event(), []

    def record(number: int) -> None:
        gate.wait(60)
        finished.append(number)

    declare(broker, record)
    send(broker, *range(4))
    with working(broker, threads=2):
        eventually(lambda: broker.depth(QUEUE).in_flight == 2)
        own_redis.freeze()
        gate.set()
        eventually(lambda: len(finished) == 2, REPLY_SECONDS - 0.5)
        own_redis.thaw()
        drained(broker)
    assert set(finished) == {0, 1, 2, 3}


def test_jobs_that_finished_while_redis_was_away_do_not_run_again(
    own_redis: Valkey, fragile_broker: StreamsBroker
) -> None:
    gate, finished = threading.Event(), []
    begun = threading.Semaphore(0)

    def record(number: int) -> None:
        begun.release()
        gate.wait(60)
        finished.append(number)

    declare(fragile_broker, record)
    send(fragile_broker, *range(2))
    with working(fragile_broker, threads=2):
        assert all(begun.acquire(timeout=30) for _ in range(2))
        own_redis.kill()
        gate.set()
        eventually(lambda: len(finished) == 2)
        stay_away(2 * fragile_broker.policy.dead_after_seconds)
        own_redis.start()
        eventually(lambda: unfinished(fragile_broker) == 0)
    assert sorted(finished) == [0, 1]


def test_a_long_outage_is_said_in_few_lines(
    own_redis: Valkey, fragile_broker: StreamsBroker, caplog: pytest.LogCaptureFixture
) -> None:
    Recorder(fragile_broker)
    caplog.set_level(logging.INFO)
    with working(fragile_broker, threads=8):
        caplog.clear()
        own_redis.kill()
        eventually(lambda: "redis.unreachable" in caplog.text)
        stay_away(3)
        assert [record.message for record in caplog.records] == ["redis.unreachable"]
        own_redis.start()
        eventually(lambda: "redis.reachable" in caplog.text)


def test_a_full_server_is_still_drained(own_redis: Valkey, fragile_broker: StreamsBroker) -> None:
    recorder = Recorder(fragile_broker)
    client = redis.Redis.from_url(own_redis.url, protocol=2)
    send(fragile_broker, *range(100))
    fragile_broker.client.xgroup_create(fragile_broker.policy.keys.stream(QUEUE), GROUP, id="0")
    client.config_set("maxmemory", 1)
    with pytest.raises(redis.OutOfMemoryError):
        client.set("more", "no")
    with working(fragile_broker):
        drained(fragile_broker)
    client.close()
    assert sorted(recorder.seen) == list(range(100))


@PATIENT
def test_a_full_server_takes_nobody_s_life(own_redis: Valkey, make_broker: MakeBroker) -> None:
    """Heartbeats cannot be written then: those who hold jobs must not be taken for dead."""
    broker, other = make_broker(own_redis.url), make_broker(own_redis.url)
    gate, ran = threading.Event(), []

    def record(number: int) -> None:
        ran.append(number)
        gate.wait(60)

    declare(broker, record)
    recorder = Recorder(other)
    send(broker, 1)
    with working(broker), working(other):
        eventually(lambda: len(ran) + len(recorder.seen) == 1)
        broker.client.config_set("maxmemory", 1)
        stay_away(1.3 * broker.policy.dead_after_seconds)
        broker.client.config_set("maxmemory", 0)
        stay_away(0.3 * broker.policy.dead_after_seconds)
        gate.set()
        drained(broker)
    assert len(ran) + len(recorder.seen) == 1


def test_a_read_only_server_is_waited_for(
    own_redis: Valkey, fragile_broker: StreamsBroker, engine: Engine
) -> None:
    if engine.cluster:
        pytest.skip("REPLICAOF is not for clusters")
    recorder = Recorder(fragile_broker)
    send(fragile_broker, *range(10))
    fragile_broker.client.replicaof("127.0.0.1", "1")
    with working(fragile_broker):
        stay_away(0.5)
        assert recorder.seen == []
        fragile_broker.client.replicaof("NO", "ONE")
        drained(fragile_broker)
    assert sorted(recorder.seen) == list(range(10))


def test_two_hundred_threads_do_not_run_out_of_connections(
    redis_url: str, make_broker: MakeBroker
) -> None:
    broker, counter = make_broker(redis_url, threads=200), itertools.count()
    recorder = Recorder(broker, name="second")

    def record(number: int) -> None:
        next(counter)
        send(broker, number, actor="second")

    declare(broker, record)
    send(broker, *range(400))
    with working(broker, threads=200):
        drained(broker)
    assert next(counter) == 400
    assert sorted(recorder.seen) == list(range(400))


def test_a_blocked_consumer_wakes_when_a_job_comes(
    broker: StreamsBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "BLOCK_SECONDS", 4.0)
    recorder = Recorder(broker)
    with working(broker):
        eventually(lambda: broker.client.info("clients")["blocked_clients"] == 1)
        send(broker, 1)
        eventually(lambda: recorder.seen == [1], 3.5)
        monkeypatch.undo()
