"""What is too old goes; what is not finished never does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from app.domain.capture.capture import Capture
from app.domain.ids import derive_contact_id, first_ulid_at
from app.domain.org.org import Org
from app.domain.times import now
from app.queue.notifier import DeliveryNotifier
from app.storage.database import Database, transaction
from app.storage.delivery import delivery_lists
from app.storage.recording import record
from app.storage.retention import retention_run
from app.storage.retention.retention_run import run_retention
from config.settings import Settings
from tests.factories import make_capture, make_org, make_webhook
from tests.statements import execute
from workers.housekeeping import Housekeeping

SETTINGS = Settings("postgresql://", "redis://", b"", retention_events_days=30)


@pytest.fixture
def notifier(redis_url: str) -> Iterator[DeliveryNotifier]:
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        yield DeliveryNotifier(client)


def counts(database: Database) -> tuple[Any, ...]:
    (row,) = execute(
        database,
        "SELECT (SELECT count(*) FROM captures), (SELECT count(*) FROM events),"
        " (SELECT count(*) FROM deliveries), (SELECT count(*) FROM contacts)",
    )
    return row


def capture_of(org: Org, number: int, at: datetime) -> Capture:
    capture = make_capture(org, f"p{number}@example.com")
    capture.id = f"cap_{first_ulid_at(int(at.timestamp() * 1000) + number)}"
    return capture


def make_old(database: Database, days: int) -> None:
    """Give every event and delivery ids of that age."""
    stamp = first_ulid_at(int((datetime.now(UTC) - timedelta(days=days)).timestamp() * 1000))
    execute(
        database,
        "UPDATE deliveries SET id = 'dlv_' || left(%s, 16) || right(id, 10),"
        " event_id = 'evt_' || left(%s, 16) || right(event_id, 10)",
        stamp,
        stamp,
    )
    execute(database, "UPDATE events SET id = 'evt_' || left(%s, 16) || right(id, 10)", stamp)


def age_deliveries(database: Database, hours: float, count: int = 1000) -> None:
    """Give the oldest so many deliveries that age, in their ids as well."""
    at = datetime.now(UTC) - timedelta(hours=hours)
    execute(
        database,
        "UPDATE deliveries SET created_at = %s, id = 'dlv_' || left(%s, 16) || right(id, 10)"
        " WHERE id IN (SELECT id FROM deliveries ORDER BY id LIMIT %s)",
        at,
        first_ulid_at(int(at.timestamp() * 1000)),
        count,
    )


def blame(database: Database, webhook_id: str) -> None:
    """Make an endpoint one that has been failing for days."""
    execute(
        database,
        "UPDATE webhook_health SET failure_count = 9, active_since = now() - interval '9 days'"
        " WHERE webhook_id = %s",
        webhook_id,
    )


def test_old_settled_deliveries_and_their_events_go_and_open_ones_stay(
    database: Database, notifier: DeliveryNotifier
) -> None:
    org = make_org(database)
    make_webhook(database, org)
    with transaction(database) as cursor:
        record(cursor, [make_capture(org, f"p{n}@example.com") for n in range(10)], now())
    make_old(database, days=31)
    execute(database, "UPDATE deliveries SET status = 'succeeded', settled_at = now()")
    execute(
        database,
        "UPDATE deliveries SET status = 'pending' WHERE id IN"
        " (SELECT id FROM deliveries ORDER BY id LIMIT 3)",
    )

    Housekeeping(database, notifier, SETTINGS).delete_old_rows()

    assert counts(database) == (10, 3, 3, 10)


@pytest.mark.parametrize("days", [-91, 91, 3650])
def test_a_scheduler_with_a_wrong_date_gives_nothing_up_and_deletes_nothing(
    database: Database, notifier: DeliveryNotifier, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    org = make_org(database)
    dead, paused = make_webhook(database, org), make_webhook(database, org)
    make_webhook(database, org)
    with transaction(database) as cursor:
        record(cursor, [make_capture(org, f"p{n}@example.com") for n in range(10)], now())
    execute(database, "UPDATE webhooks SET status = 'paused' WHERE id = %s", paused.id)
    blame(database, dead.id)
    execute(
        database,
        "UPDATE deliveries SET status = 'succeeded' WHERE webhook_id NOT IN (%s, %s)",
        dead.id,
        paused.id,
    )
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + days * 86_400)

    house = Housekeeping(database, notifier, replace(SETTINGS, retention_captures_days=30))
    for each in (house.delete_old_rows, house.fail_expired, house.fail_held_too_long):
        each()

    assert counts(database) == (10, 10, 30, 10)
    assert execute(database, "SELECT count(*) FROM deliveries WHERE status = 'failed'") == [(0,)]


@pytest.mark.parametrize(
    ("last", "old", "left"), [(0, 50, 0), (0, 51, 51), (6, 60, 0), (6, 61, 61)]
)
def test_a_run_that_would_delete_far_more_than_the_last_one_stops_and_says_so(
    database: Database,
    notifier: DeliveryNotifier,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    last: int,
    old: int,
    left: int,
) -> None:
    monkeypatch.setattr(retention_run, "ROWS_MIN", 50)
    org = make_org(database)
    settings = replace(SETTINGS, retention_captures_days=30, retention_events_days=36_500)
    house = Housekeeping(database, notifier, settings)
    for count in (last, old):
        long_ago = datetime.now(UTC) - timedelta(days=31)
        with transaction(database) as cursor:
            record(cursor, [capture_of(org, n, long_ago) for n in range(count)], now())
        house.delete_old_rows()

    assert execute(database, "SELECT count(*) FROM captures") == [(left,)]
    stopped = [vars(each) for each in caplog.records if each.message == "retention.stopped"]
    assert [(each["table"], each["rows_max"]) for each in stopped] == (
        [("captures", 60 if last else 50)] if left else []
    )

    assert run_retention(database, settings, force=True).deleted["captures"] == left
    assert execute(database, "SELECT count(*) FROM captures") == [(0,)]


def test_what_is_younger_stays(database: Database, notifier: DeliveryNotifier) -> None:
    org = make_org(database)
    make_webhook(database, org)
    with transaction(database) as cursor:
        record(cursor, [make_capture(org)], now())
    make_old(database, days=29)
    execute(database, "UPDATE deliveries SET status = 'succeeded', settled_at = now()")

    Housekeeping(database, notifier, SETTINGS).delete_old_rows()

    assert counts(database) == (1, 1, 1, 1)


@pytest.mark.parametrize(("days", "left"), [(0, 2500), (30, 500)])
def test_captures_go_only_when_an_age_is_set(
    database: Database, notifier: DeliveryNotifier, days: int, left: int
) -> None:
    org = make_org(database)
    long_ago = datetime.now(UTC) - timedelta(days=90)
    captures = [capture_of(org, n, long_ago) for n in range(2000)]
    captures += [capture_of(org, n, datetime.now(UTC)) for n in range(500)]
    for capture in captures:
        capture.contact_id = derive_contact_id(org.created_ms, org.id_secret, "one@example.com")
    with transaction(database) as cursor:
        record(cursor, captures, now())

    settings = replace(SETTINGS, retention_captures_days=days)
    Housekeeping(database, notifier, settings).delete_old_rows()

    assert execute(database, "SELECT count(*) FROM captures") == [(left,)]


def test_what_is_held_for_too_long_is_given_up_and_told(
    database: Database, notifier: DeliveryNotifier
) -> None:
    org = make_org(database)
    paused = make_webhook(database, org)
    watching = make_webhook(database, org, events=["webhook.*"])
    with transaction(database) as cursor:
        record(cursor, [make_capture(org, f"p{n}@example.com") for n in range(5)], now())
    execute(database, "UPDATE webhooks SET status = 'paused' WHERE id = %s", paused.id)
    age_deliveries(database, hours=31 * 24, count=2)

    house = Housekeeping(database, notifier, SETTINGS)
    house.fail_held_too_long()
    house.fail_held_too_long()

    assert execute(database, "SELECT status, count(*) FROM deliveries GROUP BY 1 ORDER BY 1") == [
        ("failed", 2),
        ("pending", 4),
    ]
    told = execute(
        database,
        "SELECT webhook_id, event_type FROM deliveries WHERE event_type LIKE 'webhook%%'",
    )
    assert told == [(watching.id, "webhook.backlog_capped")]


def test_a_dead_endpoints_backlog_expires_and_a_living_ones_does_not(
    database: Database, notifier: DeliveryNotifier
) -> None:
    org = make_org(database)
    dead = make_webhook(database, org)
    living = make_webhook(database, org)
    with transaction(database) as cursor:
        record(cursor, [make_capture(org)], now())
    age_deliveries(database, hours=73)
    blame(database, dead.id)

    Housekeeping(database, notifier, SETTINGS).fail_expired()

    states = dict(execute(database, "SELECT webhook_id, status FROM deliveries"))
    assert states == {dead.id: "failed", living.id: "pending"}


@pytest.mark.parametrize(
    ("retry", "hours", "status"),
    [
        ({"max_age": 3600}, 2, "failed"),
        ({"max_age": 3600}, 0.9, "pending"),
        ({"max_age": 100 * 3600}, 73, "pending"),
        ({"max_age": 100 * 3600}, 101, "failed"),
        ({"max_age": 300 * 3600}, 167, "pending"),
        ({"max_age": 300 * 3600}, 169, "failed"),  # beyond the operator's limit
        ({"base": 60}, 73, "failed"),
        ({"base": 60}, 71, "pending"),
    ],
)
def test_a_backlog_expires_by_its_webhooks_own_policy(
    database: Database,
    notifier: DeliveryNotifier,
    retry: dict[str, object],
    hours: float,
    status: str,
) -> None:
    org = make_org(database)
    dead = make_webhook(database, org, retry=retry)
    with transaction(database) as cursor:
        record(cursor, [make_capture(org)], now())
    age_deliveries(database, hours)
    blame(database, dead.id)

    Housekeeping(database, notifier, SETTINGS).fail_expired()

    assert execute(database, "SELECT status FROM deliveries") == [(status,)]


def test_without_a_webhook_nothing_expires(database: Database, notifier: DeliveryNotifier) -> None:
    Housekeeping(database, notifier, SETTINGS).fail_expired()

    assert execute(database, "SELECT count(*) FROM audit_log") == [(0,)]


def test_what_expires_counts_against_its_endpoint(
    database: Database, notifier: DeliveryNotifier
) -> None:
    org = make_org(database)
    dead = make_webhook(database, org)
    with transaction(database) as cursor:
        record(cursor, [make_capture(org, f"p{n}@example.com") for n in range(25)], now())
    age_deliveries(database, hours=73)
    blame(database, dead.id)

    Housekeeping(database, notifier, SETTINGS).fail_expired()

    assert execute(database, "SELECT exhausted_count FROM webhook_health") == [(25,)]


def test_what_was_taken_up_again_by_hand_does_not_expire_before_it_was_tried(
    database: Database, notifier: DeliveryNotifier
) -> None:
    org = make_org(database)
    dead = make_webhook(database, org)
    with transaction(database) as cursor:
        record(cursor, [make_capture(org)], now())
    age_deliveries(database, hours=100)
    blame(database, dead.id)
    house = Housekeeping(database, notifier, SETTINGS)
    house.fail_expired()
    with transaction(database) as cursor:
        ((delivery_id,),) = execute(database, "SELECT id FROM deliveries WHERE status = 'failed'")
        assert delivery_lists.retry(cursor, delivery_id)

    house.fail_expired()
    assert execute(database, "SELECT status FROM deliveries") == [("pending",)]

    execute(database, "UPDATE webhooks SET status = 'paused'")
    execute(database, "UPDATE deliveries SET created_at = now() - interval '99 days'")
    house.fail_held_too_long()
    assert execute(database, "SELECT status FROM deliveries") == [("pending",)]


def test_a_webhook_holds_so_many_and_gives_up_the_oldest_with_an_event(
    database: Database, notifier: DeliveryNotifier
) -> None:
    org = make_org(database)
    paused = make_webhook(database, org, status="paused")
    active = make_webhook(database, org, events=["contact.*"])
    watching = make_webhook(database, org, events=["webhook.*"])
    with transaction(database) as cursor:
        record(cursor, [make_capture(org, f"p{n}@example.com") for n in range(2500)], now())
    oldest = execute(
        database,
        "SELECT id FROM deliveries WHERE webhook_id = %s ORDER BY id LIMIT 2100",
        paused.id,
    )

    house = Housekeeping(database, notifier, replace(SETTINGS, held_max_deliveries=400))
    house.fail_held_too_many()
    house.fail_held_too_many()

    failed = execute(
        database,
        "SELECT id FROM deliveries WHERE status = 'failed' AND last_result = 'too many held'"
        " ORDER BY id",
    )
    assert failed == oldest
    assert execute(
        database, "SELECT count(*) FROM deliveries WHERE webhook_id = %s", active.id
    ) == [(2500,)]
    told = execute(
        database,
        "SELECT d.webhook_id, e.data->>'deliveries', e.data->>'reason' FROM deliveries d"
        " JOIN events e ON e.id = d.event_id WHERE e.type = 'webhook.backlog_capped'",
    )
    assert told == [(watching.id, "2100", "more than 400 were held")]
