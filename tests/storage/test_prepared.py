"""Prepared statements: planned once for each connection, whatever becomes of it."""

from __future__ import annotations

import psycopg2
import pytest

from app.storage import prepared
from app.storage.database import (
    Database,
    TransactionConflict,
    drop_connection,
    open_database,
    transaction,
)
from app.storage.prepared import Prepared


@pytest.fixture
def doubled() -> Prepared:
    return Prepared("doubled", "SELECT %(n)s::int + %(n)s::int, %(word)s::text")


def run(database: Database, statement: Prepared, **values: object) -> tuple[object, ...]:
    with transaction(database) as cursor:
        statement.run(cursor, values)
        (row,) = cursor.fetchall()
    return row


def plans(database: Database) -> list[tuple[str, int]]:
    """The names of this connection's prepared statements, and how often each was run."""
    with transaction(database) as cursor:
        cursor.execute(
            "SELECT name, generic_plans + custom_plans FROM pg_prepared_statements ORDER BY name"
        )
        return cursor.fetchall()


def test_a_statement_is_prepared_once_and_run_with_each_call_s_values(
    database: Database, doubled: Prepared
) -> None:
    assert run(database, doubled, n=2, word="it's") == (4, "it's")
    assert run(database, doubled, word="%s", n=3) == (6, "%s")

    assert plans(database) == [("doubled_1", 2)]


def test_several_statements_go_together_and_the_last_one_s_rows_are_given(
    database: Database,
) -> None:
    both = Prepared("both", "SELECT set_config('a.b', %(text)s, true)", "SELECT 1, %(text)s")

    assert run(database, both, text="x") == (1, "x")

    assert plans(database) == [("both_1", 1), ("both_2", 1)]


def test_what_is_prepared_for_a_run_that_fails_serves_the_next_run(
    database: Database, doubled: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(database, doubled, n=1, word="")
    monkeypatch.setattr(prepared, "PLAN_SECONDS_MAX", 0.0)
    with pytest.raises(psycopg2.DataError):
        run(database, doubled, n="no number", word="")
    monkeypatch.undo()

    assert run(database, doubled, n=1, word="") == (2, "")
    assert plans(database) == [("doubled_1", 1)]


def test_a_rollback_leaves_the_plan_in_place(database: Database, doubled: Prepared) -> None:
    with pytest.raises(psycopg2.DataError):
        run(database, doubled, n="no number", word="")

    assert run(database, doubled, n=1, word="") == (2, "")
    assert plans(database) == [("doubled_1", 1)]


def test_a_new_connection_prepares_anew(database: Database, doubled: Prepared) -> None:
    run(database, doubled, n=1, word="")
    drop_connection(database)

    assert run(database, doubled, n=1, word="") == (2, "")


def test_each_connection_has_plans_of_its_own(
    database: Database, database_url: str, doubled: Prepared
) -> None:
    other = open_database(database_url)
    run(database, doubled, n=1, word="")

    assert run(other, doubled, n=1, word="") == (2, "")
    drop_connection(other)


def test_what_a_discard_has_taken_is_a_conflict_and_the_same_work_succeeds_then(
    database: Database, doubled: Prepared
) -> None:
    run(database, doubled, n=1, word="")
    database.connection().cursor().execute("DISCARD ALL")

    with pytest.raises(TransactionConflict):
        run(database, doubled, n=1, word="")
    assert run(database, doubled, n=1, word="") == (2, "")


def test_a_session_of_a_pool_that_has_lost_its_plans_is_not_handed_out_again(
    database_url: str, doubled: Prepared
) -> None:
    pool = open_database(database_url, pool_size=1)
    run(pool, doubled, n=1, word="")
    with transaction(pool) as cursor:
        cursor.execute("DEALLOCATE ALL")

    with pytest.raises(TransactionConflict):
        run(pool, doubled, n=1, word="")
    assert run(pool, doubled, n=1, word="") == (2, "")


def test_an_old_plan_is_made_anew(
    database: Database, doubled: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(database, doubled, n=1, word="")
    monkeypatch.setattr(prepared, "PLAN_SECONDS_MAX", 0.0)

    assert run(database, doubled, n=1, word="") == (2, "")

    assert plans(database) == [("doubled_1", 1)]
