"""Lists: all have the same parameters and the same shape.

A cursor has the sort order and the last item's position, never a count: whatever is inserted or
deleted meanwhile, no other item is seen twice or missed.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Generic, Protocol, TypeVar

import msgspec
from msgspec import Meta
from starlette.datastructures import QueryParams

from app.api.bodies import invalid_of
from app.api.expected import problem_at
from app.api.openapi_schemas import request_schema
from app.domain.errors import Invalid
from app.domain.submission.form import FORM_CHARS_MAX
from app.domain.submission.problems import shown
from app.domain.times import parse_rfc3339
from app.domain.webhook.event import EVENT_TYPES
from app.domain.webhook.webhook import subscribes, unknown_patterns

#: Patterns that stand for more than one event type.
FAMILIES = ("contact.*", "webhook.*", "*")

LIMIT_DEFAULT = 50
LIMIT_MAX = 200
#: Bytes of items, as JSON, after which a page ends before its limit.
PAGE_BYTES_MAX = 4 * 1024 * 1024

#: A time in a query or body; `read_time` reads it.
Moment = Annotated[
    str,
    Meta(
        max_length=40,
        description="RFC 3339; without a zone it is taken as UTC",
        extra_json_schema={
            "format": "date-time",
            "pattern": "^(19[7-9][0-9]|[2-9][0-9]{3})-",
        },
    ),
]
Id = Annotated[str, Meta(max_length=40)]
Form = Annotated[str, Meta(max_length=FORM_CHARS_MAX, description="The form's name")]
#: Words separated by commas.
Words = Annotated[str, Meta(max_length=1000)]


class HasId(Protocol):
    """A row with an id."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


Item = TypeVar("Item", bound=msgspec.Struct)
Row = TypeVar("Row")
RowWithId = TypeVar("RowWithId", bound=HasId)
Query = TypeVar("Query", bound=msgspec.Struct)
_EPOCH_YEARS = range(1970, 9999)
_DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)


class ListQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What every list takes."""

    limit: Annotated[int, Meta(ge=1, le=LIMIT_MAX, description="Items per page")] = LIMIT_DEFAULT
    cursor: (
        Annotated[str, Meta(description="`next_cursor` of an earlier answer of this list")] | None
    ) = None
    fields: Annotated[Words, Meta(description="Show these fields only")] | None = None


class SortedQuery(ListQuery):
    """What lists in the order of ids take, which is that of time. Subclasses narrow `sort`."""

    sort: str = "created_at"

    @property
    def newest_first(self) -> bool:
        """Whether to go back in time."""
        return self.sort.startswith("-")

    @property
    def after(self) -> str | None:
        """The id to go on from. Raises `Invalid`."""
        values = read_cursor(self.cursor, self.sort, 1)
        return values[0] if values else None


class PageMeta(msgspec.Struct):
    """The first documented way to page on."""

    cursor: str | None
    has_more: bool


class Page(msgspec.Struct, Generic[Item]):
    """A page of a list, in both of its documented shapes at once."""

    data: list[Item]
    meta: PageMeta
    has_more: bool
    next_cursor: str | None


def read_query(query: QueryParams, kind: type[Query]) -> Query:
    """The parameters of a list. Raises `Invalid` naming the one that is wrong."""
    values = {name: value for name, value in query.items() if value or name != "cursor"}
    for name in values:
        problem = _problem_of(name, query.getlist(name), kind)
        if problem:
            raise Invalid({shown(name): problem})
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise invalid_of(str(error), kind) from None


def _problem_of(name: str, values: Sequence[str], kind: type[msgspec.Struct]) -> str | None:
    """What lenient conversion would not see."""
    if name not in kind.__struct_fields__:
        return f"is not a parameter of this list; known are {', '.join(kind.__struct_fields__)}"
    if len(values) > 1:
        return "is given more than once: send it once"
    (value,) = values
    if "\0" in value:
        return "contains a NUL character"
    if value.lower() == "null":  # it would be taken for None
        return "is null: leave it out instead"
    if name in _integers_of(kind) and not _DIGITS.fullmatch(value):  # 1e2 would be 100
        return problem_at(kind, name) + ", in digits"
    return None


@lru_cache
def _integers_of(kind: type[msgspec.Struct]) -> frozenset[str]:
    properties = request_schema(kind)["properties"].items()
    return frozenset(name for name, schema in properties if schema.get("type") == "integer")


def read_time(name: str, text: str | None) -> datetime | None:
    """The time in a parameter. Raises `Invalid`."""
    if text is None:
        return None
    try:
        moment = parse_rfc3339(text)
    except ValueError:
        moment = datetime.min
    if moment.year not in _EPOCH_YEARS:
        raise Invalid({name: "expected a time since 1970 such as 2026-03-16T12:00:00Z"})
    return moment


def read_types(name: str, patterns: Iterable[str] | None) -> list[str] | None:
    """The event types that patterns (`contact.*`) match; None for no patterns, so any type."""
    if patterns is None:
        return None
    wanted = list(patterns)
    unknown = unknown_patterns(wanted)
    if unknown:
        known = ", ".join((*EVENT_TYPES, *FAMILIES))
        raise Invalid({name: f"unknown: {shown(', '.join(unknown))}; known are {known}"})
    return [event_type for event_type in EVENT_TYPES if subscribes(wanted, event_type)]


def split_words(words: str) -> list[str]:
    """The words between the commas."""
    return [word.strip() for word in words.split(",") if word.strip()]


def encode_cursor(*values: str) -> str:
    """An opaque cursor with these values."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def read_cursor(text: str | None, sort: str, count: int) -> list[str] | None:
    """The values in a cursor of a list in that order; None when absent."""
    if not text:
        return None
    try:
        padded = text + "=" * (-len(text) % 4)
        values = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=list[str])
    except (msgspec.MsgspecError, binascii.Error, UnicodeError, ValueError):
        values = []
    if len(values) != count + 1 or values[0] != sort or any("\0" in value for value in values):
        raise Invalid({"cursor": "expected a cursor from an earlier answer of this list"})
    return values[1:]


