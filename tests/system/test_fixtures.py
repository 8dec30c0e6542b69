"""What tests/conftest.py promises to the other tests."""

from __future__ import annotations

from contextlib import closing

import psycopg2
import pytest
import redis

TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"


def count(database_url: str, statement: str = TABLES) -> int:
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        (number,) = cursor.fetchone() or (0,)
    return int(number)


def test_a_database_has_the_tables_and_a_blank_one_has_none(
    database_url: str, blank_database_url: str
) -> None:
    assert count(database_url) > 5
    assert count(blank_database_url) == 0


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_has_a_database_of_its_own(database_url: str, turn: int) -> None:
    with closing(psycopg2.connect(database_url)) as connection:
        connection.autocommit = True
        connection.cursor().execute("CREATE TABLE only_here ()")
    assert count(database_url, "SELECT count(*) FROM only_here") == 0


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_finds_an_empty_valkey(redis_url: str, turn: int) -> None:
    assert redis_url.endswith("/0")
    with closing(redis.Redis.from_url(redis_url)) as client:
        assert client.dbsize() == 0
        client.set("only_here", turn)
