"""The notifier: one message for any number of rings, and never a flood."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from app.queue.jobs import DELIVERIES, NOTIFIED_KEY, DeliveryNotifier
from app.queue.keys import waiting_key

WEBHOOKS = [f"whk_{number}" for number in range(50)]


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        yield client


def waiting(client: redis.Redis) -> int:
    return int(client.llen(waiting_key(DELIVERIES)))


def test_a_bell_that_rings_is_not_rung_again_until_somebody_answers(client: redis.Redis) -> None:
    notifier = DeliveryNotifier(client)
    for _ in range(5):
        assert notifier.notify(WEBHOOKS)
    assert waiting(client) == len(WEBHOOKS)

    notifier.take(WEBHOOKS[0])
    notifier.notify(WEBHOOKS)
    assert waiting(client) == len(WEBHOOKS) + 1


def test_a_lost_message_silences_its_bell_only_until_it_is_forgotten(client: redis.Redis) -> None:
    notifier = DeliveryNotifier(client)
    notifier.notify(WEBHOOKS)
    client.delete(waiting_key(DELIVERIES))

    notifier.reset()
    notifier.notify(WEBHOOKS)

    assert waiting(client) == len(WEBHOOKS)


def test_without_any_worker_the_queue_of_bells_does_not_grow_for_ever(client: redis.Redis) -> None:
    notifier = DeliveryNotifier(client)
    for _ in range(100):
        notifier.notify(WEBHOOKS)
        notifier.reset()

    assert waiting(client) <= 3 * len(WEBHOOKS)
    assert client.scard(NOTIFIED_KEY) == len(WEBHOOKS)
