"""Captures on several streams, on one server: all are worked on, also when their number changes."""

from __future__ import annotations

from typing import Any

from app.queue.dead_letters import DeadLetters
from app.queue.entry import encode_entry, entry_of
from app.queue.jobs import CAPTURES, KEYS, Keys, encode_job
from app.queue.policy import Policy
from app.queue.retired_streams import drain_retired
from app.queue.stream_clients import StreamClient
from tests.queue.conftest import MakeBroker
from tests.queue.working import QUEUE, Recorder, drained, watching, working

STREAMS = 3


def add(client: Any, keys: Keys, name: str) -> None:
    client.xadd(keys.stream(QUEUE), {"job": encode_job("record", [name])})


def test_names_never_change() -> None:
    assert [KEYS.numbered(number).stream(CAPTURES) for number in range(STREAMS)] == [
        "{rex}:stream:captures",
        "{rex-1iq}:stream:captures",
        "{rex-2se}:stream:captures",
    ]


def test_every_stream_is_worked_on(redis_url: str, make_broker: MakeBroker) -> None:
    broker = make_broker(redis_url, capture_streams=STREAMS)
    recorder = Recorder(broker)
    for number in range(STREAMS):
        for job in range(50):
            add(broker.client, broker.policy.keys.numbered(number), f"{number} {job}")
    assert broker.depth(QUEUE).waiting == 150
    with working(broker):
        drained(broker)
    assert sorted(recorder.seen) == sorted(f"{n} {job}" for n in range(3) for job in range(50))


def test_what_failed_or_lost_its_worker_runs_again_on_each_stream(
    redis_url: str, make_broker: MakeBroker
) -> None:
    broker, dead = (make_broker(redis_url, capture_streams=STREAMS) for _ in range(2))
    for number in range(STREAMS):
        keys = broker.policy.keys.numbered(number)
        broker.client.xgroup_create(keys.stream(QUEUE), "workers", id="0", mkstream=True)
        add(broker.client, keys, f"orphan {number}")
        broker.client.xreadgroup("workers", dead.consumer_name, {keys.stream(QUEUE): ">"})
        failed = entry_of(b"1-0", {b"job": encode_job("record", [f"failed {number}"])})
        broker.client.zadd(keys.retry(QUEUE), {encode_entry(failed): 1})
    recorder = Recorder(broker)
    with working(broker):
        drained(broker)
    kinds = ("failed", "orphan")
    assert sorted(recorder.seen) == [f"{kind} {n}" for kind in kinds for n in range(STREAMS)]


def test_streams_that_are_no_longer_counted_are_drained(
    redis_url: str, make_broker: MakeBroker, policy: Policy
) -> None:
    broker = make_broker(redis_url)
    streams = [StreamClient(broker.client, policy.keys.numbered(n)) for n in range(8)]
    for number, (client, keys) in enumerate(streams):
        for job in range(120):
            add(client, keys, f"{number} {job}")
        failed = entry_of(b"1-0", {b"job": encode_job("record", [f"failed {number}"])})
        client.zadd(keys.retry(QUEUE), {encode_entry(failed): 1})
        dead = {"job": encode_job("record", [f"dead {number}"]), "reason": "bad"}
        client.xadd(keys.dead_letters(QUEUE), dead)  # type: ignore[arg-type]

    drain_retired(streams[1:], streams[0])
    recorder = Recorder(broker)
    with watching(broker), working(broker):
        drained(broker)

    expected = {f"{n} {job}" for n in range(8) for job in range(120)}
    assert sorted(recorder.seen) == sorted(expected | {f"failed {n}" for n in range(8)})
    letters = [DeadLetters(client, QUEUE, keys) for client, keys in streams]
    assert [len(each.newest(10)) for each in letters] == [1] * 8, "they stay where they are"
    assert sum(each.redrive([]) for each in letters) == 8
