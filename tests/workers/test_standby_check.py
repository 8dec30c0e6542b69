"""Captures that wait for a replica are recorded by a PostgreSQL that should wait for a standby."""

from __future__ import annotations

import pytest

from app.storage.database import Database
from workers.standby_check import check_standby


@pytest.mark.parametrize(("required", "told"), [(0, []), (1, ["database.asynchronous"])])
def test_a_postgresql_without_a_standby_is_warned_of(
    database: Database, caplog: pytest.LogCaptureFixture, required: int, told: list[str]
) -> None:
    check_standby(database, required)
    assert [record.message for record in caplog.records] == told
