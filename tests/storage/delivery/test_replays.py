"""Replays: which deliveries are opened, and that a job that is cut off goes on."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from app.domain.ids import new_id
from app.domain.org.org import Org
from app.domain.times import now
from app.domain.webhook.event import operational_event
from app.domain.webhook.webhook import Webhook
from app.storage.database import Database, transaction
from app.storage.delivery import replays
from app.storage.delivery.events import publish, publish_to
from app.storage.delivery.replays import Replay, ReplayStatus
from app.storage.recording import record
from tests.factories import make_capture, make_org, make_webhook


@pytest.fixture
def org(database: Database) -> Org:
    return make_org(database)


def record_captures(database: Database, org: Org, count: int) -> None:
    with transaction(database) as cursor:
        captures = [make_capture(org, f"c{n}@example.com") for n in range(count)]
        record(cursor, captures, now())


def make_replay(database: Database, webhook: Webhook, **fields: Any) -> Replay:
    values: dict[str, Any] = {
        "since": None,
        "until": now() + timedelta(seconds=1),
        "types": None,
        "only_failed": False,
        "status": ReplayStatus.RUNNING,
        "total": 0,
        "done": 0,
        "reached": None,
        "created_at": now(),
        "updated_at": now(),
    }
    replay = Replay(
        id=new_id("rpl"), org_id=webhook.org_id, webhook_id=webhook.id, **(values | fields)
    )
    with transaction(database) as cursor:
        replays.insert(cursor, replay)
    return replay


def step(database: Database, replay: Replay, limit: int = 100) -> int:
    with transaction(database) as cursor:
        locked = replays.lock_running(cursor, replay.id)
        assert locked is not None
        return replays.step(cursor, *locked, limit)


def settle(database: Database, status: str, where: str = "true") -> None:
    with transaction(database) as cursor:
        cursor.execute(
            f"UPDATE deliveries SET status = %s, attempts = 3, failures = 3, settled_at = now(),"
            f" next_attempt_at = NULL WHERE {where}",
            (status,),
        )


def statuses(database: Database, webhook: Webhook) -> list[tuple[str, int, int]]:
    with transaction(database) as cursor:
        cursor.execute(
            "SELECT status, attempts, failures FROM deliveries WHERE webhook_id = %s ORDER BY id",
            (webhook.id,),
        )
        return list(cursor.fetchall())


def reload(database: Database, replay: Replay) -> Replay:
    with transaction(database) as cursor:
        found = replays.find(cursor, replay.org_id, replay.id)
    assert found is not None
    return found


def test_settled_deliveries_are_opened_again_and_open_ones_left_alone(
    database: Database, org: Org
) -> None:
    webhook = make_webhook(database, org)
    record_captures(database, org, 3)
    settle(database, "succeeded", "id = (SELECT min(id) FROM deliveries)")
    settle(database, "attempting", "id = (SELECT max(id) FROM deliveries)")
    replay = make_replay(database, webhook)
    assert step(database, replay) == 1
    assert statuses(database, webhook) == [
        ("pending", 3, 0),
        ("pending", 0, 0),
        ("attempting", 3, 3),
    ]
    done = reload(database, replay)
    assert (done.status, done.done) == (ReplayStatus.DONE, 3)


def test_missing_deliveries_are_made_for_what_the_webhook_subscribes_to_now(
    database: Database, org: Org
) -> None:
    record_captures(database, org, 4)
    record_captures(database, org, 4)
    webhook = make_webhook(database, org, events=["contact.updated"])
    replay = make_replay(database, webhook)
    with transaction(database) as cursor:
        assert replays.count(cursor, replay, webhook.events) == 4
    assert step(database, replay) == 4
    assert len(statuses(database, webhook)) == 4
    assert step(database, make_replay(database, webhook)) == 0
    assert len(statuses(database, webhook)) == 4


def test_events_for_or_about_a_webhook_alone_are_not_replayed_to_it(
    database: Database, org: Org
) -> None:
    webhook, other = make_webhook(database, org), make_webhook(database, org)
    with transaction(database) as cursor:
        publish_to(cursor, operational_event(new_id("evt"), org.id, "ping", {}, now()), other.id)
        about: dict[str, object] = {"webhook_id": webhook.id}
        event = operational_event(new_id("evt"), org.id, "webhook.disabled", about, now())
        publish(cursor, [event], except_webhook=webhook.id)
    assert step(database, make_replay(database, webhook)) == 0
    assert statuses(database, webhook) == []


def test_only_failed_opens_failed_ones_alone_and_each_once(database: Database, org: Org) -> None:
    webhook = make_webhook(database, org)
    record_captures(database, org, 4)
    settle(database, "succeeded")
    settle(database, "failed", "id IN (SELECT id FROM deliveries ORDER BY id LIMIT 2)")
    replay = make_replay(database, webhook, only_failed=True)
    assert step(database, replay, limit=1) == 1
    settle(database, "failed", "status = 'pending'")
    assert step(database, replay, limit=1) == 1
    assert step(database, replay, limit=1) == 0
    assert reload(database, replay).status == ReplayStatus.DONE
    assert [row[0] for row in statuses(database, webhook)].count("failed") == 1


def test_a_replay_goes_on_where_it_was_cut_off(database: Database, org: Org) -> None:
    webhook = make_webhook(database, org)
    record_captures(database, org, 10)
    settle(database, "succeeded")
    replay = make_replay(database, webhook)
    with suppress(KeyboardInterrupt), transaction(database) as cursor:
        locked = replays.lock_running(cursor, replay.id)
        assert locked is not None
        replays.step(cursor, *locked, 4)
        raise KeyboardInterrupt  # as a kill: the step never commits
    assert reload(database, replay).done == 0
    opened = [step(database, replay, limit=4) for _ in range(3)]
    assert opened == [4, 4, 2]
    assert [row[0] for row in statuses(database, webhook)] == ["pending"] * 10


def test_times_and_types_bound_a_replay(database: Database, org: Org) -> None:
    webhook = make_webhook(database, org)
    record_captures(database, org, 2)
    past, future = now() - timedelta(days=1), now() + timedelta(days=1)
    with transaction(database) as cursor:
        for fields, count in (
            ({"since": past}, 2),
            ({"since": future}, 0),
            ({"until": past}, 0),
            ({"types": ["contact.created"]}, 2),
            ({"types": ["contact.deleted"]}, 0),
        ):
            replay = make_replay(database, webhook, **fields)
            assert replays.count(cursor, replay, webhook.events) == count


def test_a_cancelled_replay_and_one_of_a_deleted_webhook_open_nothing(
    database: Database, org: Org
) -> None:
    webhook = make_webhook(database, org)
    record_captures(database, org, 2)
    settle(database, "succeeded")
    cancelled, orphaned = make_replay(database, webhook), make_replay(database, webhook)
    with transaction(database) as cursor:
        assert replays.cancel(cursor, org.id, cancelled.id)
        assert not replays.cancel(cursor, org.id, cancelled.id)
        assert replays.lock_running(cursor, cancelled.id) is None
        cursor.execute("UPDATE webhooks SET status = 'deleted' WHERE id = %s", (webhook.id,))
    assert step(database, orphaned) == 0
    assert reload(database, orphaned).status == ReplayStatus.DONE
