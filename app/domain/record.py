"""A record: what one object, or one list of answers, says about a person.

An answer may come bare (`"email": "a@b.c"`), wrapped (`"email": {"value": "a@b.c"}`, `["a@b.c"]`)
or as an item that carries its own label (`{"label": "Email", "value": "a@b.c"}`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from app.domain.labels import FULL_NAME, field_of_label

Path = tuple[str, ...]

#: Where an item of a list of answers has its label, most telling first.
_LABEL_KEYS = (
    *("name", "key", "label", "title", "question", "ref", "slug", "id", "column_id", "type"),
    "field",  # an object that has one of these
)
#: Where a wrapped answer has its value; besides, under the name that its own `type` gives.
_VALUE_KEYS = ("value", "values", "answer", "text", "string_value")


class Found(NamedTuple):
    """A value that was found, and where: the labels that lead to it."""

    text: str
    path: Path


def read_record(node: object, path: Path = ()) -> dict[str, Found]:
    """Fields by their names with the value that stands for each.

    The first label that means a field gives its value, but for a label that is its exact name.
    """
    record: dict[str, Found] = {}
    for field, steps, value in _answers(node):
        if field not in record or steps == (field,):
            found = _find_text(value, path + steps)
            if found is not None:
                record[field] = found
    return record


def text_of(value: object) -> str | None:
    """The text of a value that is one or is a number, as a person writes it; None otherwise.

    A phone number that came as 5551234.0 is 5551234.
    """
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value)


def _answers(node: object) -> Iterator[tuple[str, Path, object]]:
    """Field, steps to it and value of each answer that means a field."""
    if isinstance(node, dict):
        for label, value in node.items():
            field = field_of_label(label)
            if field == FULL_NAME and isinstance(value, dict):
                yield from _name_parts(label, value)
            if field is not None:
                yield field, (label,), value
    elif isinstance(node, list):
        for index, item in enumerate(node):
            field = _field_of_item(item)
            if field is not None:
                yield field, (str(index),), item


def _name_parts(name: str, parts: dict[str, object]) -> Iterator[tuple[str, Path, object]]:
    """The answers in `{"first": …, "last": …}` under a label that means a full name."""
    for label, value in parts.items():
        field = field_of_label("name" + label) or field_of_label(label)
        if field in ("first_name", "last_name"):
            yield field, (name, label), value


def _field_of_item(item: object) -> str | None:
    if not isinstance(item, dict):
        return None
    for key in _LABEL_KEYS:
        if key not in item:
            continue
        label = item[key]
        field = field_of_label(label) if isinstance(label, str) else _field_of_item(label)
        if field is not None:
            return field
    return None


def _find_text(value: object, path: Path) -> Found | None:
    """The first text in a value that may be wrapped."""
    text = text_of(value)
    if text is not None:
        return Found(text, path)
    for key, inner in _wrapped(value):
        found = _find_text(inner, (*path, key))
        if found is not None:
            return found
    return None


def _wrapped(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        yield from ((str(index), inner) for index, inner in enumerate(value))
    elif isinstance(value, dict):
        own = value.get("type")
        keys = (*_VALUE_KEYS, own) if isinstance(own, str) else _VALUE_KEYS
        yield from ((key, value[key]) for key in keys if key in value)
