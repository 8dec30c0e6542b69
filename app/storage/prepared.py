"""Statements that a connection plans once and then only runs.

For statements whose planning costs more than their running: the six that record captures took 1 ms
of planning for each transaction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from time import monotonic
from weakref import WeakKeyDictionary

import psycopg2.extensions

from app.storage.database import Cursor

#: A plan is made anew at this age: it may be one for a table that was nearly empty then.
PLAN_SECONDS_MAX = 10.0

_PLACE = re.compile(r"%\((\w+)\)s")
_RANGE = re.compile(r"open_range\(([\w.]+)\)")

#: Gives the first id of a range and the one after its last; None: all there is.
Within = Callable[[Cursor], tuple[str, str] | None]

#: When each connection prepared what, by the statement's name (monotonic seconds).
_prepared_at: WeakKeyDictionary[psycopg2.extensions.connection, dict[str, float]] = (
    WeakKeyDictionary()
)


class Prepared:
    """Statements with places like `%(id)s`, run one after the other in one round trip.

    `open_range(column)` in a text stands for the range of events that `within` gives when they are
    prepared, so that the plan has no other partitions; for no range, without `within`.

    `name` is theirs alone. Each connection prepares them when it first runs them; one that has
    lost them (DISCARD ALL) is dropped by `transaction`, which asks for the work to be done again.
    """

    def __init__(self, name: str, *texts: str, within: Within | None = None) -> None:
        self._name = name
        self._within = within
        parts = [_part(f"{name}_{number}", text) for number, text in enumerate(texts, 1)]
        self._prepare, self._deallocate, self._execute = map(";".join, zip(*parts, strict=True))

    def run(self, cursor: Cursor, values: Mapping[str, object]) -> None:
        """Run them with these values; the cursor has the rows of the last one."""
        cursor.execute(";".join([*self._planning(cursor), self._execute]), values)

    def _planning(self, cursor: Cursor) -> list[str]:
        """What this connection has to be told first."""
        prepared_at = _prepared_at.setdefault(cursor.connection, {})
        at, now = prepared_at.get(self._name), monotonic()
        if at is not None and now - at <= PLAN_SECONDS_MAX:
            return []
        # Noted before it is done: what was prepared stays, also when it then cannot be run.
        prepare = _bounded(self._prepare, self._within(cursor) if self._within else None)
        prepared_at[self._name] = now
        return [prepare] if at is None else [self._deallocate, prepare]


def _bounded(text: str, bounds: tuple[str, str] | None) -> str:
    if bounds is None:
        return _RANGE.sub("true", text)
    first, end = bounds
    return _RANGE.sub(rf"(\1 >= '{first}' AND \1 < '{end}')", text)


def _part(name: str, text: str) -> tuple[str, str, str]:
    """How to prepare, forget and run a statement: PostgreSQL numbers the places that we name."""
    places = [*dict.fromkeys(_PLACE.findall(text))]
    numbered = _PLACE.sub(lambda place: f"${places.index(place[1]) + 1}", text)
    arguments = ", ".join(f"%({place})s" for place in places)
    run = f"EXECUTE {name} ({arguments})" if places else f"EXECUTE {name}"
    return f"PREPARE {name} AS {numbered}", f"DEALLOCATE {name}", run
