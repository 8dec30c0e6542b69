"""Labels that a submission tells apart from its answers, as those of a form's definition.

Typeform has `definition.fields[].title`, Wufoo `FieldStructure`, Gravity Forms
`form.fields[].inputs`; the answers refer to them by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from app.domain.labels.label_reader import LabelReader
from app.domain.labels.labels import FULL_NAME
from app.domain.submission.record import text_of

_ID_KEYS = ("id", "ID", "ref", "questionId")
_TITLE_KEYS = ("title", "Title", "label", "Label", "question")
_PARTS_KEYS = ("inputs", "SubFields", "subfields")
_ANY_ID, _ANY_TITLE, _ANY_PARTS = map(frozenset, (_ID_KEYS, _TITLE_KEYS, _PARTS_KEYS))
#: Definitions that are read: more fields no form has.
_DEFINITIONS_MAX = 100
_PARTS_MAX = 10


def read_titles(nodes: Iterable[object], labels: LabelReader) -> dict[str, str]:
    """The fields that ids stand for, from the definitions among all objects of a submission."""
    titles: dict[str, str] = {}
    definitions = (node for node in nodes if isinstance(node, dict) and _is_definition(node))
    for definition in islice(definitions, _DEFINITIONS_MAX):
        if labels.only_compares:
            break
        field = labels.field_of(_title_of(definition))
        for part in _parts_of(definition):
            label = _title_of(part)
            label = f"name {label}" if field == FULL_NAME else label
            _note(part, labels.field_of(label), titles)
        _note(definition, field, titles)
    return titles


def _is_definition(node: Mapping[str, object]) -> bool:
    told = not _ANY_ID.isdisjoint(node) or not _ANY_PARTS.isdisjoint(node)
    return told and _title_of(node) != ""


def _title_of(node: Mapping[str, object]) -> str:
    if _ANY_TITLE.isdisjoint(node):
        return ""
    return next((text for key in _TITLE_KEYS if isinstance(text := node.get(key), str)), "")


def _parts_of(definition: Mapping[str, object]) -> list[dict[str, object]]:
    if _ANY_PARTS.isdisjoint(definition):
        return []
    parts = next((definition[key] for key in _PARTS_KEYS if key in definition), None)
    parts = parts[:_PARTS_MAX] if isinstance(parts, list) else []
    return [part for part in parts if isinstance(part, dict)]


def _note(node: Mapping[str, object], field: str | None, titles: dict[str, str]) -> None:
    if field is None:
        return
    for key in _ID_KEYS:
        own_id = text_of(node.get(key))
        if own_id is not None:
            titles.setdefault(own_id, field)
