"""An engine with a real completer, a real sender and a real receiver."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import pytest

import workers.starter
from app.domain.delivery.backoff import RetryPolicy
from app.domain.delivery.retry_policy import LEASE_MARGIN_SECONDS, RetryRules
from app.domain.org.org import Org
from app.storage.database import Database, open_database
from app.storage.secret_cipher import SecretCipher
from scripts.receiver import Receiver
from tests.factories import CIPHER, SECRET, make_webhook
from tests.statements import execute
from tests.waiting import eventually
from tests.workers.outcomes import HOLDER, in_flight, owe
from workers.attempts import Attempts
from workers.completer import Completer
from workers.engine import DeliveryEngine
from workers.sender import Sender
from workers.work import DeliveryConfig

CONFIG = DeliveryConfig(
    retries=RetryRules(RetryPolicy(base_seconds=0.2), attempt_seconds=20.0),
    max_in_flight=16,
    slots=64,
)


def spawn(run: Callable[[], object]) -> None:
    threading.Thread(target=run, daemon=True).start()


@contextmanager
def engine_of(
    database_url: str, cipher: SecretCipher = CIPHER, config: DeliveryConfig = CONFIG
) -> Iterator[DeliveryEngine]:
    """A running engine; at the end it has recorded all that it had in flight."""
    shared = open_database(database_url, shared=True)
    sender = Sender(allow_private=True)
    engine = DeliveryEngine(
        Completer(shared, config, HOLDER),
        Attempts(sender, cipher, config.retries),
        config,
        lambda ids: None,
        spawn,
    )
    thread = threading.Thread(target=engine.run)
    thread.start()
    try:
        yield engine
    finally:
        engine.stop()
        thread.join(60)
        sender.close()
        shared.close()
    assert not thread.is_alive()


def states(database: Database) -> dict[str, int]:
    return dict(execute(database, "SELECT status, count(*) FROM deliveries GROUP BY 1"))


def test_a_delivery_is_claimed_signed_sent_and_recorded(
    database: Database, database_url: str, org: Org
) -> None:
    with Receiver() as receiver, engine_of(database_url) as engine:
        receiver.secret = SECRET
        webhook = make_webhook(database, org, receiver.url)
        owe(database, org, 3)
        engine.note_due([webhook.id])
        eventually(lambda: states(database) == {"succeeded": 3})

    assert [each.verified for each in receiver.received] == [True] * 3
    assert execute(database, "SELECT DISTINCT holder FROM deliveries") == [(None,)]


def test_a_delivery_that_cannot_be_signed_is_put_off_and_hurts_no_other_webhook(
    database: Database, database_url: str, org: Org, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        Receiver() as receiver,
        caplog.at_level(logging.CRITICAL, "workers.attempts"),
        engine_of(database_url, SecretCipher(b"x" * 32)) as engine,
    ):
        webhook = make_webhook(database, org, receiver.url)
        owe(database, org, 2)
        engine.note_due([webhook.id])
        eventually(lambda: execute(database, "SELECT result FROM attempts") != [])

    assert receiver.received == []
    assert execute(database, "SELECT DISTINCT error, result FROM attempts") == [
        ("sender_failed", "deferred")
    ]
    assert execute(database, "SELECT DISTINCT status, failures, lease FROM deliveries") == [
        ("pending", 0, None)
    ]


def test_what_was_claimed_before_the_process_slept_is_given_back_and_not_sent(
    database: Database, database_url: str, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every claim is too old by the time at which it is to be sent.
    monkeypatch.setattr(workers.starter, "LEASE_MARGIN_SECONDS", -1.0)
    with Receiver() as receiver, engine_of(database_url) as engine:
        webhook = make_webhook(database, org, receiver.url)
        owe(database, org, 1)
        execute(database, "ALTER SEQUENCE leases RESTART WITH 1")
        engine.note_due([webhook.id])
        eventually(lambda: execute(database, "SELECT is_called FROM leases") == [(True,)])
    assert receiver.received == []
    assert execute(database, "SELECT status, attempts, lease FROM deliveries") == [
        ("pending", 0, None)
    ]
    monkeypatch.undo()
    with Receiver() as receiver, engine_of(database_url) as engine:
        execute(database, "UPDATE webhooks SET url = %s", receiver.url)
        engine.note_due([webhook.id])
        eventually(lambda: states(database) == {"succeeded": 1})


def test_a_busy_answer_without_a_time_costs_its_delivery_a_retry_and_pauses_nobody_else(
    database: Database, database_url: str, org: Org
) -> None:
    answers = iter([429])
    later = RetryRules(RetryPolicy(base_seconds=600), attempt_seconds=20.0)

    with (
        Receiver(lambda headers: next(answers, 200)) as receiver,
        engine_of(database_url, config=replace(CONFIG, retries=later)) as engine,
    ):
        webhook = make_webhook(database, org, receiver.url)
        owe(database, org, 5)
        engine.note_due([webhook.id])
        eventually(lambda: states(database) == {"succeeded": 4, "pending": 1})

    assert execute(database, "SELECT rest_until, not_before FROM webhook_health") == [(None, None)]
    assert execute(database, "SELECT failures FROM deliveries WHERE status = 'pending'") == [(1,)]


def test_a_pause_is_waited_for_and_not_cut_short(
    database: Database, database_url: str, org: Org
) -> None:
    with Receiver() as receiver, engine_of(database_url) as engine:
        webhook = make_webhook(database, org, receiver.url)
        owe(database, org, 3)
        execute(database, "UPDATE webhook_health SET rest_until = now() + interval '0.7 seconds'")
        ((rest_until,),) = execute(database, "SELECT rest_until FROM webhook_health")
        engine.note_due([webhook.id])
        eventually(lambda: states(database) == {"succeeded": 3})

    ((first,),) = execute(database, "SELECT min(started_at) FROM attempts")
    assert first > rest_until


class Counted:
    """Answers when it is let, and knows how many wait."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.open = threading.Event()
        self.highest = self.now = 0
        self._lock = threading.Lock()

    def __call__(self, headers: Mapping[str, str]) -> int:
        with self._lock:
            self.now += 1
            self.highest = max(self.highest, self.now)
        self.open.wait(60)
        with self._lock:
            self.now -= 1
        return self.status


