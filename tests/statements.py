"""Single SQL statements, for tests that look into the tables or set them up."""

from __future__ import annotations

from typing import Any

from app.storage.database import Database, transaction


def execute(database: Database, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of one statement in a transaction of its own."""
    with transaction(database) as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []
