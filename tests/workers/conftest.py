from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.storage.database import Database, drop_connection, open_database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database."""
    database = open_database(database_url)
    yield database
    drop_connection(database)
