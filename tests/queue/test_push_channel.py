"""Pushes from process to process: who listens gets them, and the sender knows who does not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
import redis

from app.domain.errors import QueueUnavailable
from app.queue import push_channel
from app.queue.connection import connect
from app.queue.jobs import DELIVERIES, KEYS
from app.queue.push_channel import PushListener, PushSender
from scripts.system.embedded import Embedded
from tests.queue.conftest import Engine
from tests.waiting import eventually


@pytest.fixture(autouse=True)
def short_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in ("LIST_SECONDS", "PAUSE_SECONDS", "LOOK_SECONDS"):
        monkeypatch.setattr(push_channel, each, 0.05)


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with closing(connect(redis_url, connections=2)) as client:
        yield client


def beat(client: redis.Redis, name: str) -> None:
    """Say that a process lives."""
    client.hset(KEYS.heartbeats(DELIVERIES), name, "1")


@contextmanager
def listening(redis_url: str, name: str) -> Iterator[list[bytes]]:
    """What a process with that name receives."""
    received: list[bytes] = []
    own, writing = connect(redis_url, connections=1, retries=0), connect(redis_url, connections=1)
    listener = PushListener(own, writing, name, received.append)
    thread = threading.Thread(target=listener.run)
    thread.start()
    try:
        yield received
    finally:
        listener.stop()
        thread.join(10)
    assert not thread.is_alive()


def test_a_process_that_lives_and_listens_gets_what_is_sent_to_it(
    client: redis.Redis, redis_url: str
) -> None:
    sender = PushSender(client)
    beat(client, "deaf")  # as a scheduler is
    assert sender.choose() is None
    with listening(redis_url, "alive") as received:
        beat(client, "alive")
        eventually(lambda: sender.choose() == "alive")
        assert sender.send("alive", b"one")
        assert sender.send("alive", b"two")
        assert not sender.send("deaf", b"three")
        eventually(lambda: received == [b"one", b"two"])
    assert not sender.send("alive", b"four")
    assert sender.choose() is None
    assert client.keys("*pushes*") == []


def test_a_message_that_cannot_be_read_does_not_end_the_listening(
    client: redis.Redis, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    read: list[int] = []
    own = connect(redis_url, connections=1, retries=0)
    listener = PushListener(own, client, "alive", lambda message: read.append(int(message)))
    thread = threading.Thread(target=listener.run)
    thread.start()
    sender = PushSender(client)
    beat(client, "alive")
    eventually(lambda: sender.choose() == "alive")
    assert sender.send("alive", b"not a number")
    eventually(lambda: sender.choose() == "alive" and sender.send("alive", b"7") and 7 in read)
    listener.stop()
    thread.join(10)
    assert [record.message for record in caplog.records] == ["pushes.unreadable"]


def test_those_of_another_database_are_others(
    client: redis.Redis, redis_url: str, engine: Engine
) -> None:
    if engine.cluster:
        pytest.skip("a cluster has one database")
    with (
        listening(redis_url, "ours"),
        listening(redis_url, "theirs"),
        closing(connect(redis_url[:-1] + "1", connections=1)) as other,
    ):
        beat(client, "ours")
        beat(other, "theirs")
        eventually(lambda: PushSender(client).choose() == "ours")
        eventually(lambda: PushSender(other).choose() == "theirs")


def test_several_processes_take_turns(client: redis.Redis, redis_url: str) -> None:
    sender = PushSender(client)
    with listening(redis_url, "one"), listening(redis_url, "two"):
        beat(client, "one")
        beat(client, "two")
        eventually(lambda: {sender.choose() for _ in range(4)} == {"one", "two"})


def test_after_a_restart_of_the_server_pushes_go_on(own_embedded: Embedded) -> None:
    with closing(connect(own_embedded.redis_url, connections=2)) as client:
        sender = PushSender(client)
        with listening(own_embedded.redis_url, "alive") as received:
            beat(client, "alive")
            eventually(lambda: sender.choose() == "alive")
            own_embedded.valkey.kill()
            with pytest.raises(QueueUnavailable):
                sender.send("alive", b"lost")
            assert sender.choose() is None
            own_embedded.valkey.start()
            beat(client, "alive")
            eventually(lambda: sender.choose() == "alive")
            assert sender.send("alive", b"found")
            eventually(lambda: b"found" in received)
        assert b"lost" not in received
