from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from app.queue import quiet
from app.queue.broker import WakingBroker, connect_broker
from app.queue.commands import Policy
from scripts.system.embedded import Embedded
from scripts.system.valkey import Valkey


@pytest.fixture
def own_redis() -> Iterator[Valkey]:
    """A server that the test may break."""
    with Embedded(postgres=False) as servers:
        yield servers.valkey


@pytest.fixture(autouse=True)
def fresh_log_limits() -> None:
    """What one test made the workers log does not silence the next."""
    quiet.few_of_a_kind.forget()


@pytest.fixture
def policy() -> Policy:
    """Short times, and keys that no other test has."""
    return Policy(
        namespace=f"{{test-{uuid.uuid4()}}}",
        heartbeat_timeout_ms=1_000,
        first_rest_ms=100,
        longest_rest_ms=400,
    )


@pytest.fixture
def broker(redis_url: str, policy: Policy) -> Iterator[WakingBroker]:
    broker = connect_broker(redis_url, policy=policy)
    yield broker
    broker.close()


@pytest.fixture
def fragile_broker(own_redis: Valkey, policy: Policy) -> Iterator[WakingBroker]:
    """A broker on the server that the test may break."""
    broker = connect_broker(own_redis.url, policy=policy)
    yield broker
    broker.close()
