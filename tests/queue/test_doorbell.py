"""The doorbell: one message for any number of rings, and never a flood."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from app.queue.jobs import DELIVERIES, RUNG_KEY, Doorbell
from app.queue.keys import waiting_key

WEBHOOKS = [f"whk_{number}" for number in range(50)]


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        yield client


def waiting(client: redis.Redis) -> int:
    return int(client.llen(waiting_key(DELIVERIES)))


def test_a_bell_that_rings_is_not_rung_again_until_somebody_answers(client: redis.Redis) -> None:
    doorbell = Doorbell(client)
    for _ in range(5):
        assert doorbell.ring(WEBHOOKS)
    assert waiting(client) == len(WEBHOOKS)

    doorbell.answer(WEBHOOKS[0])
    doorbell.ring(WEBHOOKS)
    assert waiting(client) == len(WEBHOOKS) + 1


def test_a_lost_message_silences_its_bell_only_until_it_is_forgotten(client: redis.Redis) -> None:
    doorbell = Doorbell(client)
    doorbell.ring(WEBHOOKS)
    client.delete(waiting_key(DELIVERIES))

    doorbell.forget_rung()
    doorbell.ring(WEBHOOKS)

    assert waiting(client) == len(WEBHOOKS)


def test_without_any_worker_the_queue_of_bells_does_not_grow_for_ever(client: redis.Redis) -> None:
    doorbell = Doorbell(client)
    for _ in range(100):
        doorbell.ring(WEBHOOKS)
        doorbell.forget_rung()

    assert waiting(client) <= 3 * len(WEBHOOKS)
    assert client.scard(RUNG_KEY) == len(WEBHOOKS)
