"""PostgreSQL that is away in unusual ways: held up by a frozen process, or taking no writes."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import psycopg2.errors
import pytest

from app.domain.errors import StorageUnavailable
from app.storage.database import (
    Database,
    check_writable,
    drop_connection,
    open_database,
    transaction,
)
from config.outage import Outage
from scripts.system.embedded import Embedded
from tests.factories import make_org, make_webhook

LOCK = "SELECT 1 FROM webhook_health FOR UPDATE"


def test_a_lock_of_a_frozen_process_is_free_in_seconds_and_its_connection_is_replaced(
    database: Database, database_url: str
) -> None:
    make_webhook(database, make_org(database))
    frozen = open_database(database_url)
    abandoned = transaction(frozen)
    abandoned.__enter__().execute(LOCK)

    with transaction(database) as cursor:
        cursor.execute(LOCK)  # waits for less than `lock_timeout`, or would fail

    with pytest.raises(StorageUnavailable):
        abandoned.__exit__(None, None, None)
    with transaction(frozen) as cursor:
        cursor.execute(LOCK)
    drop_connection(frozen)


def test_a_server_that_takes_no_writes_is_away_and_back_when_it_does(
    database: Database, database_url: str
) -> None:
    name = database_url.rpartition("/")[2]
    write = "DELETE FROM inbox"
    with transaction(database) as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    drop_connection(database)

    with pytest.raises(StorageUnavailable), transaction(database) as cursor:
        cursor.execute(write)

    with transaction(database) as cursor:
        cursor.execute("SET TRANSACTION READ WRITE")
        cursor.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    drop_connection(database)
    with transaction(database) as cursor:
        cursor.execute(write)


@pytest.fixture
def silent_url() -> Iterator[str]:
    """The URL of a server whose network swallows every packet."""
    with ExitStack() as opened:
        listening = socket.socket()
        opened.enter_context(listening)
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(3):  # nobody accepts: once its queue is full, the kernel drops what comes
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield f"postgresql://rex@127.0.0.1:{listening.getsockname()[1]}/rex"


def test_a_silent_network_fails_all_threads_within_seconds(silent_url: str) -> None:
    pool = open_database(silent_url, pool_size=8)
    took: list[float] = []

    def ask() -> None:
        began = time.monotonic()
        with pytest.raises(StorageUnavailable), transaction(pool):
            pass
        took.append(time.monotonic() - began)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(took) == 20
    # Three seconds. One connection after the other would take forty, and the system's own time-out
    # more than two minutes.
    assert max(took) < 15


def test_a_silent_host_among_others_costs_the_first_connection_alone(
    silent_url: str, database_url: str
) -> None:
    address = urlsplit(silent_url).netloc.rpartition("@")[2]
    database = open_database(database_url.replace("@", f"@{address},"))
    took = []
    for _ in range(4):
        began = time.monotonic()
        with transaction(database):
            pass
        took.append(time.monotonic() - began)
        drop_connection(database)

    assert took[0] > 1.5
    assert min(took[1:]) < 1


def test_what_a_silent_network_leaves_unanswered_fails_within_three_seconds(
    database: Database,
) -> None:
    with transaction(database) as cursor:
        cursor.execute("SELECT 1")
        with socket.socket(fileno=socket.dup(cursor.connection.fileno())) as tcp:
            unacknowledged_ms = tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            idle_seconds = tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
            probe_seconds = tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)

    assert unacknowledged_ms <= 3000
    assert idle_seconds + probe_seconds <= 3


def test_an_outage_and_its_end_are_one_line_each_with_the_reason(
    own_embedded: Embedded, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    pools = [open_database(own_embedded.database_url, pool_size=2) for _ in range(2)]
    own_embedded.postgres.kill()
    for pool in pools * 5:
        with pytest.raises(StorageUnavailable), transaction(pool):
            pass
    own_embedded.postgres.start()
    for pool in pools * 5:
        with transaction(pool) as cursor:
            cursor.execute("SELECT 1")
        drop_connection(pool)

    away, back = caplog.records
    assert (away.message, back.message) == ("database.unreachable", "database.reachable")
    assert "Connection refused" in vars(away)["reason"]


@pytest.mark.parametrize("change", [{"password": "wrong"}, {"dbname": "nowhere"}])
def test_a_wrong_url_is_told_with_the_server_s_reason_and_no_password(
    database_url: str, change: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    (name, wrong), *_ = change.items()
    password = database_url.split(":")[2].split("@")[0]
    url = {
        "password": database_url.replace(password, wrong),
        "dbname": database_url.rpartition("/")[0] + f"/{wrong}",
    }[name]

    for _ in range(3):
        with pytest.raises(StorageUnavailable), transaction(open_database(url)):
            pass

    (line,) = caplog.records
    assert line.message == "database.unreachable"
    assert ("password" if name == "password" else wrong) in vars(line)["reason"]
    assert password not in str(vars(line))


def test_reading_does_not_end_the_outage_of_a_server_that_takes_no_writes(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(3):
        with pytest.raises(StorageUnavailable), transaction(database):
            raise psycopg2.errors.ReadOnlySqlTransaction("no")
        with transaction(database) as cursor:
            cursor.execute("SELECT 1")
    assert [each.message for each in caplog.records] == ["database.unreachable"]

    with transaction(database) as cursor:
        cursor.execute("INSERT INTO inbox (captures) VALUES ('[]')")
    assert [each.message for each in caplog.records][1:] == ["database.reachable"]


def test_a_server_that_comes_and_goes_is_told_of_now_and_then(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    outage = Outage("server")
    for _ in range(10):
        outage.failed(OSError("gone"))
        outage.worked()

    assert [each.message for each in caplog.records] == ["server.unreachable", "server.reachable"]


def test_a_server_that_only_reads_is_not_writable_and_its_sessions_are_closed(
    database_url: str,
) -> None:
    pool = open_database(database_url, pool_size=3)
    with ExitStack() as open_at_once:
        done = threading.Barrier(3)

        def make_read_only() -> None:
            with transaction(pool) as cursor:
                cursor.execute("SET default_transaction_read_only = on")
                done.wait(10)

        threads = [threading.Thread(target=make_read_only) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            open_at_once.callback(thread.join, 10)

    with pytest.raises(StorageUnavailable), transaction(pool) as cursor:
        check_writable(cursor)
    for _ in range(3):
        with transaction(pool) as cursor:
            check_writable(cursor)
    drop_connection(pool)


def test_a_server_without_room_on_its_disk_takes_no_writes(database: Database) -> None:
    def check(limit: str) -> None:
        with transaction(database) as cursor:
            cursor.execute(f"SET LOCAL temp_file_limit = '{limit}'")  # room for the probe's file
            check_writable(cursor)

    check("1MB")
    with pytest.raises(StorageUnavailable):
        check("0")


def test_a_pool_lets_go_of_connections_that_a_restart_closed(own_embedded: Embedded) -> None:
    pool = open_database(own_embedded.database_url, pool_size=2)
    with transaction(pool) as cursor:
        cursor.execute("SELECT 1")
    own_embedded.postgres.kill()
    own_embedded.postgres.start()

    with transaction(pool) as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    drop_connection(pool)
