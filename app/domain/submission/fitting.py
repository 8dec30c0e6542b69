"""Making metadata fit when a form is larger than what can be kept.

Of an object the small members are kept whole and the largest give way; of a list, and of very many
members, the last ones. A text that does not fit is cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

_encode = msgspec.json.Encoder().encode

#: The name under which members are put for which there are no keys.
MORE_FIELDS = "more_fields"

_ELLIPSIS = "…"
#: Members of an object that are told by size; of more, the first ones are kept.
_SORTED_MAX = 100
#: Bytes of the shortest piece of a value that is kept, for less tells nobody anything.
_PIECE_BYTES_MIN = 40


class FittedMembers(NamedTuple):
    """What is kept of an object, and how many values of it are dropped or cut."""

    members: dict[str, object]
    dropped: int


class _Fitted(NamedTuple):
    """What is kept of a value (None for nothing), and how many values of it are dropped or cut."""

    value: object
    dropped: int


def fit_members(
    members: Mapping[str, object], beyond: Mapping[str, object], keys_max: int, bytes_max: int
) -> FittedMembers:
    """An object with at most so many keys in so many bytes as JSON.

    Members for which there are no keys and those `beyond` are put together under one of the keys.
    """
    named = list(members.items())
    if beyond or len(named) > keys_max:
        named[keys_max - 1 :] = [(MORE_FIELDS, {**dict(named[keys_max - 1 :]), **beyond})]
    kept, dropped = _fit_parts(named, bytes_max)
    return FittedMembers(dict(kept), dropped)


def _fit(value: object, size: int, room: int) -> _Fitted:
    """A value of that size, larger than the room, made to fit."""
    if room < _PIECE_BYTES_MIN or not isinstance(value, str | dict | list):
        return _Fitted(None, _count(value))
    if isinstance(value, str):
        return _Fitted(_cut(value, size, room), 1)
    if isinstance(value, dict):
        members, dropped = _fit_parts(list(value.items()), room)
        return _Fitted(dict(members) or None, dropped)
    items, dropped = _fit_parts([("", item) for item in value], room, is_list=True)
    return _Fitted([item for _, item in items] or None, dropped)


def _fit_parts(
    named: list[tuple[str, object]], room: int, *, is_list: bool = False
) -> tuple[list[tuple[str, object]], int]:
    """The parts of an object or a list that are kept, in their order, and the values dropped."""
    order: Iterable[int] = range(len(named))
    if not is_list and len(named) <= _SORTED_MAX:
        sizes = [_size(part) for _, part in named]
        order = sorted(order, key=sizes.__getitem__)
    room -= len("{}")
    kept: dict[int, object] = {}
    dropped = 0
    for index in order:
        name, part = named[index]
        if room < _PIECE_BYTES_MIN:
            dropped += _count(part)
            continue
        size, around = _size(part), len(",") if is_list else len(name.encode()) + len('"":,')
        if size + around > room:
            part, more = _fit(part, size, room - around)
            size, dropped = _size(part), dropped + more
            if part is None:
                continue
        kept[index] = part
        room -= size + around
    return [(named[index][0], kept[index]) for index in sorted(kept)], dropped


def _cut(text: str, size: int, room: int) -> str:
    room -= len(_ELLIPSIS.encode())
    while size > room:
        text = text[: len(text) * room // size]
        size = _size(text)
    return text.rstrip() + _ELLIPSIS


def _count(value: object) -> int:
    """The values in a value, objects and lists counting for what they hold."""
    if isinstance(value, dict | list):
        return sum(map(_count, value.values() if isinstance(value, dict) else value)) or 1
    return 1


def _size(value: object) -> int:
    return len(_encode(value))
