"""A Redis Cluster of three shards under the whole product, and the loss of one of them."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from app.queue.jobs import CAPTURES, KEYS
from scripts.client import Rex
from scripts.system.whole import WholeSystem
from tests.flow.strangers import Stranger
from tests.flow.systems import query, running_system, webhook_to
from tests.redis_cluster import RedisCluster, running_cluster
from tests.waiting import eventually

STREAMS = 3
#: The stream whose node is killed; the first has everything else too.
LOST = 1


@pytest.fixture(scope="module")
def cluster() -> Iterator[RedisCluster]:
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def system(cluster: RedisCluster) -> Iterator[WholeSystem]:
    settings = {"REDIS_URL": cluster.url, "CAPTURE_STREAMS": str(STREAMS)}
    with running_system(**settings) as whole:
        yield whole


@pytest.fixture
def rex(system: WholeSystem) -> Rex:
    return Rex(system.base_url, system.api_key)


def post(rex: Rex, name: str, count: int) -> list[str]:
    """Leads, each with an Idempotency-Key that is its address; all are accepted."""
    emails = [f"{name}{number}@example.com" for number in range(count)]
    for email in emails:
        status, answer = rex.capture(email=email, first_name="Ada", _idempotency_key=f"key {email}")
        assert status == 202, answer
    return emails


def jobs_taken(cluster: RedisCluster, number: int) -> int:
    """Jobs that were ever added to a stream."""
    keys = KEYS.numbered(number)
    with cluster.client(cluster.number_of(keys)) as client:
        stream = keys.stream(CAPTURES)
        return client.xinfo_stream(stream)["entries-added"] if client.exists(stream) else 0


def recorded(system: WholeSystem) -> Counter[str]:
    """How many captures of each address there are."""
    rows = query(
        system, "SELECT c.email FROM captures JOIN contacts c ON c.id = captures.contact_id"
    )
    return Counter(email for (email,) in rows)


@pytest.mark.all_only
def test_every_shard_takes_captures_and_they_are_delivered(
    rex: Rex, system: WholeSystem, cluster: RedisCluster
) -> None:
    shards = {cluster.number_of(KEYS.numbered(number)) for number in range(STREAMS)}
    assert len(shards) == STREAMS
    receiver = Stranger()
    with receiver, webhook_to(rex, receiver.url, events=["contact.created"]):
        emails = post(rex, "all", 60)
        eventually(lambda: recorded(system) == Counter(emails))
        receiver.wait_for(len(emails), 30)
    assert all(jobs_taken(cluster, number) > 0 for number in range(STREAMS))


@pytest.mark.all_only
def test_a_killed_node_loses_nothing_and_repeats_across_the_re_route_are_one_capture(
    rex: Rex, system: WholeSystem, cluster: RedisCluster
) -> None:
    node = cluster.nodes[cluster.number_of(KEYS.numbered(LOST))]
    workers = system.processes.children["captures"]
    before = recorded(system)
    workers.freeze()
    emails = post(rex, "before", 60)
    waiting = [jobs_taken(cluster, number) for number in range(STREAMS)]
    node.kill()
    workers.thaw()
    # Its captures go to the other shards, among them repeats of what only the lost one knows.
    began = time.monotonic()
    emails += post(rex, "during", 60)
    assert post(rex, "before", 60) == emails[:60]
    assert time.monotonic() - began < 20
    # What came during the outage is recorded before it ends.
    eventually(lambda: set(emails[60:]) <= set(recorded(system) - before), 60)

    node.start()
    cluster.wait_until_whole()
    assert post(rex, "during", 60) == emails[60:]
    emails += post(rex, "after", 60)
    eventually(lambda: set(recorded(system) - before) >= set(emails), 60)
    eventually(lambda: not open_jobs(cluster), 60)
    assert recorded(system) - before == Counter(emails)
    assert all(jobs > 0 for jobs in waiting)
    # It is used again: its circuit closes some time after it is back.
    names = map("again{}x".format, itertools.count())
    eventually(lambda: post(rex, next(names), 6) and jobs_taken(cluster, LOST) > waiting[LOST])


def open_jobs(cluster: RedisCluster) -> int:
    """Jobs that are not done."""
    jobs = 0
    for number, kind in itertools.product(range(STREAMS), ("stream", "retry")):
        keys = KEYS.numbered(number)
        with cluster.client(cluster.number_of(keys)) as client:
            if kind == "stream":
                jobs += client.xlen(keys.stream(CAPTURES))
            else:
                jobs += client.zcard(keys.retry(CAPTURES))
    return jobs


@pytest.mark.all_only
def test_each_shard_waits_for_a_replica_of_its_own() -> None:
    with running_cluster() as cluster:
        for number in range(STREAMS):
            cluster.add_replica(number)
        frozen = cluster.nodes[STREAMS + cluster.number_of(KEYS.numbered(LOST))]
        settings = {"CAPTURE_STREAMS": str(STREAMS), "REDIS_REPLICAS_REQUIRED": "1"}
        with running_system(REDIS_URL=cluster.url, **settings) as system:
            rex = Rex(system.base_url, system.api_key)
            emails = post(rex, "confirmed", 30)
            assert query(system, "SELECT last_value, is_called FROM inbox_id_seq") == [(1, False)]
            frozen.freeze()
            emails += post(rex, "unconfirmed", 30)
            frozen.thaw()
            eventually(lambda: set(recorded(system)) >= set(emails))
            eventually(lambda: not open_jobs(cluster))
            eventually(lambda: query(system, "SELECT count(*) FROM inbox") == [(0,)])
            assert recorded(system) == Counter(emails)
            # Only what the shard without its replica took is in PostgreSQL as well.
            ((copies,),) = query(system, "SELECT last_value FROM inbox_id_seq")
            assert 0 < copies < 30
