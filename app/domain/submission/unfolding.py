"""The objects that a submission's names and texts stand for.

Names that spell out a path (`contact[email]`, `contact.email`, `contact:email`) and texts that
hold a JSON object count as those objects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from app.domain.labels.labels import field_of_label
from app.domain.submission.cleaning import Cleaner
from app.domain.submission.json_object import object_in_text
from app.domain.submission.problems import Problems
from app.domain.submission.record import Path

_PATH = re.compile(r"[\[\]:.]+")
#: Texts that are looked into for an object.
_TEXTS_MAX = 30
#: What is read of all of them together: values, and bytes of text beyond ASCII.
_VALUES_IN_TEXTS_MAX, _BYTES_IN_TEXTS_MAX = 250, 8 * 1024
#: Steps that a name may spell out; what looks like more is prose.
_STEPS_MAX = 5
_NAME_CHARS_MAX = 200


@lru_cache(maxsize=1024)
def path_of_name(name: str) -> Path:
    """The path that a field's name spells out; most names are a path of one step."""
    if len(name) > _NAME_CHARS_MAX or not _PATH.search(name):
        return (name,)
    steps = tuple(step for step in _PATH.split(name) if step)
    is_number = all(map(str.isdigit, steps))  # as Gravity Forms numbers its inputs: `1.3`
    return steps if 1 < len(steps) <= _STEPS_MAX and not is_number else (name,)


class Built(dict[str, object]):
    """An object built from names like `a[b]`: unlike one that was sent, it may be extended."""


def unfold(sent: Mapping[str, object]) -> dict[str, object]:
    """The fields as the objects that their names and texts stand for."""
    cleaner = Cleaner(Problems(), _VALUES_IN_TEXTS_MAX, _BYTES_IN_TEXTS_MAX)
    view: dict[str, object] = {}
    texts_left = _TEXTS_MAX
    for name, value in sent.items():
        if isinstance(value, str) and value.startswith("{") and texts_left:
            texts_left -= 1
            if field_of_label(name) is None:
                value = object_in_text(value, cleaner) or value
        path = path_of_name(name)
        if len(path) == 1:
            known = view.setdefault(name, value)
            if isinstance(known, Built) and isinstance(value, dict):
                view[name] = Built({**value, **known})
        else:
            _put(view, path, value)
    return view


def _put(view: dict[str, object], path: Path, value: object) -> None:
    for step in path[:-1]:
        inner = view.setdefault(step, Built())
        if not isinstance(inner, Built):
            return
        view = inner
    view.setdefault(path[-1], value)
