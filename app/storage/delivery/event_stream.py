"""The stream of an org's events, read so that nobody misses one or sees one twice.

Events are numbered when they are written and become visible when their transaction commits, in any
order: a reader who follows the numbers overtakes transactions that are still open. So events get a
second number, their position, once they are committed, and readers follow that.

- Positions of one org are given under one lock, held until they are committed. Whoever sees a
  position therefore sees all lower ones of the org, and no lower one is given later.
- A contact's events keep their order. Each is written under the lock on its contact's row, which is
  held until the commit: when an event can be seen, those before it were committed before, with
  lower numbers. They are positioned already, or come first in the same step, which goes by number.
- Positions come from a sequence, so they rise on when old events are deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from peewee import fn

from app.storage.database import Cursor, fetch, fetch_one
from app.storage.models import Events

#: Events that one step places.
PLACING_STEP = 1000
#: Positioned events that one page with a filter looks at.
LOOKED_AT_MAX = 10_000

#: First half of the advisory lock's key: any number that no other lock here uses.
_LOCK_CLASS = 0x5265_7845

# The statement after the lock has a snapshot of its own, taken while no other step is under way.
# The sequence is asked row by row after the sort: PostgreSQL evaluates volatile columns last.
_PLACE = """
WITH in_order AS MATERIALIZED (
    SELECT id FROM events WHERE org_id = %(org)s AND position IS NULL
    ORDER BY number LIMIT %(step)s),
positioned AS MATERIALIZED (
    SELECT id, nextval('event_positions') AS position FROM in_order)
UPDATE events e SET position = positioned.position FROM positioned WHERE e.id = positioned.id
"""


class Positioned(NamedTuple):
    """An event in its place."""

    id: str
    position: int
    type: str
    occurred_at: datetime
    #: JSON text.
    data: str


class Stretch(NamedTuple):
    """Some of the stream: the events found, the position reached, and whether it goes on."""

    events: list[Positioned]
    reached: int
    has_more: bool


_SHOWN = Events.select(
    *(Events.id, Events.position, Events.type, Events.occurred_at, Events.data.cast("text"))
).order_by(Events.position)


def has_unpositioned(cursor: Cursor, org_id: str) -> bool:
    """Whether the org has events without a position."""
    some = Events.select(Events.id).filter(org_id=org_id, position__is=None)
    # In the order of its index: a plan would rather read partitions from their beginning.
    return fetch_one(cursor, some.order_by(Events.number).limit(1), str) is not None


def assign_positions(cursor: Cursor, org_id: str) -> int:
    """Give positions to some committed events of the org that have none; how many.

    The only thing to do in its transaction: the lock holds until the commit.
    """
    cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (_LOCK_CLASS, org_id))
    cursor.execute(_PLACE, {"org": org_id, "step": PLACING_STEP})
    return cursor.rowcount


def read(cursor: Cursor, org_id: str, after: int, limit: int) -> Stretch:
    """Up to `limit` positioned events after that position."""
    following = _SHOWN.filter(org_id=org_id, position__gt=after).limit(limit + 1)
    found = fetch(cursor, following, Positioned)
    events = found[:limit]
    return Stretch(events, events[-1].position if events else after, len(found) > limit)


def read_filtered(
    cursor: Cursor,
    org_id: str,
    after: int,
    types: Sequence[str] | None,
    form: str | None,
    limit: int,
) -> Stretch:
    """Up to `limit` positioned events of these types and that form (None: any) after a position.

    It may end before it is full, having looked at enough other events.
    """
    following = Events.select(Events.position).filter(org_id=org_id, position__gt=after)
    look_at = following.order_by(Events.position).limit(LOOKED_AT_MAX).alias("next")
    last, size = fn.max(look_at.c.position), fn.count(look_at.c.position)
    # First how far to look, then what is there: the other way round, events that are positioned
    # between the two statements would count as looked at.
    seen = fetch_one(cursor, Events.select(last, size).from_(look_at), lambda *row: row)
    reached, looked_at = seen if seen and seen[1] else (after, 0)
    its = _SHOWN.filter(org_id=org_id, position__gt=after, position__lte=reached)
    if types is not None:
        its = its.where(Events.type.in_(types))
    if form is not None:
        its = its.where(Events.form == form)
    found = fetch(cursor, its.limit(limit + 1), Positioned)
    if len(found) > limit:
        return Stretch(found[:limit], found[limit - 1].position, has_more=True)
    return Stretch(found, reached, has_more=looked_at == LOOKED_AT_MAX)


def find(cursor: Cursor, org_id: str, event_id: str) -> Positioned | None:
    """An org's event, in its place or not yet (position 0)."""
    place = fn.COALESCE(Events.position, 0)
    its = Events.select(
        Events.id, place, Events.type, Events.occurred_at, Events.data.cast("text")
    ).filter(id=event_id, org_id=org_id)
    return fetch_one(cursor, its, Positioned)


def find_position(cursor: Cursor, org_id: str, event_id: str) -> tuple[bool, int | None]:
    """Whether the org has that event, and its position if it has one."""
    found = Events.select(Events.position).filter(id=event_id, org_id=org_id)
    return fetch_one(cursor, found, lambda position: (True, position)) or (False, None)


def oldest(cursor: Cursor, org_id: str) -> str | None:
    """The id of the first event that is kept of the org; None when there is none."""
    first = Events.select(Events.id).filter(org_id=org_id).order_by(Events.id).limit(1)
    return fetch_one(cursor, first, str)
