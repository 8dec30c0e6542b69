"""The yardstick of recording: a plain loop of the same multi-row statements, in batches of 500.

`python -m scripts.commands.bench.bare_record DATABASE_URL REHEARSAL_URL COUNT` executes, on one
connection, batch by batch, the statements that record COUNT captures, and prints the seconds.

What the statements and their parameters are are found out before the clock starts, by recording
the same captures in another database of equal content, in transactions that are rolled back. So
nothing but the statements and their commits is timed: no queue, no decoding, no merge in Python.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from app.domain.capture.capture import Capture
from app.domain.times import now
from app.storage.database import Cursor, Database, open_database, transaction
from app.storage.recording import record
from scripts.commands.bench.dataset import fresh_captures

#: Captures to a batch.
BATCH = 500

#: A statement and its parameters.
Statement = tuple[str, Any]


class _Rehearsal:
    """A cursor that remembers what it executes."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self.statements: list[Statement] = []

    def execute(self, statement: str, parameters: Any = None) -> None:
        """Execute and remember."""
        self.statements.append((statement, parameters))
        self._cursor.execute(statement, parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


class _RolledBack(Exception):
    """Ends a rehearsal without a trace."""


def rehearse(database: Database, captures: Sequence[Capture]) -> list[Statement]:
    """The statements that record these captures; nothing of it stays."""
    statements: list[Statement] = []
    with suppress(_RolledBack), transaction(database) as cursor:
        rehearsal = _Rehearsal(cursor)
        record(rehearsal, captures, now())  # type: ignore[arg-type]
        statements = rehearsal.statements
        raise _RolledBack
    return statements


def replay(database: Database, batches: Sequence[Sequence[Statement]]) -> float:
    """Execute batches of statements, a transaction each; the seconds that it took."""
    with transaction(database):
        pass  # connects
    began_at = time.perf_counter()
    for statements in batches:
        with transaction(database) as cursor:
            for statement, parameters in statements:
                cursor.execute(statement, parameters)
                if cursor.description:
                    cursor.fetchall()
    return time.perf_counter() - began_at


def main() -> None:
    """Record as the arguments say; print the seconds."""
    database_url, rehearsal_url, count = sys.argv[1:]
    rehearsing = open_database(rehearsal_url)
    with transaction(rehearsing) as cursor:
        captures = fresh_captures(cursor, int(count))
    batches = [
        rehearse(rehearsing, captures[first : first + BATCH])
        for first in range(0, len(captures), BATCH)
    ]
    print(replay(open_database(database_url), batches))


if __name__ == "__main__":
    main()
