"""The doctor on real servers, well and broken one way after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from app.domain.system.finding import Status
from app.monitoring.doctor import GROUPS, examine, is_wrong
from app.monitoring.system import System, make_system
from app.storage.database import open_database, transaction
from app.storage.migrate import migrate
from app.storage.secret_key import cipher_of, ensure_check_value
from config.settings import Settings
from scripts.system.embedded import Embedded

SILENT = ("web is alive", "captures is alive", "deliveries is alive", "scheduler is alive")


@pytest.fixture(scope="module")
def servers() -> Iterator[Embedded]:
    """Servers of these tests alone; each repairs what it broke."""
    with Embedded(fsync=True) as running:
        migrate(running.database_url)
        yield running


@pytest.fixture
def system(servers: Embedded) -> Iterator[System]:
    settings = Settings(servers.database_url, servers.redis_url, b"k" * 32)
    database = open_database(settings.database_url)
    with transaction(database) as cursor:
        ensure_check_value(cursor, cipher_of(settings))
    with closing(make_system(settings, database=database)) as system:
        yield system


def found(system: System, status: Status = Status.FAILED) -> set[tuple[str, str]]:
    """Group and check of what has this status, besides that no process runs in this test."""
    findings = examine(system)
    assert len(findings) == 2 + sum(len(group.checks) for group in GROUPS)
    return {(f.group, f.check) for f in findings if f.status is status and f.check not in SILENT}


def alter(system: System, setting: str) -> None:
    """For every session that begins from now on."""
    connection = psycopg2.connect(system.settings.database_url)
    connection.autocommit = True
    with closing(connection), connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = off")
        cursor.execute(f"ALTER DATABASE {connection.info.dbname} SET {setting}")
    system.database.close()


def test_real_faults_are_found_each_by_its_check(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(system) == set()
    client: Any = system.redis

    for name, wrong, right, check in (
        ("appendonly", "no", "yes", "keeps an append only file"),
        ("appendfsync", "everysec", "always", "fsyncs always"),
        ("maxmemory-policy", "allkeys-lru", "noeviction", "evicts nothing"),
    ):
        client.config_set(name, wrong)
        assert found(system) == {("redis", check)}
        client.config_set(name, right)
    for wrong, right, check in (
        (
            "default_transaction_read_only = on",
            "default_transaction_read_only = off",
            "takes writes",
        ),
        ("synchronous_commit = off", "synchronous_commit = on", "commits to disk"),
    ):
        alter(system, wrong)
        assert found(system) == {("postgresql", check)}
        alter(system, right)

    right_time = time.time
    monkeypatch.setattr(time, "time", lambda: right_time() + 3600)
    clock = "has the right time"
    assert found(system) == {("redis", clock), ("postgresql", clock)}
    monkeypatch.undo()
    assert found(system) == set()


def test_a_key_or_a_schema_that_does_not_belong_to_the_code_is_found(
    system: System, servers: Embedded
) -> None:
    other = Settings(servers.database_url, servers.redis_url, b"x" * 32)
    with closing(make_system(other)) as with_another_key:
        assert found(with_another_key) == {("data", "secret key fits")}
    rename = "UPDATE schema_migration SET name = %s || name WHERE name LIKE %s"
    with transaction(system.database) as cursor:
        cursor.execute(rename, ("x", "0004%"))
    assert found(system) == {("data", "migrations are done")}
    with transaction(system.database) as cursor:
        cursor.execute("UPDATE schema_migration SET name = ltrim(name, 'x')")


@pytest.mark.parametrize("server", ["redis", "postgresql"])
def test_a_server_that_is_away_is_one_line_and_hides_nothing_that_the_other_knows(
    system: System, servers: Embedded, server: str
) -> None:
    victim = servers.valkey if server == "redis" else servers.postgres
    victim.kill()
    began_at = time.monotonic()
    assert found(system) == {(server, "answers")}
    assert time.monotonic() - began_at < 30
    other = "postgresql" if server == "redis" else "redis"
    findings = examine(system)
    assert all(f.status is Status.OK for f in findings if f.group == other)
    assert is_wrong(findings)
    away = "Redis is away" if server == "redis" else "PostgreSQL is away"
    unknown = {f.found for f in findings if f.status is Status.UNKNOWN}
    assert unknown == {f"not looked at: {away}"}
    victim.start()


def test_a_fault_of_a_check_hides_no_other_line(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(facts: object) -> Any:
        """Never works."""
        raise ZeroDivisionError("by zero")

    from app.monitoring import doctor

    host = doctor.HOST._replace(checks=(broken, *doctor.HOST.checks))
    first, *others = examine(system, [host])
    assert (first.status, first.found) == (Status.UNKNOWN, "ZeroDivisionError: by zero")
    assert len(others) == len(doctor.HOST.checks)
