"""The oldest of each kind, as PostgreSQL and Redis know it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from app.domain.ids import first_ulid_at
from app.domain.system.waiting import OTHER, DueWebhook, shown_webhooks
from app.domain.times import now
from app.queue.broker import StreamsBroker
from app.queue.entry import Entry, encode_entry
from app.queue.jobs import CAPTURES, RECORD_CAPTURES, encode_job
from app.queue.oldest import oldest_capture_seconds
from app.storage.capture import fallback
from app.storage.database import Database, transaction
from app.storage.figures import waiting
from tests.factories import make_capture, make_org, make_webhook
from tests.statements import execute
from tests.workers.outcomes import owe


@pytest.fixture
def broker(redis_url: str) -> Iterator[StreamsBroker]:
    broker = StreamsBroker(redis_url)
    yield broker
    broker.close()


def due(database: Database) -> dict[str, DueWebhook]:
    with transaction(database) as cursor:
        return {each.webhook_id: each for each in waiting.due_webhooks(cursor)}


def test_due_deliveries_are_told_by_class_and_what_is_held_does_not_count(
    database: Database,
) -> None:
    org = make_org(database)
    webhook = make_webhook(database, org)
    other = make_webhook(database, org)
    owe(database, org, 3)
    execute(database, "UPDATE deliveries SET next_attempt_at = now() + interval '1 hour'")
    assert due(database) == {}

    late = (
        "UPDATE deliveries SET next_attempt_at = now() - %s::interval, attempts = %s WHERE id = ("
    )
    late += "SELECT max(id) FROM deliveries WHERE webhook_id = %s AND next_attempt_at > now())"
    execute(database, late, "100 s", 0, webhook.id)
    execute(database, late, "200 s", 2, webhook.id)
    execute(database, late, "300 s", 0, other.id)
    found = due(database)
    assert list(found) == [other.id, webhook.id], "the oldest first"
    assert found[other.id].retry_seconds is None
    assert found[webhook.id].due_seconds == found[webhook.id].retry_seconds
    told = found[webhook.id]
    assert 200 <= (told.retry_seconds or 0) < 230
    assert 100 <= (told.first_attempt_seconds or 0) < 130

    execute(database, "UPDATE webhook_health SET failure_count = 5 WHERE webhook_id = %s", other.id)
    assert set(due(database)) == {webhook.id}
    with transaction(database) as cursor:
        assert waiting.open_circuits(cursor) == 1
    for on_purpose, undone in (
        ("webhooks SET status = 'paused'", "webhooks SET status = 'active'"),
        ("webhooks SET ordered = true", "webhooks SET ordered = false"),
        ("webhook_health SET rest_until = now() + '1 h'", "webhook_health SET rest_until = NULL"),
        ("webhook_health SET paced_until = now() + '1 s'", "webhook_health SET paced_until = NULL"),
    ):
        execute(database, f"UPDATE {on_purpose}")
        assert due(database) == {}, on_purpose
        execute(database, f"UPDATE {undone}")
    assert set(due(database)) == {webhook.id}


def test_the_fallback_table_is_told_by_its_first_row(database: Database) -> None:
    org = make_org(database)
    with transaction(database) as cursor:
        assert (waiting.fallback_rows(cursor), waiting.oldest_fallback_seconds(cursor)) == (0, 0.0)
        for _ in range(3):
            fallback.keep(cursor, [msgspec.json.encode(make_capture(org))])
    execute(database, "UPDATE inbox SET created_at = now() - interval '90 s' WHERE id = 1")
    with transaction(database) as cursor:
        assert waiting.fallback_rows(cursor) == 3
        assert 90 <= waiting.oldest_fallback_seconds(cursor) < 120


def accepted(seconds_ago: float) -> bytes:
    """A job with a capture of that age."""
    at = int((now().timestamp() - seconds_ago) * 1000)
    return encode_job(RECORD_CAPTURES, [[{"id": f"cap_{first_ulid_at(at)}"}]])


def test_a_capture_that_failed_does_not_get_younger(broker: StreamsBroker) -> None:
    assert oldest_capture_seconds(broker.client) == 0.0
    broker.enqueue_many(CAPTURES, [accepted(50)])
    assert 50 <= oldest_capture_seconds(broker.client) < 80
    added_again = f"{int(now().timestamp() * 1000)}-0".encode()
    failed = encode_entry(Entry(added_again, accepted(500)))
    broker.client.zadd(broker.policy.keys.retry(CAPTURES), {failed: 1})
    assert 500 <= oldest_capture_seconds(broker.client) < 530
    broker.client.delete(broker.policy.keys.retry(CAPTURES))
    broker.flush(CAPTURES)
    broker.enqueue_many(CAPTURES, [b"no job"])
    assert 0 <= oldest_capture_seconds(broker.client) < 30


def test_webhooks_are_shown_by_name_up_to_a_number() -> None:
    found = [DueWebhook(f"whk_{n}", float(n), None, None, n) for n in range(10_000)]
    shown = shown_webhooks(found, 20)
    assert len(shown) == 21
    assert next(iter(shown)) == "whk_9999"
    assert (shown[OTHER].due_seconds, shown[OTHER].concurrency_limit) == (9979.0, 0)
    assert OTHER not in shown_webhooks(found[:20], 20)
