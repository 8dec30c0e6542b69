from __future__ import annotations

from collections.abc import Sequence

import pytest

from app.queue import keys
from app.queue.broker import WakingBroker
from app.queue.messages import encode_message
from tests.queue.working import QUEUE, Recorder, declare, drained, eventually, working

BAD = [
    *(b"", b"{", b"null", b"\xff\x00\xfe", b'{"actor_name": 1}'),
    encode_message(QUEUE, "nobody", [1])[1],
    encode_message(QUEUE, "record", [1, 2, 3])[1],
]


def enqueue_raw(broker: WakingBroker, payloads: Sequence[bytes]) -> None:
    broker.enqueue_many(QUEUE, [(f"raw-{n}", payload) for n, payload in enumerate(payloads)])


@pytest.fixture
def kept(broker: WakingBroker) -> list[tuple[str, bytes]]:
    kept: list[tuple[str, bytes]] = []

    def keep_poison(queue: str, message_id: str, reason: str, payload: bytes) -> None:
        assert (queue, bool(reason)) == (QUEUE, True)
        kept.append((message_id, payload))

    declare(broker, keep_poison)
    return kept


def test_bad_payloads_among_good_ones_are_put_aside_and_the_good_ones_run(
    broker: WakingBroker, kept: list[tuple[str, bytes]]
) -> None:
    recorder = Recorder(broker)
    good = [encode_message(QUEUE, "record", [n])[1] for n in range(len(BAD))]
    enqueue_raw(broker, [payload for pair in zip(BAD, good, strict=True) for payload in pair])
    with working(broker):
        drained(broker)
    assert sorted(recorder.seen) == list(range(len(BAD)))
    assert sorted(kept) == sorted((f"raw-{2 * n}", payload) for n, payload in enumerate(BAD))


def test_a_bad_payload_is_kept_by_a_second_try_when_the_first_fails(broker: WakingBroker) -> None:
    tries: list[bytes] = []

    def keep_poison(queue: str, message_id: str, reason: str, payload: bytes) -> None:
        tries.append(payload)
        if len(tries) == 1:
            raise RuntimeError("the database is away")

    declare(broker, keep_poison)
    enqueue_raw(broker, [b"{"])
    with working(broker):
        drained(broker)
    assert tries == [b"{", b"{"]


def test_without_an_actor_to_keep_it_a_bad_payload_rests_and_is_not_lost(
    broker: WakingBroker,
) -> None:
    recorder = Recorder(broker)
    enqueue_raw(broker, [b"{", encode_message(QUEUE, "record", [1])[1]])
    resting = keys.resting_key(QUEUE, broker.policy.namespace)
    with working(broker):
        eventually(lambda: recorder.seen == [1])
        eventually(lambda: broker.client.zcard(resting) == 1)
    assert sum(broker.depth(QUEUE)) == 1


def test_an_id_without_a_payload_is_dropped(broker: WakingBroker) -> None:
    recorder = Recorder(broker)
    broker.client.rpush(keys.waiting_key(QUEUE, broker.policy.namespace), "gone", b"\xff")
    broker.send(QUEUE, "record", 1)
    with working(broker):
        drained(broker)
    assert recorder.seen == [1]
    assert broker.depth(QUEUE) == (0, 0)
