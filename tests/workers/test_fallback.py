"""What waits in the fallback table is recorded from there, whatever is wrong with the queue."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from app.domain.times import now
from app.queue.connection import connect
from app.queue.notifier import DeliveryNotifier
from app.storage.capture import fallback
from app.storage.database import Database, open_database, transaction
from tests.factories import make_capture, make_org
from workers import fallback as drain
from workers.captures import Recorder
from workers.fallback import FallbackDrain

NOWHERE = "redis://127.0.0.1:9/0"


class FaultyRecorder(Recorder):
    """Has a bug that shows in captures of one address."""

    def record(self, jobs: Sequence[msgspec.Raw]) -> None:
        if any(b"poison@" in bytes(job) for job in jobs):
            raise KeyError("a bug of ours")
        super().record(jobs)


def make_drain(database_url: str, recorder: type[Recorder] = Recorder) -> FallbackDrain:
    """As the scheduler makes it while Redis is away."""
    client = connect(NOWHERE, connections=1, retries=0)
    recording = recorder(open_database(database_url), DeliveryNotifier(client), now)
    return FallbackDrain(open_database(database_url), recording)


@pytest.fixture
def keep(database: Database) -> Callable[..., None]:
    """Keeps captures of these addresses, each list in a row of its own."""
    org = make_org(database)

    def keep(*rows: Sequence[str]) -> None:
        for emails in rows:
            encoded = [msgspec.json.encode(make_capture(org, email)) for email in emails]
            with transaction(database) as cursor:
                fallback.keep(cursor, encoded)

    return keep


def query(database: Database, statement: str) -> list[Any]:
    with transaction(database) as cursor:
        cursor.execute(statement)
        return [value for (value,) in cursor.fetchall()]


def waiting(database: Database) -> int:
    (rows,) = query(database, "SELECT count(*) FROM inbox")
    return int(rows)


def test_rows_are_recorded_while_redis_is_away(
    database: Database, database_url: str, keep: Callable[..., None]
) -> None:
    emails = [f"p{number}@example.com" for number in range(130)]
    keep(*([email] for email in emails[:70]), emails[70:])

    make_drain(database_url).drain()

    assert sorted(query(database, "SELECT email FROM contacts")) == sorted(emails)
    assert waiting(database) == 0


def test_a_row_that_cannot_be_recorded_stays_and_holds_up_no_other(
    database: Database,
    database_url: str,
    keep: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(drain, "STEP_CHARS", 1)  # 20 rows at a time, of which these are the first
    keep(*[["poison@example.com"]] * 25, ["ada@example.com"], ["bob@example.com"])
    faulty = make_drain(database_url, FaultyRecorder)

    faulty.drain()
    assert sorted(query(database, "SELECT email FROM contacts")) == [
        *("ada@example.com", "bob@example.com")
    ]
    assert waiting(database) == 25
    assert "fallback.not_recorded" in caplog.text

    make_drain(database_url).drain()  # after the fix
    assert waiting(database) == 0
    assert query(database, "SELECT captures_count FROM contacts WHERE email ~ 'poison'") == [25]


def test_several_schedulers_share_a_backlog(
    database: Database,
    database_url: str,
    keep: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drain, "STEP_CHARS", 1)
    keep(*([f"p{number}@example.com"] for number in range(200)))
    with transaction(database) as cursor:
        mine = fallback.lock_oldest(cursor, 0, 1)
        other = threading.Thread(target=make_drain(database_url).drain)
        other.start()
        other.join(30)
        assert not other.is_alive()
        assert len(query(open_database(database_url), "SELECT id FROM inbox")) == len(mine) == 20

    make_drain(database_url).drain()

    assert waiting(database) == 0
    assert query(database, "SELECT count(*) FROM events") == [200]


def test_a_large_backlog_ends_a_call_in_time(
    database: Database,
    database_url: str,
    keep: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drain, "DRAIN_SECONDS", 0.0)
    monkeypatch.setattr(drain, "STEP_CHARS", 1)
    keep(*([f"p{number}@example.com"] for number in range(50)))
    bounded = make_drain(database_url)
    left = []
    for _ in range(3):
        bounded.drain()
        left.append(waiting(database))
    assert left == [30, 10, 0]
