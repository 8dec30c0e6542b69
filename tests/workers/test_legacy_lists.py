"""What web processes of version 0.1 enqueue after the upgrade is recorded."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import dramatiq
import msgspec
import pytest
import redis

from app.domain.times import now
from app.queue.broker import StreamsBroker
from app.queue.jobs import CAPTURES, DELIVERIES, RECORD_CAPTURES
from app.queue.notifier import DeliveryNotifier
from app.storage.database import Database, transaction
from tests.factories import make_capture, make_org
from tests.queue.working import drained, working
from workers.captures import BATCHING, Recorder
from workers.maintenance import MaintenanceTasks


class OldQueue:
    """Redis as version 0.1 left it: the commands that its Lua scripts ran."""

    def __init__(self, client: redis.Redis, queue: str) -> None:
        self._client = client
        self._queue = queue
        self._waiting = f"{{rex}}:{queue}"
        self._payloads = f"{{rex}}:{queue}.msgs"

    def enqueue(self, actor: str, args: object) -> str:
        """As admit.lua and enqueue.lua did."""
        message_id = f"{time.time_ns():016x}{os.urandom(6).hex()}"
        payload = {
            "queue_name": self._queue,
            "actor_name": actor,
            "args": args,
            "kwargs": {},
            "options": {"redis_message_id": message_id},
            "message_id": message_id,
            "message_timestamp": time.time_ns() // 1_000_000,
        }
        self._client.hset(self._payloads, message_id, msgspec.json.encode(payload))
        self._client.rpush(self._waiting, message_id)
        self._client.lpush(f"{self._waiting}.wake", "1")
        return message_id

    def fetch(self, message_id: str, broker_id: str = "4b0d5f0e") -> None:
        """As fetch.lua and heartbeat.lua did for a process that is dead by now."""
        self._client.lrem(self._waiting, 1, message_id)
        self._client.sadd(f"{{rex}}:acks:{broker_id}:{self._queue}", message_id)
        self._client.zadd("{rex}:heartbeats", {broker_id: time.time() * 1000})
        self._client.sadd("{rex}:queues", self._queue)

    def fail(self, message_id: str) -> None:
        """As settle.lua did: it rests."""
        self._client.lrem(self._waiting, 1, message_id)
        self._client.hincrby(f"{self._waiting}.failures", message_id, 1)
        self._client.zadd(f"{self._waiting}.resting", {message_id: time.time() * 1000 + 60_000})


@pytest.fixture
def broker(redis_url: str) -> Iterator[StreamsBroker]:
    broker = StreamsBroker(redis_url)
    yield broker
    broker.close()


def test_every_lead_in_the_old_lists_is_recorded_whatever_its_stage(
    broker: StreamsBroker, database: Database
) -> None:
    org = make_org(database)
    captures = [make_capture(org, f"p{number}@example.com") for number in range(60)]
    old = OldQueue(broker.client, CAPTURES)
    for number, capture in enumerate(captures):
        message_id = old.enqueue("record_captures", [[capture]])
        if number % 3 == 1:
            old.fetch(message_id)
        if number % 3 == 2:
            old.fail(message_id)
    OldQueue(broker.client, DELIVERIES).enqueue("deliver", ["whk_1"])
    recorder = Recorder(database, DeliveryNotifier(broker.client), now)
    dramatiq.actor(
        broker=broker, queue_name=CAPTURES, actor_name=RECORD_CAPTURES, batching=BATCHING
    )(recorder.record)
    tasks = MaintenanceTasks(database, broker)

    tasks.move_legacy_jobs()
    assert broker.depth(DELIVERIES).waiting == 1
    with working(broker, threads=2):
        late = make_capture(org, "late@example.com")
        old.enqueue("record_captures", [[late]])
        tasks.move_legacy_jobs()
        drained(broker)

    with transaction(database) as cursor:
        cursor.execute("SELECT id FROM captures WHERE status = 'recorded'")
        found = {row[0] for row in cursor.fetchall()}
    assert found == {capture.id for capture in [*captures, late]}
    assert not broker.client.exists("{rex}:captures.msgs")


def test_an_old_worker_skips_what_was_moved(broker: StreamsBroker, database: Database) -> None:
    """Its script asks for the payload first, and the id leads nowhere then."""
    old = OldQueue(broker.client, CAPTURES)
    message_id = old.enqueue("record_captures", [[]])
    MaintenanceTasks(database, broker).move_legacy_jobs()
    assert broker.client.lpop("{rex}:captures") == message_id.encode()
    assert broker.client.hget("{rex}:captures.msgs", message_id) is None
