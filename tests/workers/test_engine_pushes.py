"""Deliveries that are pushed to an engine: sent at once, once, or given back uncounted."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

import workers.engine
import workers.waiting
from app.domain.delivery.retry_policy import RetryRules
from app.domain.org.org import Org
from app.domain.times import now
from app.domain.webhook.webhook import Webhook, WebhookStatus
from app.storage.database import Database, transaction
from app.storage.delivery.new_deliveries import Holder
from app.storage.delivery.pushes import Push
from app.storage.recording import record
from app.storage.webhook import webhooks
from scripts.receiver import Receiver
from tests.factories import SECRET, make_capture, make_org, make_webhook
from tests.statements import execute
from tests.waiting import eventually
from tests.workers.outcomes import HOLDER
from tests.workers.test_engine import Counted, engine_of, states
from workers.engine import DeliveryEngine


@pytest.fixture
def org(database: Database) -> Org:
    return make_org(database)


def healthy(database: Database, org: Org, url: str) -> Webhook:
    """A webhook that has answered well."""
    webhook = make_webhook(database, org, url)
    execute(database, "UPDATE webhook_health SET last_success_at = now(), flow = 40")
    return webhook


def record_pushes(database: Database, org: Org, count: int) -> Sequence[Push]:
    """Record so many leads, whose deliveries are leased to the engine under test."""
    captures = [make_capture(org, f"p{number}@example.com") for number in range(count)]
    with transaction(database) as cursor:
        pushes = record(cursor, captures, now(), Holder(HOLDER, RetryRules())).published.pushes
    assert len(pushes) == count
    return pushes


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A push may be as old as it gets on a slow machine."""
    monkeypatch.setattr(workers.waiting, "AGE_SECONDS_MAX", 15.0)


def settle_one(database: Database, org: Org, webhook: Webhook, engine: DeliveryEngine) -> None:
    """Let the engine deliver one in the ordinary way: from then on it knows PostgreSQL's clock."""
    with transaction(database) as cursor:
        record(cursor, [make_capture(org, "before@example.com")], now())
    engine.note_due([webhook.id])
    eventually(lambda: states(database) == {"succeeded": 1})
    execute(database, "TRUNCATE attempts, deliveries")


def attempts(database: Database) -> list[tuple[int, str]]:
    return execute(database, "SELECT number, result FROM attempts ORDER BY id")


def test_a_push_is_sent_signed_and_settled_without_a_claim(
    database: Database, database_url: str, org: Org, patient: None
) -> None:
    with Receiver() as receiver, engine_of(database_url) as engine:
        receiver.secret = SECRET
        settle_one(database, org, healthy(database, org, receiver.url), engine)
        pushes = record_pushes(database, org, 5)
        last_lease = max(push.claimed.lease for push in pushes)
        engine.take_pushes(pushes)
        eventually(lambda: states(database) == {"succeeded": 5})

    assert [each.verified for each in receiver.received] == [True] * 6
    assert attempts(database) == [(1, "succeeded")] * 5
    assert execute(database, "SELECT last_value FROM leases") == [(last_lease,)]


def test_a_push_that_comes_twice_is_sent_once(
    database: Database, database_url: str, org: Org
) -> None:
    with Receiver() as receiver, engine_of(database_url) as engine:
        healthy(database, org, receiver.url)
        pushes = record_pushes(database, org, 3)
        engine.take_pushes([*pushes, *pushes])
        eventually(lambda: states(database) == {"succeeded": 3})
        engine.take_pushes(pushes)
        engine.take_pushes(last := record_pushes(database, org, 1))
        eventually(lambda: states(database) == {"succeeded": 4})

    sent = [each.headers["X-Rex-Delivery"] for each in receiver.received]
    assert sorted(sent) == sorted(push.claimed.id for push in [*pushes, *last])


def test_a_push_that_never_comes_is_found_and_claimed(
    database: Database, database_url: str, org: Org
) -> None:
    with Receiver() as receiver, engine_of(database_url):
        healthy(database, org, receiver.url)
        record_pushes(database, org, 3)
        eventually(lambda: states(database) == {"succeeded": 3})

    assert len(receiver.received) == 3
    assert attempts(database) == [(1, "succeeded")] * 3  # and none that was lost


