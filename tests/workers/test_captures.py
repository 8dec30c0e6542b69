"""A job of captures: recorded together, and what cannot be recorded set aside alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg2
import pytest
import redis

from app.domain.errors import StorageUnavailable
from app.domain.times import now
from app.queue.jobs import DELIVERIES, KEYS
from app.queue.notifier import DeliveryNotifier
from app.storage.database import Database, open_database, transaction
from app.storage.recording import Recorded
from tests.factories import make_capture, make_org, make_webhook
from workers.captures import TRANSACTION_CAPTURES_MAX, Recorder


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        yield client


@pytest.fixture
def recorder(database: Database, client: redis.Redis) -> Recorder:
    return Recorder(database, DeliveryNotifier(client), now)


def as_job(*captures: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(captures))


def statuses(database: Database) -> list[tuple[Any, ...]]:
    with transaction(database) as cursor:
        cursor.execute("SELECT id, status FROM captures ORDER BY id")
        return list(cursor.fetchall())


def test_a_job_is_recorded_and_notifies_of_its_webhooks_once(
    recorder: Recorder, database: Database, client: redis.Redis
) -> None:
    org = make_org(database)
    make_webhook(database, org)
    captures = [make_capture(org, f"p{n}@example.com") for n in range(20)]

    recorder.record([as_job(*captures)])
    recorder.record([as_job(*captures)])

    assert statuses(database) == [(capture.id, "recorded") for capture in captures]
    assert client.xlen(KEYS.stream(DELIVERIES)) == 1


@pytest.mark.parametrize("position", [0, 7, 15])
def test_a_capture_that_postgresql_refuses_is_rejected_and_costs_the_others_nothing(
    recorder: Recorder, database: Database, position: int
) -> None:
    org = make_org(database)
    captures = [make_capture(org, f"p{n}@example.com") for n in range(16)]
    # A sequence that jsonb cannot hold; the ingress refuses it, so only a foreign job can carry it.
    captures[position].metadata = {"bad": "a\x00b"}

    recorder.record([as_job(*captures)])

    poisoned = captures[position].id
    assert dict(statuses(database)) == {
        capture.id: "rejected" if capture.id == poisoned else "recorded" for capture in captures
    }
    with transaction(database) as cursor:
        cursor.execute("SELECT count(*) FROM contacts")
        assert cursor.fetchone() == (15,)
        cursor.execute("SELECT reason FROM captures WHERE status = 'rejected'")
        (reason,) = cursor.fetchone() or ("",)
    assert "Untranslatable" in reason


def test_a_capture_without_its_fields_is_kept_as_unreadable_beside_its_neighbours(
    recorder: Recorder, database: Database
) -> None:
    org = make_org(database)
    good = make_capture(org)
    recorder.record([as_job({"id": "cap_x"}, good, "rubbish", None)])
    assert statuses(database) == [(good.id, "recorded")]
    with transaction(database) as cursor:
        cursor.execute("SELECT count(*) FROM unreadable_jobs")
        assert cursor.fetchone() == (3,)


@pytest.mark.parametrize("job", [b'{"id":"cap_x"}', b'["\\ud800"]', b"[" + b"9" * 5000 + b"]"])
def test_a_job_that_is_no_list_of_anything_is_kept_as_it_came(
    recorder: Recorder, database: Database, job: bytes
) -> None:
    recorder.record([msgspec.Raw(job)])
    with transaction(database) as cursor:
        cursor.execute("SELECT payload FROM unreadable_jobs")
        assert [bytes(row[0]) for row in cursor.fetchall()] == [job]


def test_jobs_that_waited_together_are_one_transaction(
    recorder: Recorder, database: Database
) -> None:
    org = make_org(database)
    captures = [make_capture(org, f"p{n}@example.com") for n in range(10)]

    recorder.record([as_job(capture) for capture in captures])

    assert transactions(database) == 1
    assert statuses(database) == [(capture.id, "recorded") for capture in captures]


def test_many_captures_are_cut_into_transactions_of_bounded_size(
    recorder: Recorder, database: Database
) -> None:
    org = make_org(database)
    count = TRANSACTION_CAPTURES_MAX + 10
    captures = [make_capture(org, f"p{n}@example.com") for n in range(count)]

    recorder.record([as_job(*captures[:300]), as_job(*captures[300:])])

    assert transactions(database) == 2
    assert len(statuses(database)) == count


def test_a_refused_capture_costs_the_jobs_that_go_with_it_nothing(
    recorder: Recorder, database: Database
) -> None:
    org = make_org(database)
    captures = [make_capture(org, f"p{n}@example.com") for n in range(10)]
    captures[7].metadata = {"bad": "a\x00b"}

    recorder.record([as_job(capture) for capture in captures])

    assert statuses(database) == [
        (capture.id, "rejected" if capture is captures[7] else "recorded") for capture in captures
    ]


@pytest.mark.parametrize(
    "error", [AttributeError("a bug"), TypeError(), ValueError(), psycopg2.IntegrityError()]
)
def test_a_fault_of_our_own_rejects_nothing_and_leaves_the_jobs_to_the_queue(
    recorder: Recorder, database: Database, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    org = make_org(database)
    captures = [make_capture(org, f"p{n}@example.com") for n in range(3)]

    def record_with_a_bug(*arguments: object) -> Recorded:
        raise error

    monkeypatch.setattr("workers.captures.record", record_with_a_bug)
    with pytest.raises(type(error)):
        recorder.record([as_job(*captures)])
    assert statuses(database) == []

    monkeypatch.undo()
    recorder.record([as_job(*captures)])
    assert statuses(database) == [(capture.id, "recorded") for capture in captures]


def transactions(database: Database) -> int:
    """How many transactions have recorded what is there."""
    with transaction(database) as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM captures")
        (count,) = cursor.fetchone() or (0,)
        return int(count)


def test_while_postgresql_is_away_a_job_fails_and_keeps_everything(client: redis.Redis) -> None:
    nowhere = open_database("postgresql://nobody@127.0.0.1:9/none")
    recorder = Recorder(nowhere, DeliveryNotifier(client), now)
    with pytest.raises(StorageUnavailable):
        recorder.record([as_job({"id": "cap_x"})])


def test_a_broken_connection_is_replaced_by_the_next_job(
    recorder: Recorder, database: Database
) -> None:
    org = make_org(database)
    with transaction(database) as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone() or (0,)
    other = open_database(str(database.database))
    with transaction(other) as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", (pid,))
    capture = make_capture(org)

    with pytest.raises(StorageUnavailable):
        recorder.record([as_job(capture)])
    recorder.record([as_job(capture)])

    assert statuses(database) == [(capture.id, "recorded")]
    other.close()