def test_a_new_webhook_starts_with_one_attempt_and_grows_with_good_answers(
    database: Database, database_url: str, org: Org
) -> None:
    first, others = Counted(), Counted()
    gates = iter([first])
    with (
        Receiver(lambda headers: next(gates, others)(headers)) as receiver,
        engine_of(database_url) as engine,
    ):
        webhook = make_webhook(database, org, receiver.url)
        owe(database, org, 60)
        engine.note_due([webhook.id])
        eventually(lambda: first.now == 1)
        assert in_flight(database) == 1
        first.open.set()
        eventually(lambda: others.now == 2)
        assert in_flight(database) == 2
        others.open.set()
        eventually(lambda: states(database) == {"succeeded": 60})


def test_what_was_learned_before_is_where_a_new_process_starts(
    database: Database, database_url: str, org: Org
) -> None:
    counted = Counted()
    with Receiver(counted) as receiver, engine_of(database_url) as engine:
        webhook = make_webhook(database, org, receiver.url)
        execute(database, "UPDATE webhook_health SET flow = 12")
        owe(database, org, 60)
        engine.note_due([webhook.id])
        eventually(lambda: counted.now == 6)
        assert in_flight(database) == 6
        counted.open.set()


def test_new_webhooks_that_hang_leave_slots_to_one_that_answers(
    database: Database, database_url: str, org: Org
) -> None:
    # Attempts that outlast the test: all of them hang at once, however slow the machine is.
    config = replace(CONFIG, slots=20, retries=RetryRules(attempt_seconds=60.0))
    hanging = Counted()
    with (
        Receiver(hanging) as bad,
        Receiver() as good,
        engine_of(database_url, config=config) as engine,
    ):
        well = make_webhook(database, org, good.url)
        owe(database, org, 1)
        engine.note_due([well.id])
        eventually(lambda: states(database) == {"succeeded": 1})
        for _ in range(30):
            make_webhook(database, org, bad.url)
        owe(database, org, 1)
        for (webhook_id,) in execute(database, "SELECT id FROM webhooks"):
            engine.note_due([webhook_id])
        eventually(lambda: len(good.received) == 2 and hanging.now == 12)
        eventually(lambda: in_flight(database) == 12)  # the bulkhead: 60 % of the slots
        hanging.open.set()


