"""A Redis Cluster whose slots change hands while jobs and pushes flow."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
import redis
from redis.exceptions import RedisError

from app.queue import push_channel
from app.queue.broker import StreamsBroker
from app.queue.connection import connect, hang_up
from app.queue.jobs import DELIVERIES, KEYS, STREAMS_MAX, Keys, encode_job
from app.queue.push_channel import PushListener, PushSender
from tests.queue.conftest import MakeBroker, find_program
from tests.queue.working import QUEUE, Recorder, declare, drained, send, working
from tests.redis_cluster import RedisCluster, running_cluster
from tests.waiting import eventually

pytestmark = pytest.mark.all_only
#: The stream whose slot changes hands.
MOVED = 1


@pytest.fixture(params=["valkey", "redis"])
def cluster(request: pytest.FixtureRequest) -> Iterator[RedisCluster]:
    with running_cluster(find_program(request.param)) as cluster:
        yield cluster


@pytest.fixture
def spread_broker(cluster: RedisCluster, make_broker: MakeBroker) -> StreamsBroker:
    return make_broker(cluster.url, capture_streams=STREAMS_MAX)


@contextmanager
def adding(cluster: RedisCluster, keys: Keys) -> Iterator[list[int]]:
    """Adds jobs to a stream all the time; those that Redis answered for."""
    added: list[int] = []
    stopping = threading.Event()

    def add() -> None:
        with closing(connect(cluster.url, connections=1, retries=0, keys=keys)) as client:
            number = 0
            while not stopping.wait(0.005):
                number += 1
                try:
                    client.xadd(keys.stream(QUEUE), {"job": encode_job("record", [number])})
                except RedisError:
                    hang_up(client)
                else:
                    added.append(number)

    thread = threading.Thread(target=add)
    thread.start()
    yield added
    stopping.set()
    thread.join()


def flows_on(added: list[int], seen: list[Any]) -> None:
    """Wait until jobs that are added from now on are worked on."""
    enough = len(added) + 50
    eventually(lambda: len(added) > enough, 30)
    eventually(lambda: added[enough] in seen, 30)


def move_slot(cluster: RedisCluster, keys: Keys) -> None:
    """Move a stream's slot to the next node, as resharding does."""
    source, slot = cluster.number_of(keys), cluster.slot_of(keys)
    target = (source + 1) % 3
    with cluster.client(source) as old, cluster.client(target) as new:
        old_id, new_id = old.cluster("MYID"), new.cluster("MYID")
        new.cluster("SETSLOT", slot, "IMPORTING", old_id)
        old.cluster("SETSLOT", slot, "MIGRATING", new_id)
        host, port, password = cluster.address_of(target)
        while moving := old.cluster("GETKEYSINSLOT", slot, 100):
            old.migrate(host, port, moving, 0, 5000, auth=password)
        for client in (new, old):
            client.cluster("SETSLOT", slot, "NODE", new_id)


def test_a_slot_is_moved_while_its_jobs_are_worked_on(
    cluster: RedisCluster, spread_broker: StreamsBroker
) -> None:
    recorder = Recorder(spread_broker)
    keys = spread_broker.policy.keys.numbered(MOVED)
    with adding(cluster, keys) as added, working(spread_broker):
        flows_on(added, recorder.seen)
        move_slot(cluster, keys)
        flows_on(added, recorder.seen)
    with working(spread_broker):
        eventually(lambda: set(added) <= set(recorder.seen), 30)


def test_a_promoted_replica_goes_on(cluster: RedisCluster, spread_broker: StreamsBroker) -> None:
    recorder = Recorder(spread_broker)
    keys = spread_broker.policy.keys.numbered(MOVED)
    primary = cluster.number_of(keys)
    cluster.add_replica(primary)
    with adding(cluster, keys) as added, working(spread_broker):
        flows_on(added, recorder.seen)
        cluster.nodes[primary].kill()
        flows_on(added, recorder.seen)


def test_a_lost_shard_holds_up_no_other(
    cluster: RedisCluster, spread_broker: StreamsBroker
) -> None:
    seen: list[str] = []
    node_is_gone = threading.Event()

    def record(name: str) -> None:
        seen.append(name)
        if name == "held":
            node_is_gone.wait(30)

    declare(spread_broker, record)
    all_keys = [spread_broker.policy.keys.numbered(number) for number in range(STREAMS_MAX)]
    first = cluster.number_of(all_keys[0])
    lost = next(keys for keys in all_keys if cluster.number_of(keys) != first)
    node = cluster.nodes[cluster.number_of(lost)]
    with working(spread_broker, threads=1):
        with closing(connect(cluster.url, connections=1, keys=lost)) as client:
            client.xadd(lost.stream(QUEUE), {"job": encode_job("record", ["held"])})
        eventually(lambda: seen == ["held"])
        node.kill()
        node_is_gone.set()
        send(spread_broker, *range(20))
        eventually(lambda: len(seen) == 21)
        node.start()
        cluster.wait_until_whole()
        drained(spread_broker, 30)
    assert len(seen) == 21, "what it had done was acknowledged when the shard was back"


def test_pushes_arrive(cluster: RedisCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push_channel, "LIST_SECONDS", 0.05)
    received: list[bytes] = []
    own = connect(cluster.url, connections=1, retries=0)
    with closing(own), closing(connect(cluster.url, connections=2)) as client:
        listener = PushListener(own, client, "process", received.append)
        thread = threading.Thread(target=listener.run)
        thread.start()
        client.hset(KEYS.heartbeats(DELIVERIES), "process", "1")
        sender = PushSender(client)
        eventually(lambda: sender.choose() == "process")
        assert sender.send("process", b"a delivery")
        eventually(lambda: received == [b"a delivery"])
        listener.stop()
        thread.join()


def test_a_client_of_other_keys_says_so(cluster: RedisCluster) -> None:
    with closing(connect(cluster.url, connections=1)) as client:
        assert client.set(KEYS.named("probe"), 1)
        with pytest.raises(redis.exceptions.MovedError):
            client.set(KEYS.numbered(MOVED).named("probe"), 1)
