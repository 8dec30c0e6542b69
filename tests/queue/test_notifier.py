"""The notifier: one job for any number of notifications, and never a flood."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import redis

from app.domain.errors import QueueUnavailable
from app.queue import notifier as notifier_module
from app.queue.jobs import DELIVERIES, KEYS
from app.queue.notifier import DeliveryNotifier
from scripts.system.valkey import Valkey
from tests.waiting import eventually

WEBHOOKS = [f"whk_{number}" for number in range(50)]


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        yield client


def waiting(client: redis.Redis) -> list[str]:
    found: Any = client.xrange(KEYS.stream(DELIVERIES))
    jobs = [msgspec.json.decode(fields[b"job"]) for _, fields in found]
    assert {job["actor_name"] for job in jobs} <= {"deliver"}
    return [webhook_id for job in jobs for webhook_id in job["args"]]


def test_a_webhook_that_is_notified_is_not_notified_again_until_somebody_looks(
    client: redis.Redis,
) -> None:
    notifier = DeliveryNotifier(client)
    for _ in range(5):
        assert notifier.notify(WEBHOOKS)
    assert waiting(client) == WEBHOOKS

    notifier.take([WEBHOOKS[0]])
    notifier.notify(WEBHOOKS)
    assert waiting(client) == [*WEBHOOKS, WEBHOOKS[0]]


def test_a_lost_job_silences_its_webhook_only_for_a_while(
    client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier_module, "DEDUPE_MS", 100)
    notifier = DeliveryNotifier(client)
    notifier.notify(WEBHOOKS)
    client.delete(KEYS.stream(DELIVERIES))

    eventually(lambda: notifier.notify(WEBHOOKS) and len(waiting(client)) == len(WEBHOOKS))


def test_without_any_worker_the_queue_does_not_grow_for_ever(
    client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier_module, "DEPTH_MAX", 60)
    monkeypatch.setattr(notifier_module, "DEDUPE_MS", 1)
    notifier = DeliveryNotifier(client)
    for _ in range(20):
        notifier.notify(WEBHOOKS)
    assert len(waiting(client)) < 60 + len(WEBHOOKS)


def test_those_behind_are_reminded_of_now_and_then(
    client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    notifier = DeliveryNotifier(client)
    for _ in range(3):
        notifier.notify(WEBHOOKS[:1], behind=WEBHOOKS[1:])
        notifier.take(WEBHOOKS)
    assert sorted(waiting(client)) == sorted([*WEBHOOKS, *WEBHOOKS[:1] * 2])
    monkeypatch.setattr(notifier_module, "DEDUPE_MS", 1)
    eventually(lambda: notifier.notify([], WEBHOOKS[1:]) and waiting(client).count("whk_1") > 1)


def test_one_command_notifies_of_all(client: redis.Redis) -> None:
    notifier = DeliveryNotifier(client)
    notifier.notify(["whk_first"])  # the server knows the script from here on
    client.config_resetstat()
    notifier.notify(WEBHOOKS)
    sent = client.info("commandstats")
    assert sent["cmdstat_evalsha"]["calls"] == 1
    assert sent["cmdstat_xadd"]["calls"] == len(WEBHOOKS)


def test_without_redis_it_says_so(own_redis: Valkey) -> None:
    with redis.Redis.from_url(own_redis.url, protocol=2) as client:
        notifier = DeliveryNotifier(client)
        own_redis.kill()
        assert not notifier.notify(WEBHOOKS)
        with pytest.raises(QueueUnavailable):
            notifier.take(WEBHOOKS)
        own_redis.start()
        eventually(lambda: notifier.notify(WEBHOOKS))