def test_a_webhooks_own_policy_and_time_decide_about_its_deliveries_alone(
    database: Database, database_url: str, org: Org
) -> None:
    hanging = Counted()
    retries = RetryRules(attempt_seconds=60.0)
    with (
        Receiver(hanging) as silent,
        Receiver(lambda headers: 500) as failing,
        engine_of(database_url, config=replace(CONFIG, retries=retries)) as engine,
    ):
        short = make_webhook(
            database, org, silent.url, timeout_seconds=1, retry={"max_attempts": 1}
        )
        planned = make_webhook(database, org, failing.url, retry={"schedule": [1000, 2000]})
        usual = make_webhook(database, org, failing.url)
        owe(database, org, 1)
        engine.note_due([short.id, planned.id, usual.id])
        eventually(lambda: len(execute(database, "SELECT DISTINCT delivery_id FROM attempts")) == 3)
        hanging.open.set()

    left = {
        webhook_id: (status, seconds)
        for webhook_id, status, seconds in execute(
            database,
            "SELECT webhook_id, status, extract(epoch FROM next_attempt_at - now())::integer"
            " FROM deliveries",
        )
    }
    assert left[short.id] == ("failed", None)
    assert execute(database, "SELECT error FROM attempts WHERE error IS NOT NULL") == [
        ("timed_out",)
    ]
    assert 700 < left[planned.id][1] <= 1200
    assert left[usual.id][1] <= 6


def test_a_lease_outlives_the_attempt_that_a_webhook_asks_for(
    database: Database, database_url: str, org: Org
) -> None:
    hanging = Counted()
    with Receiver(hanging) as receiver, engine_of(database_url) as engine:
        webhook = make_webhook(database, org, receiver.url, timeout_seconds=30)
        owe(database, org, 1)
        engine.note_due([webhook.id])
        eventually(lambda: hanging.now == 1)
        (left,) = execute(
            database, "SELECT extract(epoch FROM leased_until - now())::float8 FROM deliveries"
        )[0]
        hanging.open.set()
    assert left > 30 + LEASE_MARGIN_SECONDS - 10


def test_an_ordered_webhook_sends_a_contacts_events_one_after_the_other(
    database: Database, database_url: str, org: Org
) -> None:
    with Receiver() as receiver, engine_of(database_url) as engine:
        webhook = make_webhook(database, org, receiver.url, ordered=True)
        for _ in range(4):
            owe(database, org, 2)
        engine.note_due([webhook.id])
        eventually(lambda: states(database) == {"succeeded": 8})
    # Each left after the one before had been answered.
    ((overlaps,),) = execute(
        database,
        "SELECT count(*) FROM deliveries a JOIN deliveries b USING (contact_id)"
        " JOIN attempts x ON x.delivery_id = a.id JOIN attempts y ON y.delivery_id = b.id"
        " WHERE a.sequence < b.sequence AND y.started_at <= x.started_at",
    )
    assert overlaps == 0


def test_what_was_sent_while_postgresql_was_away_is_recorded_afterwards(
    database: Database, database_url: str, org: Org
) -> None:
    counted = Counted()
    with Receiver(counted) as receiver, engine_of(database_url) as engine:
        webhook = make_webhook(database, org, receiver.url)
        owe(database, org, 1)
        engine.note_due([webhook.id])
        eventually(lambda: counted.now == 1)
        execute(
            database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        counted.open.set()
        eventually(lambda: states(database) == {"succeeded": 1})
    assert len(receiver.received) == 1


def test_the_log_says_what_a_due_delivery_waited_for(
    database: Database, database_url: str, org: Org, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.INFO, "workers.attempts"),
        Receiver() as receiver,
        engine_of(database_url) as engine,
    ):
        webhook = make_webhook(database, org, receiver.url, rate_limit=2)
        owe(database, org, 3)
        engine.note_due([webhook.id])
        eventually(lambda: states(database) == {"succeeded": 3})
    reasons = [getattr(record, "waited_for", "") for record in caplog.records]
    assert reasons[0] is None
    assert "pace" in reasons
