"""Migrations: of a database that is in use and full of rows, as long as they take."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playhouse.migrations import Runner

from app.domain.errors import StorageUnavailable
from app.domain.times import now
from app.storage import migrate as migrate_module
from app.storage.database import Database, drop_connection, open_database, transaction
from app.storage.migrate import MIGRATIONS, migrate
from app.storage.recording import record
from tests.factories import make_capture, make_org, make_webhook
from tests.waiting import eventually

CONCURRENTLY = next(
    part.partition("```")[0]
    for part in (Path(__file__).parents[2] / "docs" / "migrations.md")
    .read_text()
    .split("```python\n")
    if part.startswith('"""')
)


@pytest.fixture
def blank(blank_database_url: str) -> Iterator[Database]:
    database = open_database(blank_database_url)
    yield database
    drop_connection(database)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """The first migration alone, to which tests add theirs."""
    (tmp_path / "0001_initial.py").write_text((MIGRATIONS / "0001_initial.py").read_text())
    return tmp_path


def add(directory: Path, *statements: str) -> None:
    body = "".join(f"    db.execute_sql({each!r})\n" for each in statements)
    (directory / "0002_more.py").write_text(f"def up(migrator, db):\n{body}")


def ask(database: Database, statement: str) -> object:
    with transaction(database) as cursor:
        cursor.execute(statement)
        return (cursor.fetchone() or (None,))[0]


def test_a_filled_database_of_the_first_version_is_upgraded_and_goes_on(
    blank: Database, blank_database_url: str
) -> None:
    runner = Runner(open_database(blank_database_url), str(MIGRATIONS))
    runner.up("0001_initial")
    drop_connection(runner.database)
    with transaction(blank) as cursor:
        cursor.execute(
            "INSERT INTO orgs (id, slug, created_at, id_secret)"
            " VALUES ('org_old', 'old', now(), 'secret');"
            "INSERT INTO captures (id, org_id, status, payload)"
            " SELECT 'cap_' || lpad(n::text, 26, '0'), 'org_old', 'recorded', '{}'"
            " FROM generate_series(1, 20000) n"
        )

    expected = [each.name for each in runner.migrations()][1:]
    assert migrate(blank_database_url) == expected
    assert migrate(blank_database_url) == []

    assert ask(blank, "SELECT count(*) FROM captures") == 20_000
    org = make_org(blank)
    make_webhook(blank, org)
    with transaction(blank) as cursor:
        record(cursor, [make_capture(org)], now())
    assert ask(blank, "SELECT count(*) FROM deliveries") == 1


def test_a_migration_has_no_time_limit(
    blank: Database, blank_database_url: str, directory: Path
) -> None:
    limits = "statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"
    shown = ", ".join(f"current_setting('{name}') AS {name}" for name in limits)
    add(directory, f"CREATE TABLE limits AS SELECT {shown}")
    migrate(blank_database_url, directory)

    with transaction(blank) as cursor:
        cursor.execute("SELECT * FROM limits")
        assert cursor.fetchone() == ("0", "0", "3s")


def test_a_table_in_use_is_waited_for_and_does_not_fail_the_migration(
    blank: Database, blank_database_url: str, directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    migrate(blank_database_url, directory)
    add(directory, "CREATE TABLE made_first ()", "ALTER TABLE captures ADD COLUMN more text")
    migrating = threading.Thread(target=migrate, args=(blank_database_url, directory))
    with transaction(blank) as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 0; SELECT FROM captures")
        migrating.start()
        eventually(lambda: "migration.waiting" in caplog.text)
    migrating.join(20)

    assert ask(blank, "SELECT count(more) FROM captures") == 0


@pytest.mark.all_only
def test_a_migration_that_loses_a_deadlock_is_tried_again(
    blank: Database, blank_database_url: str, directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    migrate(blank_database_url, directory)
    add(directory, "ALTER TABLE captures ADD COLUMN more text; ALTER TABLE events ADD more text")
    migrating = threading.Thread(target=migrate, args=(blank_database_url, directory))
    other = open_database(blank_database_url)
    with transaction(blank) as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 0; SELECT FROM events")
        migrating.start()
        waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
        eventually(lambda: ask(other, waiting) is True)
        cursor.execute("SELECT FROM captures")
    migrating.join(20)
    drop_connection(other)

    assert "migration.waiting" in caplog.text
    assert ask(blank, "SELECT count(events.more) FROM events, captures") == 0


def test_a_table_that_is_never_free_ends_the_migration_and_nothing_of_it_stays(
    blank: Database, blank_database_url: str, directory: Path
) -> None:
    migrate(blank_database_url, directory)
    add(directory, "CREATE TABLE made_first ()", "ALTER TABLE captures ADD COLUMN more text")
    with transaction(blank) as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 0; SELECT FROM captures")
        with pytest.raises(StorageUnavailable):
            migrate(blank_database_url, directory, locked_seconds_max=0)

    assert ask(blank, "SELECT to_regclass('made_first')") is None


def test_an_index_is_built_outside_a_transaction_as_documented_while_another_start_waits(
    blank: Database, blank_database_url: str, directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    migrate(blank_database_url, directory)
    (directory / "0002_more.py").write_text(CONCURRENTLY)
    starts = [
        threading.Thread(target=migrate, args=(blank_database_url, directory)) for _ in range(3)
    ]
    with transaction(blank) as cursor:  # an old transaction, which the index waits for
        cursor.execute("SET idle_in_transaction_session_timeout = 0; DELETE FROM captures")
        for start in starts:
            start.start()
        waiting = "SELECT FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONC%'"
        other = open_database(blank_database_url)
        eventually(lambda: ask(other, f"SELECT EXISTS ({waiting})") is True)
        drop_connection(other)
    for start in starts:
        start.join(20)

    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'captures_by_referrer'::regclass"
    assert ask(blank, valid) is True
    assert [each.message for each in caplog.records].count("up: 0002_more") == 1


def test_an_index_that_failed_halfway_is_built_by_the_next_start(
    blank: Database, blank_database_url: str, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate_module, "PAUSE_SECONDS", 0.1)
    migrate(blank_database_url, directory)
    # What a build that was cut off leaves behind: an index of that name.
    ask(blank, "CREATE INDEX captures_by_referrer ON captures (id); SELECT 1")
    (directory / "0002_more.py").write_text(CONCURRENTLY)

    assert migrate(blank_database_url, directory) == ["0002_more"]
    shown = "SELECT pg_get_indexdef('captures_by_referrer'::regclass)"
    assert "(referrer)" in str(ask(blank, shown))
