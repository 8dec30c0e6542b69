"""A JSON array as the one lead that it holds.

Senders wrap a lead (`[{"email": …}]`), list its fields (`[{"name": "email", "value": …}]`, as
jQuery's `serializeArray` does, or `[["email", …]]`), or list answers with their questions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import islice

from app.domain.errors import InvalidJson
from app.domain.labels.labels import field_of_label

#: Items of an array that are read; those that are looked at for a second lead, and their labels.
ITEMS_MAX, _LEADS_AMONG, _LABELS_MAX = 1_500, 300, 20
#: The name under which a list of answers is kept.
_ANSWERS = "answers"
#: What an answer has beside its question.
_VALUES = frozenset({"value", "values", "answer", "text", "string_value"})

# In an item's JSON; bounded, so that it takes one pass.
_ADDRESS = re.compile(r'@[^\s"@]{1,80}\.')


def object_of_array(items: list[object]) -> dict[str, object]:
    """The lead in an array. Raises `InvalidJson` when there is none, or more than one."""
    if not items:
        raise InvalidJson("The body is JSON, but not an object: send {…}")
    if len(items) > ITEMS_MAX:
        raise InvalidJson(f"The array holds more than {ITEMS_MAX:,} items: send {{…}}")
    if all(isinstance(item, dict) and item.keys() == {"name", "value"} for item in items):
        return gather((item["name"], item["value"]) for item in items)  # type: ignore[index]
    if all(_is_pair(item) for item in items):
        return gather((item[0], item[1]) for item in items)  # type: ignore[index]
    if len(items) == 1:
        inner = items[0]
        return object_of_array(inner) if isinstance(inner, list) else _object(inner)
    leads = sum(map(_is_lead, items[:_LEADS_AMONG]))
    if leads > 1:
        raise InvalidJson(f"The array holds {leads} leads: send each in a request of its own")
    return {_ANSWERS: items}


def gather(pairs: Iterable[tuple[object, object]]) -> dict[str, object]:
    """Names with their values; a list of values where a name comes more than once."""
    fields: dict[str, list[object]] = {}
    for name, value in pairs:
        fields.setdefault(str(name), []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def _object(item: object) -> dict[str, object]:
    if isinstance(item, dict):
        return item
    return {_ANSWERS: [item]}


def _is_pair(item: object) -> bool:
    return isinstance(item, list) and len(item) == 2 and isinstance(item[0], str)


def _is_lead(item: object) -> bool:
    """Whether it is somebody with an address, and not an answer to a question about one."""
    if not isinstance(item, dict) or not _ADDRESS.search(json.dumps(item)):
        return False
    labels = islice(item, _LABELS_MAX)
    return _VALUES.isdisjoint(item) or any(field_of_label(label) == "email" for label in labels)
