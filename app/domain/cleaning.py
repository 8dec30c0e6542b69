"""Cleaning of what came from outside, whatever its shape: Unicode, white space, odd numbers.

Text is normalised to NFC and trimmed. What no database or reader could hold (NUL characters, lone
surrogates, NaN, Infinity) is noted as a problem of the field that it is in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from unicodedata import normalize

from app.domain.problems import Problems

#: Numbers beyond these are kept as text, digit by digit, since readers would round them off:
#: integers of more than 64 bits, floats too large to tell one whole number from the next.
INTEGER_LIMIT = 2**63
FLOAT_LIMIT = 2.0**53

#: Levels of nesting that are read at all; deeper ones nobody means.
LEVELS_READ_MAX = 32

#: Values that are read at all: more do not fit into the metadata of any submission.
VALUES_READ_MAX = 10_000

# Besides white space: zero-width space, word joiner, byte order mark and the marks of writing
# direction, which come along unseen when a phone number or an address is copied from a page.
_WHITE_SPACE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_UNSEEN = "\u200b\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_TRIMMED = _WHITE_SPACE + _UNSEEN
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """NFC and trimmed."""
    if text.isascii():
        return text.strip()
    return normalize("NFC", text).strip(_TRIMMED)


def is_exact(number: int | float) -> bool:
    """Whether storage and its readers can hold this number as it is."""
    if isinstance(number, int):
        return -INTEGER_LIMIT <= number < INTEGER_LIMIT
    return -FLOAT_LIMIT < number < FLOAT_LIMIT


class Cleaner:
    """Cleans decoded JSON or form values and notes what cannot be kept."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._values_left = VALUES_READ_MAX

    def clean_fields(self, fields: Mapping[str, object]) -> dict[str, object]:
        """The top-level fields that hold something: empty and null ones are absent."""
        cleaned = {}
        for name, value in fields.items():
            name = self._text(name, name)
            kept = self._value(name, value, level=1)
            if kept is not None and kept != "":
                cleaned[name] = kept
        return cleaned

    def _value(self, field: str, value: object, level: int) -> object:
        self._values_left -= 1
        if self._values_left < 0:
            self._problems.add("metadata", f"holds more than {VALUES_READ_MAX:,} values")
            return None
        if isinstance(value, str):
            return self._text(field, value)
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int | float):
            return self._number(field, value)
        if level > LEVELS_READ_MAX:
            self._problems.add(field, f"is nested deeper than {LEVELS_READ_MAX} levels")
            return None
        if isinstance(value, Mapping):
            return self._object(field, value, level)
        if isinstance(value, list | tuple):
            return [self._value(field, inner, level + 1) for inner in value]
        self._problems.add(field, "is not a JSON value")
        return None

    def _object(self, field: str, value: Mapping[object, object], level: int) -> dict[str, object]:
        cleaned = {}
        for key, inner in value.items():
            key = str(key)
            named = f"metadata.{key}" if level == 1 and field == "metadata" else field
            cleaned[self._text(named, key)] = self._value(named, inner, level + 1)
        return cleaned

    def _text(self, field: str, text: str) -> str:
        if "\0" in text:
            self._problems.add(field, "contains a NUL character (U+0000): remove it")
        if not text.isascii() and _SURROGATE.search(text):
            self._problems.add(field, "contains half of a surrogate pair: send whole characters")
            text = _SURROGATE.sub("\ufffd", text)
        return clean_text(text)

    def _number(self, field: str, number: int | float) -> object:
        if number != number or number in (float("inf"), float("-inf")):
            self._problems.add(field, "is NaN or Infinity: send a finite number")
            return None
        return number if is_exact(number) else str(number)
