"""Lists: pages of items, all of the same shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from app.api.cursors import encode_cursor
from app.api.queries import ListQuery, SortedQuery, split_words
from app.domain.errors import Invalid
from app.domain.submission.problems import shown

#: Bytes of items, as JSON, after which a page ends before its limit.
PAGE_BYTES_MAX = 4 * 1024 * 1024


class HasId(Protocol):
    """A row with an id."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


Item = TypeVar("Item", bound=msgspec.Struct)
Row = TypeVar("Row")
RowWithId = TypeVar("RowWithId", bound=HasId)


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
