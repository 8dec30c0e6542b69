"""A worker with a real completer, a real sender and a real receiver."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import redis

import workers.deliveries
from app.domain.backoff import RetryPolicy
from app.domain.org import Org
from app.queue.notifier import DeliveryNotifier
from app.storage.database import Database, open_database
from app.storage.secret_cipher import SecretCipher
from scripts.receiver import Receiver
from tests.factories import SECRET, VAULT, make_org, make_webhook
from tests.workers.outcomes import execute, owe
from workers.attempts import Attempts, dated, retry_after_seconds
from workers.batch import LEASE_MARGIN_SECONDS, DeliveryConfig
from workers.completer import Completer
from workers.deliveries import DeliveryWorker, HeldBatch
from workers.sender import Sender

NOON = datetime(2026, 3, 16, 12, tzinfo=UTC)
TERMS = DeliveryConfig(policy=RetryPolicy(), max_in_flight=10, attempt_seconds=2.0)


@pytest.fixture
def org(database: Database) -> Org:
    return make_org(database)


@contextmanager
def courier_of(
    database_url: str, redis_url: str, cipher: SecretCipher = VAULT
) -> Iterator[DeliveryWorker]:
    shared = open_database(database_url, shared=True)
    sender = Sender(total_seconds=TERMS.attempt_seconds, allow_private=True)
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        yield DeliveryWorker(
            Completer(shared, TERMS, lambda ids: None),
            DeliveryNotifier(client),
            Attempts(sender, cipher, TERMS.policy),
            TERMS,
        )
    sender.close()
    shared.close()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("-7", None),
        ("1.5", 2.0),
        ("0.001", 1.0),
        ("999999999", 999_999_999.0),
        ("1773662430", 30.0),
        ("1773662430.5", 31.0),
        ("1773662399", 0.0),
        ("99999999999999999999", pytest.approx(1e20)),
        ("9" * 100, pytest.approx(1e100)),
        ("1e5", None),
        ("nan", None),
        ("1_0", None),
        ("\u0663", None),
        ("Mon, 16 Mar 2026 12:00:30 GMT", 30.0),
        ("Mon, 16 Mar 2026 11:00:00 GMT", 0.0),
        ("Mon, 16 Mar 2026 13:00:30 +0100", 30.0),
        ("Mon, 16 Mar 2026 12:00:30", 30.0),
        ("soon", None),
        ("", None),
        ("Mon, 16 Mar 2026 12:00:30 +99999999999999999999", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", pytest.approx(251_618_831_999 + 86_340, rel=0.01)),
    ],
)
def test_what_a_retry_after_header_asks_for(header: str, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOON) == seconds


def test_a_date_is_read_by_the_receivers_own_clock() -> None:
    its_clock = dated([("Server", "x"), ("date", "Mon, 16 Mar 2026 11:00:00 GMT")])
    assert its_clock is not None
    assert retry_after_seconds("Mon, 16 Mar 2026 11:00:10 GMT", its_clock) == 10.0
    assert dated([("Date", "yesterday")]) is None
    assert dated([]) is None


def test_a_delivery_is_claimed_signed_sent_and_recorded(
    database: Database, database_url: str, redis_url: str, org: Org
) -> None:
    with Receiver() as receiver, courier_of(database_url, redis_url) as worker:
        receiver.secret = SECRET
        webhook = make_webhook(database, org, receiver.url)
        owe(database, org, 3)
        worker.deliver(webhook.id)

    assert [each.verified for each in receiver.received] == [True] * 3
    assert execute(database, "SELECT DISTINCT status FROM deliveries") == [("succeeded",)]


def test_a_delivery_that_cannot_be_signed_is_put_off_and_hurts_no_other_webhook(
    database: Database,
    database_url: str,
    redis_url: str,
    org: Org,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with (
        Receiver() as receiver,
        caplog.at_level(logging.CRITICAL, "workers.attempts"),
        courier_of(database_url, redis_url, SecretCipher(b"x" * 32)) as worker,
    ):
        webhook = make_webhook(database, org, receiver.url)
        owe(database, org, 2)
        worker.deliver(webhook.id)

    assert receiver.received == []
    assert execute(database, "SELECT error, result FROM attempts") == [
        ("sender_failed", "deferred")
    ]
    assert execute(
        database,
        "SELECT status, failures, deferrals, lease FROM deliveries ORDER BY attempts DESC LIMIT 1",
    ) == [("pending", 0, 0, None)]


def test_a_worker_that_slept_after_its_claim_does_not_send(
    database: Database, database_url: str, redis_url: str, org: Org
) -> None:
    with Receiver() as receiver, courier_of(database_url, redis_url) as worker:
        webhook = make_webhook(database, org, receiver.url)
        owe(database, org, 1)
        batch = worker._completer.settle_and_claim(webhook.id, (), 1)
        batch.asked_at -= LEASE_MARGIN_SECONDS + 0.1
        late = HeldBatch(batch, worker._attempts)
        late.run()
        assert (late.attempted, late.unsent) == ([], batch.claimed)
        batch.asked_at += LEASE_MARGIN_SECONDS
        HeldBatch(batch, worker._attempts).run()
    assert len(receiver.received) == 1


def test_a_round_ends_at_the_first_bad_answer_and_the_rest_is_given_back_uncounted(
    database: Database, database_url: str, redis_url: str, org: Org
) -> None:
    answers = iter([200, 500])

    def answer(headers: Mapping[str, str]) -> int:
        return next(answers)

    with Receiver(answer) as receiver, courier_of(database_url, redis_url) as worker:
        webhook = make_webhook(database, org, receiver.url)
        owe(database, org, 4)
        batch = worker._completer.settle_and_claim(webhook.id, (), 4)
        this = HeldBatch(batch, worker._attempts)
        this.run()
        worker._complete(batch, this, 0)

    assert len(receiver.received) == len(this.attempted) == 2
    assert execute(
        database,
        "SELECT status, attempts, lease, next_attempt_at <= now() FROM deliveries ORDER BY id",
    ) == [
        ("succeeded", 1, None, None),
        ("pending", 1, None, False),
        ("pending", 0, None, True),
        ("pending", 0, None, True),
    ]
    assert execute(database, "SELECT count(*) FROM attempts") == [(2,)]


def test_a_round_that_takes_long_ends_after_the_attempt_under_way(
    database: Database,
    database_url: str,
    redis_url: str,
    org: Org,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers.deliveries, "BATCH_SECONDS_MAX", 0.0)
    with Receiver() as receiver, courier_of(database_url, redis_url) as worker:
        webhook = make_webhook(database, org, receiver.url)
        owe(database, org, 3)
        this = HeldBatch(worker._completer.settle_and_claim(webhook.id, (), 3), worker._attempts)
        this.run()

    assert (len(receiver.received), len(this.unsent)) == (1, 2)


@pytest.mark.parametrize(
    ("status", "round_seconds", "size"), [(200, 1e9, 5), (200, 0.0, 1), (500, 1e9, 1)]
)
def test_the_next_round_is_as_large_as_good_answers_are_quick(
    database: Database,
    database_url: str,
    redis_url: str,
    org: Org,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    round_seconds: float,
    size: int,
) -> None:
    monkeypatch.setattr(workers.deliveries, "BATCH_SECONDS", round_seconds)
    with (
        Receiver(lambda headers: status) as receiver,
        courier_of(database_url, redis_url) as worker,
    ):
        webhook = make_webhook(database, org, receiver.url)
        owe(database, org, 1)
        this = HeldBatch(worker._completer.settle_and_claim(webhook.id, (), 1), worker._attempts)
        this.run()

    assert this.next_size(largest=5) == size


def test_a_busy_answer_without_a_time_lets_the_endpoint_rest_and_counts(
    database: Database, database_url: str, redis_url: str, org: Org
) -> None:
    def too_many(headers: Mapping[str, str]) -> int:
        return 429

    with Receiver(too_many) as receiver, courier_of(database_url, redis_url) as worker:
        webhook = make_webhook(database, org, receiver.url)
        owe(database, org, 3)
        worker.deliver(webhook.id)

    assert len(receiver.received) == 1
    assert execute(database, "SELECT result FROM attempts") == [("retry",)]
    assert execute(database, "SELECT flow, rest_until > now() FROM webhook_health") == [
        (TERMS.max_in_flight // 2, True)
    ]


def test_a_rest_that_ends_within_a_turn_is_waited_for_and_not_cut_short(
    database: Database, database_url: str, redis_url: str, org: Org
) -> None:
    asked = iter([429])

    def answer(headers: Mapping[str, str]) -> int:
        return next(asked, 200)

    with Receiver(answer) as receiver, courier_of(database_url, redis_url) as worker:
        webhook = make_webhook(database, org, receiver.url)
        owe(database, org, 3)
        worker.deliver(webhook.id)
        execute(database, "UPDATE webhook_health SET rest_until = now() + interval '0.4 seconds'")
        (rest_until,) = execute(database, "SELECT rest_until FROM webhook_health")[0]
        worker.deliver(webhook.id)

    left = execute(database, "SELECT min(started_at) FROM attempts WHERE result = 'succeeded'")
    assert timedelta(0) < left[0][0] - rest_until < timedelta(seconds=0.35)