def fitting(sizes_bytes: Iterable[int]) -> int:
    """How many of the items with these sizes go into one page: at least one."""
    count = total = 0
    for size in sizes_bytes:
        total += size
        if count and total > PAGE_BYTES_MAX:
            break
        count += 1
    return count


def make_sorted_page(
    kind: type[Item],
    rows: Sequence[RowWithId],
    query: SortedQuery,
    view: Callable[[RowWithId], Item],
) -> Page[Any]:
    """The page of up to `limit` rows in the order of their ids; see `make_page`."""
    return make_page(kind, rows, query, view, lambda row: encode_cursor(query.sort, row.id))


def make_page(
    kind: type[Item],
    rows: Sequence[Row],
    query: ListQuery,
    view: Callable[[Row], Item],
    cursor_of: Callable[[Row], str],
) -> Page[Any]:
    """The page of up to `limit` rows; one row beyond that means that there are more."""
    items = list(map(view, rows[: query.limit]))
    items = items[: fitting(len(msgspec.json.encode(item)) for item in items)]
    has_more = len(rows) > len(items)
    next_cursor = cursor_of(rows[len(items) - 1]) if has_more else None
    return page_of(kind, items, query, has_more=has_more, next_cursor=next_cursor)


def page_of(
    kind: type[Item],
    items: Sequence[Item],
    query: ListQuery,
    *,
    has_more: bool,
    next_cursor: str | None,
) -> Page[Any]:
    """The page of these items, with the fields that the caller asked for."""
    shown: list[Any] = list(items)
    if query.fields is not None:
        names = _known_fields(kind, query.fields)
        shown = [{name: getattr(item, name) for name in names} for item in items]
    return Page(shown, PageMeta(next_cursor, has_more), has_more, next_cursor)


def _known_fields(kind: type[msgspec.Struct], fields: str) -> list[str]:
    names = split_words(fields)
    unknown = [name for name in names if name not in kind.__struct_fields__]
    if unknown or not names:
        known = ", ".join(kind.__struct_fields__)
        wrong = f"unknown: {shown(', '.join(unknown))}" if unknown else "names no field"
        raise Invalid({"fields": f"{wrong}; known are {known}"})
    return names
