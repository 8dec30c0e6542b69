"""PostgreSQL that is away in unusual ways: held up by a frozen process, or taking no writes."""

from __future__ import annotations

import time

import pytest

from app.domain.errors import StorageUnavailable
from app.storage.database import Database, drop_connection, open_database, transaction
from tests.factories import make_org, make_webhook

LOCK = "SELECT 1 FROM webhook_health FOR UPDATE"


def test_a_lock_of_a_frozen_process_is_free_in_seconds_and_its_connection_is_replaced(
    database: Database, database_url: str
) -> None:
    make_webhook(database, make_org(database))
    frozen = open_database(database_url)
    abandoned = transaction(frozen)
    abandoned.__enter__().execute(LOCK)

    began = time.monotonic()
    with transaction(database) as cursor:
        cursor.execute(LOCK)
    waited = time.monotonic() - began

    assert 3 < waited < 8
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