def test_one_that_comes_too_late_is_claimed_in_its_turn(
    database: Database, database_url: str, org: Org
) -> None:
    with Receiver() as receiver, engine_of(database_url) as engine:
        healthy(database, org, receiver.url)
        (push,) = record_pushes(database, org, 1)
        ((late,),) = execute(database, "SELECT now() - interval '1 second'")
        push.leased_at = late
        engine.take_pushes([push])
        eventually(lambda: states(database) == {"succeeded": 1})

    assert len(receiver.received) == 1
    assert execute(database, "SELECT last_value > %s FROM leases", push.claimed.lease) == [(True,)]
    assert attempts(database) == [(1, "succeeded")]


def test_a_push_goes_where_the_webhook_points_when_it_is_sent(
    database: Database, database_url: str, org: Org
) -> None:
    with Receiver() as old, Receiver() as new, engine_of(database_url) as engine:
        webhook = healthy(database, org, old.url)
        engine.take_pushes(record_pushes(database, org, 1))
        eventually(lambda: states(database) == {"succeeded": 1})
        with transaction(database) as cursor:
            webhooks.update(cursor, webhook.id, {"url": new.url}, now())
        engine.take_pushes(record_pushes(database, org, 1))
        eventually(lambda: states(database) == {"succeeded": 2})

    assert (len(old.received), len(new.received)) == (1, 1)


STOPS = {
    "paused": {"status": WebhookStatus.PAUSED},
    "deleted": {"status": WebhookStatus.DELETED},
}


@pytest.mark.parametrize("change", STOPS.values(), ids=STOPS)
def test_one_whose_webhook_stopped_meanwhile_is_given_back(
    database: Database, database_url: str, org: Org, change: dict[str, object]
) -> None:
    with Receiver() as receiver, engine_of(database_url) as engine:
        webhook = healthy(database, org, receiver.url)
        pushes = record_pushes(database, org, 2)
        with transaction(database) as cursor:
            webhooks.update(cursor, webhook.id, change, now())
        engine.take_pushes(pushes)
        eventually(lambda: states(database) == {"pending": 2})

    assert receiver.received == []
    assert execute(database, "SELECT DISTINCT attempts, lease FROM deliveries") == [(0, None)]


def test_what_does_not_fit_is_given_back_and_claimed(
    database: Database, database_url: str, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers.engine, "WAITING_BYTES_MAX", 0)
    with Receiver() as receiver, engine_of(database_url) as engine:
        healthy(database, org, receiver.url)
        engine.take_pushes(record_pushes(database, org, 20))
        eventually(lambda: states(database) == {"succeeded": 20})

    assert len(receiver.received) == 20
    assert attempts(database) == [(1, "succeeded")] * 20


def test_an_engine_that_stops_gives_back_what_it_has_not_sent(
    database: Database, database_url: str, org: Org
) -> None:
    counted = Counted()
    with Receiver(counted) as receiver, engine_of(database_url) as engine:
        healthy(database, org, receiver.url)
        execute(database, "UPDATE webhook_health SET flow = 1")
        engine.take_pushes(record_pushes(database, org, 3))
        eventually(lambda: counted.now == 1)
        engine.stop()
        counted.open.set()
    assert counted.highest == 1
    assert states(database) == {"succeeded": 1, "pending": 2}
    assert attempts(database) == [(1, "succeeded")]


def test_a_person_who_is_erased_meanwhile_stays_erased(
    database: Database, database_url: str, org: Org, patient: None
) -> None:
    with Receiver() as receiver, engine_of(database_url) as engine:
        settle_one(database, org, healthy(database, org, receiver.url), engine)
        (push,) = record_pushes(database, org, 1)
        execute(
            database,
            "UPDATE deliveries SET status = 'cancelled', last_result = 'erased', lease = NULL,"
            " leased_until = NULL, holder = NULL, next_attempt_at = NULL, settled_at = now()",
        )
        engine.take_pushes([push])
        eventually(lambda: attempts(database) != [])

    assert states(database) == {"cancelled": 1}
    assert execute(database, "SELECT response_body FROM attempts") == [(None,)]
