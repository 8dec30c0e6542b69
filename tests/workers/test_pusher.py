"""What becomes of leases whose process cannot be told of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import redis

from app.domain.delivery.retry_policy import RetryRules
from app.domain.org.org import Org
from app.domain.times import now
from app.domain.webhook.webhook import Webhook
from app.queue.connection import connect
from app.queue.push_channel import PushSender
from app.storage.database import Database, transaction
from app.storage.delivery.new_deliveries import Holder
from app.storage.delivery.pushes import Push
from app.storage.recording import record
from scripts.system.embedded import Embedded
from tests.factories import make_capture, make_org, make_webhook
from tests.statements import execute
from workers.pusher import Pusher

HOLDER = Holder("somebody", RetryRules())


@pytest.fixture
def org(database: Database) -> Org:
    return make_org(database)


@pytest.fixture
def webhook(database: Database, org: Org) -> Webhook:
    webhook = make_webhook(database, org)
    execute(database, "UPDATE webhook_health SET last_success_at = now()")
    return webhook


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with closing(connect(redis_url, connections=2)) as client:
        yield client


def record_pushes(database: Database, org: Org) -> list[Push]:
    captures = [make_capture(org, f"p{number}@example.com") for number in range(3)]
    with transaction(database) as cursor:
        return record(cursor, captures, now(), HOLDER).published.pushes


def states(database: Database) -> list[tuple[Any, ...]]:
    return execute(database, "SELECT DISTINCT status, holder, attempts FROM deliveries")


def test_what_nobody_listens_for_is_due_at_once(
    database: Database, org: Org, webhook: Webhook, client: redis.Redis
) -> None:
    pushes = record_pushes(database, org)
    pusher = Pusher(database, PushSender(client), RetryRules())
    assert pusher.push(HOLDER, pushes) == {webhook.id}
    assert states(database) == [("pending", None, 0)]


def test_what_may_have_arrived_stays_with_its_holder(
    database: Database, org: Org, webhook: Webhook, own_embedded: Embedded
) -> None:
    with closing(connect(own_embedded.redis_url, connections=2)) as client:
        pushes = record_pushes(database, org)
        pusher = Pusher(database, PushSender(client), RetryRules())
        own_embedded.valkey.kill()
        assert pusher.push(HOLDER, pushes) == set()
        assert pusher.choose() is None
    assert states(database) == [("attempting", "somebody", 1)]
