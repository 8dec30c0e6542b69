"""Pushes: which deliveries a recording transaction leases, and what it tells their process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from app.domain.delivery.push import IN_FLIGHT_MAX
from app.domain.delivery.retry_policy import LEASE_MARGIN_SECONDS, RetryRules
from app.domain.org.org import Org
from app.domain.times import now
from app.domain.webhook.webhook import Webhook
from app.storage.database import Database, transaction
from app.storage.delivery import pushes as pushes_module
from app.storage.delivery.leases import give_back, held_by
from app.storage.delivery.new_deliveries import Holder
from app.storage.delivery.pushes import Published, messages_of, read_message
from app.storage.recording import record
from app.storage.webhook.endpoints import lock
from tests.factories import make_capture, make_org, make_webhook
from tests.statements import execute

HOLDER = Holder("somebody", RetryRules())


@pytest.fixture
def org(database: Database) -> Org:
    return make_org(database)


def healthy(database: Database, org: Org, **fields: Any) -> Webhook:
    """A webhook that has answered well."""
    webhook = make_webhook(database, org, **fields)
    execute(database, "UPDATE webhook_health SET last_success_at = now()")
    return webhook


def record_leads(database: Database, org: Org, emails: Sequence[str]) -> Published:
    captures = [make_capture(org, each) for each in emails]
    with transaction(database) as cursor:
        return record(cursor, captures, now(), HOLDER).published


def test_a_delivery_to_a_healthy_webhook_is_leased_and_told_with_all_that_its_request_needs(
    database: Database, org: Org
) -> None:
    webhook = healthy(database, org)

    published = record_leads(database, org, ["ada@example.com"])
    ((pushes, message),) = messages_of(published.pushes)
    (push,) = read_message(message)

    assert published.webhook_ids == set()
    assert pushes == [push]
    ((delivery_id, lease, event_id, data),) = execute(
        database,
        "SELECT d.id, d.lease, e.id, e.data::text FROM deliveries d JOIN events e"
        " ON e.id = d.event_id WHERE d.status = 'attempting' AND d.holder = 'somebody'"
        " AND d.attempts = 1 AND d.leased_until - d.created_at = interval '30 seconds'",
    )
    claimed = push.claimed
    assert (claimed.id, claimed.lease, claimed.number) == (delivery_id, lease, 1)
    assert (claimed.event_id, claimed.data) == (event_id, data)
    with transaction(database) as cursor:
        assert lock(cursor, [webhook.id])[webhook.id].version == push.version
        assert [each.lease for each in held_by(cursor, "somebody").leases] == [lease]
        assert give_back(cursor, [claimed]) == [webhook.id]
    assert execute(
        database, "SELECT status, attempts, next_attempt_at <= now(), holder FROM deliveries"
    ) == [("pending", 0, True, None)]


def test_a_lease_lasts_as_long_as_an_attempt_of_its_webhook_may(
    database: Database, org: Org
) -> None:
    for name, seconds in (("quick", 2), ("usual", None)):
        webhook = healthy(database, org, name=name)
        execute(
            database, "UPDATE webhooks SET timeout_seconds = %s WHERE id = %s", seconds, webhook.id
        )
    assert len(record_leads(database, org, ["ada@example.com"]).pushes) == 2
    assert execute(
        database,
        "SELECT w.name, extract(epoch FROM d.leased_until - d.created_at)::integer"
        " FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id ORDER BY w.name",
    ) == [("quick", 2 + LEASE_MARGIN_SECONDS), ("usual", 15 + LEASE_MARGIN_SECONDS)]


REASONS = {
    "paused": "UPDATE webhooks SET status = 'paused'",
    "in order": "UPDATE webhooks SET ordered = true",
    "at a pace": "UPDATE webhooks SET rate_limit = 10",
    "never answered": "UPDATE webhook_health SET last_success_at = NULL",
    "failed": "UPDATE webhook_health SET failure_count = 1",
    "rests": "UPDATE webhook_health SET rest_until = now() + interval '1 hour'",
}


@pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS)
def test_a_webhook_that_anything_speaks_against_gets_none(
    database: Database, org: Org, reason: str
) -> None:
    webhook = healthy(database, org)
    execute(database, reason)
    assert record_leads(database, org, ["ada@example.com"]) == Published({webhook.id}, [])


def test_a_backlog_goes_first(database: Database, org: Org) -> None:
    webhook = healthy(database, org)
    with transaction(database) as cursor:
        record(cursor, [make_capture(org, "first@example.com")], now())
    assert len(record_leads(database, org, ["second@example.com"]).pushes) == 1
    execute(database, "UPDATE deliveries SET next_attempt_at = now() - interval '1 second'")
    published = record_leads(database, org, ["third@example.com"])
    assert published == Published(set(), [], frozenset({webhook.id}))
    execute(database, "UPDATE deliveries SET next_attempt_at = now() + interval '1 hour'")
    assert len(record_leads(database, org, ["fourth@example.com"]).pushes) == 1


def test_the_backlogs_of_webhooks_are_found_by_webhook(database: Database, org: Org) -> None:
    healthy(database, org)
    with transaction(database) as cursor:
        record(cursor, [make_capture(org)], now(), HOLDER)
        cursor.execute("EXPLAIN EXECUTE find_pushable_subscriptions_1 ('', '{}')")
        plan = [line for (line,) in cursor.fetchall()]
    scans = [number for number, line in enumerate(plan) if " on deliveries_" in line]
    assert len(scans) >= 2
    assert all("webhook_id = w.id" in plan[number + 1] for number in scans)


def test_no_more_are_pushed_than_the_process_may_have_of_that_webhook(
    database: Database, org: Org
) -> None:
    webhook, other = healthy(database, org), healthy(database, make_org(database, "other"))
    emails = [f"p{number}@example.com" for number in range(IN_FLIGHT_MAX - 1)]
    assert len(record_leads(database, org, emails).pushes) == IN_FLIGHT_MAX - 1

    published = record_leads(database, org, ["a@example.com", "b@example.com"])

    assert (len(published.pushes), published.webhook_ids) == (1, {webhook.id})
    assert other.id not in {push.claimed.webhook_id for push in published.pushes}


def test_pushes_are_bounded_in_bytes_as_messages_are(
    database: Database, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy(database, org)
    emails = [f"p{number}@example.com" for number in range(9)]
    (size, *_) = {len(push.claimed.data) for push in record_leads(database, org, emails).pushes}
    monkeypatch.setattr(pushes_module, "PUSHED_BYTES_MAX", 6 * size)
    monkeypatch.setattr(pushes_module, "MESSAGE_BYTES", 2 * size)

    pushes = record_leads(database, org, [f"q{number}@example.com" for number in range(9)]).pushes

    assert len(pushes) in (5, 6)
    messages = list(messages_of(pushes))
    assert [len(some) for some, _ in messages][:2] == [2, 2]
    assert [push for some, _ in messages for push in some] == pushes
