"""The parameters of lists, which all lists share, read strictly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta
from starlette.datastructures import QueryParams

from app.api.bodies import invalid_of
from app.api.cursors import read_cursor
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
