"""Claims, leases and outcomes: exact across threads, processes and crashes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.domain.delivery.delivery import Verdict
from app.domain.delivery.health import OPEN_AFTER
from app.domain.errors import StorageUnavailable
from app.domain.org.org import Org
from app.domain.times import now
from app.domain.webhook.webhook import Webhook
from app.storage.database import Database, open_database, transaction
from app.storage.delivery import deliveries, leases
from app.storage.recording import record
from tests.factories import make_capture, make_webhook
from tests.statements import execute
from tests.workers.outcomes import CONFIG, HOLDER, in_flight, outcome, owe, settle_and_claim
from workers.completer import Completer
from workers.work import WebhookWork


@pytest.fixture
def completer(database_url: str) -> Iterator[Completer]:
    database = open_database(database_url, shared=True, by_index=True)
    yield Completer(database, CONFIG, HOLDER)
    database.close()


def test_a_claim_leases_one_delivery_and_says_that_there_is_more(
    completer: Completer, database: Database, org: Org, webhook: Webhook
) -> None:
    owe(database, org, 3)

    batch = settle_and_claim(completer, webhook.id, (), wanted=1)

    (claimed,) = batch.claimed
    assert (claimed.number, claimed.failures, batch.more) == (1, 0, True)
    assert execute(database, "SELECT status, count(*) FROM deliveries GROUP BY 1 ORDER BY 1") == [
        ("attempting", 1),
        ("pending", 2),
    ]


def test_a_recorded_success_is_never_claimed_again(
    completer: Completer, database: Database, org: Org, webhook: Webhook
) -> None:
    owe(database, org, 1)
    (claimed,) = settle_and_claim(completer, webhook.id, (), wanted=1).claimed

    after = settle_and_claim(completer, webhook.id, [outcome(claimed, Verdict.SUCCEEDED)], wanted=1)

    assert after.claimed == []
    assert execute(database, "SELECT status, attempts, lease FROM deliveries") == [
        ("succeeded", 1, None)
    ]
    assert execute(database, "SELECT number, status, result FROM attempts") == [
        (1, 200, "succeeded")
    ]


def test_a_failure_is_due_again_after_its_delay_and_not_before(
    completer: Completer, database: Database, org: Org, webhook: Webhook
) -> None:
    owe(database, org, 1)
    (claimed,) = settle_and_claim(completer, webhook.id, (), wanted=1).claimed
    assert (
        settle_and_claim(
            completer, webhook.id, [outcome(claimed, Verdict.RETRY, 60.0)], wanted=1
        ).claimed
        == []
    )

    execute(database, "UPDATE deliveries SET next_attempt_at = now()")
    (again,) = settle_and_claim(completer, webhook.id, (), wanted=1).claimed

    assert (again.number, again.failures) == (2, 1)
    assert again.lease != claimed.lease


def test_two_processes_never_share_a_delivery(
    database: Database, database_url: str, org: Org, webhook: Webhook
) -> None:
    owe(database, org, 200)
    databases = [open_database(database_url, shared=True) for _ in range(2)]
    claimed: list[str] = []

    def work(completer: Completer) -> None:
        mine = settle_and_claim(completer, webhook.id, wanted=4).claimed
        while mine:
            claimed.extend(each.id for each in mine)
            done = [outcome(each, Verdict.SUCCEEDED) for each in mine]
            mine = settle_and_claim(completer, webhook.id, done, wanted=4).claimed

    threads = [
        threading.Thread(target=work, args=(Completer(each, CONFIG, HOLDER),)) for each in databases
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(claimed) == len(set(claimed)) == 200
    assert execute(database, "SELECT count(*) FROM attempts") == [(200,)]
    for each in databases:
        each.close()


def test_a_dead_process_loses_its_leases_at_once_and_no_other_does(
    database: Database, database_url: str, org: Org, webhook: Webhook
) -> None:
    owe(database, org, 3)
    shared = open_database(database_url, shared=True)
    (lost,) = settle_and_claim(Completer(shared, CONFIG, "dead"), webhook.id, wanted=1).claimed
    living = Completer(shared, CONFIG, "living")
    (held,) = settle_and_claim(living, webhook.id, wanted=1).claimed

    with transaction(database) as cursor:
        assert sorted(leases.holders(cursor)) == ["dead", "living"]
        assert deliveries.release_lost(cursor, dead=["dead"]) == 1
        assert leases.holders(cursor) == ["living"]

    assert execute(database, "SELECT delivery_id, result FROM attempts") == [(lost.id, "lost")]
    assert in_flight(database) == 1
    again = settle_and_claim(living, webhook.id, [outcome(held, Verdict.SUCCEEDED)], wanted=5)
    assert lost.id in {each.id for each in again.claimed}
    shared.close()


def test_a_lease_that_ran_out_is_released_and_its_holder_cannot_settle_any_more(
    completer: Completer, database: Database, org: Org, webhook: Webhook
) -> None:
    owe(database, org, 1)
    (lost,) = settle_and_claim(completer, webhook.id, (), wanted=1).claimed
    execute(database, "UPDATE deliveries SET leased_until = now() - interval '1 second'")
    with transaction(database) as cursor:
        assert deliveries.release_lost(cursor) == 1
    (current,) = settle_and_claim(completer, webhook.id, (), wanted=1).claimed

    settle_and_claim(completer, webhook.id, [outcome(lost, Verdict.SUCCEEDED)], wanted=0)

    assert execute(database, "SELECT status, lease FROM deliveries") == [
        ("attempting", current.lease)
    ]
    assert execute(database, "SELECT number, result, error FROM attempts") == [
        (1, "lost", "worker_lost")
    ]


def test_what_is_given_back_is_claimed_again_as_if_never_claimed(
    completer: Completer, database: Database, org: Org, webhook: Webhook
) -> None:
    owe(database, org, 11)
    claimed = settle_and_claim(completer, webhook.id, wanted=10).claimed

    again = settle_and_claim(completer, webhook.id, (), 10, unsent=claimed[1:])

    assert len(again.claimed) == 10
    assert {each.number for each in again.claimed} == {1}
    assert in_flight(database) == 11


def test_what_another_holds_by_now_cannot_be_given_back(
    completer: Completer, database: Database, org: Org, webhook: Webhook
) -> None:
    owe(database, org, 1)
    lost = settle_and_claim(completer, webhook.id, (), wanted=1).claimed
    execute(database, "UPDATE deliveries SET lease = lease + 1")

    assert settle_and_claim(completer, webhook.id, (), 1, unsent=lost).claimed == []

    assert execute(database, "SELECT status, attempts FROM deliveries") == [("attempting", 1)]


def test_an_open_circuit_lets_nothing_out_but_a_probe_when_its_time_has_come(
    completer: Completer, database: Database, org: Org, webhook: Webhook
) -> None:
    owe(database, org, 20)
    for _ in range(OPEN_AFTER):
        (claimed,) = settle_and_claim(completer, webhook.id, (), wanted=1).claimed
        settle_and_claim(completer, webhook.id, [outcome(claimed, Verdict.RETRY, 60.0)], wanted=0)
    assert settle_and_claim(completer, webhook.id, (), wanted=5).claimed == []

    execute(database, "UPDATE webhook_health SET not_before = now() - interval '1 second'")
    (probe,) = settle_and_claim(completer, webhook.id, (), wanted=5).claimed
    assert settle_and_claim(completer, webhook.id, (), wanted=5).claimed == []
    closed = settle_and_claim(completer, webhook.id, [outcome(probe, Verdict.SUCCEEDED)], wanted=5)
    assert len(closed.claimed) == 5


def test_a_410_disables_the_webhook_and_tells_the_others(
    completer: Completer, database: Database, org: Org, webhook: Webhook
) -> None:
    other = make_webhook(database, org, events=["webhook.disabled"])
    owe(database, org, 2)
    (claimed,) = settle_and_claim(completer, webhook.id, (), wanted=1).claimed

    after = WebhookWork(webhook.id, [outcome(claimed, Verdict.GONE)], wanted=1)

    assert completer.run([after]) == {other.id}
    assert after.claimed == []
    assert execute(
        database, "SELECT status, status_reason FROM webhooks WHERE id = %s", webhook.id
    ) == [("disabled", "the receiver answered 410 Gone")]
    assert execute(
        database, "SELECT webhook_id FROM deliveries WHERE event_type LIKE 'webhook%%'"
    ) == [(other.id,)]


def test_only_webhooks_with_something_due_that_may_be_tried_are_rung_for(
    database: Database, org: Org
) -> None:
    due = make_webhook(database, org)
    paused = make_webhook(database, org)
    resting = {name: make_webhook(database, org) for name in ("not_before", "rest_until")}
    idle = make_webhook(database, org, events=["contact.deleted"])
    owe(database, org, 3)
    execute(database, "UPDATE webhooks SET status = 'paused' WHERE id = %s", paused.id)
    for until, each in resting.items():
        execute(
            database,
            f"UPDATE webhook_health SET {until} = %s WHERE webhook_id = %s",
            now() + timedelta(minutes=1),
            each.id,
        )
    with transaction(database) as cursor:
        found = deliveries.due_webhooks(cursor)
    assert found == [due.id]
    assert idle.id not in found


def test_ordered_claims_take_the_first_open_delivery_of_each_contact(
    completer: Completer, database: Database, org: Org
) -> None:
    webhook = make_webhook(database, org, ordered=True)
    for _ in range(3):
        captures = [make_capture(org, f"p{n}@example.com") for n in range(2)]
        with transaction(database) as cursor:
            record(cursor, captures, now())

    first = settle_and_claim(completer, webhook.id, (), wanted=10).claimed
    assert len(first) == 2
    assert settle_and_claim(completer, webhook.id, (), wanted=10).claimed == []

    following = settle_and_claim(
        completer, webhook.id, [outcome(first[0], Verdict.SUCCEEDED)], wanted=10
    ).claimed
    assert [each.contact_id for each in following] == [first[0].contact_id]


def test_no_statement_reads_all_deliveries_though_few_were_there_when_it_was_planned(
    database_url: str, database: Database, org: Org, webhook: Webhook
) -> None:
    ordered = make_webhook(database, org, ordered=True)
    shared = open_database(database_url, shared=True, by_index=True)
    completer = Completer(shared, CONFIG, HOLDER)
    owe(database, org, 2)
    for each in (webhook, ordered):
        claimed = settle_and_claim(completer, each.id, (), wanted=1).claimed
        settle_and_claim(completer, each.id, [outcome(claimed[0], Verdict.SUCCEEDED)], wanted=2)

    prepared = execute(
        shared, "SELECT name, cardinality(parameter_types) FROM pg_prepared_statements"
    )
    assert len(prepared) > 4
    assert "claim_1" in dict(prepared)
    for name, places in prepared:
        nothing = ", ".join(["NULL"] * places)
        plan = "\n".join(line for (line,) in execute(shared, f"EXPLAIN EXECUTE {name} ({nothing})"))
        assert "Seq Scan on deliveries" not in plan
        assert name != "claim_1" or "Sort" not in plan
    shared.close()


def test_without_postgresql_an_exchange_says_so_and_the_next_one_works(
    database: Database, database_url: str, org: Org, webhook: Webhook
) -> None:
    owe(database, org, 1)
    shared = open_database(database_url, shared=True)
    completer = Completer(shared, CONFIG, HOLDER)
    settle_and_claim(completer, webhook.id, (), wanted=0)
    (pid,) = execute(shared, "SELECT pg_backend_pid()")[0]
    execute(database, "SELECT pg_terminate_backend(%s)", pid)

    with pytest.raises(StorageUnavailable):
        settle_and_claim(completer, webhook.id, (), wanted=1)
    assert len(settle_and_claim(completer, webhook.id, (), wanted=1).claimed) == 1
    shared.close()
