"""What happens to a webhook, its events and its workers while deliveries are under way."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from app.domain.delivery.delivery import Decision, Verdict
from app.domain.errors import StorageUnavailable
from app.domain.ids import new_id
from app.domain.org.org import Org
from app.domain.times import now
from app.domain.webhook.webhook import Webhook
from app.storage.database import (
    Database,
    TransactionConflict,
    drop_connection,
    open_database,
    transaction,
)
from app.storage.delivery import claims, deliveries
from app.storage.recording import record
from app.storage.webhook import endpoints, webhooks
from tests.factories import make_capture, make_webhook
from tests.statements import execute
from tests.waiting import eventually
from tests.workers.outcomes import CONFIG, HOLDER, outcome, owe, settle_and_claim
from workers.completer import Completer
from workers.webhook_status import update_webhook_status
from workers.work import WebhookWork

SUCCESS, GONE = Verdict.SUCCEEDED, Verdict.GONE
NEW_URL = "http://127.0.0.1:9/another"


@pytest.fixture
def completer(database_url: str) -> Iterator[Completer]:
    database = open_database(database_url, shared=True)
    yield Completer(database, CONFIG, HOLDER)
    database.close()


@pytest.fixture
def watch(database_url: str) -> Iterator[Database]:
    """A second connection, to see who waits for the first."""
    database = open_database(database_url)
    yield database
    drop_connection(database)


def told(database: Database, event_type: str) -> int:
    return int(execute(database, "SELECT count(*) FROM events WHERE type = %s", event_type)[0][0])


def waiting_for_locks(database: Database) -> int:
    (row,) = execute(
        database,
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        " AND datname = current_database()",
    )
    return int(row[0])


def in_thread(do: Callable[[], WebhookWork]) -> tuple[threading.Thread, list[WebhookWork]]:
    done: list[WebhookWork] = []
    thread = threading.Thread(target=lambda: done.append(do()))
    thread.start()
    return thread, done


def test_what_the_old_url_answers_is_not_held_against_the_new_one(
    completer: Completer, database: Database, org: Org, webhook: Webhook
) -> None:
    owe(database, org, 2)
    first, second = (settle_and_claim(completer, webhook.id, (), 1).claimed[0] for _ in range(2))
    with transaction(database) as cursor:
        webhooks.update(cursor, webhook.id, {"url": NEW_URL}, now())

    settle_and_claim(completer, webhook.id, [outcome(first, Verdict.GONE)], 0)
    settle_and_claim(completer, webhook.id, [outcome(second, Verdict.RETRY, 60.0)], 0)

    assert execute(database, "SELECT status FROM webhooks") == [("active",)]
    assert execute(database, "SELECT failure_count FROM webhook_health") == [(0,)]
    assert execute(database, "SELECT status FROM deliveries ORDER BY status") == [
        ("failed",),
        ("pending",),
    ]


def test_a_new_url_need_not_wait_for_the_rest_and_the_circuit_of_the_old_one(
    completer: Completer, database: Database, org: Org, webhook: Webhook
) -> None:
    owe(database, org, 2)
    (claimed,) = settle_and_claim(completer, webhook.id, (), 1).claimed
    busy = outcome(claimed, Verdict.DEFERRED, 3600.0)
    assert settle_and_claim(completer, webhook.id, [busy], 1).claimed == []

    with transaction(database) as cursor:
        webhooks.update(cursor, webhook.id, {"url": NEW_URL}, now())

    assert len(settle_and_claim(completer, webhook.id, (), 1).claimed) == 1


def test_who_waited_while_the_webhook_was_disabled_claims_nothing_and_tells_nothing(
    completer: Completer, database: Database, watch: Database, org: Org, webhook: Webhook
) -> None:
    owe(database, org, 3)
    (claimed,) = settle_and_claim(completer, webhook.id, (), 1).claimed
    with transaction(database) as cursor:
        endpoints.lock(cursor, [webhook.id])
        late, done = in_thread(
            lambda: settle_and_claim(completer, webhook.id, [outcome(claimed, GONE)], 1)
        )
        eventually(lambda: waiting_for_locks(watch) == 1)
        assert webhooks.disable(cursor, webhook.id, "another process was first")
    late.join()

    assert done[0].claimed == []
    assert told(database, "webhook.disabled") == 0


def test_a_webhook_that_is_paused_in_that_moment_is_not_disabled_as_well(
    database: Database, watch: Database, org: Org, webhook: Webhook
) -> None:
    with transaction(database) as cursor:
        endpoint = endpoints.lock(cursor, [webhook.id])[webhook.id]
        execute(watch, "UPDATE webhooks SET status = 'paused'")
        assert update_webhook_status(cursor, endpoint, endpoint.health, Decision(GONE)) == set()

    assert told(database, "webhook.disabled") == 0
    assert execute(database, "SELECT status FROM webhooks") == [("paused",)]
    assert not endpoint.health.recovering


def test_a_recovery_is_told_once_however_many_successes_come_together(
    completer: Completer,
    database_url: str,
    database: Database,
    watch: Database,
    org: Org,
    webhook: Webhook,
) -> None:
    owe(database, org, 2)
    claimed = settle_and_claim(completer, webhook.id, wanted=2).claimed
    execute(database, "UPDATE webhook_health SET recovering = true")
    another = open_database(database_url, shared=True)

    with transaction(database) as cursor:
        endpoints.lock(cursor, [webhook.id])
        together = [
            in_thread(partial(settle_and_claim, each, webhook.id, [outcome(one, SUCCESS)]))[0]
            for each, one in zip(
                (completer, Completer(another, CONFIG, HOLDER)), claimed, strict=True
            )
        ]
        eventually(lambda: waiting_for_locks(watch) == 2)
    for thread in together:
        thread.join()
    another.close()

    assert told(database, "webhook.recovered") == 1


def test_one_outcome_that_cannot_be_stored_takes_no_other_with_it(
    completer: Completer, database: Database, org: Org, webhook: Webhook
) -> None:
    owe(database, org, 2)
    good, bad = (settle_and_claim(completer, webhook.id, (), 1).claimed[0] for _ in range(2))
    unstorable = outcome(bad, SUCCESS)
    unstorable.row.response_body = "not base64!"
    other = make_webhook(database, org)
    works = [
        WebhookWork(webhook.id, [unstorable, outcome(good, SUCCESS)]),
        WebhookWork(other.id, wanted=1),
    ]

    completer.run(works)

    assert [work.error for work in works] == [None, None]
    assert execute(database, "SELECT id FROM deliveries WHERE status = 'succeeded'") == [(good.id,)]


def test_what_a_rolled_back_transaction_gave_is_not_sent(
    completer: Completer,
    database: Database,
    org: Org,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = make_webhook(database, org)
    owe(database, org, 1)
    works = [WebhookWork(webhook.id, wanted=1), WebhookWork(other.id, wanted=1)]
    claim = claims.claim

    def lose_the_race_once(*arguments: Any) -> Any:
        claim(*arguments)
        monkeypatch.undo()
        execute(database, "UPDATE webhooks SET status = 'paused' WHERE id = %s", webhook.id)
        raise TransactionConflict

    monkeypatch.setattr(claims, "claim", lose_the_race_once)
    completer.run(works)

    assert works[0].claimed == []
    assert [each.webhook_id for each in works[1].claimed] == [other.id]


def test_a_transaction_that_loses_every_race_is_given_up(
    completer: Completer, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_the_race(*_: Any, **more: Any) -> Any:
        raise TransactionConflict

    monkeypatch.setattr(claims, "claim", lose_the_race)

    with pytest.raises(StorageUnavailable):
        settle_and_claim(completer, webhook.id, (), 1)
    monkeypatch.undo()
    assert settle_and_claim(completer, webhook.id, (), 1).claimed == []


def test_a_delivery_whose_event_is_gone_is_cancelled_and_stands_in_nobodys_way(
    completer: Completer, database: Database, org: Org, webhook: Webhook
) -> None:
    owe(database, org, 5)
    execute(
        database,
        "DELETE FROM events WHERE id IN (SELECT event_id FROM deliveries ORDER BY id LIMIT 4)",
    )
    assert len(settle_and_claim(completer, webhook.id, (), 1).claimed) == 1
    assert execute(
        database, "SELECT status, last_result, count(*) FROM deliveries GROUP BY 1, 2 ORDER BY 1"
    ) == [("attempting", None, 1), ("cancelled", "event deleted", 4)]


def test_a_delivery_that_is_lost_again_and_again_waits_longer_and_is_given_up_in_the_end(
    completer: Completer, database: Database, org: Org, webhook: Webhook
) -> None:
    owe(database, org, 1)
    waits = []
    for _ in range(deliveries.LOSSES_MAX):
        execute(database, "UPDATE deliveries SET next_attempt_at = now()")
        assert len(settle_and_claim(completer, webhook.id, (), 1).claimed) == 1
        execute(database, "UPDATE deliveries SET leased_until = now() - interval '1 second'")
        with transaction(database) as cursor:
            assert deliveries.release_lost(cursor) == 1
            cursor.execute("SELECT extract(epoch FROM next_attempt_at - now()) FROM deliveries")
            waits.append(cursor.fetchall()[0][0])

    assert waits == [0, 0, 0, 5, 15, 45, 135, 405, 1215, None]
    assert execute(database, "SELECT status, last_result FROM deliveries") == [("failed", "lost")]
    assert execute(database, "SELECT count(DISTINCT id) FROM attempts") == [
        (deliveries.LOSSES_MAX,)
    ]


def test_what_was_put_off_once_goes_first_and_later_like_others(
    completer: Completer,
    database: Database,
    org: Org,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # One claim in ten is a retry's; none of these is.
    monkeypatch.setattr(random, "random", lambda: 0.5)
    owe(database, org, 3)
    execute(database, "UPDATE deliveries SET next_attempt_at = now() - interval '1 minute'")
    (first,) = settle_and_claim(completer, webhook.id, (), 1).claimed
    settle_and_claim(completer, webhook.id, [outcome(first, Verdict.DEFERRED, 0.0)], 0)
    (again,) = settle_and_claim(completer, webhook.id, (), 1).claimed
    assert again.id == first.id

    settle_and_claim(completer, webhook.id, [outcome(again, Verdict.DEFERRED, 0.0)], 0)
    (another,) = settle_and_claim(completer, webhook.id, (), 1).claimed
    assert another.id != first.id


def test_ordered_claims_find_the_free_contact_behind_a_backlog_of_blocked_ones(
    completer: Completer, database: Database, org: Org
) -> None:
    webhook = make_webhook(database, org, ordered=True)
    for _ in range(3):
        captures = [make_capture(org, "blocked@example.com") for _ in range(50)]
        with transaction(database) as cursor:
            record(cursor, captures, now())
    (head,) = settle_and_claim(completer, webhook.id, (), 10).claimed
    settle_and_claim(completer, webhook.id, [outcome(head, Verdict.RETRY, 60.0)], 0)
    assert settle_and_claim(completer, webhook.id, (), 10).claimed == []

    with transaction(database) as cursor:
        record(cursor, [make_capture(org, "free@example.com")], now())
        cursor.execute(
            "INSERT INTO events (id, org_id, type, occurred_at, data)"
            " VALUES ('evt_ping', %s, 'ping', now(), '{}')",
            (org.id,),
        )
        cursor.execute(
            "INSERT INTO deliveries (id, org_id, webhook_id, event_id, event_type, status,"
            " next_attempt_at) VALUES (%s, %s, %s, 'evt_ping', 'ping', 'pending', now())",
            (new_id("dlv"), org.id, webhook.id),
        )
    found = settle_and_claim(completer, webhook.id, (), 10).claimed
    assert sorted(each.event_type for each in found) == ["contact.created", "ping"]
