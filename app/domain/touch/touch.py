"""A touch: one visit that led a person here, as a capture or the visitor's browser tells it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from app.domain.times import parse_rfc3339, rfc3339
from app.domain.touch.first_touch import PARAMETERS

#: What a touch says, by name: its time (`at`, RFC 3339), campaign parameters, click ids and pages.
Touch = dict[str, object]

#: Touches that one capture tells, and that a contact shows.
TOUCHES_MAX = 10
#: One touch as compact JSON, in bytes; of a longer one the longest texts are left out.
TOUCH_BYTES_MAX = 1000
_VALUE_CHARS_MAX = 300
_NAMES = frozenset([*PARAMETERS, "referrer", "landing_page"])

_encode = msgspec.json.Encoder().encode


def touch_of(told: Mapping[str, object]) -> Touch:
    """What cleaned metadata, or a browser's object, says of a visit, without its time."""
    touch: Touch = {
        name: text[:_VALUE_CHARS_MAX].rstrip()
        for name in sorted(_NAMES.intersection(told))
        if isinstance(text := told[name], str) and text
    }
    while len(_encode(touch)) > TOUCH_BYTES_MAX:
        del touch[max(touch, key=lambda name: len(str(touch[name])))]
    return touch


def read_touches(value: object) -> list[Touch] | None:
    """The touches that a browser kept, the first and the latest; None if these are none."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        return None
    return [_read(told) for told in [*value[:1], *value[1:][1 - TOUCHES_MAX :]]]


def _read(told: Mapping[str, object]) -> Touch:
    at = told.get("at")
    try:
        return touch_of(told) | ({"at": rfc3339(parse_rfc3339(at))} if isinstance(at, str) else {})
    except ValueError:
        return touch_of(told)
