"""Any URL that libpq takes, through any pooler that keeps sessions apart."""

from __future__ import annotations

import pytest

from app.domain.errors import StorageUnavailable
from app.storage.database import (
    CONFLICTS_MAX,
    Database,
    TransactionConflict,
    drop_connection,
    open_database,
    retrying,
    transaction,
)


def show(url: str, *settings: str) -> list[str]:
    database = open_database(url)
    with transaction(database) as cursor:
        columns = ", ".join(f"current_setting('{name}')" for name in settings)
        cursor.execute(f"SELECT {columns}")
        row = cursor.fetchone()
    drop_connection(database)
    return list(row or ())


def test_the_short_scheme_is_as_good(database_url: str) -> None:
    assert show(database_url.replace("postgresql://", "postgres://"), "timezone") == ["UTC"]


def test_the_next_host_of_a_url_is_tried_when_the_first_does_not_answer(database_url: str) -> None:
    several = database_url.replace("127.0.0.1:", "127.0.0.1:9,127.0.0.1:")

    assert show(several, "timezone") == ["UTC"]


def test_options_in_the_url_hold_beside_ours(database_url: str) -> None:
    url = f"{database_url}?options=-c%20search_path%3Dours,public"

    assert show(url, "search_path", "statement_timeout") == ["ours,public", "30s"]


@pytest.mark.parametrize("by_index", [False, True])
def test_nothing_is_asked_for_at_the_start_that_a_pooler_refuses(
    database_url: str, by_index: bool
) -> None:
    database = open_database(database_url, by_index=by_index)
    with transaction(database) as cursor:
        assert not cursor.connection.info.options
        cursor.execute("SHOW enable_seqscan")
        assert cursor.fetchone() == ("off" if by_index else "on",)
    drop_connection(database)


def test_a_session_that_takes_no_writes_is_not_handed_out_again(database_url: str) -> None:
    pool = open_database(database_url, pool_size=1)
    with transaction(pool) as cursor:
        cursor.execute("SET default_transaction_read_only = on")

    with pytest.raises(StorageUnavailable), transaction(pool) as cursor:
        cursor.execute("DELETE FROM inbox")

    with transaction(pool) as cursor:
        cursor.execute("DELETE FROM inbox")
    drop_connection(pool)


def test_work_that_lost_a_race_is_done_again() -> None:
    lost = [TransactionConflict(), TransactionConflict()]

    def work() -> str:
        if lost:
            raise lost.pop()
        return "done"

    assert retrying(work) == "done"


def test_work_that_loses_every_race_is_given_up(database: Database) -> None:
    tried = []

    def work() -> None:
        tried.append(1)
        raise TransactionConflict

    with pytest.raises(TransactionConflict):
        retrying(work)
    assert len(tried) == CONFLICTS_MAX
