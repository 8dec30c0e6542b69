"""Cleaning of what came from outside, whatever its shape: texts, odd numbers, too much of it.

Texts are made storable (`app.domain.untrusted_text`). What shows that something went wrong at the
sender (NUL characters, lone surrogates, NaN, Infinity) is noted as a problem of its field besides.
What could never be kept is not read to its end: the work is bounded before it begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from app.domain.errors import InvalidCapture
from app.domain.problems import Problems
from app.domain.untrusted_text import (
    clean_text,
    clean_unicode,
    comes_apart,
    has_surrogate,
    is_odd,
)

#: Numbers beyond these are kept as text, digit by digit, since readers would round them off:
#: integers of more than 64 bits, floats too large to tell one whole number from the next.
INTEGER_LIMIT = 2**63
FLOAT_LIMIT = 2.0**53
#: Integers beyond this are refused: writing one as text takes time that is quadratic in its length.
INTEGER_BITS_MAX = 1024

#: Levels of nesting that are read at all; deeper ones nobody means.
LEVELS_READ_MAX = 32

#: Values that are read at all: more do not fit into the metadata of any submission.
VALUES_READ_MAX = 400
#: Bytes of text beyond ASCII that are normalised: more could not be kept.
NORMALISED_BYTES_MAX = 20 * 1024
#: What each such text counts besides, and once more when something must be taken out of it.
_BYTES_A_TEXT, _BYTES_AN_ODD_TEXT = 24, 300
#: What each character counts besides in a text with musical notes.
_COSTS_APART = 12


def is_exact(number: int | float) -> bool:
    """Whether storage and its readers can hold this number as it is."""
    if isinstance(number, int):
        return -INTEGER_LIMIT <= number < INTEGER_LIMIT
    return -FLOAT_LIMIT < number < FLOAT_LIMIT


class Cleaner:
    """Cleans decoded JSON or form values and notes what cannot be kept.

    Raises `InvalidCapture` with the problems so far when there is more than could be kept.
    """

    def __init__(
        self,
        problems: Problems,
        values_max: int = VALUES_READ_MAX,
        bytes_max: int = NORMALISED_BYTES_MAX,
    ) -> None:
        self.problems = problems
        self._values_left = values_max
        self._bytes_left = bytes_max

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
            raise self._too_much("metadata", f"holds more than {VALUES_READ_MAX:,} values")
        if isinstance(value, str):
            plain = value.isascii() and value.isprintable()
            return value.strip() if plain else self._text(field, value)
        if value is None or value is True or value is False:
            return value
        if isinstance(value, int | float):
            return self._number(field, value)
        if level > LEVELS_READ_MAX:
            self.problems.add(field, f"is nested deeper than {LEVELS_READ_MAX} levels")
            return None
        if isinstance(value, dict):
            return self._object(field, value, level)
        if isinstance(value, list):
            return [self._value(field, inner, level + 1) for inner in value]
        self.problems.add(field, "is not a JSON value")
        return None

    def _object(self, field: str, value: Mapping[str, object], level: int) -> dict[str, object]:
        cleaned = {}
        is_metadata = level == 1 and field == "metadata"
        for key, inner in value.items():
            named = f"metadata.{key}" if is_metadata else field
            cleaned[self._text(named, key)] = self._value(named, inner, level + 1)
        return cleaned

    def _text(self, field: str, text: str) -> str:
        if "\0" in text:
            self.problems.add(field, "contains a NUL character (U+0000): remove it")
        if text.isascii():
            return clean_text(text)
        self._bytes_left -= len(text.encode("utf-8", "surrogatepass")) + _BYTES_A_TEXT
        odd = self._bytes_left >= 0 and is_odd(text)
        if odd:
            self._bytes_left -= _BYTES_AN_ODD_TEXT
            if comes_apart(text):
                self._bytes_left -= _COSTS_APART * len(text)
        if self._bytes_left < 0:
            raise self._too_much(field, "is longer than anything that can be kept")
        cleaned = clean_unicode(text, odd=odd)
        if "\ufffd" in cleaned and has_surrogate(text):
            self.problems.add(field, "contains half of a surrogate pair: send whole characters")
        return cleaned

    def _too_much(self, field: str, message: str) -> InvalidCapture:
        self.problems.add(field, message)
        return InvalidCapture(self.problems.by_field)

    def _number(self, field: str, number: int | float) -> object:
        if isinstance(number, float) and not isfinite(number):
            self.problems.add(field, "is NaN or Infinity: send a finite number")
            return None
        if isinstance(number, int) and number.bit_length() > INTEGER_BITS_MAX:
            self.problems.add(field, "is a number of hundreds of digits: send it as a text")
            return None
        return number if is_exact(number) else str(number)
