"""A job of captures: recorded together, and what cannot be recorded set aside alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import redis

from app.domain.capture import Capture
from app.domain.errors import StorageUnavailable
from app.domain.times import now
from app.queue.jobs import DELIVERIES, Doorbell
from app.queue.keys import waiting_key
from app.storage.database import Database, open_database, transaction
from tests.factories import make_capture, make_org, make_webhook
from workers.captures import Recorder


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        yield client


@pytest.fixture
def recorder(database: Database, client: redis.Redis) -> Recorder:
    return Recorder(database, Doorbell(client), now)


def as_job(*captures: Capture) -> list[Any]:
    return [msgspec.to_builtins(capture) for capture in captures]


def statuses(database: Database) -> list[tuple[Any, ...]]:
    with transaction(database) as cursor:
        cursor.execute("SELECT id, status FROM captures ORDER BY id")
        return list(cursor.fetchall())


def test_a_job_is_recorded_and_rings_for_its_webhooks_once(
    recorder: Recorder, database: Database, client: redis.Redis
) -> None:
    org = make_org(database)
    make_webhook(database, org)
    captures = [make_capture(org, f"p{n}@example.com") for n in range(20)]

    recorder.record(as_job(*captures))
    recorder.record(as_job(*captures))

    assert statuses(database) == [(capture.id, "recorded") for capture in captures]
    assert client.llen(waiting_key(DELIVERIES)) == 1


@pytest.mark.parametrize("position", [0, 7, 15])
def test_a_capture_that_postgresql_refuses_is_rejected_and_costs_the_others_nothing(
    recorder: Recorder, database: Database, position: int
) -> None:
    org = make_org(database)
    captures = [make_capture(org, f"p{n}@example.com") for n in range(16)]
    # A sequence that jsonb cannot hold; the gate refuses it, so only a foreign job can carry it.
    captures[position].metadata = {"bad": "a\x00b"}

    recorder.record(as_job(*captures))

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
    recorder.record([{"id": "cap_x"}, *as_job(good), "rubbish", None])
    assert statuses(database) == [(good.id, "recorded")]
    with transaction(database) as cursor:
        cursor.execute("SELECT count(*) FROM unreadable_jobs")
        assert cursor.fetchone() == (3,)


def test_while_postgresql_is_away_a_job_fails_and_keeps_everything(client: redis.Redis) -> None:
    nowhere = open_database("postgresql://nobody@127.0.0.1:9/none")
    recorder = Recorder(nowhere, Doorbell(client), now)
    with pytest.raises(StorageUnavailable):
        recorder.record([{"id": "cap_x"}])


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
        recorder.record(as_job(capture))
    recorder.record(as_job(capture))

    assert statuses(database) == [(capture.id, "recorded")]
    other.close()
