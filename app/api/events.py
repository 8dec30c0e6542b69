"""The stream of events, followed with a cursor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NamedTuple, TypeVar

import msgspec
from msgspec import Meta

from app.api.call import Answer, Call, existing
from app.api.cursors import encode_cursor, read_cursor
from app.api.lists import Page, fitting, page_of
from app.api.operation import One, Operation, describe
from app.api.queries import Form, ListQuery, Words, read_query, read_types, split_words
from app.domain.errors import Invalid, Unavailable
from app.domain.ids import is_id, milliseconds_of
from app.domain.times import rfc3339
from app.storage.database import Cursor, transaction
from app.storage.delivery import event_stream
from app.storage.delivery.event_stream import Positioned, Stretch

_ORDER = "position"
#: Steps in which one request helps to put a long stream in order.
_STEPS_MAX = 50

Found = TypeVar("Found")


class EventQuery(ListQuery):
    """What `GET /events` takes."""

    after: Annotated[str, Meta(description="Continue after the event with this id")] | None = None
    type: (
        Annotated[
            Words, Meta(description="Types, with commas: `contact.created`, `contact.*`, `*`")
        ]
        | None
    ) = None
    form: Form | None = None


class EventView(msgspec.Struct):
    """An event: `type` and `event` are equal, and so are its two times."""

    id: str
    type: str
    event: str
    timestamp: str
    occurred_at: str
    data: dict[str, object]


@describe(Operation("Events", {200: Page[EventView]}, query=EventQuery))
def list_events(call: Call) -> Answer:
    """Events in the order in which they became visible, each exactly once.

    Continue with `next_cursor`: it is there at the end of the stream too, and an event that is
    committed later always comes after it. With `type` or `form`, a page may hold fewer events
    than `limit`, or none, while `has_more` is true.
    """
    query = read_query(call.query, EventQuery)
    types = read_types("type", None if query.type is None else split_words(query.type))
    wanted = _Wanted(types, query.form, query.limit)
    stretch = _read(call, _start(call, query), wanted)
    fits = fitting(len(each.data) for each in stretch.events)
    if fits < len(stretch.events):
        events = stretch.events[:fits]
        stretch = Stretch(events, events[-1].position, has_more=True)
    next_cursor = encode_cursor(_ORDER, str(stretch.reached))
    items = list(map(view, stretch.events))
    return Answer(
        page_of(EventView, items, query, has_more=stretch.has_more, next_cursor=next_cursor)
    )


@describe(Operation("Events", {200: One[EventView]}))
def get_event(call: Call) -> Answer:
    """One event: what every webhook that subscribes to it is sent."""
    wanted = call.id_in_path("evt", "Event")
    found = _transact(call, lambda cursor: event_stream.find(cursor, call.org.id, wanted))
    return Answer(One(view(existing(found, "Event"))))


def view(positioned: Positioned) -> EventView:
    """An event as callers see it."""
    at = rfc3339(positioned.occurred_at)
    data = msgspec.Raw(positioned.data.encode())
    return EventView(positioned.id, positioned.type, positioned.type, at, at, data)  # type: ignore[arg-type]


class _Wanted(NamedTuple):
    """Which events, and how many."""

    types: list[str] | None
    form: str | None
    limit: int


def _read(call: Call, after: int, wanted: _Wanted) -> Stretch:
    stretch = _read_positioned(call, after, wanted)
    if stretch.has_more or not _assign_positions(call):
        return stretch
    stretch = _read_positioned(call, after, wanted)
    unpositioned = _transact(
        call, lambda cursor: event_stream.has_unpositioned(cursor, call.org.id)
    )
    return stretch._replace(has_more=stretch.has_more or unpositioned)


def _read_positioned(call: Call, after: int, wanted: _Wanted) -> Stretch:
    types, form, limit = wanted
    with transaction(call.services.database) as cursor:
        if types is None and form is None:
            return event_stream.read(cursor, call.org.id, after, limit)
        return event_stream.read_filtered(cursor, call.org.id, after, types, form, limit)


def _assign_positions(call: Call) -> bool:
    """Assign positions to some events; False if all have one."""
    if not _transact(call, lambda cursor: event_stream.has_unpositioned(cursor, call.org.id)):
        return False
    _transact(call, lambda cursor: event_stream.assign_positions(cursor, call.org.id))
    return True


def _start(call: Call, query: EventQuery) -> int:
    """The position to read after."""
    if query.cursor and is_id(query.cursor, "evt"):
        return _position_of(call, query.cursor, "cursor")
    values = read_cursor(query.cursor, _ORDER, 1)
    if values is not None:
        if not (values[0].isascii() and values[0].isdigit() and len(values[0]) < 19):
            raise Invalid({"cursor": "expected a cursor from an earlier answer of this list"})
        return int(values[0])
    return _position_of(call, query.after, "after") if query.after else 0


def _position_of(call: Call, event_id: str, parameter: str) -> int:
    if not is_id(event_id, "evt"):
        raise Invalid({parameter: "expected the id of an event (evt_...)"})
    for _ in range(_STEPS_MAX):
        known, position = _transact(
            call, lambda cursor: event_stream.find_position(cursor, call.org.id, event_id)
        )
        if not known:
            return _start_of_retained(call, event_id, parameter)
        if position is not None:
            return position
        _assign_positions(call)
    raise Unavailable("Events are still being put in order: try again")


def _start_of_retained(call: Call, event_id: str, parameter: str) -> int:
    # An event past its retention came before all that are left.
    oldest = _transact(call, lambda cursor: event_stream.oldest(cursor, call.org.id))
    if oldest is not None and milliseconds_of(event_id) >= milliseconds_of(oldest):
        raise Invalid({parameter: "there is no such event"})
    return 0


def _transact(call: Call, ask: Callable[[Cursor], Found]) -> Found:
    with transaction(call.services.database) as cursor:
        return ask(cursor)
