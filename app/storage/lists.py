"""How lists are walked: in the order of an index, from any place on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from peewee import Field, Tuple

from app.storage.database import Cursor
from app.storage.models import Table, columns_for

T = TypeVar("T")


def beyond(
    query: Any, columns: Sequence[Field[Any]], place: Sequence[object] | None, descending: bool
) -> Any:
    """The query in the order of these columns, going on after that place; None: from the start."""
    if place is not None:
        here, there = Tuple(*columns), Tuple(*place)
        query = query.where(here < there if descending else here > there)
    return query.order_by(*(each.desc() if descending else each.asc() for each in columns))


def walk(
    cursor: Cursor,
    model: type[Table],
    struct: type[T],
    kinds: Mapping[str, Sequence[str]],
    bounds: Mapping[str, object],
    *,
    which: str = "true",
    descending: bool,
) -> list[T]:
    """Up to `limit` rows of some kinds, in the order of their ids, from `first` to before `last`.

    `kinds`: the columns that an index has before the id, each with the values of all kinds.
    `bounds` has the other three and what `which` (SQL) refers to. Raw SQL: one short walk through
    the index for each kind, merged, so that no kind, however rare, makes it search. The kind comes
    from a join and is a bound, not an equality: so the planner does not consider the primary key,
    in which the next row may be a million others away. Among 200,000 deliveries a page of 50 takes
    0.7 ms; as a UNION ALL of one query for each kind it took 20 ms.
    """
    columns = ", ".join(column.column_name for column in columns_for(model, struct))
    cursor.execute(
        _walking(model, columns, list(kinds), which, descending=descending),
        {**bounds, **{name: list(given) for name, given in kinds.items()}},
    )
    return [struct(*row) for row in cursor]


def last_of_walk(
    cursor: Cursor,
    model: type[Table],
    kinds: Mapping[str, Sequence[str]],
    bounds: Mapping[str, object],
    *,
    descending: bool,
) -> str | None:
    """The id at which such a walk ends; None for one that finds nothing.

    With many kinds a walk reads and sorts `limit` rows of each. Bounded by this id, which an index
    knows, it reads as many in all: the latest 2,000 of ten kinds take 25 ms, not 109.
    """
    walking = _walking(model, "id", list(kinds), "true", descending=descending)
    cursor.execute(
        f"SELECT {'min' if descending else 'max'}(id) FROM ({walking}) AS walked",
        {**bounds, **{name: list(given) for name, given in kinds.items()}},
    )
    (row,) = cursor.fetchall()
    found: str | None = row[0]
    return found


def _walking(
    model: type[Table], columns: str, kinds: Sequence[str], which: str, *, descending: bool
) -> str:
    order = "DESC" if descending else "ASC"
    kind, wanted = ", ".join(kinds), ", ".join(f"wanted.{name}" for name in kinds)
    values = ", ".join(f"%({name})s::text[]" for name in kinds)
    sorting = ", ".join(f"{name} {order}" for name in [*kinds, "id"])
    return f"""
        SELECT found.* FROM unnest({values}) AS wanted ({kind}), LATERAL (
            SELECT {columns} FROM {model._meta.table_name} WHERE {which}
                AND ({kind}, id) >= ({wanted}, %(first)s) AND ({kind}, id) < ({wanted}, %(last)s)
            ORDER BY {sorting} LIMIT %(limit)s) AS found
        ORDER BY found.id {order} LIMIT %(limit)s
        """
