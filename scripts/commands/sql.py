"""Statements on a connection of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg2


@contextmanager
def session(url: str, **options: Any) -> Iterator[Any]:
    """A cursor for a with block; each statement is committed by itself."""
    with closing(psycopg2.connect(url, **options)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def rows_of(
    cursor: Any, query: str, parameters: Sequence[object] | None = None
) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    cursor.execute(query, parameters)
    return list(cursor.fetchall())
