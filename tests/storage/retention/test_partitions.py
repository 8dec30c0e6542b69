"""Partitions: there is always one for the next days, and old ones are dropped when all is done."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.domain.capture.capture import Capture
from app.domain.ids import first_ulid_at
from app.domain.org.org import Org
from app.domain.times import now
from app.domain.webhook.webhook import Webhook
from app.storage.database import Database, drop_connection, open_database, transaction
from app.storage.figures.server_facts import database_facts
from app.storage.person import erasure, person
from app.storage.recording import record
from app.storage.retention import partitions, retention_run
from app.storage.retention.partitions import HOT_TABLES, make_missing
from app.storage.retention.retention_run import run_retention
from config.settings import Settings
from tests.factories import make_capture, make_org, make_webhook
from tests.partitioned import midnight, repartition, tables
from tests.statements import execute

SETTINGS = Settings(
    "postgresql://", "redis://", b"", retention_events_days=30, retention_captures_days=30
)


@pytest.fixture
def org(database: Database) -> Org:
    return make_org(database)


@pytest.fixture
def webhook(database: Database, org: Org) -> Webhook:
    return make_webhook(database, org)


@pytest.fixture
def other(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    drop_connection(database)


def capture_at(org: Org, at: datetime, number: int = 0) -> Capture:
    capture = make_capture(org, f"p{number}@example.com")
    capture.id = f"cap_{first_ulid_at(int(at.timestamp() * 1000) + number)}"
    return capture


def record_at(database: Database, org: Org, days_ago: float, count: int = 3) -> None:
    """Captures of that age with a delivery each, attempted once and settled."""
    at = now() - timedelta(days=days_ago)
    with transaction(database) as cursor:
        record(cursor, [capture_at(org, at, number) for number in range(count)], now())
    execute(
        database,
        "UPDATE deliveries SET id = 'dlv_' || substr(event_id, 5), status = 'succeeded',"
        " attempts = 1, settled_at = now() WHERE status = 'pending'",
    )
    execute(
        database,
        "INSERT INTO attempts (delivery_id, number, id, started_at, result)"
        " SELECT id, 1, 'att_' || substr(id, 5), now(), 'succeeded' FROM deliveries"
        " ON CONFLICT DO NOTHING",
    )


def counts(database: Database) -> tuple[int, ...]:
    names = ("captures", "events", "deliveries", "attempts")
    (row,) = execute(
        database, f"SELECT {', '.join(f'(SELECT count(*) FROM {name})' for name in names)}"
    )
    return row


def test_partitions_are_made_ahead_and_rows_go_into_them(
    database: Database, org: Org, webhook: Webhook
) -> None:
    repartition(database)
    made = make_missing(database, SETTINGS)

    assert len(made) == len(HOT_TABLES)
    assert make_missing(database, SETTINGS) == []
    record_at(database, org, 0)
    with transaction(database) as cursor:
        assert all(partitions.days_ahead(cursor, table) >= 3 for table in HOT_TABLES)
        assert not [table for table in HOT_TABLES if partitions.has_astray(cursor, table)]
    assert counts(database) == (3, 3, 3, 3)


def test_rows_that_nobody_made_a_partition_for_stay_and_the_next_ones_get_theirs(
    database: Database, org: Org, webhook: Webhook
) -> None:
    repartition(database)
    record_at(database, org, 0)

    made = make_missing(database, SETTINGS)

    assert {name[-8:] for name in made} == {f"{midnight(-1):%Y%m%d}"}
    assert counts(database) == (3, 3, 3, 3)
    with transaction(database) as cursor:
        assert all(partitions.has_astray(cursor, table) for table in HOT_TABLES)


def test_a_partition_whose_lock_is_not_to_be_had_is_made_later(
    database: Database, other: Database, caplog: pytest.LogCaptureFixture
) -> None:
    repartition(database)
    with transaction(other) as cursor:
        cursor.execute("SELECT FROM events")
        made = make_missing(database, SETTINGS)

    assert [name.partition("_")[0] for name in made] == ["captures", "deliveries", "attempts"]
    assert "partition.postponed" in caplog.text
    assert len(make_missing(database, SETTINGS)) == 1


def test_a_partition_that_is_past_its_age_and_finished_is_dropped(
    database: Database, org: Org, webhook: Webhook, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    repartition(database, 50, 40, 20, -1)
    for days in (45, 35, 1):
        record_at(database, org, days)

    run_retention(database, SETTINGS)

    # The one in which some are past their age and some not waits as a whole.
    assert counts(database) == (6, 6, 6, 6)
    for table in HOT_TABLES:
        assert len(tables(database, table.name)) == 3
    assert caplog.text.count("partition.dropped") == len(HOT_TABLES)


#: What keeps a partition, and how many of its three events and deliveries are left then.
KEPT: dict[str, tuple[str, int]] = {
    "a pending delivery": ("UPDATE deliveries SET status = 'pending' WHERE id = %(id)s", 1),
    "an attempt under way": ("UPDATE deliveries SET status = 'attempting' WHERE id = %(id)s", 1),
    "a held delivery": (
        "UPDATE webhooks SET status = 'paused';"
        "UPDATE deliveries SET status = 'pending' WHERE id = %(id)s",
        1,
    ),
    "one taken up again and settled": (
        "UPDATE deliveries SET reopened_at = now() WHERE id = %(id)s",
        0,
    ),
    "one that a replay made": (
        "UPDATE deliveries SET id = %(new_id)s WHERE id = %(id)s",
        1,
    ),
    "a replay that is running": (
        "INSERT INTO replays (id, org_id, webhook_id, status)"
        " SELECT 'rpl_1', org_id, id, 'running' FROM webhooks",
        0,
    ),
}


@pytest.mark.parametrize(("statement", "left"), KEPT.values(), ids=KEPT)
def test_a_partition_with_something_unfinished_is_kept_and_its_old_rows_are_deleted(
    database: Database, org: Org, webhook: Webhook, statement: str, left: int
) -> None:
    repartition(database, 50, 40, -1)
    record_at(database, org, 45)
    ((delivery_id,),) = execute(database, "SELECT min(id) FROM deliveries")
    values = {"id": delivery_id, "new_id": f"dlv_{first_ulid_at(int(now().timestamp() * 1000))}"}
    with transaction(database) as cursor:
        cursor.execute(statement, values)

    run_retention(database, SETTINGS)

    assert counts(database)[1:3] == (left, left)
    assert len(tables(database, "deliveries")) == 3
    assert len(tables(database, "captures")) == 2, "they go by their age"
    execute(database, "UPDATE deliveries SET status = 'failed' WHERE status <> 'succeeded'")
    execute(database, "UPDATE replays SET status = 'done'")
    if "%(new_id)s" not in statement:
        run_retention(database, SETTINGS)
        assert counts(database)[1:3] == (0, 0)
        assert len(tables(database, "deliveries")) == 2


def test_more_partitions_than_usual_are_dropped_only_when_an_operator_says_so(
    database: Database, org: Org, webhook: Webhook, caplog: pytest.LogCaptureFixture
) -> None:
    repartition(database, 80, 70, 60, 50, -1)
    for days in (75, 65, 55):
        record_at(database, org, days)

    assert run_retention(database, SETTINGS).stopped_at == "deliveries"
    assert "retention.stopped" in caplog.text
    assert counts(database) == (9, 9, 9, 9)

    done = run_retention(database, SETTINGS, force=True)
    assert done.stopped_at is None
    assert counts(database) == (0, 0, 0, 0)


@pytest.mark.parametrize(("own_clock", "dropped"), [(-30, 0), (400, len(HOT_TABLES))])
def test_a_partition_goes_when_our_clock_and_postgresql_s_say_so(
    database: Database,
    org: Org,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
    own_clock: int,
    dropped: int,
) -> None:
    repartition(database, 50, 40, -1)
    for days in (45, 1):
        record_at(database, org, days)
    monkeypatch.setattr(retention_run, "now", lambda: now() + timedelta(days=own_clock))

    run_retention(database, SETTINGS)

    gone = [table for table in HOT_TABLES if len(tables(database, table.name)) == 2]
    assert len(gone) == dropped
    assert counts(database)[0] == 3, "deleted one by one otherwise, by PostgreSQL's clock alone"


def test_a_person_is_erased_from_every_partition(
    database: Database, org: Org, webhook: Webhook
) -> None:
    repartition(database, 50, 40, 20, -1)
    for days in (45, 30, 1):
        record_at(database, org, days, count=1)
    ((contact_id,),) = execute(database, "SELECT DISTINCT contact_id FROM captures")

    with transaction(database) as cursor:
        erasure.erase(cursor, person.find(cursor, org, contact_id))

    left: list[tuple[Any, ...]] = execute(
        database,
        "SELECT payload::text FROM captures UNION ALL"
        " SELECT data ->> 'email' FROM events WHERE data ->> 'email' IS NOT NULL",
    )
    assert left == [("{}",)] * 3


def test_the_figures_of_a_hot_table_are_those_of_all_its_partitions(
    database: Database, org: Org, webhook: Webhook
) -> None:
    repartition(database, 50, 40, -1)
    execute(database, "ALTER TABLE events_default SET (autovacuum_enabled = off)")
    facts = {each.name: each for each in database_facts(database).tables}
    assert {table.name for table in HOT_TABLES} <= set(facts)
    assert [name for name, each in facts.items() if each.autovacuum_is_off] == ["events"]
