"""The metadata of a submission: what was sent as such, and every field that is not a contact field.

Nothing is lost because of its shape or name:

- an unknown field, and a known one that another name overrode, keep their own names;
- where that name is taken in `metadata` by another value, `metadata` wins and the field is kept
  beside it as `name_2`;
- `metadata[utm_source]` and `metadata.utm_source` are keys of `metadata`; a text that holds a JSON
  object is read as one, and `metadata` of any other shape is kept under that very name;
- an unknown field that is nested too deeply has its inner part kept as JSON text.

`metadata` itself must be within the limits, since its author controls it. A lead is not
refused for the size of its form: fields for which there are no keys are put together under
`more_fields`, and `dropped_values` says how many values do not fit, or were cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from app.domain.submission.cleaning import Cleaner
from app.domain.submission.fitting import fit_members
from app.domain.submission.json_object import object_in_text
from app.domain.submission.problems import Problems
from app.domain.submission.record import Path, text_of
from app.domain.submission.unfolding import path_of_name
from app.domain.submission.wanted import wanted_first
from app.domain.text.untrusted_text import clean_text

#: Keys of metadata at its top level.
KEYS_MAX = 100
#: Levels of objects and lists, metadata itself being the first.
LEVELS_MAX = 5
#: Bytes of metadata as compact JSON in UTF-8.
BYTES_MAX = 16 * 1024

#: The name in metadata under which dropped and cut values are counted.
DROPPED_VALUES = "dropped_values"
_NOTE_BYTES = len(f',"{DROPPED_VALUES}":100000')

_FIELD = "metadata"
_CONTAINERS = (dict, list)


class Gathered(NamedTuple):
    """What was sent as metadata, and whatever other fields there were."""

    sent: dict[str, object]
    others: dict[str, object]


def gather_metadata(
    sent: Mapping[str, object], used: Mapping[Path, str], problems: Problems
) -> Gathered:
    """Metadata from cleaned fields, without those whose texts were used, by their paths."""
    own_name = _name_of_metadata(sent)
    own = _sent_as_metadata(sent.get(own_name), problems)
    metadata = dict(own)
    for name, value in sent.items():
        path = path_of_name(name)
        if name == own_name or (path in used and text_of(value) == used[path]):
            continue
        is_key = len(path) > 1 and path[0].lower() == _FIELD
        _keep(metadata, ".".join(path[1:]) if is_key else name, _within_levels(value))
    return Gathered(own, {name: value for name, value in metadata.items() if name not in own})


def fit_metadata(
    gathered: Gathered, beyond: Mapping[str, object] | None = None, dropped: int = 0
) -> dict[str, object]:
    """Metadata within the limits, with fields `beyond` as far as they fit.

    It notes how many values are not in it, `dropped` ones among them.
    """
    own, others = gathered
    whole = own | others
    if (
        not beyond
        and not dropped
        and len(whole) <= KEYS_MAX
        and len(msgspec.json.encode(whole)) <= BYTES_MAX
    ):
        return whole
    keys_left = KEYS_MAX - len(own) - 1
    bytes_left = BYTES_MAX - len(msgspec.json.encode(own)) - _NOTE_BYTES
    if keys_left < 1 or bytes_left < 0:
        return own
    kept, more = fit_members(wanted_first(others), beyond or {}, keys_left, bytes_left)
    return {**own, **kept} | ({DROPPED_VALUES: dropped + more} if dropped + more else {})


def clean_metadata(sent: Mapping[str, object], problems: Problems) -> dict[str, object]:
    """Metadata as a keyed caller sent it, cleaned. Empty values become null, which clears a key."""
    if _levels(sent) > LEVELS_MAX:
        problems.add(_FIELD, f"is deeper than {LEVELS_MAX} levels")
        return {}
    cleaner = Cleaner(problems)
    cleaned = dict.fromkeys(map(clean_text, sent)) | cleaner.clean_fields(sent)
    if cleaner.dropped:
        problems.add(_FIELD, f"has far more than the {BYTES_MAX:,} bytes that can be kept")
    _check_size(cleaned, problems)
    return cleaned


def _name_of_metadata(sent: Mapping[str, object]) -> str:
    if _FIELD in sent:
        return _FIELD
    return next((name for name in sent if name.lower() == _FIELD), _FIELD)


def _sent_as_metadata(value: object, problems: Problems) -> dict[str, object]:
    if isinstance(value, str):
        value = object_in_text(value) or value
    if value is None:
        return {}
    if not isinstance(value, dict):
        return {_FIELD: _within_levels(value)}
    _check_size(value, problems)
    for key, inner in value.items():
        if _levels(inner) + 1 > LEVELS_MAX:
            problems.add(f"{_FIELD}.{key}", f"makes metadata deeper than {LEVELS_MAX} levels")
    return {key: inner for key, inner in value.items() if inner is not None and inner != ""}


def _keep(metadata: dict[str, object], name: str, value: object) -> None:
    """Keep a value under its name, or under `name_2` if another value has that name."""
    key, number = name, 1
    while key in metadata and metadata[key] != value:
        number += 1
        key = f"{name}_{number}"
    metadata[key] = value


def _levels(value: object) -> int:
    """How deep containers are nested; 0 for a plain value. Not recursive, so any depth is fine."""
    level = 0
    values: list[Any] = [value]
    while containers := [each for each in values if type(each) in _CONTAINERS]:
        level += 1
        values = [
            inner
            for each in containers
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return level


def _within_levels(value: object) -> object:
    """The value of a key, with what is too deep folded."""
    if type(value) not in _CONTAINERS or _levels(value) < LEVELS_MAX:
        return value
    return _fold(value, level=2)


def _fold(value: object, level: int) -> object:
    """The value with everything below the deepest level as JSON text."""
    if not isinstance(value, dict | list):
        return value
    if level > LEVELS_MAX:
        return msgspec.json.encode(value).decode()
    if isinstance(value, dict):
        return {key: _fold(inner, level + 1) for key, inner in value.items()}
    return [_fold(inner, level + 1) for inner in value]


def _check_size(metadata: Mapping[str, object], problems: Problems) -> None:
    if len(metadata) > KEYS_MAX:
        problems.add(_FIELD, f"has {len(metadata)} keys: at most {KEYS_MAX} can be kept")
    size = len(msgspec.json.encode(metadata))
    if size > BYTES_MAX:
        problems.add(_FIELD, f"has {size:,} bytes as JSON: at most {BYTES_MAX:,} can be kept")
