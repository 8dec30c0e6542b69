"""A record: what one object, or one list of answers, says about a person.

An answer may come bare (`"email": "a@b.c"`), wrapped (`"email": {"value": "a@b.c"}`, `["a@b.c"]`),
as an item that carries its own label (`{"label": "Email", "value": "a@b.c"}`), or under an id whose
label is told elsewhere in the submission (see `app.domain.submission.titles`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from app.domain.labels.label_reader import LabelReader
from app.domain.labels.labels import COMPANY, FULL_NAME, words_of

Path = tuple[str, ...]

#: Where an item of a list of answers has its label, most telling first.
LABEL_KEYS = (
    *("name", "key", "label", "title", "question", "ref", "slug", "id", "column_id", "type"),
    *("questionLabel", "field_label", "field_name"),
    "field",  # its label, or an object that has one of these
)
#: Where an item has the id that its label is told under.
ID_KEYS = ("id", "ref", "key", "field_id", "fieldId", "ID", "questionId")
#: Objects around an answer's value.
_DEEPER_KEYS = ("answerDetails", "textQuestionAnswer")
#: Where a wrapped answer has its value; besides, under the name that its own `type` gives.
_VALUE_KEYS = ("value", "values", "answer", "text", "string_value", *_DEEPER_KEYS)
#: The same for answers to certain questions only.
_VALUE_KEYS_OF = {
    "email": ("email", "address"),
    "phone": ("full", "number", "phone", "phone_number", "formatted", "international", "e164"),
    COMPANY: ("name",),
    FULL_NAME: ("full", "full_name", "formatted", "displayName"),
}
#: The parts of a phone number, in the order in which they are dialled.
_PHONE_PARTS = ("country_code", "countryCode", "country", "area", "phone", "number", "extension")
#: Steps of the label reader that an item of a list takes besides its labels.
_STEPS_OF_ITEM = 6
#: Last names have these labels where the first name has one of its own: `nom` beside `prénom`.
_LAST_NAME_BESIDE = frozenset({"nom", "naam", "name", "namn", "navn", "jmeno", "meno"})


_DIALLED = re.compile(r"[+\d(][\d ()./-]{0,30}")
_LETTER = re.compile(r"[^\W\d_]")


class Found(NamedTuple):
    """A value that was found, and where: the labels that lead to it."""

    text: str
    path: Path


class RecordReader:
    """Reads the records of one submission. `titles` gives the fields that ids stand for."""

    def __init__(self, labels: LabelReader, titles: Mapping[str, str]) -> None:
        self._labels = labels
        self._titles = titles

    def read(self, node: object, path: Path = ()) -> dict[str, Found]:
        """Fields by their names with the value that stands for each.

        The first label that means a field gives its value, unless another label is its exact name.
        """
        record: dict[str, Found] = {}
        for field, steps, value in self._answers(node, record):
            if field not in record or steps == (field,):
                found = find_text(value, path + steps, field)
                if found is not None and (field != FULL_NAME or _LETTER.search(found.text)):
                    record[field] = found
        return _settle_last_name(record)

    def field_of(self, label: str) -> str | None:
        """The field that a label means, or an id that stands for a label."""
        return self._titles.get(label) or self._labels.field_of(label)

    def _answers(
        self, node: object, record: Mapping[str, Found]
    ) -> Iterator[tuple[str, Path, object]]:
        """Field, steps to it and value of each answer that means a field not yet in the record."""
        if isinstance(node, dict):
            for label, value in node.items():
                if self._labels.steps_left < 0:
                    return
                field = self.field_of(label)
                if field is None and isinstance(value, dict) and _holds_value(value):
                    field = self._field_of_item(value)
                if field is not None and (field not in record or label == field):
                    yield from self._answer(field, (label,), value)
        elif isinstance(node, list):
            for index, item in enumerate(node):
                if self._labels.steps_left < 0:
                    return
                field = self._field_of_item(item) if isinstance(item, dict) else None
                if field is not None and field not in record:
                    yield from self._answer(field, (str(index),), item)

    def _answer(self, field: str, steps: Path, value: object) -> Iterator[tuple[str, Path, object]]:
        if field == FULL_NAME:
            for inside, inner in ((), value), *(((key,), v) for key, v in _wrapped(value, field)):
                if isinstance(inner, dict):
                    yield from self._name_parts((*steps, *inside), inner)
        yield field, steps, value

    def _name_parts(
        self, steps: Path, parts: dict[str, object]
    ) -> Iterator[tuple[str, Path, object]]:
        """The answers in `{"first": …, "last": …}` under a label that means a full name."""
        for label, value in parts.items():
            field = self.field_of("name" + label) or self.field_of(label)
            if field in ("first_name", "last_name"):
                yield field, (*steps, label), value

    def _field_of_item(self, item: Mapping[str, object]) -> str | None:
        self._labels.steps_left -= _STEPS_OF_ITEM
        for key in ID_KEYS if self._titles else ():
            if key in item:
                own_id = text_of(item[key])
                if own_id is not None and own_id in self._titles:
                    return self._titles[own_id]
        for key in LABEL_KEYS:
            if key in item:
                label = item[key]
                if isinstance(label, str):
                    field = self.field_of(label)
                else:
                    field = self._field_of_item(label) if isinstance(label, dict) else None
                if field is not None:
                    return field
        return None


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


def find_text(value: object, path: Path, field: str) -> Found | None:
    """The first text in a value of that field, which may be wrapped."""
    text = text_of(value)
    if text is not None:
        return Found(text, path)
    if field == "phone" and isinstance(value, dict) and "full" not in value:
        parts = [text_of(value.get(part)) or "" for part in _PHONE_PARTS]
        dialled = [part for part in parts if _DIALLED.fullmatch(part)]
        if len(dialled) > 1:
            return Found(" ".join(dialled), path)
    for key, inner in _wrapped(value, field):
        found = find_text(inner, (*path, key), field)
        if found is not None:
            return found
    return None


def _wrapped(value: object, field: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        yield from ((str(index), inner) for index, inner in enumerate(value))
    elif isinstance(value, dict):
        own = value.get("type")
        keys = (*_VALUE_KEYS, *_VALUE_KEYS_OF.get(field, ()))
        yield from ((key, value[key]) for key in keys if key in value)
        if isinstance(own, str) and own in value and own not in keys:
            chosen = value[own]
            # A choice is told by its label.
            yield own, chosen.get("label", chosen) if isinstance(chosen, dict) else chosen


def _holds_value(value: Mapping[str, object]) -> bool:
    return any(key in value for key in _VALUE_KEYS)


def _settle_last_name(record: dict[str, Found]) -> dict[str, Found]:
    """What stands under `Name` beside `Vorname`, or `nom` beside `prénom`, is the last name."""
    first, full = record.get("first_name"), record.get(FULL_NAME)
    if first is None or full is None or "last_name" in record:
        return record
    if not _LAST_NAME_BESIDE.isdisjoint(words_of(full.path[-1])) and _is_foreign(first.path[-1]):
        record["last_name"] = record.pop(FULL_NAME)
    return record


def _is_foreign(label: str) -> bool:
    words = "".join(words_of(label))
    return not any(english in words for english in ("first", "given", "fname", "forename"))
